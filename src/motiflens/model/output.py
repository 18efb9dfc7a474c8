"""What a model's logits mean: the one place that knows two classes from several.

`Output` is what all kinds of prediction share. Classes are here; numbers and several labels a sequence, which have a
row of targets each, are in `targets.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import scipy.stats
import torch
from jaxtyping import Bool, Float, Float64, Int64
from scipy.special import expit, log_expit, log_softmax, logsumexp, softmax
from torch import Tensor
from torch.nn import functional

from motiflens.shapes import Labels

Task = Literal["binary", "multiclass", "regression", "multilabel"]


class Interval(NamedTuple):
    """Lower and upper ends of an interval for each value, (n, names) both."""

    low: Float64[np.ndarray, "n names"]
    high: Float64[np.ndarray, "n names"]


@dataclass(frozen=True)
class Output(ABC):
    """What is predicted, and every formula that depends on it.

    Logits are (n, n_outputs), torch tensors in training and NumPy arrays elsewhere. The truth is the class indices (n,)
    of `ClassOutput`; of `Numbers` and `ManyLabels` it is a row of targets (n, names), NaN where one is missing.

    Attributes:
        names: Of the classes, targets or labels: of the columns of `values`, and of what can be explained.
    """

    names: tuple[str, ...]
    task: Task
    #: What the training's history calls the mean of `score`; None where the loss says it all.
    score_name: ClassVar[str | None] = "accuracy"

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Number of logits."""

    @property
    @abstractmethod
    def explained(self) -> tuple[int, ...]:
        """Indices of the names that are explained and drawn, one a logit."""

    @property
    @abstractmethod
    def unit(self) -> Literal["logits", "target units", "log target units"]:
        """Unit of attributions and effects, which are of `logits @ target_weights().T + target_centres()`."""

    @abstractmethod
    def loss(self, logits: Tensor, truth: Tensor, *, reduction: str = "mean") -> Tensor:
        """Return the loss of logits (n, n_outputs), "none" a row, "sum" or "mean" over rows."""

    @abstractmethod
    def loss_gradient(
        self, logits: Float64[np.ndarray, "n outputs"], truth: Any
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n outputs"]]:
        """Return the loss of each row and its derivative by each logit."""

    @abstractmethod
    def values(self, logits: Float[np.ndarray, "n outputs"]) -> Float[np.ndarray, "n names"]:
        """Return what is predicted: the probability of every class or label, or numbers in target units."""

    @abstractmethod
    def truth_by_logit(self, truth: Any) -> Float64[np.ndarray, "n outputs"]:
        """Return what each logit is to say: a target, NaN where it is missing; of a class 1 for its members, else 0."""

    def score(self, logits: Tensor, truth: Tensor) -> Tensor:  # noqa: ARG002
        """Return how good each prediction is (n,), 1 at best; the mean is the history's column `score_name`."""
        return logits.new_zeros(len(logits))

    @abstractmethod
    def default_targets(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        """Return the index of the name towards which each row is explained unless one is given."""

    @abstractmethod
    def target_weights(self) -> Float64[np.ndarray, "names outputs"]:
        """Return the weights that turn a row of logits into what is explained of each name, in `unit`."""

    def shift_for(self, class_weights: Float64[np.ndarray, " classes"]) -> Float64[np.ndarray, " outputs"]:  # noqa: ARG002
        """Return the shift of the logits that undoes weights of the classes in the loss."""
        return np.zeros(self.n_outputs)

    def target_centres(self) -> Float64[np.ndarray, " names"]:
        """Return what is added to the weighted logits, in `unit`: 0 for classes."""
        return np.zeros(len(self.names))

    @property
    def fewest_members(self) -> int:
        """Number of members that `interval` needs at least."""
        return 2

    @abstractmethod
    def interval(self, members: Float64[np.ndarray, "members n outputs"], *, confidence: float) -> Interval:
        """Return the predictive interval of each value from the logits of an ensemble's members."""


def spread_of_log_odds(odds: Float64[np.ndarray, "members n names"], *, confidence: float) -> Interval:
    """Return the interval of the probability of a network trained alike from another seed.

    Mean and spread of the members' log-odds, with Student's t for their small number.
    """
    count = len(odds)
    reach = scipy.stats.t.ppf((1 + confidence) / 2, count - 1) * odds.std(0, ddof=1) * np.sqrt(1 + 1 / count)
    return Interval(expit(odds.mean(0) - reach), expit(odds.mean(0) + reach))


@dataclass(frozen=True)
class ClassOutput(Output):
    """One of several classes; the truth is their indices (n,), what is explained is in logits."""

    task: Literal["binary", "multiclass"]

    def __post_init__(self) -> None:
        if len(self.names) < 2:
            raise ValueError(f"classes {list(self.names)}: two are needed at least")

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.names

    @property
    def unit(self) -> Literal["logits"]:
        return "logits"

    @property
    @abstractmethod
    def positive(self) -> str | None:
        """The class that a single logit scores; None where every class has a logit of its own."""

    @abstractmethod
    def log_odds(self, logits: Float64[np.ndarray, "n outputs"]) -> Float64[np.ndarray, "n classes"]:
        """Return log p / (1 - p) of every class."""

    @abstractmethod
    def predicted(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        """Return the index of the most probable class."""

    @abstractmethod
    def logits_of(self, by_class: Float64[np.ndarray, " classes"]) -> Float64[np.ndarray, " outputs"]:
        """Return the logits of unnormalised log-probabilities of the classes."""

    @abstractmethod
    def squared_error(
        self, probabilities: Float64[np.ndarray, "n classes"], labels: Labels
    ) -> Float64[np.ndarray, " n"]:
        """Return the terms of the Brier score: 0 to 1 with two classes, 0 to 2 with more."""

    @abstractmethod
    def forecast(
        self, probabilities: Float64[np.ndarray, "n classes"], labels: Labels
    ) -> tuple[Float64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Return the probability whose calibration is measured, and whether its event came true.

        The event is the positive class or, where there is none, that the predicted class is the true one.
        """

    def shift_for(self, class_weights: Float64[np.ndarray, " classes"]) -> Float64[np.ndarray, " outputs"]:
        return self.logits_of(-np.log(class_weights))

    def interval(self, members: Float64[np.ndarray, "members n outputs"], *, confidence: float) -> Interval:
        return spread_of_log_odds(np.stack([self.log_odds(one) for one in members]), confidence=confidence)

    def one_vs_rest(self, labels: Labels) -> Iterator[tuple[int, Bool[np.ndarray, " n"]]]:
        """Yield each explained class with the mask of its members, logit by logit."""
        for index in self.explained:
            yield index, labels == index

    def truth_by_logit(self, truth: Labels) -> Float64[np.ndarray, "n outputs"]:
        return np.column_stack([inside for _, inside in self.one_vs_rest(truth)]).astype(np.float64)


@dataclass(frozen=True)
class Binary(ClassOutput):
    """Two classes and one logit, that of `classes[1]`."""

    task: Literal["binary"] = "binary"

    @property
    def n_outputs(self) -> int:
        return 1

    @property
    def positive(self) -> str | None:
        return self.classes[1]

    @property
    def explained(self) -> tuple[int, ...]:
        return (1,)

    def loss(self, logits: Tensor, truth: Tensor, *, reduction: str = "mean") -> Tensor:
        return functional.binary_cross_entropy_with_logits(logits[:, 0], truth.to(logits.dtype), reduction=reduction)

    def loss_gradient(
        self, logits: Float64[np.ndarray, "n outputs"], truth: Labels
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n outputs"]]:
        target = truth[:, None].astype(float)
        loss = -(target * log_expit(logits) + (1 - target) * log_expit(-logits)).sum(1)
        return loss, expit(logits) - target

    def values(self, logits: Float[np.ndarray, "n outputs"]) -> Float[np.ndarray, "n classes"]:
        both = torch.from_numpy(np.hstack((-logits, logits)))  # 1 - p would lose the small ones
        return torch.sigmoid(both).numpy()

    def log_odds(self, logits: Float64[np.ndarray, "n outputs"]) -> Float64[np.ndarray, "n classes"]:
        return np.hstack((-logits, logits))

    def predicted(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        return (logits[:, 0] > 0).astype(np.int64)

    def default_targets(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        return np.ones(len(logits), np.int64)

    def target_weights(self) -> Float64[np.ndarray, "classes outputs"]:
        return np.array([[-1.0], [1.0]])

    def squared_error(
        self, probabilities: Float64[np.ndarray, "n classes"], labels: Labels
    ) -> Float64[np.ndarray, " n"]:
        return ((probabilities - np.eye(2)[labels]) ** 2).sum(axis=1) / 2

    def forecast(
        self, probabilities: Float64[np.ndarray, "n classes"], labels: Labels
    ) -> tuple[Float64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        return probabilities[:, 1], labels == 1

    def logits_of(self, by_class: Float64[np.ndarray, " classes"]) -> Float64[np.ndarray, " outputs"]:
        return by_class[1:] - by_class[:1]

    def score(self, logits: Tensor, truth: Tensor) -> Tensor:
        return ((logits[:, 0] > 0).long() == truth).float()


@dataclass(frozen=True)
class Multiclass(ClassOutput):
    """Three or more classes, a logit each."""

    task: Literal["multiclass"] = "multiclass"

    @property
    def n_outputs(self) -> int:
        return len(self.classes)

    @property
    def positive(self) -> str | None:
        return None

    @property
    def explained(self) -> tuple[int, ...]:
        return tuple(range(len(self.classes)))

    def loss(self, logits: Tensor, truth: Tensor, *, reduction: str = "mean") -> Tensor:
        return functional.cross_entropy(logits, truth, reduction=reduction)

    def loss_gradient(
        self, logits: Float64[np.ndarray, "n outputs"], truth: Labels
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n outputs"]]:
        target = np.eye(len(self.classes))[truth]
        return -(target * log_softmax(logits, axis=1)).sum(1), softmax(logits, axis=1) - target

    def values(self, logits: Float[np.ndarray, "n outputs"]) -> Float[np.ndarray, "n classes"]:
        return torch.softmax(torch.from_numpy(logits), 1).numpy()

    def log_odds(self, logits: Float64[np.ndarray, "n outputs"]) -> Float64[np.ndarray, "n classes"]:
        others = np.stack([logsumexp(np.delete(logits, c, 1), axis=1) for c in range(logits.shape[1])], 1)
        return logits - others

    def predicted(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        return logits.argmax(1).astype(np.int64)

    def default_targets(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        return self.predicted(logits)

    def target_weights(self) -> Float64[np.ndarray, "classes outputs"]:
        # Softmax does not see a shift of all logits, so an explanation must not either: a class counts from their mean.
        return np.eye(len(self.classes)) - 1 / len(self.classes)

    def squared_error(
        self, probabilities: Float64[np.ndarray, "n classes"], labels: Labels
    ) -> Float64[np.ndarray, " n"]:
        return ((probabilities - np.eye(len(self.classes))[labels]) ** 2).sum(axis=1)

    def forecast(
        self, probabilities: Float64[np.ndarray, "n classes"], labels: Labels
    ) -> tuple[Float64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        return probabilities.max(axis=1), probabilities.argmax(axis=1) == labels

    def logits_of(self, by_class: Float64[np.ndarray, " classes"]) -> Float64[np.ndarray, " outputs"]:
        return by_class

    def score(self, logits: Tensor, truth: Tensor) -> Tensor:
        return (logits.argmax(1) == truth).float()


def output_for(classes: tuple[str, ...]) -> ClassOutput:
    """Return what a model of these classes predicts."""
    return Binary(classes) if len(classes) == 2 else Multiclass(classes)
