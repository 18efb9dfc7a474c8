"""How well any model can predict the mean of noisy replicates: the ceiling."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float64

from motiflens.evaluation.agreement import pearson
from motiflens.evaluation.areas import mean_estimate
from motiflens.evaluation.intervals import Interval
from motiflens.evaluation.number_metrics import FEWEST, correlation_interval

Replicates = Float64[np.ndarray, "n replicates"]


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """Largest correlation and R2 that a prediction can have with the mean of replicates, with 95 % intervals.

    `replicate_pearson` is the mean correlation of two replicates, of `n` sequences with all `replicates`.
    """

    n: int
    replicates: int
    replicate_pearson: float
    pearson: float
    r2: float
    ci: dict[str, Interval]


def replicate_ceiling(replicates: Replicates) -> Ceiling | None:
    """Return the ceiling by the formula of Spearman and Brown.

    With the mean correlation r of k replicates, r2 = k r / (1 + (k - 1) r) of the variance of their mean is not noise.
    A prediction of the truth without error has that R2, and its square root as correlation. The noise of replicates
    must be independent and of one size. Where r is not above 0 the ceiling is 0.

    Args:
        replicates: Measurements (n, replicates), NaN where one is missing; sequences with all of them are used.

    Returns:
        The ceiling; None with fewer than two replicates, or fewer than 10 sequences that have all.
    """
    there = np.isfinite(replicates).any(axis=0)
    whole = replicates[:, there]
    whole = whole[np.isfinite(whole).all(axis=1)]
    n, k = whole.shape
    if k < 2 or n < FEWEST or not np.ptp(whole, axis=0).all():
        return None
    agreement = mean_estimate([pearson(whole[:, a], whole[:, b]) for a, b in combinations(range(k), 2)])
    low, high = correlation_interval(agreement) or (agreement.value, agreement.value)
    explained = [_spearman_brown(r, k) for r in (agreement.value, low, high)]
    value, *ends = explained
    return Ceiling(
        n=n,
        replicates=k,
        replicate_pearson=agreement.value,
        pearson=float(np.sqrt(value)),
        r2=value,
        ci={
            "replicate_pearson": (low, high),
            "pearson": (float(np.sqrt(ends[0])), float(np.sqrt(ends[1]))),
            "r2": (ends[0], ends[1]),
        },
    )


def _spearman_brown(r: float, k: int) -> float:
    return max(0.0, k * r / (1 + (k - 1) * r)) if r > -1 / (k - 1) else 0.0
