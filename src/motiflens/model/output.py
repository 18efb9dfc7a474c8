"""What a model's logits mean: the one place that knows two classes from several."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64
from scipy.special import expit, log_expit, log_softmax, logsumexp, softmax
from torch import Tensor
from torch.nn import functional

from motiflens.shapes import Labels


@dataclass(frozen=True)
class Output(ABC):
    """What is predicted, and every formula that depends on it.

    Labels are class indices (n,); logits are (n, n_outputs), torch tensors in training and NumPy arrays elsewhere.
    """

    classes: tuple[str, ...]
    task: ClassVar[Literal["binary", "multiclass"]]

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Number of logits."""

    @property
    @abstractmethod
    def positive(self) -> str | None:
        """The class that a single logit scores; None where every class has a logit of its own."""

    @property
    @abstractmethod
    def explained(self) -> tuple[int, ...]:
        """Indices of the classes that are explained, drawn and compared with the rest, one a logit."""

    @abstractmethod
    def loss(self, logits: Tensor, labels: Tensor, *, reduction: str = "mean") -> Tensor:
        """Return the cross-entropy of logits (n, n_outputs) and class indices (n,)."""

    @abstractmethod
    def loss_gradient(
        self, logits: Float64[np.ndarray, "n outputs"], labels: Labels
    ) -> tuple[float, Float64[np.ndarray, "n outputs"]]:
        """Return the summed cross-entropy and its derivative by each logit."""

    @abstractmethod
    def probabilities(self, logits: Float[np.ndarray, "n outputs"]) -> Float[np.ndarray, "n classes"]:
        """Return the probability of every class."""

    @abstractmethod
    def log_odds(self, logits: Float64[np.ndarray, "n outputs"]) -> Float64[np.ndarray, "n classes"]:
        """Return log p / (1 - p) of every class."""

    @abstractmethod
    def predicted(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        """Return the index of the most probable class."""

    @abstractmethod
    def default_targets(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        """Return the class towards which each row is explained unless one is named."""

    @abstractmethod
    def target_weights(self) -> Float64[np.ndarray, "classes outputs"]:
        """Return the weights that turn a row of logits into the target logit of each class.

        Softmax does not see a shift of all logits, so an explanation must not either: with several classes the logit
        of a class is counted from their mean.
        """

    @abstractmethod
    def logits_of(self, by_class: Float64[np.ndarray, " classes"]) -> Float64[np.ndarray, " outputs"]:
        """Return the logits of unnormalised log-probabilities of the classes."""

    @abstractmethod
    def n_correct(self, logits: Tensor, labels: Tensor) -> int:
        """Return the number of correct predictions."""

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

    def one_vs_rest(self, labels: Labels) -> Iterator[tuple[int, Bool[np.ndarray, " n"]]]:
        """Yield each explained class with the mask of its members, logit by logit."""
        for index in self.explained:
            yield index, labels == index


class Binary(Output):
    """Two classes and one logit, that of `classes[1]`."""

    task = "binary"

    @property
    def n_outputs(self) -> int:
        return 1

    @property
    def positive(self) -> str | None:
        return self.classes[1]

    @property
    def explained(self) -> tuple[int, ...]:
        return (1,)

    def loss(self, logits: Tensor, labels: Tensor, *, reduction: str = "mean") -> Tensor:
        return functional.binary_cross_entropy_with_logits(logits[:, 0], labels.to(logits.dtype), reduction=reduction)

    def loss_gradient(
        self, logits: Float64[np.ndarray, "n outputs"], labels: Labels
    ) -> tuple[float, Float64[np.ndarray, "n outputs"]]:
        target = labels[:, None].astype(float)
        loss = -(target * log_expit(logits) + (1 - target) * log_expit(-logits)).sum()
        return loss, expit(logits) - target

    def probabilities(self, logits: Float[np.ndarray, "n outputs"]) -> Float[np.ndarray, "n classes"]:
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

    def n_correct(self, logits: Tensor, labels: Tensor) -> int:
        return int(((logits[:, 0] > 0).long() == labels).sum())


class Multiclass(Output):
    """Three or more classes, a logit each."""

    task = "multiclass"

    @property
    def n_outputs(self) -> int:
        return len(self.classes)

    @property
    def positive(self) -> str | None:
        return None

    @property
    def explained(self) -> tuple[int, ...]:
        return tuple(range(len(self.classes)))

    def loss(self, logits: Tensor, labels: Tensor, *, reduction: str = "mean") -> Tensor:
        return functional.cross_entropy(logits, labels, reduction=reduction)

    def loss_gradient(
        self, logits: Float64[np.ndarray, "n outputs"], labels: Labels
    ) -> tuple[float, Float64[np.ndarray, "n outputs"]]:
        target = np.eye(len(self.classes))[labels]
        return -(target * log_softmax(logits, axis=1)).sum(), softmax(logits, axis=1) - target

    def probabilities(self, logits: Float[np.ndarray, "n outputs"]) -> Float[np.ndarray, "n classes"]:
        return torch.softmax(torch.from_numpy(logits), 1).numpy()

    def log_odds(self, logits: Float64[np.ndarray, "n outputs"]) -> Float64[np.ndarray, "n classes"]:
        others = np.stack([logsumexp(np.delete(logits, c, 1), axis=1) for c in range(logits.shape[1])], 1)
        return logits - others

    def predicted(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        return logits.argmax(1).astype(np.int64)

    def default_targets(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        return self.predicted(logits)

    def target_weights(self) -> Float64[np.ndarray, "classes outputs"]:
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

    def n_correct(self, logits: Tensor, labels: Tensor) -> int:
        return int((logits.argmax(1) == labels).sum())


def output_for(classes: tuple[str, ...]) -> Output:
    """Return what a model of these classes predicts."""
    return Binary(classes) if len(classes) == 2 else Multiclass(classes)
