"""Areas under the ROC and the precision-recall curve, and how each sequence moves them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

Vector = Float64[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure and the influence of each sequence on it.

    The influence is the derivative by the sequence's weight, where the weights of a class keep their sum. Its variance
    within the classes, summed, is that of the figure.
    """

    value: float
    influence: Vector

    def __sub__(self, other: "Estimate") -> "Estimate":
        return Estimate(value=self.value - other.value, influence=self.influence - other.influence)


def mean_estimate(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of figures of the same sequences."""
    value = float(np.mean([estimate.value for estimate in estimates]))
    return Estimate(value=value, influence=np.mean([estimate.influence for estimate in estimates], axis=0))


def mean_of(values: Vector) -> Estimate:
    """Return the mean of one value a sequence."""
    return Estimate(value=float(values.mean()), influence=values / len(values))


def auroc(scores: Vector, positive: Bool[np.ndarray, " n"]) -> Estimate:
    """Return the area under the ROC curve; ties count half. There must be positives and negatives.

    The influence is the placement of a sequence among those of the other side (DeLong et al. 1988).
    """
    inside, outside = scores[positive], scores[~positive]
    placements = np.empty(len(scores))
    below, beyond = _count_below(inside, outside), _count_below(outside, inside)
    pairs = len(inside) * len(outside)
    placements[positive], placements[~positive] = below / pairs, (len(inside) - beyond) / pairs
    return Estimate(value=float(below.sum()) / pairs, influence=placements)


def auprc(scores: Vector, positive: Bool[np.ndarray, " n"]) -> Estimate:
    """Return the area under the precision-recall curve (average precision). There must be positives and negatives.

    The influence is that of leaving a sequence out while the others of its side make up for its weight: the jackknife,
    because average precision bends too much in small sets for the derivative.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # the last of each run of equal scores
    threshold = np.empty(len(scores), np.int64)  # at which a sequence is first called
    threshold[order] = np.searchsorted(ends, np.arange(len(order)))
    hits = np.cumsum(positive[order])[ends].astype(np.float64)
    false = ends + 1 - hits
    new = np.diff(hits, prepend=0)
    n, rest = hits[-1], false[-1]
    value = float((new * hits / (hits + false)).sum() / n)

    left_out = np.full(len(scores), value)
    if n > 1:
        precision, without = _precisions(hits, false * (n - 1) / n)
        left_out[positive] = ((_mixed(new, precision, without) - without) / (n - 1))[threshold[positive]]
    if rest > 1:
        false_left, hits_left = np.maximum(false - 1, 0), hits * (rest - 1) / rest
        precision = hits_left / np.maximum(hits_left + false, 1e-300)
        without = hits_left / np.maximum(hits_left + false_left, 1e-300)
        left_out[~positive] = (_mixed(new, precision, without) / n)[threshold[~positive]]
    sizes = np.where(positive, n, rest)
    return Estimate(value=value, influence=(value - left_out) * (sizes - 1) / sizes)


def _precisions(
    hits: Float64[np.ndarray, " thresholds"], false: Float64[np.ndarray, " thresholds"]
) -> tuple[Float64[np.ndarray, " thresholds"], Float64[np.ndarray, " thresholds"]]:
    """Return the precision at each threshold, as it is and with one hit less."""
    left = np.maximum(hits - 1, 0)
    return hits / np.maximum(hits + false, 1e-300), left / np.maximum(left + false, 1e-300)


def _mixed(
    new: Float64[np.ndarray, " thresholds"],
    above: Float64[np.ndarray, " thresholds"],
    below: Float64[np.ndarray, " thresholds"],
) -> Float64[np.ndarray, " thresholds"]:
    """Return, for each threshold, the sum of new hits by `above` at the stricter ones and by `below` at all others."""
    strict, loose = new * above, new * below
    return np.cumsum(strict) - strict + np.cumsum(loose[::-1])[::-1]


def _count_below(values: Float64[np.ndarray, " a"], others: Float64[np.ndarray, " b"]) -> Float64[np.ndarray, " a"]:
    """Return how many of `others` are below each value; equal ones count half."""
    ordered = np.sort(others)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2
