"""From a data set to a trained model."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from motiflens.data.dataset import AnyDataset, Dataset, TargetDataset
from motiflens.data.splits import fold_numbers
from motiflens.errors import InputError
from motiflens.model.ensemble import Model
from motiflens.model.presets import DEFAULT_PRESET
from motiflens.shapes import Codes
from motiflens.training.config import FitConfig
from motiflens.training.noise import with_noise
from motiflens.training.recipes.registry import recipe_of
from motiflens.training.task import Compute, Task, TrainingData
from motiflens.training.truth import output_of, truth_of

_LARGEST_IN_MEMORY = 1 << 28  # bytes of codes
_ROWS = 65_536  # copied at a time
_MOST_FOLDS = 4  # of few training sequences, beside the validation data
_CHOOSING, _STRANDS = 0.15, 0.7  # share of the work that choosing takes; of that, strands
_IMBALANCE = 1.5  # largest class over smallest beyond which the loss is weighted


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A trained model, its history (one row an epoch and member) and what was decided on the way."""

    model: Model
    history: pd.DataFrame
    notes: tuple[str, ...]


def fit_model(
    training: AnyDataset,
    validation: AnyDataset,
    *,
    config: FitConfig,
    seed: int,
    compute: Compute,
    on_stage: Callable[[str], None] = lambda _: None,
) -> Fitted:
    """Train a model of classes, numbers or labels, each member of an ensemble with a seed of its own.

    With a folder in `compute`, a killed fit resumes there and ends with the same weights; codes beyond 256 MB are then
    memory-mapped from there. `on_stage` hears what is being done. Raises ModelError when the loss diverges at once.
    """
    recipe = recipe_of(config.network.preset)
    if config.aligned:
        config = _for_aligned(config)
    choosing, training_part = compute.part(0.0, _CHOOSING), compute.part(_CHOOSING, 1.0)
    task, notes = _first_task(training, validation, config=config, seed=seed, compute=choosing.part(0.0, _STRANDS))
    if config.strands == "auto":
        on_stage("choosing the strands")
        task, chosen = recipe.select_strands(task)
        notes += chosen
    task, chosen = recipe.select_network(replace(task, compute=choosing.part(_STRANDS, 1.0)))
    notes += chosen
    members, histories, held_out = [], [], []
    for member in range(config.ensemble):
        on_stage("training" if config.ensemble == 1 else f"training member {member + 1} of {config.ensemble}")
        own = training_part.part(member / config.ensemble, (member + 1) / config.ensemble)
        here = own.stage(f"member_{member + 1}")
        trained = recipe.train(replace(task, seed=seed + member, compute=here))
        notes += trained.notes
        members.append(trained.network)
        logits = trained.held_out
        held_out.append(task.data.validation_logits(trained.network) if logits is None else logits)
        histories.append(pd.DataFrame(trained.history).assign(member=member + 1))
    model = Model(
        members=tuple(members),
        config=task.network,
        output=with_noise(task.data.output, task.data, held_out),
        strands=task.data.strands,
    )
    history = pd.concat(histories, ignore_index=True).astype({"epoch": int})
    return Fitted(model=model, history=history, notes=tuple(notes))


def _first_task(
    training: AnyDataset, validation: AnyDataset, *, config: FitConfig, seed: int, compute: Compute
) -> tuple[Task, list[str]]:
    """Return what is to be trained before anything is chosen, with notes."""
    by_class, notes = _class_weights(training)
    output = output_of(training, loss=config.loss)
    # Files come class by class: the first rows must be a sample of all classes.
    rng = np.random.default_rng(seed)
    order, held = rng.permutation(len(training)), rng.permutation(len(validation))
    data = TrainingData(
        codes=_take(training.codes, order, compute.folder),
        labels=truth_of(training)[order],
        validation_codes=_take(validation.codes, held, None),
        validation_labels=truth_of(validation)[held],
        class_weights=by_class,
        output=output,
        strands="both" if config.strands == "both" else "forward",
        weights=_relative(training.weights, order),
        validation_weights=_relative(validation.weights, held),
        offset=_offset(training, order),
        validation_offset=_offset(validation, held),
        folds=_folds(training, order, config=config, share=len(validation) / (len(training) + len(validation))),
    )
    return Task(network=config.network, settings=config.training, data=data, seed=seed, compute=compute), notes


def _folds(training: AnyDataset, rows: np.ndarray, *, config: FitConfig, share: float) -> np.ndarray | None:
    """Return the folds of few numbers, each about as large as the validation data, at most four; of others None."""
    numbers = isinstance(training, TargetDataset) and training.kind == "numbers"
    if not numbers or len(training) > config.training.cross_fit_max_sequences:
        return None
    count = min(_MOST_FOLDS, max(2, round(1 / max(share, 1e-9)) - 1))
    return fold_numbers(training, n_folds=count)[rows]


def _class_weights(training: AnyDataset) -> tuple[np.ndarray, list[str]]:
    """Return the weight of each class in the loss, none where there are no classes, and what a reader must know."""
    if not isinstance(training, Dataset):
        return np.ones(0), []
    weights = class_weights(training)
    if np.allclose(weights, 1):
        return weights, []
    shown = ", ".join(f"{c} x{w:.2f}" for c, w in zip(training.classes, weights, strict=True))
    return weights, [f"classes are imbalanced: the loss weighs them {shown}"]


def _relative(weights: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    """Return the weights of rows, mean 1."""
    return None if weights is None else weights[rows] / weights[rows].mean()


def _offset(dataset: AnyDataset, rows: np.ndarray) -> np.ndarray | None:
    given = dataset.offset if isinstance(dataset, TargetDataset) else None
    return None if given is None else given[rows]


def _take(codes: Codes, rows: np.ndarray, folder: Path | None) -> Codes:
    """Return rows of the codes in their new order; of many, a memory map of a file in `folder`, if there is one."""
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


def too_few(training: AnyDataset, config: FitConfig) -> str | None:
    """Return a warning where a preset has fewer sequences to learn from than it needs; None where it has enough."""
    preset = config.network.preset
    n, enough = len(training), recipe_of(preset).min_sequences
    if n >= enough:
        return None
    lean = f"--preset {DEFAULT_PRESET} needs fewer, and " if preset != DEFAULT_PRESET else ""
    return (
        f"{n:,} training sequences for preset {preset}, which needs about {enough:,}: {lean}"
        "--ensemble 5 steadies the results; more sequences help most"
    )


def _for_aligned(config: FitConfig) -> FitConfig:
    """Return the configuration for sequences that share a reference position: oriented, position counts by base."""
    if config.strands == "both":
        raise InputError(
            "--aligned --strands both: aligned sequences are oriented, and on the other strand a motif lies elsewhere; "
            "use --strands forward, or drop --aligned"
        )
    return config.model_copy(update={"network": config.network.for_aligned(), "strands": "forward"})


def class_weights(training: Dataset) -> np.ndarray:
    """Return the weight of each class in the loss, mean 1 over the sequences: all 1 unless classes are imbalanced."""
    counts = np.bincount(training.labels, minlength=len(training.classes))
    if counts.max() <= _IMBALANCE * counts.min():
        return np.ones(len(counts))
    return counts.sum() / (len(counts) * counts)
