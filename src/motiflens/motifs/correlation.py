"""How alike two matrices are."""

import math

import numpy as np


def alike(a: np.ndarray, b: np.ndarray, *, both: bool) -> float:
    """Highest correlation of two matrices (4, width) of probabilities over their alignments, on both strands if `both`.

    Information outside the overlap counts against it, in the shorter matrix.
    """
    return max(_aligned(a, view) for view in ((b, b[::-1, ::-1]) if both else (b,)))


def _aligned(a: np.ndarray, b: np.ndarray, *, overlap: int = 4) -> float:
    if a.shape[1] > b.shape[1]:
        a, b = b, a
    a, b = a - 0.25, b - 0.25
    least = min(overlap, a.shape[1])
    best = -1.0
    for shift in range(least - b.shape[1], a.shape[1] - least + 1):
        x = a[:, max(shift, 0) : shift + b.shape[1]]
        y = b[:, max(-shift, 0) : a.shape[1] - shift]
        norm = math.sqrt((a**2).sum() * (y**2).sum()) + 1e-9
        best = max(best, float((x * y).sum()) / norm)
    return best
