"""Small data and quick trainings that the tests share; holds no tests."""

import numpy as np
import planted
import torch

from motiflens.data.dataset import Dataset
from motiflens.data.splits import split_for_training
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.config import NetworkConfig
from motiflens.model.output import output_for
from motiflens.shapes import Strands
from motiflens.training.config import FitConfig
from motiflens.training.fit import Fitted, fit_model
from motiflens.training.gradient_descent import train
from motiflens.training.recipes.initial_filters import initialise_filters
from motiflens.training.recipes.settings import ADDITIVE, TUTORIAL
from motiflens.training.task import Compute, Task, Trained, TrainingData

NETWORKS: dict[str, NetworkConfig] = {
    "additive": AdditiveConfig(widths=(7,), filters=6, position_weights="smooth", kmer=2),
    "classic": ClassicConfig(widths=(3, 7), filters=6, dense=(8, 6), batch_norm_momentum=0.8),
}
SETTINGS = {
    "additive": ADDITIVE.model_copy(update={"epochs": 4, "learning_rate": 0.02}),
    "classic": TUTORIAL.model_copy(update={"epochs": 4, "learning_rate": 0.01}),
}
#: Networks of whole fits, with nothing left to choose.
FITTED = {
    "additive": {
        "preset": "additive",
        "widths": (7,),
        "filters": 6,
        "position_weights": "none",
        "kmer": 3,
    },
    "classic": {"preset": "classic", "widths": (3, 7), "filters": 6, "dense": (8, 6)},
}


def data(
    n: int = 260, length: int = 30, *, classes: int = 2, strands: Strands = "both", turned: bool = False
) -> TrainingData:
    """Planted motifs, `turned` on either strand; the last quarter for validation."""
    dataset = planted.planted(n, length, classes=classes, both=turned)
    cut = n * 3 // 4
    return TrainingData(
        codes=dataset.codes[:cut],
        labels=dataset.labels[:cut],
        validation_codes=dataset.codes[cut:],
        validation_labels=dataset.labels[cut:],
        class_weights=np.ones(classes),
        output=output_for(dataset.classes),
        strands=strands,
    )


def task(
    preset: str,
    *,
    on: TrainingData | None = None,
    seed: int = 1,
    compute: Compute = Compute(),  # noqa: B008
    **changes,
) -> Task:
    """A small network to train; `changes` are of the settings."""
    settings = SETTINGS[preset].model_copy(update=changes)
    return Task(network=NETWORKS[preset], settings=settings, data=on or data(), seed=seed, compute=compute)


def run(preset: str, **changes) -> Trained:
    """Gradient descent alone, of `task(preset, **changes)`; of preset additive from discriminative k-mers."""
    given = task(preset, **changes)
    network = given.initial_network()
    if preset == "additive":
        on = given.data
        initialise_filters(network.motif, on.codes, on.labels, output=on.output, strands=on.strands)
    return train(given, network)


def assert_same(one: Trained, other: Trained) -> None:
    assert one.history == other.history
    a, b = one.network.state_dict(), other.network.state_dict()
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


def fit_config(preset: str = "additive", **changes) -> FitConfig:
    training = changes.pop("training", {"epochs": 3, "learning_rate": 0.02})
    return FitConfig(**{"network": FITTED[preset], "training": training, "strands": "both"} | changes)


def fitted(dataset: Dataset, config: FitConfig, *, seed: int = 0, compute: Compute = Compute()) -> Fitted:  # noqa: B008
    split = split_for_training(dataset, seed=0)
    return fit_model(dataset.take(split.train), dataset.take(split.val), config=config, seed=seed, compute=compute)
