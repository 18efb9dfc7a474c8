"""From a labelled data set to a trained model."""

import logging
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
from motiflens.model.config import AdditiveConfig
from motiflens.model.ensemble import Model, build_network
from motiflens.model.network import Network
from motiflens.training.config import FitConfig, TrainingConfig
from motiflens.training.linear import fit_linear_terms
from motiflens.training.loop import Trained, TrainingData, Where, train
from motiflens.training.mixing import fit_mix
from motiflens.training.start import start_from_words

logger = logging.getLogger(__name__)

_IMBALANCE = 1.5  # largest class over smallest beyond which the loss is weighted
_PILOT_SEQUENCES = 2500
_PILOT_SAMPLES = 30_000


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
    # Files come class by class, and whoever takes the first rows as a sample must see all classes.
    rng = np.random.default_rng(seed)
    training, validation = (part.take(rng.permutation(len(part))) for part in (training, validation))
    notes: list[str] = []
    weights = class_weights(training)
    if not np.allclose(weights, 1):
        notes.append(
            "classes are imbalanced: the loss weighs them "
            + ", ".join(f"{c} x{w:.2f}" for c, w in zip(training.classes, weights, strict=True))
        )
    data = TrainingData(
        codes=training.codes,
        labels=training.labels,
        validation_codes=validation.codes,
        validation_labels=validation.labels,
        class_weights=weights,
        both_strands=config.strands == "both",
    )
    heads = 1 if len(training.classes) == 2 else len(training.classes)
    if isinstance(config.network, AdditiveConfig):
        config, data, decisions = _choose_variant(config, data, heads, seed, where, on_stage)
        notes += decisions
    members, histories = [], []
    for member in range(config.ensemble):
        on_stage("training" if config.ensemble == 1 else f"training member {member + 1} of {config.ensemble}")
        trained = _train_member(config, data, heads, seed + member, where.stage(f"member_{member + 1}"))
        members.append(trained.network)
        histories.append(pd.DataFrame(trained.history).assign(member=member + 1))
    model = Model(
        members=tuple(members),
        config=config.network,
        classes=training.classes,
        strands="both" if data.both_strands else "forward",
    )
    history = pd.concat(histories, ignore_index=True).astype({"epoch": int})
    return Fitted(model=model, history=history, notes=tuple(notes))


def class_weights(training: Dataset) -> np.ndarray:
    """Weight of each class in the loss (mean 1 over the sequences): all 1 unless the classes are imbalanced."""
    counts = np.bincount(training.labels, minlength=len(training.classes))
    if counts.max() <= _IMBALANCE * counts.min():
        return np.ones(len(counts))
    return counts.sum() / (len(counts) * counts)


def _train_member(config: FitConfig, data: TrainingData, heads: int, seed: int, where: Where) -> Trained:
    trained = _gradient_descent(config.network, data, heads, config.training, seed, where)
    network = trained.network
    match network:
        case AdditiveNetwork():
            fit_linear_terms(network, data)
            fit_mix(network, data)
        case ClassicNetwork():
            _undo_class_weights(network, data.class_weights)
    return trained


def _gradient_descent(
    network_config: AdditiveConfig, data: TrainingData, heads: int, recipe: TrainingConfig, seed: int, where: Where
) -> Trained:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network: Network = build_network(network_config, length=data.codes.shape[1], heads=heads)
    if isinstance(network, AdditiveNetwork):
        start_from_words(network.motif, data.codes, data.labels, both=data.both_strands)
    return train(network, data, config=recipe, seed=seed, where=where)


def _undo_class_weights(network: ClassicNetwork, weights: np.ndarray) -> None:
    """Shift the head so that probabilities speak of the training data's class shares, not of the weighted loss."""
    shift = -np.log(weights)
    shift = shift[1:] - shift[:1] if network.heads == 1 else shift
    with torch.no_grad():
        network.output.bias += torch.as_tensor(shift, dtype=torch.float32, device=network.device)


def _choose_variant(
    config: FitConfig,
    data: TrainingData,
    heads: int,
    seed: int,
    where: Where,
    on_stage: Callable[[str], None],
) -> tuple[FitConfig, TrainingData, list[str]]:
    """Settle "auto" strands and profile by the validation loss of short pilots, strands first."""
    network = config.network
    assert isinstance(network, AdditiveConfig)
    recipe = config.training.model_copy(update={"epochs": None, "samples": _PILOT_SAMPLES})
    rows = np.random.default_rng(seed).permutation(len(data.labels))[:_PILOT_SEQUENCES]
    few = replace(data, codes=data.codes[rows], labels=data.labels[rows])
    losses: dict[tuple[str, bool], float] = {}

    def loss(profile: str, both: bool) -> float:
        if (profile, both) not in losses:
            name = f"profile {profile}, {'both strands' if both else 'forward strand'}"
            on_stage(f"pilot: {name}")
            variant = network.model_copy(update={"profile": profile})
            stage = where.stage(f"pilot_{profile}_{'both' if both else 'forward'}")
            pilot = _gradient_descent(variant, replace(few, both_strands=both), heads, recipe, seed, stage)
            losses[profile, both] = pilot.validation_loss
        return losses[profile, both]

    strands = {"auto": [False, True], "both": [True], "forward": [False]}[config.strands]
    profiles = ["none", "smooth", "base"] if network.profile == "auto" else [network.profile]
    both = min(strands, key=lambda s: loss(profiles[0], s)) if len(strands) > 1 else strands[0]
    profile = min(profiles, key=lambda p: loss(p, both)) if len(profiles) > 1 else profiles[0]
    notes = [
        f"pilot validation loss, profile {p}, {'both strands' if b else 'forward strand'}: {value:.4f}"
        for (p, b), value in losses.items()
    ]
    network = network.model_copy(update={"profile": profile})
    strand = "both" if both else "forward"
    return config.model_copy(update={"network": network, "strands": strand}), replace(data, both_strands=both), notes
