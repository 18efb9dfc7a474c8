"""What a training takes and what it gives; without Lightning, whose import takes longer than many a command."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from motiflens.model.network import Network
from motiflens.shapes import Codes, Labels

Record = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """What a network learns from and is validated on."""

    codes: Codes
    labels: Labels
    validation_codes: UInt8[np.ndarray, "validation length"]
    validation_labels: Int64[np.ndarray, " validation"]
    class_weights: np.ndarray
    both_strands: bool

    @property
    def heads(self) -> int:
        """Number of logits: one for two classes."""
        classes = len(self.class_weights)
        return 1 if classes == 2 else classes

    def with_validation(self) -> "TrainingData":
        """The same, the validation data following the training data as well."""
        codes = np.concatenate((self.codes, self.validation_codes))
        return replace(self, codes=codes, labels=np.concatenate((self.labels, self.validation_labels)))


@dataclass(frozen=True, kw_only=True)
class Where:
    """Where training runs and keeps its checkpoints (None: nowhere), and whether it shows a progress bar.

    Several `devices` of several `nodes` are this process's share of a group that torchrun or SLURM has started.
    """

    device: str = "cpu"
    folder: Path | None = None
    progress: bool = False
    devices: int = 1
    nodes: int = 1

    def stage(self, name: str) -> "Where":
        """The same, with a folder of its own for one stage."""
        return replace(self, folder=self.folder and self.folder / name)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained network (best weights, evaluation mode), a record for each epoch, and what went wrong on the way."""

    network: Network
    history: list[Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def best(self) -> Record:
        """The record of least validation loss."""
        return min(self.history, key=lambda record: record["val_loss"])
