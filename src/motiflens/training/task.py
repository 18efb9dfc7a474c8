"""Inputs and results of a training run (kept free of Lightning, which is slow to import)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64, Int64, UInt8
from torch import Tensor

from motiflens.model.codes import reverse_complement
from motiflens.model.config import NetworkConfig
from motiflens.model.network import Network
from motiflens.model.output import Output
from motiflens.model.predict import in_batches
from motiflens.model.presets import build_network
from motiflens.shapes import Codes, Labels, Strands
from motiflens.training.training_config import TrainingConfig

Record = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """What a network learns from and is validated on."""

    codes: Codes
    labels: Labels
    validation_codes: UInt8[np.ndarray, "validation length"]
    validation_labels: Int64[np.ndarray, " validation"]
    class_weights: Float64[np.ndarray, " classes"]
    output: Output
    strands: Strands

    def with_validation(self) -> "TrainingData":
        """Return the same data with the validation data appended to the training data."""
        codes = np.concatenate((self.codes, self.validation_codes))
        return replace(self, codes=codes, labels=np.concatenate((self.labels, self.validation_labels)))

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


@dataclass(frozen=True, kw_only=True)
class Compute:
    """Where training runs and keeps its checkpoints (None: nowhere), and whether it shows a progress bar.

    Several `devices` of several `nodes` are this process's share of a group that torchrun or SLURM has started.
    """

    device: str = "cpu"
    folder: Path | None = None
    progress: bool = False
    devices: int = 1
    nodes: int = 1

    def stage(self, name: str) -> "Compute":
        """Return the same with a folder of its own for one stage."""
        return replace(self, folder=self.folder and self.folder / name)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained network (best weights, evaluation mode), a record for each epoch, and notes on what went wrong."""

    network: Network
    history: list[Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

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
