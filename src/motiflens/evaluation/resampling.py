"""Statistics of many bootstrap resamples of one test set at once.

A resample of n sequences is a row of n integer weights, so that one sort serves all resamples. The point estimate is
the row of ones: estimate and interval are computed by the same code.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from motiflens.errors import InputError
from motiflens.model.output import Output, output_for
from motiflens.shapes import Labels, Scores

CALIBRATION_BINS = 15
CELLS_AT_ONCE = 1 << 20  # weights held at once; fixed, because the random stream follows the blocks

Weights = Float64[np.ndarray, "resamples n"]
Confusion = Float64[np.ndarray, "resamples true predicted"]
#: Statistics by name: (resamples,), or for `class_<name>` (resamples, explained classes).
Statistics = dict[str, Float64[np.ndarray, "..."]]


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Validated predictions of one test set, one column a class."""

    labels: Labels
    probabilities: Float64[np.ndarray, "n classes"]
    classes: tuple[str, ...]
    smallest: float  # lower bound of probabilities in log loss: the resolution of the given dtype

    @property
    def output(self) -> Output:
        """What the classes are: two, or several."""
        return output_for(self.classes)

    @property
    def predicted(self) -> Int64[np.ndarray, " n"]:
        """The most probable class; the first of equal ones."""
        return self.probabilities.argmax(axis=1)

    @property
    def absent(self) -> tuple[str, ...]:
        """Classes without a sequence in the test set."""
        present = set(self.labels.tolist())
        return tuple(name for index, name in enumerate(self.classes) if index not in present)

    def forecast(self) -> tuple[Float64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Return the probability whose calibration is measured, and whether its event came true."""
        return self.output.forecast(self.probabilities, self.labels)

    def calibration_bins(self) -> Int64[np.ndarray, " n"]:
        """Return the bin of each forecast, one of 15 of equal width; a bin includes its lower edge."""
        return np.minimum((self.forecast()[0] * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)


def check_predictions(labels: Labels, probabilities: Scores, classes: tuple[str, ...]) -> Predictions:
    """Return validated predictions; raise InputError where labels, probabilities and classes do not fit together."""
    if not len(labels):
        raise InputError("no test sequences: nothing to evaluate")
    if len(classes) < 2 or probabilities.shape != (len(labels), len(classes)):
        raise InputError(
            f"probabilities of shape {probabilities.shape} for {len(labels)} sequences and the classes "
            f"{', '.join(classes)}: give a row a sequence and a column a class, two classes at least"
        )
    if labels.min() < 0 or labels.max() >= len(classes):
        raise InputError(f"labels run from {labels.min()} to {labels.max()}: they must index {len(classes)} classes")
    valid = (probabilities >= 0).all(axis=1) & (np.abs(probabilities.sum(axis=1) - 1) <= 1e-3)
    if not valid.all():
        row = int(valid.argmin())
        raise InputError(f"sequence {row + 1} has the probabilities {probabilities[row].tolist()}: they must sum to 1")
    return Predictions(
        labels=labels,
        probabilities=probabilities.astype(np.float64),
        classes=classes,
        smallest=float(np.finfo(probabilities.dtype).eps),
    )


def resamples(labels: Labels, n: int, *, seed: int) -> Iterator[Weights]:
    """Yield blocks of `n` bootstrap resamples in total, stratified: each class keeps its count."""
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    at_once = max(1, CELLS_AT_ONCE // len(labels))
    for start in range(0, n, at_once):
        block = min(at_once, n - start)
        weights = np.empty((block, len(labels)))
        for rows in members:
            size = len(rows)
            drawn = rng.integers(0, size, (block, size)) + size * np.arange(block)[:, None]
            weights[:, rows] = np.bincount(drawn.ravel(), minlength=block * size).reshape(block, size)
        yield weights


def statistics(predictions: Predictions, weights: Weights) -> Statistics:
    """Return every statistic of the contract by name, (resamples,) each.

    Statistics that need every class are missing where the test set lacks one. `confusion` is (resamples, classes,
    classes), true class first. `class_<name>` (resamples, explained) are the statistics of each explained class
    against the rest, nan where they are undefined.
    """
    n, k = predictions.probabilities.shape
    truth, predicted = predictions.labels, predictions.predicted
    total = weights.sum(axis=1)
    confusion = (weights @ _indicators(truth * k + predicted, k * k)).reshape(-1, k, k)
    squared = predictions.output.squared_error(predictions.probabilities, truth)
    own = np.maximum(predictions.probabilities[np.arange(n), truth], predictions.smallest)
    forecast, came_true = predictions.forecast()
    gaps = _indicators(predictions.calibration_bins(), CALIBRATION_BINS) * (forecast - came_true)[:, None]
    found = {
        "confusion": confusion,
        "accuracy": np.trace(confusion, axis1=1, axis2=2) / total,
        "log_loss": weights @ -np.log(own) / total,
        "brier": weights @ squared / total,
        "ece": np.abs(weights @ gaps).sum(axis=1) / total,
    }
    if len(predictions.absent) < k - 1:
        found["mcc"] = matthews(confusion)
    by_class = _one_vs_rest(predictions, confusion, weights)
    if not predictions.absent:
        found |= {name: by_class[name].mean(axis=1) for name in ("f1", "auroc", "auprc")}
    return found | {f"class_{name}": values for name, values in by_class.items()}


def _one_vs_rest(predictions: Predictions, confusion: Confusion, weights: Weights) -> Statistics:
    """Return statistics (resamples, explained) of each explained class against the rest, nan where undefined."""
    true, called, correct = confusion.sum(axis=2), confusion.sum(axis=1), np.diagonal(confusion, axis1=1, axis2=2)
    with np.errstate(invalid="ignore"):
        found = {"precision": correct / called, "recall": correct / true}
    found["f1"] = np.where(true > 0, f1_scores(confusion), np.nan)
    found = {name: values[:, list(predictions.output.explained)] for name, values in found.items()}
    found["auroc"], found["auprc"] = np.full_like(found["f1"], np.nan), np.full_like(found["f1"], np.nan)
    for column, (index, positive) in enumerate(predictions.output.one_vs_rest(predictions.labels)):
        if 0 < positive.sum() < len(positive):
            ranked = rank_statistics(predictions.probabilities[:, index], positive, weights)
            found["auroc"][:, column], found["auprc"][:, column] = ranked.auroc, ranked.auprc
    return found


@dataclass(frozen=True)
class RankStatistics:
    """Areas under the ROC curve and under the precision-recall curve (average precision), one a resample."""

    auroc: Float64[np.ndarray, " resamples"]
    auprc: Float64[np.ndarray, " resamples"]


def rank_statistics(
    scores: Float64[np.ndarray, " n"], positive: Bool[np.ndarray, " n"], weights: Weights
) -> RankStatistics:
    """Return areas under curves; there must be positives and negatives, ties count half."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # the last of each run of equal scores
    ordered = weights[:, order]
    # Counts of positives and negatives at or above each threshold, highest score first.
    hits = np.cumsum(ordered * positive[order], axis=1)[:, ends]
    called = np.cumsum(ordered, axis=1)[:, ends]
    false = called - hits
    new_hits = np.diff(hits, axis=1, prepend=0)
    area = ((hits - new_hits / 2) * np.diff(false, axis=1, prepend=0)).sum(axis=1)
    precision = hits / np.maximum(called, 1)  # where nothing is called, new_hits is 0
    return RankStatistics(
        auroc=area / (hits[:, -1] * false[:, -1]), auprc=(new_hits * precision).sum(axis=1) / hits[:, -1]
    )


def f1_scores(confusion: Confusion) -> Float64[np.ndarray, "resamples classes"]:
    """Return the F1 of each class, 0 for a class that never occurs."""
    sizes = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return 2 * np.diagonal(confusion, axis1=-2, axis2=-1) / np.maximum(sizes, 1)


def matthews(confusion: Confusion) -> Float64[np.ndarray, " resamples"]:
    """Return the Matthews correlation, of several classes too (Gorodkin 2004); 0 where all is one class."""
    true, called = confusion.sum(axis=2), confusion.sum(axis=1)
    total = true.sum(axis=1)
    covariance = np.trace(confusion, axis1=1, axis2=2) * total - (true * called).sum(axis=1)
    spread = (total**2 - (true**2).sum(axis=1)) * (total**2 - (called**2).sum(axis=1))
    return np.where(spread > 0, covariance / np.sqrt(np.where(spread > 0, spread, 1)), 0.0)


def _indicators(index: Int64[np.ndarray, " n"], size: int) -> Float64[np.ndarray, "n size"]:
    """Return a matrix with a one in column index[i] of row i."""
    return np.eye(size)[index]
