"""Test-set metrics with bootstrap intervals, and paired comparisons of two models."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from sklearn.metrics import classification_report as sklearn_report

from motiflens.errors import InputError
from motiflens.evaluation.resampling import (
    Predictions,
    Statistics,
    check_predictions,
    resamples,
    statistics,
)
from motiflens.shapes import Labels, Scores

NAMES = ("accuracy", "auroc", "auprc", "mcc", "f1", "log_loss", "brier", "ece")
N_BOOTSTRAP = 1000
TAILS = (2.5, 97.5)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Metrics of one model on one test set, as metrics.json has them, with the resamples behind them."""

    predictions: Predictions
    metrics: dict[str, Any]
    resampled: Statistics
    seed: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Difference of two models on the same sequences, first minus second, with its paired 95 % interval."""

    metric: str
    difference: float
    low: float
    high: float


def evaluate(
    labels: Labels, probabilities: Scores, classes: tuple[str, ...], *, seed: int, n_bootstrap: int = N_BOOTSTRAP
) -> Evaluation:
    """Return the metrics of predicted probabilities, with 95 % intervals.

    With two classes, `classes[1]` is positive, f1 is that of the positive class, and brier runs from 0 to 1. With
    more, auroc and auprc are one-vs-rest and averaged over the classes, as f1 is; brier is the squared error summed
    over the classes, 0 to 2; `per_class` has each class against the rest. auprc is average precision, log_loss is in
    nats. ece is the expected calibration error over 15 bins of equal width (Guo et al. 2017), of the probability of
    the positive class, or with more classes of the predicted one.

    Intervals are percentiles of a bootstrap stratified by class. For ece they are reflected at the estimate (the basic
    bootstrap), because a resample is always worse calibrated than its source.

    Args:
        labels: True classes (n,).
        probabilities: Predictions (n, classes), rows summing to 1.
        classes: Names of the classes.
        seed: Seed of the bootstrap.
        n_bootstrap: Number of resamples.

    Returns:
        The evaluation. A metric that is undefined on this test set is None, with the reason in `undefined`.

    Raises:
        InputError: Labels, probabilities and classes do not fit together.
    """
    predictions = check_predictions(labels, probabilities, classes)
    point = statistics(predictions, np.ones((1, len(labels))))
    blocks = [statistics(predictions, weights) for weights in resamples(labels, n_bootstrap, seed=seed)]
    resampled = {name: np.concatenate([block[name] for block in blocks]) for name in point}
    metrics: dict[str, Any] = {"n": len(labels)}
    metrics |= {name: float(point[name][0]) if name in point else None for name in NAMES}
    metrics["ci"] = {name: _interval(name, metrics[name], resampled[name]) for name in NAMES if name in point}
    if predictions.output.positive is None:
        metrics["per_class"] = {name: _one_class(predictions, point, resampled, i) for i, name in enumerate(classes)}
    if predictions.absent:
        reason = f"the test set has no sequence of {', '.join(predictions.absent)}"
        metrics["undefined"] = {name: reason for name in NAMES if name not in point}
    return Evaluation(predictions=predictions, metrics=metrics, resampled=resampled, seed=seed)


def compare(first: Evaluation, second: Evaluation, *, metric: str = "auroc") -> Comparison | None:
    """Return the difference first - second in `metric`, or None where the metric is undefined.

    Raises:
        InputError: The two were not evaluated on the same sequences with the same resamples.
    """
    same = first.seed == second.seed and np.array_equal(first.predictions.labels, second.predictions.labels)
    if not same or first.resampled["accuracy"].shape != second.resampled["accuracy"].shape:
        raise InputError("two models can only be compared on the same test sequences, seed and number of resamples")
    if metric not in first.resampled:
        return None
    low, high = np.percentile(first.resampled[metric] - second.resampled[metric], TAILS)
    difference = first.metrics[metric] - second.metrics[metric]
    return Comparison(metric=metric, difference=difference, low=float(low), high=float(high))


def classification_report(predictions: Predictions) -> str:
    """Return scikit-learn's table of precision, recall and f1, one row a class."""
    return sklearn_report(
        predictions.labels,
        predictions.predicted,
        labels=range(len(predictions.classes)),
        target_names=predictions.classes,
        digits=3,
        zero_division=0,
    )


def confusion_matrix(predictions: Predictions) -> list[list[int]]:
    """Return counts, one row a true class, one column a predicted class."""
    k = len(predictions.classes)
    cells = np.bincount(predictions.labels * k + predictions.predicted, minlength=k * k)
    return cells.reshape(k, k).tolist()


def _interval(name: str, estimate: float, values: Float64[np.ndarray, " resamples"]) -> list[float]:
    low, high = (float(value) for value in np.percentile(values, TAILS))
    if name == "ece":  # both ends reflected, the upper one no lower than the estimate
        return [max(0.0, 2 * estimate - high), max(estimate, 2 * estimate - low)]
    return [low, high]


def _one_class(predictions: Predictions, point: Statistics, resampled: Statistics, index: int) -> dict[str, Any]:
    """Return the metrics of one class against the rest, with intervals; None where undefined."""
    found: dict[str, Any] = {"n": int((predictions.labels == index).sum()), "ci": {}}
    for name in ("auroc", "auprc", "precision", "recall", "f1"):
        value = float(point[f"class_{name}"][0, index])
        found[name] = None if np.isnan(value) else value
        drawn = resampled[f"class_{name}"][:, index]
        if found[name] is not None and not np.isnan(drawn).all():
            # Precision is undefined in a resample in which the class is never predicted.
            found["ci"][name] = [float(bound) for bound in np.nanpercentile(drawn, TAILS)]
    return found
