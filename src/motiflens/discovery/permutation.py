"""Sums of some numbers among those of all ways to draw as many: by Pearson's curve of type III.

The curve has the mean, the variance and the skewness of the sums (Mielke, Berry & Brier 1981, Monthly Weather Review
109:120). Where most numbers are one, the zeros of counts, a normal curve would take chance for evidence.
"""

import math

import numpy as np
from jaxtyping import Float64, Int64
from scipy.special import gammaincc, gammaln, log_ndtr

_SKEWED = 1.6e-5  # below, scipy.stats.pearson3 is the normal distribution, too


def log_p_of_sum(scores: Float64[np.ndarray, " n"], drawn: Float64[np.ndarray, " m"]) -> float:
    """Return the natural log of the chance that m of n numbers, drawn without replacement, add up to as much.

    Args:
        scores: all numbers.
        drawn: those of them that are added up.
    """
    n, m = len(scores), len(drawn)
    centre = scores.mean()
    left = scores - centre
    variance = m * (n - m) / n * float(left @ left) / max(n - 1, 1)
    if variance <= 0:
        return 0.0
    z = np.array([float((drawn - centre).sum()) / math.sqrt(variance)])
    return float(log_tail(z, skewness_of_sums(scores, np.array([m])))[0])


def skewness_of_sums(scores: Float64[np.ndarray, " n"], drawn: Int64[np.ndarray, " k"]) -> Float64[np.ndarray, " k"]:
    """Return the skewness of sums of as many of the numbers as `drawn` says, without replacement."""
    n, m = len(scores), drawn.astype(float)
    left = scores - scores.mean()
    spread = float(left @ left) / max(n - 1, 1)
    if spread <= 0 or n < 3:
        return np.zeros(len(drawn))
    third = float((left**3).sum()) * n**0.5 / ((n - 1) * (n - 2) * spread**1.5)
    return np.asarray(third * (n - 2 * m) / np.sqrt(np.maximum(m * (n - m), 1.0)))


def log_tail(z: Float64[np.ndarray, "..."], skewness: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
    """Return the natural log of the curve's upper tail.

    Of one skewed to the left it is that of the normal curve, which from one standard deviation on is larger.

    Args:
        z: how many standard deviations sums are above their mean.
        skewness: skewness of each.
    """
    z, skewness = np.broadcast_arrays(z, skewness)
    out = np.asarray(log_ndtr(-z), np.float64)
    skewed = skewness >= _SKEWED
    shape = 4 / skewness[skewed] ** 2
    x = shape + 2 * z[skewed] / skewness[skewed]
    inside = x > 0
    a, x = shape[inside], x[inside]
    tail = gammaincc(a, x)
    with np.errstate(divide="ignore", invalid="ignore"):  # far out: the first term of the tail's expansion
        far = (a - 1) * np.log(x) - x - gammaln(a) - np.log1p(-(a - 1) / x)
        logs = np.where(tail > 0, np.log(tail), far)
    within = np.zeros(len(shape))
    within[inside] = logs
    out[skewed] = within
    return out
