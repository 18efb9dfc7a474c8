"""Figures of predicted numbers with 95 % intervals, by target, and paired comparisons of two models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from motiflens.errors import InputError
from motiflens.evaluation.agreement import Agreement, agreement_of
from motiflens.evaluation.areas import Estimate
from motiflens.evaluation.intervals import Interval, difference_interval, mean_interval, spread_of

NAMES = ("pearson", "spearman", "r2", "rmse", "mae")
COMPARED = "pearson"
FEWEST = 10  # measured test sequences; with fewer no interval covers as often as it says

Values = Float64[np.ndarray, "n targets"]


@dataclass(frozen=True, kw_only=True)
class NumberEvaluation:
    """Figures of one model on one test set, a block a target as metrics.json has it, and what can be compared."""

    blocks: dict[str, dict[str, Any]]
    agreements: dict[str, Agreement]


@dataclass(frozen=True, kw_only=True)
class NumberComparison:
    """Difference of two models in one figure of one target, first minus second, with its paired 95 % interval."""

    metric: str
    difference: float
    low: float
    high: float


def evaluate_numbers(
    measured: Values, predicted: Float[np.ndarray, "n targets"], targets: Sequence[str]
) -> NumberEvaluation:
    """Return Pearson, Spearman, R2, RMSE and MAE of each target, with 95 % intervals.

    A missing measurement (NaN) is left out of its target. R2 is 1 - squared error / variance of the test set, below 0
    where the test set's mean predicts better. RMSE and MAE are in target units. The intervals come from the influence
    of each sequence: of Pearson and Spearman on Fisher's scale, of R2 on that of log(1 - R2), with Student's t; of the
    errors by Hall's transformation, which allows for their skewness.

    Returns:
        The evaluation. A figure that is undefined is None, with the reason in `undefined`; with fewer than 10 measured
        sequences there are no intervals, with the reason in `no_intervals`.

    Raises:
        InputError: The shapes do not fit together, or a target has no measured sequence.
    """
    if measured.shape != predicted.shape or measured.shape[1] != len(targets) or not len(measured):
        raise InputError(
            f"predictions of shape {predicted.shape} for measurements of shape {measured.shape} and {len(targets)} "
            "targets: give a row a sequence and a column a target"
        )
    blocks, agreements = {}, {}
    for column, name in enumerate(targets):
        known = np.isfinite(measured[:, column])
        if not known.any():
            raise InputError(f"target {name}: no test sequence has a value; test on sequences that were measured")
        found = agreement_of(measured[known, column], predicted[known, column].astype(np.float64))
        blocks[name], agreements[name] = _block(found, int(known.sum()), measured[known, column]), found
    return NumberEvaluation(blocks=blocks, agreements=agreements)


def compare_numbers(first: NumberEvaluation, second: NumberEvaluation) -> dict[str, NumberComparison | None]:
    """Return, by target, the difference in Pearson's correlation, first - second; None where it is undefined."""
    return {name: _compared(first.agreements[name], second.agreements[name]) for name in first.agreements}


def figures_of(agreement: Agreement) -> dict[str, float | None]:
    """Return the figures by name."""
    return {
        "pearson": _value(agreement.pearson),
        "spearman": _value(agreement.spearman),
        "r2": _value(agreement.r2),
        "rmse": float(np.sqrt(agreement.mse.value)),
        "mae": agreement.mae.value,
    }


def _block(found: Agreement, n: int, measured: Float64[np.ndarray, " n"]) -> dict[str, Any]:
    values = figures_of(found)
    block: dict[str, Any] = {"n": n} | values | {"ci": {}}
    reason = "the measured values are all equal" if not np.ptp(measured) else "the predictions are all equal"
    undefined = {name: reason for name, value in values.items() if value is None}
    if undefined:
        block["undefined"] = undefined
    if n < FEWEST:
        block["no_intervals"] = f"{n} test sequences have a value; {FEWEST} are needed for an interval"
        return block
    ci = {name: interval for name, interval in _intervals(found, n).items() if interval is not None}
    return block | {"ci": {name: [float(low), float(high)] for name, (low, high) in ci.items()}}


def _intervals(found: Agreement, n: int) -> Mapping[str, Interval | None]:
    one_group = np.zeros(n, np.int64)
    mse = mean_interval(found.mse, one_group)
    return {
        "pearson": correlation_interval(found.pearson),
        "spearman": correlation_interval(found.spearman),
        "r2": _r2_interval(found.r2),
        "rmse": (float(np.sqrt(mse[0])), float(np.sqrt(mse[1]))),
        "mae": mean_interval(found.mae, one_group),
    }


def correlation_interval(estimate: Estimate | None) -> Interval | None:
    """Return the interval of a correlation, on Fisher's scale; of a perfect one it is (1, 1)."""
    if estimate is None:
        return None
    slope = 1 - estimate.value**2
    if slope < 1e-12:
        return estimate.value, estimate.value
    middle, half = np.arctanh(estimate.value), _half_width(estimate) / slope
    return float(np.tanh(middle - half)), float(np.tanh(middle + half))


def _r2_interval(estimate: Estimate | None) -> Interval | None:
    if estimate is None:
        return None
    unexplained = 1 - estimate.value
    if unexplained < 1e-12:
        return 1.0, 1.0
    half = _half_width(estimate) / unexplained
    return 1 - unexplained * float(np.exp(half)), 1 - unexplained * float(np.exp(-half))


def _half_width(estimate: Estimate) -> float:
    spread = spread_of(estimate, np.zeros(len(estimate.influence), np.int64))
    return spread.quantile * float(np.sqrt(spread.variance))


def _compared(first: Agreement, second: Agreement) -> NumberComparison | None:
    if first.pearson is None or second.pearson is None or len(first.pearson.influence) < FEWEST:
        return None
    if len(first.pearson.influence) != len(second.pearson.influence):
        raise InputError("two models can only be compared on the same test sequences")
    difference = first.pearson - second.pearson
    low, high = difference_interval(difference, np.zeros(len(difference.influence), np.int64), largest=2.0)
    return NumberComparison(metric=COMPARED, difference=difference.value, low=low, high=high)


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value
