"""From a labelled data set to a trained model."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch

from motiflens.data.dataset import Dataset
from motiflens.errors import InputError
from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.classic.network import ClassicNetwork
from motiflens.model.config import AdditiveConfig, ClassicConfig, DeepConfig
from motiflens.model.ensemble import Model
from motiflens.shapes import Codes
from motiflens.training.additive import mix_terms, refit_terms
from motiflens.training.calibration import calibrate
from motiflens.training.config import FitConfig
from motiflens.training.deep import descend_deep, settle_deep
from motiflens.training.task import Trained, TrainingData, Where
from motiflens.training.trial import Attempt, settle_variant

ENOUGH: Mapping[str, int] = {"additive": 100, "classic": 2_000, "deep": 2_000}  # training sequences
_LARGEST_IN_MEMORY = 1 << 28  # bytes of codes
_ROWS = 65_536  # copied at a time
_IMBALANCE = 1.5  # largest class over smallest beyond which the loss is weighted


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A trained model, its history (one row an epoch and member) and what was decided on the way."""

    model: Model
    history: pd.DataFrame
    notes: tuple[str, ...]


def resolve_device(name: Literal["auto", "cpu", "cuda", "mps"]) -> str:
    """The device that `name` means here. Raises InputError for one that this machine does not have."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, here in available.items() if here)
    if not available[name]:
        raise InputError(f"--device {name}: this machine has none; use --device auto or cpu")
    return name


def fit_model(
    training: Dataset,
    validation: Dataset,
    *,
    config: FitConfig,
    seed: int,
    where: Where,
    on_stage: Callable[[str], None] = lambda _: None,
) -> Fitted:
    """Train a model, each member of an ensemble with a seed of its own.

    With a folder in `where`, a killed fit resumes there and ends with the same weights; codes beyond 256 MB are then
    memory-mapped from there. `on_stage` hears what is being done. Raises ModelError when the loss diverges at once.
    """
    _check_anchored(config)
    attempt, notes = _first_attempt(training, validation, config=config, seed=seed, where=where)
    strands = "forward" if config.anchored else config.strands
    match config.network:
        case AdditiveConfig():
            attempt, decisions = settle_variant(attempt, strands=strands, on_stage=on_stage, anchored=config.anchored)
        case DeepConfig():
            attempt, decisions = settle_deep(attempt, strands=strands, on_stage=on_stage, anchored=config.anchored)
        case _:
            decisions = []
    notes += decisions
    members, histories = [], []
    for member in range(config.ensemble):
        on_stage("training" if config.ensemble == 1 else f"training member {member + 1} of {config.ensemble}")
        place = where.stage(f"member_{member + 1}")
        trained, events = _complete(replace(attempt, seed=seed + member, where=place))
        notes += events
        members.append(trained.network)
        histories.append(pd.DataFrame(trained.history).assign(member=member + 1))
    model = Model(
        members=tuple(members),
        config=attempt.network,
        classes=training.classes,
        strands="both" if attempt.data.both_strands else "forward",
    )
    history = pd.concat(histories, ignore_index=True).astype({"epoch": int})
    return Fitted(model=model, history=history, notes=tuple(notes))


def _first_attempt(
    training: Dataset, validation: Dataset, *, config: FitConfig, seed: int, where: Where
) -> tuple[Attempt, list[str]]:
    """What is to be trained, before anything is settled; with notes."""
    weights = class_weights(training)
    notes = []
    if not np.allclose(weights, 1):
        shown = ", ".join(f"{c} x{w:.2f}" for c, w in zip(training.classes, weights, strict=True))
        notes.append(f"classes are imbalanced: the loss weighs them {shown}")
    # Files come class by class, and whoever takes the first rows as a sample must see all classes.
    rng = np.random.default_rng(seed)
    order, held = rng.permutation(len(training)), rng.permutation(len(validation))
    data = TrainingData(
        codes=_taken(training.codes, order, where.folder),
        labels=training.labels[order],
        validation_codes=_taken(validation.codes, held, None),
        validation_labels=validation.labels[held],
        class_weights=weights,
        both_strands=config.strands == "both",
    )
    return Attempt(network=config.network, recipe=config.training, data=data, seed=seed, where=where), notes


def _taken(codes: Codes, rows: np.ndarray, folder: Path | None) -> Codes:
    """Rows of the codes in their new order; of many, a memory map of a file in `folder`, if there is one."""
    if folder is None or codes.nbytes <= _LARGEST_IN_MEMORY:
        return codes[rows]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"codes_{os.getpid()}.npy"
    shape = (len(rows), codes.shape[1])
    file = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    for start in range(0, len(rows), _ROWS):
        file[start : start + _ROWS] = codes[rows[start : start + _ROWS]]
    with suppress(OSError):  # the map outlives the name, save on Windows
        path.unlink()
    return file


def too_few(training: Dataset, config: FitConfig) -> str | None:
    """What to say where a preset is asked to learn from fewer sequences than it can carry; None where it is fine."""
    n, enough = len(training), ENOUGH[config.network.preset]
    if n >= enough:
        return None
    lean = "--preset additive asks for less, and " if config.network.preset != "additive" else ""
    return (
        f"{n:,} training sequences for preset {config.network.preset}, which wants about {enough:,}: {lean}"
        "--ensemble 5 steadies what is found; more sequences help most"
    )


def _check_anchored(config: FitConfig) -> None:
    network = config.network
    if config.anchored and isinstance(network, ClassicConfig):
        raise InputError("--anchored: preset classic has no positional profile; use --preset additive or deep")
    if config.anchored and not isinstance(network, ClassicConfig) and network.profile == "none":
        raise InputError("--anchored contradicts profile = none in the settings: drop one of the two")
    if config.anchored and config.strands == "both":
        raise InputError(
            "--anchored --strands both: aligned sequences are oriented, and turned round a motif lies elsewhere; "
            "use --strands forward, or drop --anchored"
        )


def class_weights(training: Dataset) -> np.ndarray:
    """Weight of each class in the loss (mean 1 over the sequences): all 1 unless the classes are imbalanced."""
    counts = np.bincount(training.labels, minlength=len(training.classes))
    if counts.max() <= _IMBALANCE * counts.min():
        return np.ones(len(counts))
    return counts.sum() / (len(counts) * counts)


def _complete(attempt: Attempt) -> tuple[Trained, list[str]]:
    """Gradient descent, and what a preset adds to it; with notes."""
    notes: list[str] = []
    match attempt.network:
        case ClassicConfig():
            trained, notes = attempt.descend_unless_collapsed()
        case DeepConfig():
            trained = descend_deep(attempt)
        case _:
            trained = attempt.descend()
    notes += trained.notes
    match trained.network:
        case AdditiveNetwork():
            notes += refit_terms(attempt, mix_terms(attempt, trained))
        case ClassicNetwork() as network:
            calibrate(network, attempt.data)
    return trained, notes
