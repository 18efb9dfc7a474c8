"""Test-set metrics with 95 % intervals, and paired comparisons of two models."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from sklearn.metrics import classification_report as sklearn_report

from motiflens.errors import InputError
from motiflens.evaluation.areas import Estimate, auprc, auroc, mean_estimate, mean_of
from motiflens.evaluation.calibration_error import calibration_error
from motiflens.evaluation.confusion import confusion_figures, draw_confusions
from motiflens.evaluation.intervals import (
    TAIL,
    Interval,
    auprc_interval,
    auroc_interval,
    difference_interval,
    mean_interval,
)
from motiflens.evaluation.predictions import Predictions, check_predictions
from motiflens.shapes import Labels, Scores

NAMES = ("accuracy", "auroc", "auprc", "mcc", "f1", "log_loss", "brier", "ece", "ece_debiased")
CLASS_NAMES = ("auroc", "auprc", "precision", "recall", "f1")
N_DRAWS = 1000
_AT_BEST_1 = ("accuracy", "auroc", "auprc")
SMALLEST_CLASS = 5  # sequences; with fewer no interval covers as often as it says

Figures = dict[str, float | None]
Intervals = dict[str, Interval]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Metrics of one model on one test set, as metrics.json has them, and the estimates that can be compared."""

    predictions: Predictions
    metrics: dict[str, Any]
    estimates: dict[str, Estimate]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Difference of two models on the same sequences, first minus second, with its paired 95 % interval."""

    metric: str
    difference: float
    low: float
    high: float


def evaluate(
    labels: Labels, probabilities: Scores, classes: tuple[str, ...], *, seed: int, draws: int = N_DRAWS
) -> Evaluation:
    """Return the metrics of predicted probabilities, with 95 % intervals.

    With two classes, `classes[1]` is positive, f1 is that of the positive class, and brier runs from 0 to 1. With
    more, auroc and auprc are one-vs-rest and averaged over the classes, as f1 is; brier is the squared error summed
    over the classes, 0 to 2; `per_class` has each class against the rest. auprc is average precision, log_loss is in
    nats. ece is the expected calibration error over 15 bins of equal width (Guo et al. 2017), of the probability of
    the positive class, or with more classes of the predicted one. It is above 0 even where all probabilities are
    right; `ece_debiased` and the interval are of the true error.

    The intervals take the number of sequences of each class as given. Those of accuracy, mcc, f1, precision and recall
    come from confusion matrices drawn from their posterior, that of ece from simulated test sets (parametric
    bootstrap), all others from the influence of each sequence. How often they cover: docs/benchmarks/reliability.md.

    Args:
        labels: True classes (n,).
        probabilities: Predictions (n, classes), rows summing to 1.
        classes: Names of the classes.
        seed: Seed of the draws.
        draws: Number of confusion matrices and test sets drawn.

    Returns:
        The evaluation. A metric that is undefined on this test set is None, with the reason in `undefined`. Where a
        class has fewer than 5 sequences there are no intervals, with the reason in `no_intervals`.

    Raises:
        InputError: Labels, probabilities and classes do not fit together.
    """
    predictions = check_predictions(labels, probabilities, classes)
    work = _Work(predictions, n=draws, seed=seed)
    values, ci = work.overall()
    metrics: dict[str, Any] = {"n": len(labels)} | values | {"ci": _listed(ci)}
    if predictions.output.positive is None:
        metrics["per_class"] = {name: work.one_class(index) for index, name in enumerate(classes)}
    if predictions.absent:
        reason = f"the test set has no sequence of {', '.join(predictions.absent)}"
        metrics["undefined"] = {name: reason for name in NAMES if values[name] is None}
    if work.too_few:
        metrics["no_intervals"] = work.too_few
    return Evaluation(predictions=predictions, metrics=metrics, estimates=work.estimates)


def compare(first: Evaluation, second: Evaluation, *, metric: str = "auroc") -> Comparison | None:
    """Return the difference first - second in accuracy, auroc, auprc, log_loss or brier.

    Returns:
        The difference, or None where the metric is undefined or a class has fewer than 5 sequences.

    Raises:
        InputError: The two were not evaluated on the same sequences.
    """
    labels = first.predictions.labels
    if not np.array_equal(labels, second.predictions.labels):
        raise InputError("two models can only be compared on the same test sequences")
    if metric not in first.estimates or "no_intervals" in first.metrics:
        return None
    difference = first.estimates[metric] - second.estimates[metric]
    largest = {"log_loss": np.inf, "brier": 1.0 if first.predictions.output.positive else 2.0}.get(metric, 1.0)
    perfect = tuple(first.metrics["ci"][metric]) if metric in _AT_BEST_1 and first.metrics[metric] == 1 else None
    low, high = difference_interval(difference, labels, largest=largest, perfect=perfect)
    return Comparison(metric=metric, difference=difference.value, low=low, high=high)


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
    return predictions.confusion.tolist()


class _Work:
    """Figures and intervals of one test set; what they share is computed once."""

    def __init__(self, predictions: Predictions, *, n: int, seed: int) -> None:
        self.predictions, self.n, self.seed = predictions, n, seed
        self.areas = {name: self._areas(area) for name, area in (("auroc", auroc), ("auprc", auprc))}
        self.losses = {"log_loss": mean_of(predictions.log_losses()), "brier": mean_of(predictions.squared_errors())}
        right = (predictions.predicted == predictions.labels).astype(np.float64)
        self.estimates = {"accuracy": mean_of(right)} | self.losses
        if not predictions.absent:
            self.estimates |= {name: mean_estimate(list(areas.values())) for name, areas in self.areas.items()}
        self.confusion = confusion_figures(predictions.confusion[None].astype(np.float64))
        self.too_few = self._too_few()
        if not self.too_few:
            drawn = draw_confusions(predictions.confusion, n, seed=seed)
            self.low, self.high = confusion_figures(drawn.low), confusion_figures(drawn.high)

    def overall(self) -> tuple[Figures, Intervals]:
        """Return every metric of the test set, and the intervals that there are."""
        predictions, labels = self.predictions, self.predictions.labels
        present = len(predictions.classes) - len(predictions.absent)
        calibration = calibration_error(predictions, self.n, seed=self.seed)
        explained = list(predictions.output.explained)
        values: Figures = dict.fromkeys(NAMES)
        values |= {name: estimate.value for name, estimate in self.estimates.items()}
        values |= {"ece": calibration.observed, "ece_debiased": calibration.debiased}
        values["mcc"] = float(self.confusion.mcc[0]) if present > 1 else None
        values["f1"] = None if predictions.absent else float(self.confusion.f1[0, explained].mean())
        if self.too_few:
            return values, {}
        ci = {
            "accuracy": self._drawn(self.low.accuracy, self.high.accuracy),
            "mcc": self._drawn(self.low.mcc, self.high.mcc),
            "log_loss": mean_interval(self.losses["log_loss"], labels),
            "brier": mean_interval(self.losses["brier"], labels, largest=1.0 if predictions.output.positive else 2.0),
            "ece": (calibration.low, calibration.high),
            "ece_debiased": (calibration.low, calibration.high),
        }
        if not predictions.absent:
            ci |= self._area_intervals(explained)
            ci["f1"] = self._drawn(self.low.f1[:, explained].mean(axis=1), self.high.f1[:, explained].mean(axis=1))
        return values, {name: ci[name] for name in NAMES if values[name] is not None}

    def one_class(self, index: int) -> dict[str, Any]:
        """Return the metrics of one class against the rest, with intervals; None where undefined."""
        areas = {name: areas[index].value for name, areas in self.areas.items() if index in areas}
        counted = {name: float(getattr(self.confusion, name)[0, index]) for name in ("precision", "recall", "f1")}
        counted = {name: value for name, value in counted.items() if not np.isnan(value)}
        ci: Intervals = {}
        if not self.too_few:
            ci = self._area_intervals([index]) if areas else {}
            ci |= {n: self._drawn(getattr(self.low, n)[:, index], getattr(self.high, n)[:, index]) for n in counted}
        values = areas | counted
        found = {name: values.get(name) for name in CLASS_NAMES}
        return {"n": int(self.predictions.sizes[index])} | found | {"ci": _listed(ci)}

    def _areas(self, area: Any) -> dict[int, Estimate]:
        """Return the area of each explained class against the rest, where there are both."""
        sides = self.predictions.output.one_vs_rest(self.predictions.labels)
        scores = self.predictions.probabilities
        return {i: area(scores[:, i], side) for i, side in sides if 0 < side.sum() < len(side)}

    def _area_intervals(self, indices: list[int]) -> Intervals:
        labels, sizes = self.predictions.labels, [int(self.predictions.sizes[i]) for i in indices]
        return {
            "auroc": auroc_interval([self.areas["auroc"][i] for i in indices], sizes, labels),
            "auprc": auprc_interval([self.areas["auprc"][i] for i in indices], sizes, labels),
        }

    def _drawn(self, low: Float64[np.ndarray, " draws"], high: Float64[np.ndarray, " draws"]) -> Interval:
        return float(np.nanquantile(low, TAIL)), float(np.nanquantile(high, 1 - TAIL))

    def _too_few(self) -> str:
        """Return why there are no intervals, "" where there are."""
        sizes = self.predictions.sizes
        few = [name for name, size in zip(self.predictions.classes, sizes, strict=True) if 0 < size < SMALLEST_CLASS]
        if not few:
            return ""
        counts = ", ".join(f"{sizes[self.predictions.classes.index(name)]} of {name}" for name in few)
        return f"the test set has too few sequences for an interval: {counts}; {SMALLEST_CLASS} of a class are needed"


def _listed(intervals: Intervals) -> dict[str, list[float]]:
    return {name: [float(low), float(high)] for name, (low, high) in intervals.items()}
