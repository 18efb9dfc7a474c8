"""Genomic negatives: windows of one chromosome that are like given windows in GC and repeats, or lie beside them."""

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import cKDTree

from motiflens.data.files.genome import Chromosome
from motiflens.sequence.coordinates import MergedIntervals

_CANDIDATES = 50  # a target
_FEWEST = 2_000
_AT_A_TIME = 50_000
_ROUNDS = 30
_UNKNOWN = 0.1  # share of N up to which a window is used
_APART = 0.05  # weighted distance: farther is no match
_WEIGHTS = np.array([1.0, 0.5])  # of GC and repeats
_STEPS = (1, 2, 3, 5)  # window widths beside a peak


def matched_windows(
    chromosome: Chromosome,
    targets: Float64[np.ndarray, "n 2"],
    occupied: MergedIntervals,
    *,
    width: int,
    rng: np.random.Generator,
) -> Int64[np.ndarray, " n"]:
    """For each target (share of G and C, share soft-masked) the start of a free window like it, -1 where none is left.

    No two windows start within half a width of each other.
    """
    chosen = np.full(len(targets), -1)
    room = len(chromosome) - width + 1
    if room < 1 or not len(targets):
        return chosen
    starts = np.unique(rng.integers(0, room, min(max(_CANDIDATES * len(targets), _FEWEST), 4 * room)))
    starts = starts[~occupied.overlap(starts, starts + width)]
    features, starts = _features(chromosome, starts, width)
    if not len(starts):
        return chosen
    # Shares come in steps of one letter; without jitter all targets of one step would ask for the same windows.
    places = features * _WEIGHTS + rng.uniform(-0.5, 0.5, features.shape) / width
    free = np.ones(len(starts), bool)
    for _ in range(_ROUNDS):
        open_rows = rng.permutation(np.flatnonzero(chosen < 0))
        candidates = np.flatnonzero(free)
        if not len(open_rows) or not len(candidates):
            break
        tree = cKDTree(places[candidates])
        wanted = targets[open_rows] * _WEIGHTS
        distance, nearest = tree.query(wanted, k=[1, 2, 3, 4, 5, 6, 7, 8], distance_upper_bound=_APART)
        if not np.isfinite(distance).any():
            break
        for row, options in zip(open_rows, nearest, strict=True):
            for option in options[options < len(candidates)]:
                if free[candidates[option]]:
                    chosen[row] = starts[candidates[option]]
                    low, high = np.searchsorted(starts, [chosen[row] - width // 2, chosen[row] + width // 2 + 1])
                    free[low:high] = False
                    break
    return chosen


def _features(chromosome: Chromosome, starts: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """(GC, masked) of each window with few N, and the starts of these."""
    features, kept = [np.empty((0, 2))], [starts[:0]]
    for i in range(0, len(starts), _AT_A_TIME):
        part = starts[i : i + _AT_A_TIME]
        windows = chromosome.windows(part, width)
        known = windows.unknown <= _UNKNOWN
        features.append(np.column_stack([windows.gc, windows.masked])[known])
        kept.append(part[known])
    return np.concatenate(features), np.concatenate(kept)


def flanking_windows(
    chromosome: Chromosome,
    starts: Int64[np.ndarray, " n"],
    occupied: MergedIntervals,
    *,
    width: int,
    rng: np.random.Generator,
) -> Int64[np.ndarray, " n"]:
    """Return, for each window, the start of an unoccupied window one to five widths away, -1 if there is none."""
    chosen = np.full(len(starts), -1)
    side = rng.choice([-1, 1], len(starts))
    for step in _STEPS:
        for direction in (1, -1):
            rows = np.flatnonzero(chosen < 0)
            other = starts[rows] + direction * side[rows] * (step + 1) * width
            good = (other >= 0) & (other + width <= len(chromosome))
            rows, other = rows[good], other[good]
            good = ~occupied.overlap(other, other + width) & ~np.isin(other, chosen)
            rows, other = rows[good], other[good]
            if len(rows):
                known = chromosome.windows(other, width).unknown <= _UNKNOWN
                _, first = np.unique(other[known], return_index=True)
                chosen[rows[known][first]] = other[known][first]
    return chosen
