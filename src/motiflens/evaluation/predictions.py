"""Validated predictions of one test set, which all figures are computed from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from motiflens.errors import InputError
from motiflens.model.output import ClassOutput, output_for
from motiflens.shapes import Labels, Scores

CALIBRATION_BINS = 15


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Validated predictions of one test set, one column a class."""

    labels: Labels
    probabilities: Float64[np.ndarray, "n classes"]
    classes: tuple[str, ...]
    smallest: float  # lower bound of probabilities in log loss: the resolution of the given dtype

    @property
    def output(self) -> ClassOutput:
        """What the classes are: two, or several."""
        return output_for(self.classes)

    @property
    def predicted(self) -> Int64[np.ndarray, " n"]:
        """The most probable class; the first of equal ones."""
        return self.probabilities.argmax(axis=1)

    @property
    def sizes(self) -> Int64[np.ndarray, " classes"]:
        """Sequences of each class."""
        return np.bincount(self.labels, minlength=len(self.classes))

    @property
    def absent(self) -> tuple[str, ...]:
        """Classes without a sequence in the test set."""
        return tuple(name for name, size in zip(self.classes, self.sizes, strict=True) if not size)

    @property
    def confusion(self) -> Int64[np.ndarray, "classes classes"]:
        """Counts, one row a true class, one column a predicted class."""
        k = len(self.classes)
        return np.bincount(self.labels * k + self.predicted, minlength=k * k).reshape(k, k)

    def forecast(self) -> tuple[Float64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Return the probability whose calibration is measured, and whether its event came true."""
        return self.output.forecast(self.probabilities, self.labels)

    def calibration_bins(self) -> Int64[np.ndarray, " n"]:
        """Return the bin of each forecast, one of 15 of equal width; a bin includes its lower edge."""
        return np.minimum((self.forecast()[0] * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)

    def log_losses(self) -> Float64[np.ndarray, " n"]:
        """Return minus the log-probability of each true class, in nats."""
        own = self.probabilities[np.arange(len(self.labels)), self.labels]
        return -np.log(np.maximum(own, self.smallest))

    def squared_errors(self) -> Float64[np.ndarray, " n"]:
        """Return the terms of the Brier score."""
        return self.output.squared_error(self.probabilities, self.labels)


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
