"""From a labelled data set to a trained model."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import torch

from motiflens.data.dataset import Dataset
from motiflens.errors import InputError
from motiflens.model.additive import AdditiveNetwork
from motiflens.model.classic import ClassicNetwork
from motiflens.model.config import AdditiveConfig, ClassicConfig, DeepConfig
from motiflens.model.ensemble import Model
from motiflens.training.attempt import Attempt, settle_variant
from motiflens.training.config import FitConfig
from motiflens.training.deep import descend_deep, settle_deep
from motiflens.training.linear import fit_linear_terms
from motiflens.training.loop import Trained, TrainingData, Where
from motiflens.training.mixing import fit_mix

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

    With a folder in `where`, a killed fit resumes there and ends with the same weights. `on_stage` hears what is
    being done. Raises ModelError when the loss diverges.
    """
    _check_anchored(config)
    # Files come class by class, and whoever takes the first rows as a sample must see all classes.
    rng = np.random.default_rng(seed)
    training, validation = (part.take(rng.permutation(len(part))) for part in (training, validation))
    weights = class_weights(training)
    data = TrainingData(
        codes=training.codes,
        labels=training.labels,
        validation_codes=validation.codes,
        validation_labels=validation.labels,
        class_weights=weights,
        both_strands=config.strands == "both",
    )
    attempt = Attempt(network=config.network, recipe=config.training, data=data, seed=seed, where=where)
    notes: list[str] = []
    if not np.allclose(weights, 1):
        shown = ", ".join(f"{c} x{w:.2f}" for c, w in zip(training.classes, weights, strict=True))
        notes.append(f"classes are imbalanced: the loss weighs them {shown}")
    if isinstance(config.network, AdditiveConfig):
        attempt, decisions = settle_variant(
            attempt, strands=config.strands, on_stage=on_stage, anchored=config.anchored
        )
        notes += decisions
    elif isinstance(config.network, DeepConfig):
        attempt, decisions = settle_deep(attempt, strands=config.strands, on_stage=on_stage, anchored=config.anchored)
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


def _check_anchored(config: FitConfig) -> None:
    network = config.network
    if config.anchored and isinstance(network, ClassicConfig):
        raise InputError("--anchored: preset classic has no positional profile; use --preset additive or deep")
    if config.anchored and not isinstance(network, ClassicConfig) and network.profile == "none":
        raise InputError("--anchored contradicts profile = none in the settings: drop one of the two")


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
        case AdditiveNetwork() as network:
            fit_linear_terms(network, attempt.data)
            fit_mix(network, attempt.data)
        case ClassicNetwork() as network:
            _undo_class_weights(network, attempt.data.class_weights)
    return trained, notes


def _undo_class_weights(network: ClassicNetwork, weights: np.ndarray) -> None:
    """Shift the head so that probabilities speak of the training data's class shares, not of the weighted loss."""
    shift = -np.log(weights)
    shift = shift[1:] - shift[:1] if network.heads == 1 else shift
    with torch.no_grad():
        network.output.bias.add_(torch.as_tensor(shift, dtype=torch.float32, device=network.device))
