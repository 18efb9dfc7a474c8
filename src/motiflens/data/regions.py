"""Windows of a genome around intervals, in the order of the intervals, and why some are left out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Int64

from motiflens.data.dataset import Source
from motiflens.data.files.genome import Chromosome, open_genome
from motiflens.data.files.genome_windows import Windows
from motiflens.data.files.intervals import Intervals, read_intervals
from motiflens.data.files.random_access import IndexedChromosome, open_indexed
from motiflens.data.files.records import Record
from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode, reverse_complement
from motiflens.shapes import Codes

DEFAULT_WIDTH = 200
MOSTLY_N = 0.5
_POINT = 20  # bases: intervals of one shorter width mark places, and are no windows
_SHOWN = 5

AnyChromosome = Chromosome | IndexedChromosome


@dataclass(frozen=True, kw_only=True)
class GenomeRegions:
    """Sequences as intervals of a genome: BED files, and a FASTA or 2bit file."""

    beds: tuple[str, ...]
    genome: str

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that is read."""
        return (*self.beds, self.genome)


def read_all_intervals(paths: Sequence[str]) -> Intervals:
    """Intervals of several files, one file after the other. Raises InputError as `read_intervals`."""
    parts = [read_intervals(path) for path in paths]
    if len(parts) == 1:
        return parts[0]
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("chromosome", "start", "end", "strand", "summit")
    }
    source = Source(
        path=" and ".join(part.source.path for part in parts),
        sha256="",
        records=sum(part.source.records for part in parts),
    )
    return Intervals(**arrays, source=source, notes=tuple(note for part in parts for note in part.notes))


@dataclass(frozen=True, kw_only=True)
class Width:
    """How wide the windows are, and a note where that is not the width of the intervals."""

    bases: int
    notes: tuple[str, ...] = ()


def common_width(intervals: Intervals, length: int | None) -> Width:
    """Return `length`, or else the one width of all intervals; 200 where they differ, have summits, or are points."""
    if length is not None:
        if length < 1:
            raise InputError(f"--length {length}: must be at least 1")
        return Width(bases=length)
    widths = np.unique(intervals.end - intervals.start)
    if len(widths) > 1 or (intervals.summit >= 0).any():
        return Width(bases=DEFAULT_WIDTH)
    if widths[0] >= _POINT:
        return Width(bases=int(widths[0]))
    note = (
        f"The intervals have {widths[0]} bp, as summits have: the windows are the {DEFAULT_WIDTH} bp around them; "
        "--length gives another width."
    )
    return Width(bases=DEFAULT_WIDTH, notes=(note,))


@dataclass(kw_only=True)
class LeftOut:
    """What was left out of intervals, to be counted and named."""

    outside: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    repeats: int = 0
    lengths: dict[str, int] = field(default_factory=dict)  # of the genome's chromosomes

    def notes(self, intervals: Intervals) -> tuple[str, ...]:
        """A sentence for each reason."""
        lost = ~np.isin(intervals.chromosome, list(self.lengths))
        names = few(np.unique(intervals.chromosome[lost]).tolist())
        counted = (
            (
                int(lost.sum()),
                f"intervals lie on chromosomes that the genome does not have ({names}); they were left out",
            ),
            (len(self.outside), f"windows reach beyond their chromosome ({few(self.outside)}); they were left out"),
            (len(self.unknown), f"windows are mostly N ({few(self.unknown)}); they were left out"),
            (self.repeats, "intervals give the same window as an earlier one; they were left out"),
        )
        return tuple(f"{count:,} {text}." for count, text in counted if count)

    def refusal(self, intervals: Intervals, genome: str, *, width: int) -> InputError:
        """Why nothing is left."""
        bed, found = intervals.source.path, np.unique(intervals.chromosome).tolist()
        shared = [name for name in found if name in self.lengths]
        if not shared:
            return InputError(
                f"{bed}: no interval lies on {genome}, which has {few(list(self.lengths))} where the intervals have "
                f"{few(found)}; use one naming and one assembly"
            )
        if self.outside:
            sizes = few([f"{name} of {self.lengths[name]:,} bp" for name in shared])
            return InputError(
                f"{bed}: all windows of {width} bp reach beyond their chromosome ({sizes}); give a smaller --length, "
                "or the genome that the intervals are of"
            )
        return InputError(f"{bed}: all windows of {genome} are mostly N; give other intervals, or an unmasked genome")


def few(names: list[str]) -> str:
    """The first names, in words."""
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def window_ids(chromosome: str, starts: np.ndarray, strands: np.ndarray, *, width: int) -> np.ndarray:
    """Ids of windows: chr1:100-300(+), 0-based half-open."""
    texts = [
        f"{chromosome}:{start}-{start + width}({strand})"
        for start, strand in zip(starts.tolist(), strands.tolist(), strict=True)
    ]
    return np.array(texts, dtype=str)


def read_stranded(chromosome: AnyChromosome, starts: np.ndarray, strands: np.ndarray, *, width: int) -> Windows:
    """Return windows that lie on the chromosome, those of strand "-" as reverse complement."""
    windows = chromosome.windows(starts, width)
    turned = strands == "-"
    windows.codes[turned] = reverse_complement(windows.codes[turned])
    windows.soft_masked[turned] = windows.soft_masked[turned, ::-1]
    return windows


def repeated_windows(intervals: Intervals, starts: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Return which windows equal an earlier one."""
    keys: set[tuple[str, int, str]] = set()
    repeated = np.zeros(len(intervals), bool)
    places = zip(intervals.chromosome.tolist(), starts.tolist(), intervals.strand.tolist(), strict=True)
    for row, key in enumerate(places):
        repeated[row] = key in keys
        keys.add(key)
    return repeated


@dataclass(frozen=True, kw_only=True)
class RegionWindows:
    """Windows around intervals, their ids (m,), and the `rows` (m,) of the intervals, in order.

    `notes` count and name what was left out.
    """

    codes: Codes
    soft_masked: Bool[np.ndarray, "m width"]
    ids: np.ndarray
    rows: Int64[np.ndarray, " m"]
    notes: tuple[str, ...]


def read_windows(intervals: Intervals, genome: str, *, width: int) -> RegionWindows:
    """Read the windows of `width` bases around intervals, at random where the genome has an index.

    Raises InputError for a genome that cannot be read, and where no window lies on it.
    """
    starts = intervals.window_starts(width)
    left_out = LeftOut()
    codes, soft_masked = (np.empty((len(intervals), width), kind) for kind in (np.uint8, bool))
    ids = np.full(len(intervals), "", dtype=object)
    with _chromosomes(genome) as chromosomes:
        for chromosome in chromosomes:
            name = chromosome.name
            left_out.lengths[name] = len(chromosome)
            rows = np.flatnonzero(intervals.chromosome == name)
            inside = (starts[rows] >= 0) & (starts[rows] + width <= len(chromosome))
            strands = intervals.strand
            outside = rows[~inside]
            left_out.outside += window_ids(name, starts[outside], strands[outside], width=width).tolist()
            rows = rows[inside]
            found = read_stranded(chromosome, starts[rows], strands[rows], width=width)
            names = window_ids(name, starts[rows], strands[rows], width=width)
            known = found.unknown <= MOSTLY_N
            left_out.unknown += names[~known].tolist()
            codes[rows[known]], soft_masked[rows[known]] = found.codes[known], found.soft_masked[known]
            ids[rows[known]] = names[known]
    kept = np.flatnonzero(ids != "")
    if not len(kept):
        raise left_out.refusal(intervals, genome, width=width)
    notes = (*intervals.notes, *left_out.notes(intervals))
    return RegionWindows(
        codes=codes[kept], soft_masked=soft_masked[kept], ids=ids[kept].astype(str), rows=kept, notes=notes
    )


def read_interval_records(regions: GenomeRegions, *, notify: Callable[[str], None]) -> list[Record]:
    """Sequences of the intervals themselves, whatever their lengths, in order; `notify` hears what is left out.

    Raises InputError for files that cannot be read, and where no interval lies on the genome.
    """
    intervals = read_all_intervals(regions.beds)
    widths = intervals.end - intervals.start
    left_out, found = LeftOut(), dict[int, Record]()
    with _chromosomes(regions.genome) as chromosomes:
        for chromosome in chromosomes:
            left_out.lengths[chromosome.name] = len(chromosome)
            mine = intervals.chromosome == chromosome.name
            inside = intervals.end <= len(chromosome)
            for row in np.flatnonzero(mine & ~inside).tolist():
                left_out.outside.append(f"{chromosome.name}:{intervals.start[row]}-{intervals.end[row]}")
            for width in np.unique(widths[mine & inside]).tolist():
                rows = np.flatnonzero(mine & inside & (widths == width))
                starts, strands = intervals.start[rows], intervals.strand[rows]
                ids = window_ids(chromosome.name, starts, strands, width=width).tolist()
                codes = read_stranded(chromosome, starts, strands, width=width).codes
                found |= {row: Record(name, decode(c)) for row, name, c in zip(rows.tolist(), ids, codes, strict=True)}
    if not found:
        raise left_out.refusal(intervals, regions.genome, width=int(widths.max()))
    for note in left_out.notes(intervals):
        notify(note)
    return [found[row] for row in sorted(found)]


@contextmanager
def _chromosomes(genome: str) -> Iterator[Iterable[AnyChromosome]]:
    with open_indexed(genome) as indexed:
        if indexed is not None:
            yield indexed
            return
    with open_genome(genome) as opened:
        yield opened.chromosomes


def without_repeats(windows: RegionWindows) -> RegionWindows:
    """Return the windows without those that equal an earlier one; a note counts them."""
    _, first = np.unique(windows.ids, return_index=True)
    kept = np.sort(first)
    if len(kept) == len(windows.ids):
        return windows
    note = f"{len(windows.ids) - len(kept):,} intervals give the same window as an earlier one; they were left out."
    return replace(
        windows,
        codes=windows.codes[kept],
        soft_masked=windows.soft_masked[kept],
        ids=windows.ids[kept],
        rows=windows.rows[kept],
        notes=(*windows.notes, note),
    )
