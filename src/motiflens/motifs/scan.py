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
from motiflens.motifs._kernels import BUDGET, LETTERS, best_windows, scan_range
from motiflens.motifs.genome_places import PLACE
from motiflens.motifs.motif import Motif
from motiflens.motifs.scores import (
    UNITS_PER_BIT,
    ScoreDistribution,
    estimate_background,
    integer_scores,
    score_distribution,
    with_n_row,
)
from motiflens.motifs.statistics import benjamini_hochberg
from motiflens.shapes import Strands

_WINDOWS_A_TASK = 1 << 19  # windows handed to a thread at a time


@dataclass(frozen=True, kw_only=True)
class Concatenated:
    """Sequences end to end: codes (total,), sequence i at offsets[i]..offsets[i + 1]."""

    codes: UInt8[np.ndarray, " total"]
    offsets: Int64[np.ndarray, " bounds"]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def windows(self, widths: Sequence[int]) -> Int64[np.ndarray, " widths"]:
        """Return the number of windows without N, for each of `widths`."""
        gaps = np.flatnonzero(self.codes == 4)
        begins = np.sort(np.concatenate((self.offsets[:-1], gaps + 1)))
        stretches = np.sort(np.concatenate((self.offsets[1:], gaps))) - begins
        counts = {width: int(np.maximum(stretches - width + 1, 0).sum()) for width in set(widths)}
        return np.array([counts[width] for width in widths], np.int64)


Sequences = np.ndarray | Sequence[np.ndarray] | Concatenated


def concatenate(sequences: Sequences) -> Concatenated:
    """Join sequences of codes, (n, length), one (length,) or a list of those, end to end; an array is not copied.

    Raises:
        InputError: for a code above 4; names the sequence.
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
    (motifs,) marks motifs too short or too vague for the p-value threshold: even their best sequence misses it.
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

    def in_sequences(self, n: int) -> Bool[np.ndarray, " n"]:
        """Return which of `n` sequences have a hit."""
        return np.bincount(self.sequence, minlength=n) > 0

    def covered(self, shape: tuple[int, int]) -> Bool[np.ndarray, "n length"]:
        """Return which positions of `shape` (sequences, length) lie under a hit."""
        steps = np.zeros((shape[0], shape[1] + 1), np.int32)
        np.add.at(steps, (self.sequence, self.start), 1)
        np.add.at(steps, (self.sequence, self.end), -1)
        return np.asarray(steps.cumsum(1)[:, :-1] > 0)

    def take(self, rows: Int64[np.ndarray, " rows"] | Bool[np.ndarray, " hits"]) -> "Hits":
        """Return the hits at `rows`, indices or a mask, in that order."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})


_COLUMNS = ("sequence", "start", "end", "strand", "motif", "score", "p", "q")


def _check_motifs(motifs: Sequence[Motif]) -> None:
    if not motifs:
        raise InputError("no motifs to scan with")
    empty = next((motif.name for motif in motifs if motif.width == 0), None)
    if empty is not None:
        raise InputError(f"motif {empty!r} has no columns: remove it")


@dataclass(frozen=True, kw_only=True)
class _Blocks:
    """A matrix as the screen reads it: deficits of LETTERS columns a table, first columns, highest sum to pass."""

    tables: UInt8[np.ndarray, "blocks lanes"]
    columns: Int64[np.ndarray, " blocks"]
    budget: int


def _block_tables(scores: np.ndarray, threshold: int) -> _Blocks:
    """Deficits against the best sequence, scaled so that `threshold` meets the budget, rounded down to lose no hit."""
    best = scores.max(0)
    slack = int(best.sum()) - threshold
    columns = np.arange(0, scores.shape[1], LETTERS)
    deficits = np.zeros((4, len(columns) * LETTERS), np.int64)
    deficits[:, : len(best)] = best - scores
    tables = deficits[:, ::LETTERS].T
    for letter in range(1, LETTERS):
        tables = (tables[:, :, None] + deficits[:, letter::LETTERS].T[:, None, :]).reshape(len(columns), -1)
    if slack > BUDGET:
        tables = tables * BUDGET // slack
    # A threshold that even the best sequence misses leaves no slack; rescoring then rejects that sequence.
    return _Blocks(tables=np.minimum(tables, 255).astype(np.uint8), columns=columns, budget=min(max(slack, 0), BUDGET))


@dataclass(frozen=True, kw_only=True)
class _Matrices:
    """Integer scores of every motif end to end, each forward and, where both strands count, reversed behind it."""

    scores: Int32[np.ndarray, "5 columns"]
    bounds: Int64[np.ndarray, " matrices_and_one"]
    thresholds: Int32[np.ndarray, " matrices"]
    distributions: tuple[ScoreDistribution, ...]

    @classmethod
    def of(
        cls, motifs: Sequence[Motif], background: Float64[np.ndarray, "4"], *, strands: Strands, p_values: np.ndarray
    ) -> "_Matrices":
        """The matrices of `motifs`, with the lowest score that reaches each motif's p-value."""
        symmetric = np.array_equal(background, background[::-1])
        scores, distributions, thresholds = [], [], []
        for motif, p_value in zip(motifs, p_values, strict=True):
            forward = integer_scores(motif.probabilities, background)
            distribution = score_distribution(forward, background)
            for matrix in (forward, np.ascontiguousarray(forward[::-1, ::-1]))[: 1 + (strands == "both")]:
                if matrix is not forward and not symmetric:
                    distribution = score_distribution(matrix, background)
                scores.append(matrix)
                distributions.append(distribution)
                thresholds.append(distribution.threshold(p_value))
        return cls(
            scores=with_n_row(np.concatenate(scores, axis=1)),
            bounds=np.cumsum([0, *(matrix.shape[1] for matrix in scores)]),
            thresholds=np.array(thresholds, np.int32),
            distributions=tuple(distributions),
        )

    def find(self, codes: np.ndarray) -> Int64[np.ndarray, "hits 3"]:
        """Position, matrix and score of every window of `codes` (length,) that reaches its matrix's threshold."""
        spans = zip(self.bounds[:-1], self.bounds[1:], self.thresholds, strict=True)
        blocks = [_block_tables(self.scores[:4, low:high], int(threshold)) for low, high, threshold in spans]
        tables = np.concatenate([block.tables.ravel() for block in blocks])
        columns = np.concatenate([block.columns for block in blocks])
        budgets = np.array([block.budget for block in blocks], np.uint8)
        block_bounds = np.cumsum([0, *(len(block.columns) for block in blocks)])

        def part(begin: int) -> np.ndarray:
            end = min(begin + _WINDOWS_A_TASK, len(codes))
            return scan_range(
                codes, begin, end, self.scores, self.bounds, self.thresholds, tables, columns, budgets, block_bounds
            )

        with ThreadPoolExecutor(thread_count()) as threads:
            return np.concatenate(list(threads.map(part, range(0, max(len(codes), 1), _WINDOWS_A_TASK))))

    def p_values(self, which: np.ndarray, totals: np.ndarray) -> np.ndarray:
        """p-values of the scores `totals` of matrices `which`, both (hits,)."""
        tails = [d.survival[low - d.lowest :] for d, low in zip(self.distributions, self.thresholds, strict=True)]
        shifts = np.cumsum([0, *map(len, tails)])[:-1] - self.thresholds
        return np.concatenate(tails)[totals + shifts[which]]


def scan(
    sequences: Sequences,
    motifs: Sequence[Motif],
    *,
    strands: Strands = "both",
    p_threshold: float | Sequence[float] = 1e-4,
    background: Float64[np.ndarray, "4"] | None = None,
) -> Hits:
    """Return every window whose log-odds score has a small p-value.

    p-values are exact for log-odds rounded to 1/100 bit; q-values are Benjamini-Hochberg over all windows and strands
    that the motif was tried on (Grant 2011, Bioinformatics 27:1017).

    Args:
        sequences: codes, (n, length), one (length,) or a list of those; a window with N is no hit.
        motifs: motifs to look for.
        strands: strands to look on.
        p_threshold: largest p-value of a hit, one for all motifs or one for each.
        background: frequencies of A, C, G, T; by default those of the sequences.

    Raises:
        InputError: for a code above 4, for no motifs, and for a motif without columns.
    """
    joined = concatenate(sequences)
    _check_motifs(motifs)
    background = estimate_background(joined.codes, strands=strands) if background is None else background
    p_values = np.broadcast_to(np.asarray(p_threshold, float), (len(motifs),))
    matrices = _Matrices.of(motifs, background, strands=strands, p_values=p_values)
    n_strands = 2 if strands == "both" else 1
    positions, which, totals = matrices.find(joined.codes).T

    widths = np.diff(matrices.bounds)
    sequence = np.searchsorted(joined.offsets, positions, side="right") - 1
    motif, reverse = np.divmod(which, n_strands)
    inside = np.flatnonzero(positions + widths[which] <= joined.offsets[sequence + 1])  # no window spans two sequences
    rows = inside[np.argsort(((motif * len(joined.codes) + positions) * 2 + reverse)[inside])]
    start = (positions - joined.offsets[sequence])[rows]
    p = matrices.p_values(which[rows], totals[rows])
    tests = joined.windows([motif.width for motif in motifs]) * n_strands
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
        unreachable=best > p_values,
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
    sequences: Sequences, motif: Motif, *, strands: Strands = "both", background: Float64[np.ndarray, "4"] | None = None
) -> BestScores:
    """Return the highest log-odds score of each sequence and its place; ties go to the forward strand, then leftmost.

    Arguments and errors as for `scan`.
    """
    joined = concatenate(sequences)
    _check_motifs([motif])
    background = estimate_background(joined.codes, strands=strands) if background is None else background
    scores = integer_scores(motif.probabilities, background)
    forward, reverse = with_n_row(scores), with_n_row(scores[::-1, ::-1])
    score, start, strand = best_windows(joined.codes, joined.offsets, forward, reverse, strands == "both")
    return BestScores(score=np.where(start < 0, -np.inf, score / UNITS_PER_BIT), start=start, strand=strand)


def hits_table(hits: Hits, ids: Sequence[str] | np.ndarray, motifs: Sequence[Motif]) -> pd.DataFrame:
    """Return hits.tsv: sequence_id, start, end (0-based, half-open), strand, motif, score (bits), p, q."""
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
    """Write hits, as `hits_table` has them, as BED6; the score column is -10 log10 p, at most 1000.

    Hits whose place on the genome is known (`with_genome_places`) stand there. Motifs that share their name have their
    accession in front of it.
    """
    bed = table[["sequence_id", "start", "end", "motif"]].copy()
    if "accession" in table:
        shared = table.groupby("motif")["accession"].transform("nunique") > 1
        bed["motif"] = bed["motif"].where(~shared, table["accession"] + "_" + table["motif"])
    bed["score"] = np.minimum(np.rint(-10 * np.log10(table["p"])), 1000).astype(int)
    bed["strand"] = table["strand"]
    if PLACE[0] in table:
        placed = table[PLACE[0]].notna()
        for name, column in zip(("sequence_id", "start", "end", "strand"), PLACE, strict=True):
            bed[name] = table[column].where(placed, bed[name])
    bed.to_csv(path, sep="\t", header=False, index=False)
