"""From peaks and a genome to a labelled data set: windows around the summits, and negatives of the genome."""

from dataclasses import dataclass, field

import numpy as np

from motiflens.data.config import DEFAULTS, Negatives
from motiflens.data.dataset import Dataset, Source
from motiflens.data.files.genome import Chromosome, open_genome
from motiflens.data.files.intervals import Intervals, read_intervals
from motiflens.data.matching import flanking_windows, matched_windows
from motiflens.data.negatives import add_shuffled_negatives
from motiflens.errors import InputError
from motiflens.sequence.alphabet import reverse_complement
from motiflens.sequence.coordinates import MergedIntervals
from motiflens.shapes import Codes

PEAK, BACKGROUND = "peak", "background"
DEFAULT_WIDTH = 200
_MOSTLY_N = 0.5
_SHOWN = 5


@dataclass(kw_only=True)
class _Collected:
    """Windows so far: codes, ids and labels, and why peaks were left out."""

    codes: list[Codes] = field(default_factory=list)
    ids: list[np.ndarray] = field(default_factory=list)
    labels: list[np.ndarray] = field(default_factory=list)
    # (GC, masked) and strand of peaks without a negative
    unmatched_features: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    unmatched_strands: np.ndarray = field(default_factory=lambda: np.empty(0, "U1"))
    outside: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def add(self, codes: Codes, ids: np.ndarray, *, label: int) -> None:
        self.codes.append(codes)
        self.ids.append(ids)
        self.labels.append(np.full(len(ids), label, np.int64))


def read_peaks(
    bed: str, genome: str, *, negatives: Negatives = DEFAULTS.negatives, length: int | None = None, seed: int = 0
) -> Dataset:
    """Windows of `length` bp centred on peaks (class "peak"), and as many negatives (class "background").

    `bed` is BED or narrowPeak (summits are used), `genome` FASTA, plain or compressed; both are 0-based half-open. An
    interval on strand "-" is read as reverse complement. Without `length` it is that of all intervals, or 200 where
    they differ. Negatives avoid all intervals: windows of the same GC and repeat (soft-masked) content, of the same
    chromosome while there are any ("matched"), windows beside the peaks ("flanking"), or dinucleotide shuffles of
    the peaks ("shuffled"). What is left out is counted and named in `notes`. Raises InputError for files that cannot
    be read, and where no peak lies on the genome.
    """
    peaks = read_intervals(bed)
    width = length or _common_width(peaks)
    starts = peaks.centre - width // 2
    repeats = _repeats(peaks, starts)
    rng = np.random.default_rng(seed)
    collected, seen = _Collected(), list[str]()
    with open_genome(genome) as opened:
        for chromosome in opened.chromosomes:
            seen.append(chromosome.name)
            mine = peaks.chromosome == chromosome.name
            rows = np.flatnonzero(mine & ~repeats)
            ends = np.concatenate([peaks.end[mine], starts[rows] + width])
            occupied = MergedIntervals.of(np.concatenate([peaks.start[mine], starts[rows]]), ends)
            task = _Task(chromosome=chromosome, occupied=occupied, width=width, rng=rng)
            kept = _add_peaks(task, starts[rows], peaks.strand[rows], collected)
            if negatives == "flanking":
                _add_flanking(task, kept, collected)
            elif negatives == "matched":
                _add_matched(task, collected)
        fasta = Source(path=genome, sha256=opened.sha256(), records=len(seen))
    if not sum(map(len, collected.ids)):
        raise InputError(
            f"{bed}: no interval lies on {genome}, which has {_few(seen)} where the intervals have "
            f"{_few(np.unique(peaks.chromosome).tolist())}; use one naming and one assembly"
        )
    if negatives == "shuffled":
        collected.unmatched_features = collected.unmatched_features[:0]
    notes = _notes(collected, peaks, repeats=int(repeats.sum()), lost=~np.isin(peaks.chromosome, seen))
    dataset = _dataset(collected, sources=(peaks.source, fasta), notes=notes)
    return add_shuffled_negatives(dataset, seed=seed) if negatives == "shuffled" else dataset


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One chromosome, which of it is occupied, and how wide windows are."""

    chromosome: Chromosome
    occupied: MergedIntervals
    width: int
    rng: np.random.Generator

    def ids(self, starts: np.ndarray, strands: np.ndarray) -> np.ndarray:
        name, width = self.chromosome.name, self.width
        texts = [
            f"{name}:{start}-{start + width}({strand})"
            for start, strand in zip(starts.tolist(), strands.tolist(), strict=True)
        ]
        return np.array(texts, dtype=str)

    def read(self, starts: np.ndarray, strands: np.ndarray) -> Codes:
        codes = self.chromosome.windows(starts, self.width).codes
        turned = strands == "-"
        codes[turned] = reverse_complement(codes[turned])
        return codes


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """Peaks of one chromosome that are used."""

    starts: np.ndarray
    strands: np.ndarray


def _add_peaks(task: _Task, starts: np.ndarray, strands: np.ndarray, collected: _Collected) -> _Kept:
    inside = (starts >= 0) & (starts + task.width <= len(task.chromosome))
    collected.outside += task.ids(starts[~inside], strands[~inside]).tolist()
    starts, strands = starts[inside], strands[inside]
    windows = task.chromosome.windows(starts, task.width)
    known = windows.unknown <= _MOSTLY_N
    collected.unknown += task.ids(starts[~known], strands[~known]).tolist()
    starts, strands = starts[known], strands[known]
    collected.add(task.read(starts, strands), task.ids(starts, strands), label=1)
    features = np.column_stack([windows.gc, windows.masked])[known]
    collected.unmatched_features = np.concatenate([collected.unmatched_features, features])
    collected.unmatched_strands = np.concatenate([collected.unmatched_strands, strands])
    return _Kept(starts=starts, strands=strands)


def _add_matched(task: _Task, collected: _Collected) -> None:
    """Negatives for this chromosome's peaks, and for those still unmatched on earlier chromosomes."""
    starts = matched_windows(
        task.chromosome, collected.unmatched_features, task.occupied, width=task.width, rng=task.rng
    )
    found = starts >= 0
    strands = collected.unmatched_strands[found]
    collected.add(task.read(starts[found], strands), task.ids(starts[found], strands), label=0)
    collected.unmatched_features = collected.unmatched_features[~found]
    collected.unmatched_strands = collected.unmatched_strands[~found]


def _add_flanking(task: _Task, kept: _Kept, collected: _Collected) -> None:
    starts = flanking_windows(task.chromosome, kept.starts, task.occupied, width=task.width, rng=task.rng)
    found = starts >= 0
    strands = kept.strands[found]
    collected.add(task.read(starts[found], strands), task.ids(starts[found], strands), label=0)
    unmatched = len(collected.unmatched_features) - int(found.sum())
    collected.unmatched_features = collected.unmatched_features[:unmatched]  # only their number matters


def _common_width(peaks: Intervals) -> int:
    widths = np.unique(peaks.end - peaks.start)
    return int(widths[0]) if len(widths) == 1 and (peaks.summit < 0).all() else DEFAULT_WIDTH


def _repeats(peaks: Intervals, starts: np.ndarray) -> np.ndarray:
    """Mask of the windows that equal an earlier one."""
    keys: set[tuple[str, int, str]] = set()
    repeated = np.zeros(len(peaks), bool)
    places = zip(peaks.chromosome.tolist(), starts.tolist(), peaks.strand.tolist(), strict=True)
    for row, key in enumerate(places):
        repeated[row] = key in keys
        keys.add(key)
    return repeated


def _dataset(collected: _Collected, *, sources: tuple[Source, ...], notes: tuple[str, ...]) -> Dataset:
    labels = np.concatenate(collected.labels)
    alone = bool(labels.all())  # positives only
    return Dataset(
        codes=np.concatenate(collected.codes),
        labels=labels - 1 if alone else labels,
        classes=(PEAK,) if alone else (BACKGROUND, PEAK),
        ids=np.concatenate(collected.ids),
        sources=sources,
        notes=notes,
    )


def _notes(collected: _Collected, peaks: Intervals, *, repeats: int, lost: np.ndarray) -> tuple[str, ...]:
    names = _few(np.unique(peaks.chromosome[lost]).tolist())
    outside, unknown = _few(collected.outside), _few(collected.unknown)
    counted = (
        (int(lost.sum()), f"intervals lie on chromosomes that the genome does not have ({names}); they were left out"),
        (len(collected.outside), f"windows reach beyond their chromosome ({outside}); they were left out"),
        (len(collected.unknown), f"windows are mostly N ({unknown}); they were left out"),
        (repeats, "intervals give the same window as an earlier one; they were left out"),
        (len(collected.unmatched_features), "peaks got no negative: no suitable window of the genome was found"),
    )
    return tuple(f"{count:,} {text}." for count, text in counted if count)


def _few(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
