"""Occurrences of motifs in sequences of any length, with exact p-values; best score of each sequence."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int8, Int32, Int64, UInt8

from motiflens.compiled.threads import thread_count
from motiflens.errors import InputError
from motiflens.motifs._kernels import ABSENT, BUDGET, LETTERS, best_windows, scan_range
from motiflens.motifs.motif import Motif
from motiflens.motifs.scores import (
    UNITS_PER_BIT,
    Background,
    ScoreDistribution,
    estimate_background,
    integer_scores,
    score_distribution,
)
from motiflens.motifs.statistics import benjamini_hochberg
from motiflens.shapes import Strands

_SHARE = 1 << 19  # windows handed to a thread at a time


@dataclass(frozen=True, kw_only=True)
class Concatenated:
    """Sequences end to end: codes (total,), sequence i at offsets[i]..offsets[i + 1]."""

    codes: UInt8[np.ndarray, " total"]
    offsets: Int64[np.ndarray, " bounds"]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def windows(self, widths: Sequence[int]) -> Int64[np.ndarray, " widths"]:
        """Number of windows without N, for each of `widths`."""
        gaps = np.flatnonzero(self.codes == 4)
        begins = np.sort(np.concatenate((self.offsets[:-1], gaps + 1)))
        stretches = np.sort(np.concatenate((self.offsets[1:], gaps))) - begins
        counts = {width: int(np.maximum(stretches - width + 1, 0).sum()) for width in set(widths)}
        return np.array([counts[width] for width in widths], np.int64)


Sequences = np.ndarray | Sequence[np.ndarray] | Concatenated


def concatenate(sequences: Sequences) -> Concatenated:
    """Sequences of codes, (n, length), one (length,) or a list of those, end to end; an array is not copied.

    Raises InputError for a code above 4, naming the sequence.
    """
    if isinstance(sequences, Concatenated):
        return sequences
    if isinstance(sequences, np.ndarray):
        rows = np.atleast_2d(sequences)
        lengths, flat = np.full(len(rows), rows.shape[1]), rows.reshape(-1)
    else:
        lengths = np.array([len(codes) for codes in sequences], np.int64)
        flat = np.concatenate([np.empty(0, np.uint8), *sequences])
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    if flat.size and flat.max() > 4:
        at = int(np.argmax(flat > 4))
        row = int(np.searchsorted(offsets, at, side="right")) - 1
        raise InputError(f"sequence {row + 1} has code {flat[at]} at column {at - offsets[row] + 1}: not a DNA letter")
    return Concatenated(codes=np.ascontiguousarray(flat, np.uint8), offsets=offsets)


@dataclass(frozen=True, kw_only=True)
class Hits:
    """Occurrences, ordered by motif, sequence, start; forward strand first.

    sequence, motif (hits,) are indices; start, end 0-based half-open, on the forward strand; strand +1 or -1; score
    in bits; q-values are over all windows that the motif was tried on, `tests` (motifs,) of them. `unreachable`
    (motifs,) marks motifs too short or too vague for the p-value threshold: even their best word misses it.
    """

    sequence: Int64[np.ndarray, " hits"]
    start: Int64[np.ndarray, " hits"]
    end: Int64[np.ndarray, " hits"]
    strand: Int8[np.ndarray, " hits"]
    motif: Int64[np.ndarray, " hits"]
    score: Float64[np.ndarray, " hits"]
    p: Float64[np.ndarray, " hits"]
    q: Float64[np.ndarray, " hits"]
    tests: Int64[np.ndarray, " motifs"]
    unreachable: Bool[np.ndarray, " motifs"]

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: np.ndarray) -> "Hits":
        """The hits at `rows` (indices or a mask), in that order."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})


_COLUMNS = ("sequence", "start", "end", "strand", "motif", "score", "p", "q")


def _check(motifs: Sequence[Motif]) -> None:
    if not motifs:
        raise InputError("no motifs to scan with")
    empty = next((motif.name for motif in motifs if motif.width == 0), None)
    if empty is not None:
        raise InputError(f"motif {empty!r} has no columns: remove it")


def _with_n(scores: np.ndarray) -> np.ndarray:
    return np.vstack((scores, np.full((1, scores.shape[1]), ABSENT, np.int32)))


@dataclass(frozen=True, kw_only=True)
class _Blocks:
    """What the screen reads of a matrix: deficits of LETTERS columns a table, first columns, highest sum to pass."""

    tables: UInt8[np.ndarray, "blocks lanes"]
    columns: Int64[np.ndarray, " blocks"]
    budget: int


def _block_tables(scores: np.ndarray, cut: int) -> _Blocks:
    """Deficits against the best word, scaled to put `cut` at the budget and rounded down, so that no hit is lost."""
    best = scores.max(0)
    slack = int(best.sum()) - cut
    columns = np.arange(0, scores.shape[1], LETTERS)
    deficits = np.zeros((4, len(columns) * LETTERS), np.int64)
    deficits[:, : len(best)] = best - scores
    tables = deficits[:, ::LETTERS].T
    for letter in range(1, LETTERS):
        tables = (tables[:, :, None] + deficits[:, letter::LETTERS].T[:, None, :]).reshape(len(columns), -1)
    if slack > BUDGET:
        tables = tables * BUDGET // slack
    # A threshold that even the best word misses leaves no slack; rescoring then rejects that word.
    return _Blocks(tables=np.minimum(tables, 255).astype(np.uint8), columns=columns, budget=min(max(slack, 0), BUDGET))


@dataclass(frozen=True, kw_only=True)
class _Matrices:
    """Integer scores of every motif end to end, each forward and, where both strands count, reversed behind it."""

    scores: Int32[np.ndarray, "5 columns"]
    bounds: Int64[np.ndarray, " matrices_and_one"]
    cuts: Int32[np.ndarray, " matrices"]
    distributions: tuple[ScoreDistribution, ...]

    @classmethod
    def of(cls, motifs: Sequence[Motif], background: Background, *, both: bool, thresholds: np.ndarray) -> "_Matrices":
        """The matrices of `motifs`, with the lowest score that reaches each motif's p-value threshold."""
        scores, distributions, cuts = [], [], []
        for motif, threshold in zip(motifs, thresholds, strict=True):
            forward = integer_scores(motif, background)
            distribution = score_distribution(forward, background)
            for matrix in (forward, np.ascontiguousarray(forward[::-1, ::-1]))[: 1 + both]:
                if matrix is not forward and not background.strand_symmetric:
                    distribution = score_distribution(matrix, background)
                scores.append(matrix)
                distributions.append(distribution)
                cuts.append(distribution.threshold(threshold))
        return cls(
            scores=_with_n(np.concatenate(scores, axis=1)),
            bounds=np.cumsum([0, *(matrix.shape[1] for matrix in scores)]),
            cuts=np.array(cuts, np.int32),
            distributions=tuple(distributions),
        )

    def find(self, codes: np.ndarray) -> Int64[np.ndarray, "hits 3"]:
        """Position, matrix and score of every window of `codes` (length,) that reaches its matrix's cut."""
        pairs = zip(self.bounds[:-1], self.bounds[1:], self.cuts, strict=True)
        blocks = [_block_tables(self.scores[:4, low:high], int(cut)) for low, high, cut in pairs]
        tables = np.concatenate([block.tables.ravel() for block in blocks])
        columns = np.concatenate([block.columns for block in blocks])
        budgets = np.array([block.budget for block in blocks], np.uint8)
        block_bounds = np.cumsum([0, *(len(block.columns) for block in blocks)])

        def share(begin: int) -> np.ndarray:
            end = min(begin + _SHARE, len(codes))
            return scan_range(
                codes, begin, end, self.scores, self.bounds, self.cuts, tables, columns, budgets, block_bounds
            )

        with ThreadPoolExecutor(thread_count()) as threads:
            return np.concatenate(list(threads.map(share, range(0, max(len(codes), 1), _SHARE))))

    def p_values(self, which: np.ndarray, totals: np.ndarray) -> np.ndarray:
        """p-values of the scores `totals` of matrices `which`, both (hits,)."""
        tails = [d.survival[cut - d.lowest :] for d, cut in zip(self.distributions, self.cuts, strict=True)]
        shifts = np.cumsum([0, *map(len, tails)])[:-1] - self.cuts
        return np.concatenate(tails)[totals + shifts[which]]


def scan(
    sequences: Sequences,
    motifs: Sequence[Motif],
    *,
    strands: Strands = "both",
    p_threshold: float | Sequence[float] = 1e-4,
    background: Background | None = None,
) -> Hits:
    """Every window whose log-odds score has a p-value <= `p_threshold` (one for all, or one a motif).

    sequences are codes: (n, length), one (length,) or a list of those; a window with N is no hit. The p-value is exact
    for log-odds rounded to 1/100 bit, under `background` (default: the letters of the sequences); q-values are
    Benjamini-Hochberg over all windows and strands that the motif was tried on (Grant 2011, Bioinformatics 27:1017).
    Raises InputError for a code above 4, for no motifs, and for a motif without columns.
    """
    joined = concatenate(sequences)
    both = strands == "both"
    _check(motifs)
    background = background or estimate_background(joined.codes, both_strands=both)
    thresholds = np.broadcast_to(np.asarray(p_threshold, float), (len(motifs),))
    matrices = _Matrices.of(motifs, background, both=both, thresholds=thresholds)
    positions, which, totals = matrices.find(joined.codes).T

    widths = np.diff(matrices.bounds)
    sequence = np.searchsorted(joined.offsets, positions, side="right") - 1
    motif, reverse = np.divmod(which, 1 + both)
    inside = np.flatnonzero(positions + widths[which] <= joined.offsets[sequence + 1])  # no window spans two sequences
    rows = inside[np.argsort(((motif * len(joined.codes) + positions) * 2 + reverse)[inside])]
    start = (positions - joined.offsets[sequence])[rows]
    p = matrices.p_values(which[rows], totals[rows])
    tests = joined.windows([motif.width for motif in motifs]) * (1 + both)
    ends = np.searchsorted(motif[rows], np.arange(len(motifs) + 1))
    q = [benjamini_hochberg(p[a:b], tests=int(n)) for a, b, n in zip(ends[:-1], ends[1:], tests, strict=True)]
    best = np.array([d.survival[-1] for d in matrices.distributions]).reshape(len(motifs), -1).min(1)
    return Hits(
        sequence=sequence[rows],
        start=start,
        end=start + widths[which[rows]],
        strand=np.array([1, -1], np.int8)[reverse[rows]],
        motif=motif[rows],
        score=totals[rows] / UNITS_PER_BIT,
        p=p,
        q=np.concatenate(q),
        tests=tests,
        unreachable=best > thresholds,
    )


@dataclass(frozen=True, kw_only=True)
class BestScores:
    """The highest-scoring window of each sequence: score in bits, start 0-based, strand +1 or -1.

    A sequence without a single window free of N has score -inf and start -1.
    """

    score: Float64[np.ndarray, " n"]
    start: Int64[np.ndarray, " n"]
    strand: Int8[np.ndarray, " n"]


def best_scores(
    sequences: Sequences, motif: Motif, *, strands: Strands = "both", background: Background | None = None
) -> BestScores:
    """Highest log-odds score of each sequence and where it is; a tie goes to the forward strand, then leftmost.

    Arguments and errors as for `scan`.
    """
    joined = concatenate(sequences)
    _check([motif])
    both = strands == "both"
    scores = integer_scores(motif, background or estimate_background(joined.codes, both_strands=both))
    forward, reverse = _with_n(scores), _with_n(scores[::-1, ::-1])
    score, start, strand = best_windows(joined.codes, joined.offsets, forward, reverse, both)
    return BestScores(score=np.where(start < 0, -np.inf, score / UNITS_PER_BIT), start=start, strand=strand)


def count_sites(
    sequences: Sequences,
    motif: Motif,
    *,
    strands: Strands = "both",
    p_threshold: float = 1e-4,
    background: Background | None = None,
) -> Int64[np.ndarray, " n"]:
    """Number of hits of the motif in each sequence; a site that scores on both strands counts twice."""
    joined = concatenate(sequences)
    hits = scan(joined, [motif], strands=strands, p_threshold=p_threshold, background=background)
    return np.bincount(hits.sequence, minlength=len(joined)).astype(np.int64)


def hits_table(hits: Hits, ids: Sequence[str] | np.ndarray, motifs: Sequence[Motif]) -> pd.DataFrame:
    """The hits as hits.tsv has them: sequence_id, start, end (0-based half-open), strand, motif, score (bits), p, q."""
    return pd.DataFrame(
        {
            "sequence_id": np.asarray(ids, object)[hits.sequence],
            "start": hits.start,
            "end": hits.end,
            "strand": np.where(hits.strand > 0, "+", "-"),
            "motif": np.array([motif.name for motif in motifs], object)[hits.motif],
            "score": hits.score,
            "p": hits.p,
            "q": hits.q,
        }
    )


def write_bed(table: pd.DataFrame, path: Path) -> None:
    """Write hits, as `hits_table` has them, as BED6; the score column is -10 log10 p, at most 1000."""
    score = np.minimum(np.rint(-10 * np.log10(table["p"])), 1000).astype(int)
    bed = table[["sequence_id", "start", "end", "motif"]].assign(score=score, strand=table["strand"])
    bed.to_csv(path, sep="\t", header=False, index=False)
