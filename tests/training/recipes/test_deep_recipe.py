"""Preset deep from data to model: it contains the additive one, and learns what that one cannot."""

from pathlib import Path

import numpy as np
import planted
import pytest
import torch
from sklearn.metrics import log_loss

from motiflens.data.dataset import Dataset
from motiflens.data.splits import split_for_training
from motiflens.model.predict import predict_logits, predict_values
from motiflens.training.config import FitConfig
from motiflens.training.fit import Fitted, fit_model
from motiflens.training.recipes.deep import _PRIOR
from motiflens.training.task import Compute

FRONT = {"widths": (9,), "filters": 6, "position_weights": "none", "kmer": 3}
DEEP = {"preset": "deep", "front": FRONT, "channels": 12, "context": 8, "dilations": (1, 2, 4)}


def fitted(dataset: Dataset, *, folder: Path | None = None, **changes) -> Fitted:
    training = changes.pop("training", {"epochs": 3, "learning_rate": 0.01})
    how = FitConfig(**{"network": DEEP, "training": training, "strands": "both"} | changes)
    split = split_for_training(dataset, seed=0)
    return fit_model(
        dataset.take(split.train), dataset.take(split.val), config=how, seed=0, compute=Compute(folder=folder)
    )


def test_the_additive_model_inside_is_what_a_fit_of_it_makes(tmp_path):
    dataset = planted.planted(200, 30)
    deep = fitted(dataset, folder=tmp_path)
    alone = fitted(dataset, network={"preset": "additive", **FRONT}, training={"epochs": 3})
    part = deep.model.nested()
    assert part.strands == deep.model.strands == "both"
    for name, value in alone.model.members[0].state_dict().items():
        assert torch.equal(part.members[0].state_dict()[name], value), name
    assert deep.history["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert sum("trained again" in note for note in deep.notes) == 2
    repeated = fitted(dataset, folder=tmp_path)
    np.testing.assert_array_equal(
        predict_logits(repeated.model, dataset.codes), predict_logits(deep.model, dataset.codes)
    )


@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_no_worse_than_its_additive_part_on_validation_data(classes):
    dataset = planted.planted(240, 30, classes=classes, both=True)
    # Before the validation data are learned from: after that no network's loss on them says anything.
    found = fitted(dataset, training={"epochs": 3, "learning_rate": 0.01, "refit_max_sequences": 0}).model
    held = dataset.take(split_for_training(dataset, seed=0).val)
    deep, additive = (log_loss(held.labels, predict_values(m, held.codes)) for m in (found, found.nested()))
    assert deep <= additive + _PRIOR / len(held)
