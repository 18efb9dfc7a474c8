"""Correlation of two motif matrices."""

import math

import numpy as np
from jaxtyping import Float64

from motiflens.shapes import Strands


def matrix_correlation(a: Float64[np.ndarray, "4 v"], b: Float64[np.ndarray, "4 w"], *, strands: Strands) -> float:
    """Return the highest correlation of two matrices of probabilities over their alignments.

    With both strands, the reverse complement of `b` is aligned too. Information outside of the overlap lowers the
    correlation, where it is in the shorter matrix.
    """
    views = (b, b[::-1, ::-1]) if strands == "both" else (b,)
    return max(_best_alignment(a, view) for view in views)


def _best_alignment(a: np.ndarray, b: np.ndarray, *, overlap: int = 4) -> float:
    if a.shape[1] > b.shape[1]:
        a, b = b, a
    a, b = a - 0.25, b - 0.25
    min_overlap = min(overlap, a.shape[1])
    best = -1.0
    for shift in range(min_overlap - b.shape[1], a.shape[1] - min_overlap + 1):
        x = a[:, max(shift, 0) : shift + b.shape[1]]
        y = b[:, max(-shift, 0) : a.shape[1] - shift]
        norm = math.sqrt((a**2).sum() * (y**2).sum()) + 1e-9
        best = max(best, float((x * y).sum()) / norm)
    return best
