"""From intervals and a genome to a labelled data set: windows of each class, and negatives of the genome."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from motiflens.data.config import DEFAULTS, Negatives
from motiflens.data.dataset import Dataset, Source, joined_masks
from motiflens.data.files.genome import Chromosome, open_genome
from motiflens.data.files.genome_windows import Windows
from motiflens.data.files.intervals import Intervals, read_intervals
from motiflens.data.files.source import file_sha256
from motiflens.data.matching import flanking_windows, matched_windows
from motiflens.data.negatives import add_shuffled_negatives
from motiflens.data.regions import (
    MOSTLY_N,
    LeftOut,
    Width,
    common_width,
    read_all_intervals,
    read_stranded,
    read_windows,
    repeated_windows,
    window_ids,
    without_repeats,
)
from motiflens.errors import InputError
from motiflens.sequence.coordinates import MergedIntervals

PEAK, BACKGROUND = "peak", "background"


def read_regions(
    files: Sequence[tuple[str, str]],
    genome: str,
    *,
    negatives: Negatives = DEFAULTS.negatives,
    length: int | None = None,
    seed: int = 0,
    avoid: Sequence[str] = (),
) -> Dataset:
    """Windows of a genome around the intervals of (class, BED file) pairs; a class may have several files.

    A class alone gets negatives of the genome, as `read_peaks`, which also avoid the intervals of the BED files
    `avoid`; of two classes the first given is positive. Raises InputError for files that cannot be read, and for a
    class without a window on the genome.
    """
    beds: dict[str, list[str]] = {}
    for name, path in files:
        beds.setdefault(name, []).append(path)
    if len(beds) == 1:
        ((positive, paths),) = beds.items()
        return read_peaks(paths, genome, negatives=negatives, length=length, seed=seed, positive=positive, avoid=avoid)
    names = tuple(beds)
    classes = names[::-1] if len(names) == 2 else names
    intervals = {name: read_all_intervals(paths) for name, paths in beds.items()}
    width = _one_width(intervals, length)
    windows = {
        name: without_repeats(read_windows(found, genome, width=width.bases)) for name, found in intervals.items()
    }
    codes = [found.codes for found in windows.values()]
    notes = [*width.notes, *(f"{name}: {note}" for name, found in windows.items() for note in found.notes)]
    return Dataset(
        codes=np.concatenate(codes),
        soft_masked=joined_masks([found.soft_masked for found in windows.values()], codes),
        labels=np.concatenate([np.full(len(found.ids), classes.index(name)) for name, found in windows.items()]),
        classes=classes,
        ids=np.concatenate([found.ids for found in windows.values()]),
        sources=(
            *(replace(intervals[name].source, records=len(found.ids)) for name, found in windows.items()),
            Source(path=genome, sha256=file_sha256(genome), records=0),
        ),
        notes=tuple(notes),
    )


def _one_width(intervals: dict[str, Intervals], length: int | None) -> Width:
    """The width of all windows. Raises InputError where classes have different ones."""
    widths = {name: common_width(found, length) for name, found in intervals.items()}
    if len({width.bases for width in widths.values()}) > 1:
        shown = ", ".join(f"{width.bases} bp of {name}" for name, width in widths.items())
        raise InputError(f"the intervals give windows of several lengths ({shown}); choose one with --length")
    notes = dict.fromkeys(note for width in widths.values() for note in width.notes)
    return replace(next(iter(widths.values())), notes=tuple(notes))


@dataclass(kw_only=True)
class _Collected:
    """Windows so far, with ids and labels, and why peaks were left out."""

    windows: list[Windows] = field(default_factory=list)
    ids: list[np.ndarray] = field(default_factory=list)
    labels: list[np.ndarray] = field(default_factory=list)
    # (GC, masked) and strand of peaks without a negative
    unmatched_features: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    unmatched_strands: np.ndarray = field(default_factory=lambda: np.empty(0, "U1"))
    left_out: LeftOut = field(default_factory=LeftOut)

    def add(self, windows: Windows, ids: np.ndarray, *, label: int) -> None:
        self.windows.append(windows)
        self.ids.append(ids)
        self.labels.append(np.full(len(ids), label, np.int64))


def read_peaks(
    bed: str | Sequence[str],
    genome: str,
    *,
    negatives: Negatives = DEFAULTS.negatives,
    length: int | None = None,
    seed: int = 0,
    positive: str = PEAK,
    avoid: Sequence[str] = (),
) -> Dataset:
    """Windows of `length` bp centred on peaks (class `positive`), and as many negatives (class "background").

    `bed` is a BED or narrowPeak file (summits are used), or several, `genome` FASTA, plain or compressed, or 2bit;
    all are 0-based half-open. An interval on strand "-" is read as reverse complement. Without `length` it is that
    of all intervals, or 200 where they differ, have summits, or are summits. Negatives avoid all intervals, and
    those of the files `avoid`: windows of the same GC and repeat (soft-masked) content, of the same chromosome
    while there are any ("matched"), windows beside the peaks ("flanking"), or dinucleotide shuffles of the peaks
    ("shuffled"). What is left out is counted and named in `notes`. Raises InputError for files that cannot be read,
    and where no peak lies on the genome.
    """
    peaks = read_all_intervals([bed] if isinstance(bed, str) else bed)
    if positive == BACKGROUND and negatives != "shuffled":
        raise InputError(f"class {BACKGROUND!r}: a class alone gets negatives of that name; rename it")
    others = [read_intervals(path) for path in avoid]
    width = common_width(peaks, length)
    starts = peaks.window_starts(width.bases)
    repeats = repeated_windows(peaks, starts)
    rng = np.random.default_rng(seed)
    collected = _Collected()
    collected.left_out.repeats = int(repeats.sum())
    with open_genome(genome) as opened:
        for chromosome in opened.chromosomes:
            collected.left_out.lengths[chromosome.name] = len(chromosome)
            mine = peaks.chromosome == chromosome.name
            rows = np.flatnonzero(mine & ~repeats)
            there = [other.chromosome == chromosome.name for other in others]
            taken = [(other.start[rows], other.end[rows]) for other, rows in zip(others, there, strict=True)]
            taken += [(peaks.start[mine], peaks.end[mine]), (starts[rows], starts[rows] + width.bases)]
            occupied = MergedIntervals.of(*map(np.concatenate, zip(*taken, strict=True)))
            task = _Task(chromosome=chromosome, occupied=occupied, width=width.bases, rng=rng)
            kept = _add_peaks(task, starts[rows], peaks.strand[rows], collected)
            if negatives == "flanking":
                _add_flanking(task, kept, collected)
            elif negatives == "matched":
                _add_matched(task, collected)
        fasta = Source(path=genome, sha256=opened.sha256(), records=len(collected.left_out.lengths))
    if not sum(map(len, collected.ids)):
        raise collected.left_out.refusal(peaks, genome, width=width.bases)
    notes = (*peaks.notes, *width.notes, *collected.left_out.notes(peaks))
    if unmatched := len(collected.unmatched_features) * (negatives != "shuffled"):
        notes += (f"{unmatched:,} peaks got no negative: no suitable window of the genome was found.",)
    dataset = _dataset(collected, positive=positive, sources=(peaks.source, fasta), notes=notes)
    return add_shuffled_negatives(dataset, seed=seed) if negatives == "shuffled" else dataset


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One chromosome, which of it is occupied, and how wide windows are."""

    chromosome: Chromosome
    occupied: MergedIntervals
    width: int
    rng: np.random.Generator

    def ids(self, starts: np.ndarray, strands: np.ndarray) -> np.ndarray:
        return window_ids(self.chromosome.name, starts, strands, width=self.width)

    def read(self, starts: np.ndarray, strands: np.ndarray) -> Windows:
        return read_stranded(self.chromosome, starts, strands, width=self.width)


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """Peaks of one chromosome that are used."""

    starts: np.ndarray
    strands: np.ndarray


def _add_peaks(task: _Task, starts: np.ndarray, strands: np.ndarray, collected: _Collected) -> _Kept:
    inside = (starts >= 0) & (starts + task.width <= len(task.chromosome))
    collected.left_out.outside += task.ids(starts[~inside], strands[~inside]).tolist()
    starts, strands = starts[inside], strands[inside]
    windows = task.chromosome.windows(starts, task.width)
    known = windows.unknown <= MOSTLY_N
    collected.left_out.unknown += task.ids(starts[~known], strands[~known]).tolist()
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


def _dataset(collected: _Collected, *, positive: str, sources: tuple[Source, ...], notes: tuple[str, ...]) -> Dataset:
    labels = np.concatenate(collected.labels)
    codes = [windows.codes for windows in collected.windows]
    alone = bool(labels.all())  # positives only
    return Dataset(
        codes=np.concatenate(codes),
        soft_masked=joined_masks([windows.soft_masked for windows in collected.windows], codes),
        labels=labels - 1 if alone else labels,
        classes=(positive,) if alone else (BACKGROUND, positive),
        ids=np.concatenate(collected.ids),
        sources=sources,
        notes=notes,
    )
