"""Refine a seed to a matrix: count its sites in the sequences, choose the threshold where the classes differ most."""

import math
from dataclasses import dataclass, replace
from typing import Literal, no_type_check

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int32, Int64, UInt8

from motiflens.compiled.jit import njit
from motiflens.discovery.config import RefineConfig
from motiflens.discovery.cuts import NO_ENRICHMENT, Enrichment
from motiflens.discovery.position_windows import PositionWindow
from motiflens.discovery.sequences import SearchedSequences
from motiflens.motifs._kernels import ABSENT, best_windows
from motiflens.motifs.motif import PSEUDOCOUNT
from motiflens.motifs.scan import Concatenated
from motiflens.motifs.scores import UNITS_PER_BIT, IntegerScores, integer_scores, with_n_row
from motiflens.shapes import MotifMatrix, Strands

#: What proposed a matrix: "known", a motif of the database that was recounted; "database", one as it stands there.
Source = Literal["contributions", "kmers", "known", "database"]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A matrix of probabilities, its integer scores, and the threshold at which its sites are most enriched.

    Attributes:
        probabilities: the matrix.
        scores: its log-odds in 1/100 bit.
        enrichment: enrichment of its sites, and their threshold.
        source: where the matrix came from.
        sites: rows of the sequences with a site; then start and strand of the best window of every sequence.
        position_window: window that sites lie in, if there is one.
    """

    probabilities: MotifMatrix
    scores: IntegerScores
    enrichment: Enrichment
    source: Source
    sites: tuple[Int64[np.ndarray, " sites"], Int64[np.ndarray, " n"], Int8[np.ndarray, " n"]]
    position_window: PositionWindow | None = None

    @property
    def threshold(self) -> int:
        """Lowest score of a site, in 1/100 bit."""
        return self.enrichment.threshold


def best_sites(
    data: SearchedSequences, scores: IntegerScores, window: PositionWindow | None = None
) -> tuple[Int32[np.ndarray, " n"], Int64[np.ndarray, " n"], Int8[np.ndarray, " n"]]:
    """Return the best score of each sequence, its start and its strand; within the position window, if there is one."""
    part = data.within(window)
    reverse = with_n_row(scores[::-1, ::-1])
    found, starts, strands = best_windows(part.codes, part.offsets, with_n_row(scores), reverse, data.both_strands)
    return found, starts if window is None else np.where(starts < 0, -1, starts + window[0]), strands


@njit(cache=True, nogil=True)
@no_type_check
def _count_letters(codes, offsets, sites, starts, strands, weights, width, flank):
    """Weighted counts (4, width + 2 flank) at the sites, those of positives and negatives apart (2, ...)."""
    counts = np.zeros((2, 4, width + 2 * flank))
    for s in sites:
        begin, end = offsets[s], offsets[s + 1]
        side = 0 if weights[s] > 0 else 1
        for j in range(-flank, width + flank):
            at = begin + starts[s] + (j if strands[s] > 0 else width - 1 - j)
            if at < begin or at >= end:
                continue
            code = codes[at]
            if code > 3:
                continue
            base = code if strands[s] > 0 else 3 - code
            counts[side, base, j + flank] += abs(weights[s])
    return counts


def _smoothed(counts: np.ndarray, background: np.ndarray, config: RefineConfig) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed counts (4, width) and their column sums, from counts of positives and of chance sites (2, 4, width).

    Noise shrinks to the background.
    """
    excess = np.maximum(counts[0] - counts[1], 0)
    prior = config.pseudocount + config.noise * np.sqrt(counts[1].sum(0))
    smoothed = excess + prior * background[:, None]
    return smoothed, smoothed.sum(0)


@njit(cache=True, nogil=True)
@no_type_check
def _leave_out(codes, offsets, rows, starts, strands, scores, weights, smoothed, totals, background, pseudocount):
    """Rescore in place the best window of each of `rows` against the counts without that window."""
    width = smoothed.shape[1]
    for s in rows:
        begin = offsets[s] + starts[s]
        total = 0
        for j in range(width):
            code = codes[begin + (j if strands[s] > 0 else width - 1 - j)]
            base = code if strands[s] > 0 else 3 - code
            count = max(smoothed[base, j] - weights[s], 0.05)
            p = (1 - pseudocount) * count / max(totals[j] - weights[s], 0.2) + pseudocount * background[base]
            total += round(math.log2(p / background[base]) * UNITS_PER_BIT)  # by column, as the full matrix is
        scores[s] = total


def _informative(probabilities: np.ndarray, sites: float, background: np.ndarray, config: RefineConfig) -> np.ndarray:
    """Mask of the columns that differ from the background by more than sampling explains."""
    bits = (probabilities * np.log2(np.maximum(probabilities, 1e-9) / background[:, None])).sum(0)
    return (bits > config.min_edge_bits) & (bits * sites * 2 * math.log(2) > config.min_edge_deviance)


def _span(probabilities: np.ndarray, counts: np.ndarray, background: np.ndarray, config: RefineConfig) -> slice:
    """Columns from the first to the last informative one, `min_width` to `max_width` of them."""
    sites = max(counts[0].sum(0).mean() - counts[1].sum(0).mean(), 1.0)
    kept = np.flatnonzero(_informative(probabilities, sites, background, config))
    width = probabilities.shape[1]
    if len(kept) == 0:
        return slice(0, width)
    low, high = int(kept[0]), int(kept[-1]) + 1
    bits = (probabilities * np.log2(np.maximum(probabilities, 1e-9) / background[:, None])).sum(0)
    while high - low > config.max_width:
        low, high = (low + 1, high) if bits[low] < bits[high - 1] else (low, high - 1)
    while high - low < config.min_width:
        low, high = max(low - 1, 0), min(high + 1, width)
    return slice(low, high)


def seed_matrix(
    kmer: UInt8[np.ndarray, " width"], background: Float64[np.ndarray, "4"], *, match: float = 0.85
) -> MotifMatrix:
    """Return the matrix of a gapped k-mer (4 in a gap): `match` of its letter, the rest as the background."""
    out = np.repeat(background[:, None], len(kmer), 1)
    for j in np.flatnonzero(kmer < 4):
        out[:, j] = (1 - match) * background
        out[kmer[j], j] += match
    return out


def refine(
    probabilities: MotifMatrix,
    data: SearchedSequences,
    *,
    source: Source,
    config: RefineConfig,
    window: PositionWindow | None = None,
    keep_columns_once: bool = False,
) -> Candidate:
    """Recount the matrix from its sites in the sequences until its enrichment no longer grows.

    Flanking columns are added where they carry information and edge columns dropped where they carry none. A sequence
    that the matrix was counted from is scored against the counts without it; otherwise every chance motif would look
    significant.

    Args:
        probabilities: matrix to start from.
        data: sequences to count sites in.
        source: where the matrix came from; copied to the result.
        config: settings.
        window: position window that sites must lie in.
        keep_columns_once: begin with a round that keeps the columns, for a matrix refined on nearly the same sequences.

    Returns:
        The most enriched candidate of all rounds; without enrichment where the matrix has too few sites.
    """
    weights = data.weights
    current = start = _start(probabilities, data, source=source, config=config, window=window)
    best, lowest, stale = None, np.inf, 0
    for turn in range(keep_columns_once + config.max_rounds):
        recounted = _recount(current, data, weights, config, grow=turn >= keep_columns_once)
        if recounted is None:
            break
        current = recounted
        now = penalised_log_p(current, config)
        if now <= lowest + config.tolerance:
            best = current
        if now < lowest - 1e-9:
            lowest, stale = now, 0
        else:
            stale += 1
            if stale > config.patience:
                break
    return best or replace(start, enrichment=NO_ENRICHMENT)


def penalised_log_p(candidate: Candidate, config: RefineConfig) -> float:
    """Return the log p-value with penalties for columns and for a position window; candidates are ranked by it."""
    penalty = config.column_penalty * candidate.probabilities.shape[1]
    return candidate.enrichment.log_p + penalty + (0.0 if candidate.position_window is None else config.window_penalty)


def _start(
    probabilities: np.ndarray,
    data: SearchedSequences,
    *,
    source: Source,
    config: RefineConfig,
    window: PositionWindow | None,
) -> Candidate:
    scores = integer_scores(probabilities, data.background)
    found, starts, strands = best_sites(data, scores, window)
    enrichment = data.best_cut(found, min_sites=config.min_sites)
    return Candidate(
        probabilities=probabilities,
        scores=scores,
        enrichment=enrichment,
        source=source,
        sites=(np.flatnonzero(found >= enrichment.threshold), starts, strands),
        position_window=window,
    )


def _recount(
    current: Candidate, data: SearchedSequences, weights: np.ndarray, config: RefineConfig, *, grow: bool
) -> Candidate | None:
    """The matrix of its sites, with its columns or (`grow`) those that are informative; None without sites."""
    rows, starts, strands = current.sites
    if len(rows) < config.min_sites or current.enrichment.log_p == 0:
        return None
    width = current.scores.shape[1]
    flank = config.flank if grow else 0
    counts = _count_letters(data.codes, data.offsets, rows, starts, strands, weights, width, flank)
    smoothed, totals = _smoothed(counts, data.background, config)
    kept = _span(smoothed / totals, counts, data.background, config) if grow else slice(None)
    smoothed, totals = np.ascontiguousarray(smoothed[:, kept]), totals[kept]
    matrix = (1 - PSEUDOCOUNT) * smoothed / totals + PSEUDOCOUNT * data.background[:, None]
    scores = integer_scores(matrix, data.background)
    found, starts, strands = best_sites(data, scores, current.position_window)
    rows = rows[found[rows] > ABSENT // 2]
    own = found.copy()
    _leave_out(
        data.codes, data.offsets, rows, starts, strands, own, weights, smoothed, totals, data.background, PSEUDOCOUNT
    )
    enrichment = data.best_cut(own, min_sites=config.min_sites)
    return Candidate(
        probabilities=matrix,
        scores=scores,
        enrichment=enrichment,
        source=current.source,
        position_window=current.position_window,
        sites=(np.flatnonzero(own >= enrichment.threshold), starts, strands),
    )


def hit_positions(
    sequences: Concatenated | SearchedSequences,
    scores: IntegerScores,
    *,
    threshold: int,
    strands: Strands,
    window: PositionWindow | None,
) -> Bool[np.ndarray, " total"]:
    """Return which positions lie under a match that scores at least `threshold`, within the position window."""
    first, last = window or (0, len(sequences.codes))
    forward, reverse = with_n_row(scores), with_n_row(scores[::-1, ::-1])
    return _hit_positions(
        sequences.codes, sequences.offsets, forward, reverse, threshold, strands == "both", first, last
    )


@njit(cache=True, nogil=True)
@no_type_check
def _hit_positions(codes, offsets, forward, reverse, threshold, both_strands, first, last):
    """Mask of the positions under a match that scores at least `threshold`, within first..last of each sequence."""
    covered = np.zeros(len(codes), np.bool_)
    width = forward.shape[1]
    highest = np.zeros((2, width + 1), np.int64)  # that the columns from j on can still add
    for j in range(width - 1, -1, -1):
        highest[0, j] = highest[0, j + 1] + forward[:, j].max()
        highest[1, j] = highest[1, j + 1] + reverse[:, j].max()
    for s in range(len(offsets) - 1):
        for p in range(offsets[s] + first, min(offsets[s] + last, offsets[s + 1]) - width + 1):
            for strand in range(2 if both_strands else 1):
                matrix = reverse if strand else forward
                total = 0
                for j in range(width):
                    total += matrix[codes[p + j], j]
                    if total + highest[strand, j + 1] < threshold:
                        break
                if total >= threshold:
                    covered[p : p + width] = True
    return covered
