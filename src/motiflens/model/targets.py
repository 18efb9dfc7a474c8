"""Outputs with a row of targets a sequence, of which some may be missing: numbers, and several labels."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import scipy.stats
import torch
from jaxtyping import Float, Float64, Int64
from scipy.special import expit, log_expit
from torch import Tensor
from torch.nn import functional

from motiflens.model.output import Interval, Output, spread_of_log_odds

#: exp of more would overflow float32; a log rate of so much above the mean is no prediction any more.
_LARGEST_LOG_RATE = 30.0

Rows = Float64[np.ndarray, "n names"]


@dataclass(frozen=True)
class TargetOutput(Output):
    """A logit for each target; the truth is (n, names), NaN where a target is missing.

    The loss of a row is the sum over its targets that are there, divided by the number of all.
    """

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError(f"targets {list(self.names)}: give one or more different names")

    @property
    def n_outputs(self) -> int:
        return len(self.names)

    @property
    def explained(self) -> tuple[int, ...]:
        return tuple(range(len(self.names)))

    def truth_by_logit(self, truth: Rows) -> Rows:
        return truth

    def default_targets(self, logits: Float[np.ndarray, "n outputs"]) -> Int64[np.ndarray, " n"]:
        """Return the first target for every row."""
        return np.zeros(len(logits), np.int64)

    def target_weights(self) -> Float64[np.ndarray, "names outputs"]:
        return np.eye(len(self.names))

    def loss(self, logits: Tensor, truth: Tensor, *, reduction: str = "mean") -> Tensor:
        there = ~truth.isnan()
        # A missing target must not leave a NaN in the gradient either: it is replaced, not only masked.
        known = torch.where(there, truth, torch.zeros_like(truth)).to(logits.dtype)
        by_row = (self.cell_losses(logits, known) * there).sum(1) / len(self.names)
        return by_row if reduction == "none" else by_row.sum() if reduction == "sum" else by_row.mean()

    def loss_gradient(self, logits: Rows, truth: Rows) -> tuple[Float64[np.ndarray, " n"], Rows]:
        there = ~np.isnan(truth)
        loss, gradient = self.cell_gradients(logits, np.where(there, truth, 0.0))
        return (loss * there).sum(1) / len(self.names), gradient * there / len(self.names)

    @abstractmethod
    def cell_losses(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Return the loss of each target (n, names), none of them missing."""

    @abstractmethod
    def cell_gradients(self, logits: Rows, truth: Rows) -> tuple[Rows, Rows]:
        """Return the same of arrays, and its derivative by each logit."""


@dataclass(frozen=True)
class Numbers(TargetOutput):
    """Measured numbers: regression by squares, or of counts by a log-linear Poisson model.

    With "mse" a value is centre + scale * logit, so that logits are of standard size whatever the unit, and what is
    explained is in target units. With "poisson" a value is exp(centre + logit), the rate at an exposure of 1; what is
    explained is its logarithm, and `scale` is the mean count, by which the loss is divided.

    Attributes:
        loss_name: "mse" or "poisson".
        centre: Of each target: its mean, or the logarithm of its mean rate.
        scale: Of each target: its standard deviation, or its mean count; > 0.
        noise: Of each target: standard deviation of measured about predicted values on validation data, beside what
            the members of an ensemble differ by; in target units, of counts in logarithms. Empty where it is not known.
    """

    task: Literal["regression"] = "regression"
    loss_name: Literal["mse", "poisson"] = "mse"
    centre: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    noise: tuple[float, ...] = ()
    score_name: ClassVar[None] = None  # the loss of standardised numbers is 1 - R2 already

    def __post_init__(self) -> None:
        super().__post_init__()
        defaults = {"centre": 0.0, "scale": 1.0} | ({"noise": 0.0} if self.noise else {})
        for name, default in defaults.items():
            given = getattr(self, name) or (default,) * len(self.names)
            if len(given) != len(self.names):
                raise ValueError(f"{name} {given}: one number for each of {len(self.names)} targets is needed")
            object.__setattr__(self, name, tuple(map(float, given)))
        if not np.isfinite([*self.centre, *self.scale]).all() or min(self.scale) <= 0:
            raise ValueError(f"centre {self.centre}, scale {self.scale}: finite numbers are needed, scales above 0")

    @property
    def counts(self) -> bool:
        """Whether targets are counts, by a Poisson model."""
        return self.loss_name == "poisson"

    @property
    def unit(self) -> Literal["target units", "log target units"]:
        return "log target units" if self.counts else "target units"

    def values(self, logits: Float[np.ndarray, "n outputs"]) -> Float[np.ndarray, "n names"]:
        explained = (logits * np.diag(self.target_weights()) + self.target_centres()).astype(logits.dtype)
        return self._from_explained(explained)

    def _from_explained(self, explained: np.ndarray) -> np.ndarray:
        """Return values of what is explained."""
        if not self.counts:
            return explained
        return np.exp(np.minimum(explained, self.target_centres() + _LARGEST_LOG_RATE)).astype(explained.dtype)

    def logits_of(self, values: Float[np.ndarray, "n names"]) -> Float64[np.ndarray, "n outputs"]:
        """Return the logits whose `values` these are; of counts, 0.5 added."""
        explained = np.log(values + 0.5) if self.counts else values
        return (explained - self.target_centres()) / np.diag(self.target_weights())

    def target_weights(self) -> Float64[np.ndarray, "names outputs"]:
        return np.eye(len(self.names)) if self.counts else np.diag(self.scale)

    def target_centres(self) -> Float64[np.ndarray, " names"]:
        return np.array(self.centre)

    @property
    def fewest_members(self) -> int:
        return 1 if self.noise else 2

    def interval(self, members: Float64[np.ndarray, "members n outputs"], *, confidence: float) -> Interval:
        """Return the interval of a new measurement: spread of the members and noise; of one member, noise alone."""
        count = len(members)
        explained = members * np.diag(self.target_weights()) + self.target_centres()
        spread = explained.var(0, ddof=1) * (1 + 1 / count) if count > 1 else 0.0
        reach = scipy.stats.norm.ppf((1 + confidence) / 2) * np.sqrt(spread + np.square(self.noise or np.nan))
        mean = explained.mean(0)
        return Interval(self._from_explained(mean - reach), self._from_explained(mean + reach))

    def cell_losses(self, logits: Tensor, truth: Tensor) -> Tensor:
        centre, scale = self._constants(logits)
        if not self.counts:
            return (logits - (truth - centre) / scale) ** 2
        log_rate = logits.clamp(max=_LARGEST_LOG_RATE) + centre
        return (log_rate.exp() - truth * log_rate) / scale

    def cell_gradients(self, logits: Rows, truth: Rows) -> tuple[Rows, Rows]:
        centre, scale = np.array(self.centre), np.array(self.scale)
        if not self.counts:
            error = logits - (truth - centre) / scale
            return error**2, 2 * error
        log_rate = np.minimum(logits, _LARGEST_LOG_RATE) + centre
        inside = logits < _LARGEST_LOG_RATE
        return (np.exp(log_rate) - truth * log_rate) / scale, inside * (np.exp(log_rate) - truth) / scale

    def _constants(self, like: Tensor) -> tuple[Tensor, Tensor]:
        return like.new_tensor(self.centre), like.new_tensor(self.scale)


@dataclass(frozen=True)
class ManyLabels(TargetOutput):
    """Several labels a sequence, each there (1) or not (0) on its own: a sigmoid each."""

    task: Literal["multilabel"] = "multilabel"

    @property
    def unit(self) -> Literal["logits"]:
        return "logits"

    def values(self, logits: Float[np.ndarray, "n outputs"]) -> Float[np.ndarray, "n names"]:
        return torch.sigmoid(torch.from_numpy(logits)).numpy()

    def score(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Return the share of the known labels that are predicted rightly."""
        right = ((logits > 0) == (truth > 0.5)).float()
        return torch.where(truth.isnan(), torch.nan, right).nanmean(1)

    def interval(self, members: Float64[np.ndarray, "members n outputs"], *, confidence: float) -> Interval:
        return spread_of_log_odds(members, confidence=confidence)

    def cell_losses(self, logits: Tensor, truth: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")

    def cell_gradients(self, logits: Rows, truth: Rows) -> tuple[Rows, Rows]:
        loss = -(truth * log_expit(logits) + (1 - truth) * log_expit(-logits))
        return loss, expit(logits) - truth
