"""95 % intervals in closed form, from the influence of each sequence on a figure.

The test set is one draw of sequences of each class, with the sizes of the classes as they are. All intervals allow for
few sequences: by Student's t, by the skewness of the values, or by a variance that is not taken from them alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm, t

from motiflens.evaluation.areas import Estimate, mean_estimate
from motiflens.shapes import Labels

TAIL = 0.025
NORMAL = float(norm.isf(TAIL))
PRIOR_SEQUENCES = 5  # of the smaller side, that the model variance of an AUROC counts beside the observed one
PRIOR_LOSSES = 0.1  # sequences that the variance of losses of all or nothing counts beside the observed one

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Sampling variance of a figure, its degrees of freedom (Welch), and its standardised third moment."""

    variance: float
    freedom: float
    skewness: float

    @property
    def quantile(self) -> float:
        """Student's t that leaves 2.5 % above."""
        return float(t.isf(TAIL, self.freedom))


def spread_of(estimate: Estimate, labels: Labels, *, largest: float = np.inf) -> Spread:
    """Return the spread of an estimate; each class that is there has two sequences at least.

    Losses of 0 to `largest` may be alike by chance: the variance of each class is averaged with the largest that losses
    of its mean can have, which weighs as much as a tenth of a sequence.
    """
    groups = [estimate.influence[labels == label] for label in np.unique(labels)]
    sizes = np.array([len(group) for group in groups])
    squares, cubes = (np.array([((g - g.mean()) ** power).sum() for g in groups]) for power in (2, 3))
    variances = squares * sizes / (sizes - 1)
    if np.isfinite(largest):
        means = np.array([group.mean() for group in groups]) * len(labels)
        all_or_nothing = sizes * means * (largest - means) / len(labels) ** 2
        variances += PRIOR_LOSSES / (sizes + PRIOR_LOSSES) * (all_or_nothing - variances)
    cubes *= sizes**2 / ((sizes - 1) * np.maximum(sizes - 2, 1))  # without bias, as the variances
    variance = float(variances.sum())
    if variance <= 1e-24:
        return Spread(variance=0.0, freedom=float((sizes - 1).sum()), skewness=0.0)
    freedom = variance**2 / float((variances**2 / (sizes - 1)).sum())
    return Spread(variance=variance, freedom=freedom, skewness=float(cubes.sum()) / variance**1.5)


def mean_interval(estimate: Estimate, labels: Labels, *, largest: float = np.inf) -> Interval:
    """Return the interval of a mean of losses, 0 to `largest`, by Hall's transformation of Student's t (1992).

    Losses of a good model are skewed: few sequences have most of them. Without the correction too small a loss comes
    with too narrow an interval.
    """
    spread = spread_of(estimate, labels, largest=largest)
    error = np.sqrt(spread.variance)
    low, high = (estimate.value - error * _unskewed(sign * spread.quantile, spread.skewness) for sign in (1, -1))
    return max(0.0, low), min(largest, high)


def difference_interval(
    difference: Estimate, labels: Labels, *, largest: float = np.inf, perfect: Interval | None = None
) -> Interval:
    """Return the interval of a paired difference of -`largest` to `largest`, by Student's t.

    Where both figures are perfect no sequence tells them apart, but others might: it reaches as far to either side as
    `perfect`, the interval of the first; None where that is not perfect.
    """
    spread = spread_of(difference, labels)
    half = spread.quantile * float(np.sqrt(spread.variance))
    if perfect is not None and not half:
        half = perfect[1] - perfect[0]
    return max(-largest, difference.value - half), min(largest, difference.value + half)


def auroc_interval(areas: Sequence[Estimate], sizes: Sequence[int], labels: Labels) -> Interval:
    """Return the interval of the mean of AUROCs, each of `sizes` positives against the rest, on the logit scale.

    DeLong's variance is too small where few sequences are out of order. It is weighed with that of Hanley and
    McNeil (1982), which follows from the area alone and counts as much as 5 sequences of the smaller side.
    """
    mean = mean_estimate(areas)
    small = [min(size, len(labels) - size) for size in sizes]
    if not 0 < mean.value < 1:
        low = _smallest_area(min(small), len(labels) - min(small))
        return (low, 1.0) if mean.value else (0.0, 1 - low)
    observed = [spread_of(area, labels).variance for area in areas]
    model = [_model_variance(a.value, size, len(labels) - size) for a, size in zip(areas, sizes, strict=True)]
    shares = [size / (size + PRIOR_SEQUENCES) for size in small]
    weighed = sum(w * o + (1 - w) * m for w, o, m in zip(shares, observed, model, strict=True))
    together = spread_of(mean, labels).variance / sum(observed) if sum(observed) else len(areas) ** -2
    return logit_interval(mean.value, weighed * together, NORMAL)


def auprc_interval(areas: Sequence[Estimate], sizes: Sequence[int], labels: Labels) -> Interval:
    """Return the interval of the mean of average precisions, on the logit scale, by the jackknife and Student's t.

    Where all positives come first it is Wilson's interval of so many hits without a miss.
    """
    mean = mean_estimate(areas)
    if mean.value >= 1:
        hits = min(sizes)
        return hits / (hits + NORMAL**2), 1.0
    spread = spread_of(mean, labels)
    return logit_interval(mean.value, spread.variance, spread.quantile)


def logit_interval(value: float, variance: float, quantile: float) -> Interval:
    """Return the interval of a figure between 0 and 1, on the logit scale."""
    half = quantile * np.sqrt(variance) / (value * (1 - value))
    return float(expit(logit(value) - half)), float(expit(logit(value) + half))


def _unskewed(quantile: float, skewness: float) -> float:
    """Return the quantile of a studentised mean of skewed values."""
    if abs(skewness) < 1e-9:
        return quantile
    return float(3 / skewness * (np.cbrt(1 + skewness * (quantile - skewness / 6)) - 1))


def _model_variance(area: float, positives: int, negatives: int) -> float:
    """Return the variance of an AUROC where scores are exponential (Hanley and McNeil 1982)."""
    both_positive, both_negative = area / (2 - area), 2 * area**2 / (1 + area)
    within = (positives - 1) * (both_positive - area**2) + (negatives - 1) * (both_negative - area**2)
    return max(area * (1 - area) + within, 0.0) / (positives * negatives)


def _smallest_area(positives: int, negatives: int) -> float:
    """Return the AUROC that a perfect order does not contradict, by a score test."""

    def excess(area: float) -> float:
        return 1 - area - NORMAL * np.sqrt(_model_variance(area, positives, negatives))

    return float(brentq(excess, 0, 1 - 1e-9))


def wilson_interval(share: float, n: int) -> Interval:
    """Return the 95 % interval of a proportion of n (Wilson 1927)."""
    z = float(norm.ppf(0.975))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return centre - half, centre + half
