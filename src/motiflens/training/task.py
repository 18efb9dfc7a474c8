"""Inputs and results of a training run (kept free of Lightning, which is slow to import)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64, UInt8
from torch import Tensor

from motiflens.model.codes import reverse_complement
from motiflens.model.config import NetworkConfig
from motiflens.model.network import Network
from motiflens.model.output import Output
from motiflens.model.predict import in_batches
from motiflens.model.presets import build_network
from motiflens.shapes import Codes, Strands, Truth
from motiflens.training.training_config import TrainingConfig

Record = dict[str, float]

#: Fields of `TrainingData` with an entry a training sequence, and "validation_..." of them.
_BY_ROW = ("codes", "labels", "weights", "offset")


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """What a network learns from and is validated on.

    Attributes:
        codes: Sequences.
        labels: The truth as `output` takes it: class indices (n,), or a row of targets (n, names), NaN where missing.
        validation_codes: Sequences that choose.
        validation_labels: Their truth.
        class_weights: Weight of each class in the loss; empty where there are no classes.
        output: What is predicted.
        strands: That are read.
        weights: Of each sequence in the loss, beside its class's weight; None where all count alike.
        validation_weights: The same of the validation data.
        offset: Logarithm of each sequence's exposure, added to its logits; None where all have the same.
        validation_offset: The same of the validation data.
        folds: Of each training sequence, which part it is left out with where judgement is by cross-fitting; near
            duplicates share one. None where the validation data alone judge.
    """

    codes: Codes
    labels: Truth
    validation_codes: UInt8[np.ndarray, "validation length"]
    validation_labels: Int64[np.ndarray, " validation"] | Float64[np.ndarray, "validation targets"]
    class_weights: Float64[np.ndarray, " classes"]
    output: Output
    strands: Strands
    weights: Float64[np.ndarray, " n"] | None = None
    validation_weights: Float64[np.ndarray, " validation"] | None = None
    offset: Float64[np.ndarray, " n"] | None = None
    validation_offset: Float64[np.ndarray, " validation"] | None = None
    folds: Int64[np.ndarray, " n"] | None = None

    def with_validation(self) -> "TrainingData":
        """Return the same data with the validation data appended to the training data."""

        def joined(name: str) -> Any:
            own, held = getattr(self, name), getattr(self, f"validation_{name}")
            return None if own is None else np.concatenate((own, held))

        return replace(self, folds=None, **{name: joined(name) for name in _BY_ROW})

    def left_out(self, rows: Bool[np.ndarray, " n"]) -> "TrainingData":
        """Return the same data with `rows` of the training data for validation, and the others to learn from."""
        changed: dict[str, Any] = {}
        for name in _BY_ROW:
            own, held = getattr(self, name), getattr(self, f"validation_{name}")
            if own is not None:
                changed |= {name: np.concatenate((own[~rows], held)), f"validation_{name}": own[rows]}
        return replace(self, folds=None, **changed)

    def all_for_validation(self) -> "TrainingData":
        """Return the same data with the training data, then the validation data, for validation."""
        joined = self.with_validation()
        return replace(self, **{f"validation_{name}": getattr(joined, name) for name in _BY_ROW})

    @property
    def row_weights(self) -> Float64[np.ndarray, " n"]:
        """Weight of each training sequence in the loss."""
        return self._row_weights(self.labels, self.weights)

    @property
    def validation_row_weights(self) -> Float64[np.ndarray, " validation"]:
        """Weight of each validation sequence in the loss."""
        return self._row_weights(self.validation_labels, self.validation_weights)

    def _row_weights(self, labels: Truth, weights: np.ndarray | None) -> np.ndarray:
        by_class = self.class_weights[labels] if len(self.class_weights) else np.ones(len(labels))
        return by_class if weights is None else by_class * weights

    def validation_terms(
        self, terms: Callable[[Tensor], Tensor], *, device: torch.device
    ) -> Float64[np.ndarray, "n terms outputs"]:
        """Return terms of the validation data's logits, of both strands their mean.

        `terms` maps codes (n, length) to (terms, n, n_outputs).
        """

        def of_batch(codes: Tensor) -> Tensor:
            found = terms(codes)
            if self.strands == "both":
                found = (found + terms(reverse_complement(codes))) / 2
            return found.transpose(0, 1)

        return in_batches(of_batch, self.validation_codes, device=device).double().numpy()

    def validation_logits(self, network: Network) -> Float64[np.ndarray, "n outputs"]:
        """Return the logits of the validation data."""
        return self.validation_terms(lambda codes: network(codes)[None], device=network.device)[:, 0]


def _unheard(share: float, detail: str) -> None:
    """Hear progress that nobody follows."""
    del share, detail


@dataclass(frozen=True, kw_only=True)
class Compute:
    """Where training runs and keeps its checkpoints (None: nowhere), and who hears how far it is.

    `on_progress` hears the share that is done, and a line of details or "". Several `devices` of several `nodes` are
    this process's share of a group that torchrun or SLURM has started.
    """

    device: str = "cpu"
    folder: Path | None = None
    on_progress: Callable[[float, str], None] = _unheard
    devices: int = 1
    nodes: int = 1

    def stage(self, name: str) -> "Compute":
        """Return the same with a folder of its own for one stage."""
        return replace(self, folder=self.folder and self.folder / name)

    def part(self, start: float, end: float) -> "Compute":
        """Return the same for a part of the work, which reaches from the share `start` to `end` of all of it."""
        hear = self.on_progress
        return replace(self, on_progress=lambda share, detail: hear(start + (end - start) * share, detail))

    def heard(self, share: float) -> None:
        """Report the share of the work that is done."""
        self.on_progress(share, "")


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained network (best weights, evaluation mode), a record for each epoch, and notes on what went wrong.

    `held_out` are the logits of the validation data before the network learned from them; None where it never did.
    After cross-fitting, of the training data and then of the validation data, by networks that had not seen them.
    """

    network: Network
    history: list[Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    held_out: Float64[np.ndarray, "judged outputs"] | None = None

    @property
    def best(self) -> Record:
        """The record of lowest validation loss."""
        return min(self.history, key=lambda record: record["val_loss"])


@dataclass(frozen=True, kw_only=True)
class Task:
    """A network to train: its architecture, settings, data, seed, and where to compute."""

    network: NetworkConfig
    settings: TrainingConfig
    data: TrainingData
    seed: int
    compute: Compute

    def initial_network(self) -> Network:
        """Return the network with random weights of this task's seed."""
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            return build_network(self.network, length=self.data.codes.shape[1], n_outputs=self.data.output.n_outputs)


class Selected(NamedTuple):
    """A task with something of it chosen, and notes on how."""

    task: Task
    notes: list[str]
