"""How well predicted numbers agree with measured ones, and how each sequence moves the figures.

Each figure is an `Estimate`: its value and the influence of each sequence, whose variance is that of the figure.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.stats import rankdata

from motiflens.evaluation.areas import Estimate, mean_of

Vector = Float64[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """The figures of one target; None where the measured or the predicted numbers do not vary."""

    pearson: Estimate | None
    spearman: Estimate | None
    r2: Estimate | None
    mse: Estimate
    mae: Estimate


def agreement_of(measured: Vector, predicted: Vector) -> Agreement:
    """Return how well predictions agree with measurements, neither with a missing value."""
    varies = bool(np.ptp(measured) > 0)
    both = varies and bool(np.ptp(predicted) > 0)
    return Agreement(
        pearson=pearson(measured, predicted) if both else None,
        spearman=spearman(measured, predicted) if both else None,
        r2=r_squared(measured, predicted) if varies else None,
        mse=mean_of((measured - predicted) ** 2),
        mae=mean_of(np.abs(measured - predicted)),
    )


def pearson(x: Vector, y: Vector) -> Estimate:
    """Return Pearson's correlation. Both vary; the influence is that of leaving a sequence out (the jackknife)."""
    n = len(x)
    x, y = _standardised(x), _standardised(y)
    value = float(np.clip(x @ y / n, -1, 1))
    # Sums without one sequence; of standardised values the full sums are 0 and n.
    m = n - 1
    xy = n * value - x * y - x * y / m
    xx, yy = (np.maximum(n - v**2 - v**2 / m, 1e-300) for v in (x, y))
    return Estimate(value=value, influence=_jackknife(value, np.clip(xy / np.sqrt(xx * yy), -1, 1)))


def spearman(x: Vector, y: Vector) -> Estimate:
    """Return Spearman's rank correlation; ties have their mean rank.

    A sequence moves the figure by its own ranks and by those that it gives the others.
    """
    n = len(x)
    u, v = (rankdata(values) / n for values in (x, y))
    a, b = u - u.mean(), v - v.mean()
    scale = np.sqrt((a @ a) * (b @ b)) / n
    value = float(np.clip(a @ b / n / scale, -1, 1))
    # Each sequence lifts by 1 / n the ranks of all above it.
    moved = a * b + _mean_above(x, b) + _mean_above(y, a)
    spread = (a**2 + 2 * _mean_above(x, a)) / (2 * (a @ a) / n) + (b**2 + 2 * _mean_above(y, b)) / (2 * (b @ b) / n)
    influence = moved / scale - value * spread
    return Estimate(value=value, influence=(influence - influence.mean()) / n)


def r_squared(measured: Vector, predicted: Vector) -> Estimate:
    """Return 1 - squared error / variance; below 0 where the mean would predict better."""
    errors, deviations = (measured - predicted) ** 2, (measured - measured.mean()) ** 2
    n = len(measured)
    value = 1 - float(errors.sum() / deviations.sum())
    left = np.maximum(deviations.sum() - deviations * n / (n - 1), 1e-300)
    return Estimate(value=value, influence=_jackknife(value, 1 - (errors.sum() - errors) / left))


def _jackknife(value: float, left_out: Vector) -> Vector:
    """Return influences from the figure without each sequence."""
    n = len(left_out)
    return (value - left_out) * (n - 1) / n


def _standardised(x: Vector) -> Vector:
    centred = x - x.mean()
    return centred / np.sqrt((centred**2).mean())


def _mean_above(x: Vector, values: Vector) -> Vector:
    """Return, for each i, the mean over all j of values[j] where x[j] > x[i], half of it where they are equal."""
    order = np.argsort(x, kind="stable")
    ordered, sums = x[order], np.append(0, np.cumsum(values[order]))
    below, upto = (sums[np.searchsorted(ordered, x, side)] for side in ("left", "right"))
    return (sums[-1] - (below + upto) / 2) / len(x)
