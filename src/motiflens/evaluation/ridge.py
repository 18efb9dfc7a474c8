"""Ridge regression with a penalty that held-out sequences choose: on many features, by one square matrix.

The smaller of the two normal matrices is factorised, features by features or sequences by sequences, so that a few
thousand sequences with a few thousand k-mers take seconds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64
from scipy.linalg import cho_factor, cho_solve

Features = Any  # (n, features): an array, or a sparse array of scipy
Values = Float64[np.ndarray, "n targets"]

STEP = 10**0.5  # between penalties that are tried
WEAKEST, STRONGEST = 1e-3, 1e4
FOLDS = 3
_LARGE = 1000  # rows of a normal matrix, from which single precision is used: half of the time


@dataclass(frozen=True, kw_only=True)
class Ridge:
    """Coefficients (features, targets) and intercepts (targets,)."""

    weights: Float64[np.ndarray, "features targets"]
    bias: Float64[np.ndarray, " targets"]
    penalty: float

    def predict(self, x: Features) -> Values:
        """Return predictions of features (n, features)."""
        return np.asarray(x @ self.weights) + self.bias


def fit_ridge(x: Features, y: Values, *, penalty: float) -> Ridge:
    """Return the ridge regression of y without missing values; the intercept is not penalised.

    `penalty` is relative to the mean squared length of the centred feature vectors, so that it hardly depends on the
    number of sequences or features.
    """
    return _Normal(x, y).solve(penalty)


def fit_chosen_ridge(x: Features, y: Values, folds: Int64[np.ndarray, " n"]) -> Ridge:
    """Return the ridge regression whose penalty has the least squared error on held-out folds.

    Args:
        x: Features.
        y: Values, none of them missing; the squared errors of targets count relative to their variances.
        folds: Fold of each sequence.

    From a middling penalty the search goes on as long as the error becomes less, to stronger or to weaker ones.
    """
    return fit_ridge(x, y, penalty=_chosen_penalty(x, y, folds))


def _chosen_penalty(x: Features, y: Values, folds: Int64[np.ndarray, " n"]) -> float:
    scale = np.maximum(y.std(axis=0), 1e-12)
    parts = [(_Normal(x[folds != fold], y[folds != fold]), folds == fold) for fold in np.unique(folds)]

    def error(penalty: float) -> float:
        solved = ((normal.solve(penalty), held) for normal, held in parts)
        return float(sum((((ridge.predict(x[held]) - y[held]) / scale) ** 2).sum() for ridge, held in solved))

    best, chosen = error(1.0), 1.0
    for step in (STEP, 1 / STEP):
        start = chosen
        while WEAKEST < chosen * step < STRONGEST and (tried := error(chosen * step)) < best:
            best, chosen = tried, chosen * step
        if chosen != start:
            break
    return chosen


class _Normal:
    """The normal equations of one design, solved for any penalty."""

    def __init__(self, x: Features, y: Values) -> None:
        n, p = x.shape
        self.dtype = np.float32 if min(n, p) > _LARGE else np.float64
        dense = (x.toarray() if hasattr(x, "toarray") else np.asarray(x)).astype(self.dtype)
        self.mean_x, self.mean_y = dense.mean(axis=0, dtype=np.float64), y.mean(axis=0)
        dense -= self.mean_x.astype(self.dtype)
        self.x, self.right = dense, y - self.mean_y
        self.dual = n < p
        self.matrix = dense @ dense.T if self.dual else dense.T @ dense
        self.unit = max(float(np.trace(self.matrix)) / n, 1e-12)

    def solve(self, penalty: float) -> Ridge:
        regular = self.matrix.copy()
        regular[np.diag_indices_from(regular)] += self.dtype(penalty * self.unit)
        right = (self.right if self.dual else self.x.T @ self.right).astype(self.dtype)
        solved = cho_solve(cho_factor(regular, overwrite_a=True, check_finite=False), right, check_finite=False)
        weights = np.asarray(self.x.T @ solved if self.dual else solved, np.float64)
        return Ridge(weights=weights, bias=self.mean_y - self.mean_x @ weights, penalty=penalty)
