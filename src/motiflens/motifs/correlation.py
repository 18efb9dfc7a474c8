"""Correlation of two motif matrices."""

import math

import numpy as np
from jaxtyping import Float64

from motiflens.shapes import Strands

_MIN_OVERHANG = 0.3  # of the squares that a correlation sums


def matrix_correlation(a: Float64[np.ndarray, "4 v"], b: Float64[np.ndarray, "4 w"], *, strands: Strands) -> float:
    """Return the highest correlation of two matrices of probabilities over their alignments.

    With both strands, the reverse complement of `b` is aligned too. Information outside of the overlap lowers the
    correlation, where it is in the shorter matrix.
    """
    return _best_alignment(a, b, strands)[0]


def are_one(a: Float64[np.ndarray, "4 v"], b: Float64[np.ndarray, "4 w"], *, least: float, strands: Strands) -> bool:
    """Return whether two matrices are one motif: they correlate by `least`, and not by their ends alone."""
    correlation, outside = _best_alignment(a, b, strands)
    return correlation >= least and outside < _MIN_OVERHANG


def share_ends_alone(a: Float64[np.ndarray, "4 v"], b: Float64[np.ndarray, "4 w"], *, strands: Strands) -> bool:
    """Return whether two matrices have no more in common than the end of one and the beginning of the other.

    Three tenths or more of each lie outside of their best alignment, as of TATCTGGGCA and TGGGCAACAT: matrices that
    correlate by their common letters, and are two motifs.
    """
    return _best_alignment(a, b, strands)[1] >= _MIN_OVERHANG


def _best_alignment(a: np.ndarray, b: np.ndarray, strands: Strands) -> tuple[float, float]:
    """Return the highest correlation, and the share of either matrix, the smaller one, outside of that alignment."""
    views = (b, b[::-1, ::-1]) if strands == "both" else (b,)
    return max((_best_shift(a, view) for view in views), key=lambda found: found[0])


def _best_shift(a: np.ndarray, b: np.ndarray, *, overlap: int = 4) -> tuple[float, float]:
    if a.shape[1] > b.shape[1]:
        a, b = b, a
    a, b = a - 0.25, b - 0.25
    of_a, of_b = float((a**2).sum()), float((b**2).sum())
    min_overlap = min(overlap, a.shape[1])
    best = (-1.0, 0.0)
    for shift in range(min_overlap - b.shape[1], a.shape[1] - min_overlap + 1):
        x = a[:, max(shift, 0) : shift + b.shape[1]]
        y = b[:, max(-shift, 0) : a.shape[1] - shift]
        inside = float((y**2).sum())
        correlation = float((x * y).sum()) / (math.sqrt(of_a * inside) + 1e-9)
        if correlation > best[0]:
            best = correlation, 1 - max(float((x**2).sum()) / (of_a + 1e-9), inside / (of_b + 1e-9))
    return best
