"""Weights of columns that give them another base composition on average."""

import numpy as np
from jaxtyping import Float64

from motiflens.shapes import MotifMatrix

STEPS = 60
CLOSE = 1e-6


def tilted_weights(columns: MotifMatrix, composition: Float64[np.ndarray, "4"]) -> Float64[np.ndarray, " width"]:
    """Return weights of sum 1 under which `columns` have `composition` on average, as even as can be.

    They are exponential in the bases of a column (maximum entropy), found by Newton's method. The composition must lie
    among those of the columns.
    """
    tilt = np.zeros(4)
    weights = np.full(columns.shape[1], 1 / columns.shape[1])
    for _ in range(STEPS):
        mean = columns @ weights
        missing = composition - mean
        if np.abs(missing).max() < CLOSE:
            break
        spread = (columns * weights) @ columns.T - np.outer(mean, mean)
        tilt += np.clip(np.linalg.solve(spread + 1e-6 * np.eye(4), missing), -1, 1)
        exponents = tilt @ columns
        weights = np.exp(exponents - exponents.max())
        weights /= weights.sum()
    return weights
