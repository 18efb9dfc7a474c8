"""Preset deep from data to model: it contains the additive one, and learns what that one cannot."""

from pathlib import Path

import numpy as np
import planted
import pytest
import torch
from scipy.optimize import minimize
from sklearn.metrics import log_loss

from motiflens.data.dataset import Dataset
from motiflens.data.splits import split_for_training
from motiflens.model.ensemble import additive_part
from motiflens.model.predict import predict_logits, predict_probabilities
from motiflens.training.config import FitConfig
from motiflens.training.deep import PRIOR
from motiflens.training.fit import Fitted, fit_model
from motiflens.training.stacking import Mix, best_mix
from motiflens.training.task import Where
from motiflens.training.trial import Attempt

FRONT = {"widths": (9,), "filters": 6, "profile": "none", "competition": "none", "kmer": 3}
DEEP = {"preset": "deep", "front": FRONT, "channels": 12, "context": 8, "dilations": (1, 2, 4)}


def fitted(dataset: Dataset, *, folder: Path | None = None, **changes) -> Fitted:
    training = {"sparsity": 0.2} | changes.pop("training", {"epochs": 3, "learning_rate": 0.01})
    how = FitConfig(**{"network": DEEP, "training": training, "strands": "both"} | changes)
    split = split_for_training(dataset, seed=0)
    return fit_model(dataset.take(split.train), dataset.take(split.val), config=how, seed=0, where=Where(folder=folder))


def test_the_additive_model_inside_is_what_a_fit_of_it_makes(tmp_path):
    dataset = planted.planted(200, 30)
    deep = fitted(dataset, folder=tmp_path)
    alone = fitted(dataset, network={"preset": "additive", **FRONT}, training={"epochs": 3})
    part = additive_part(deep.model)
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
    found = fitted(dataset, training={"epochs": 3, "learning_rate": 0.01, "refit_most": 0}).model
    held = dataset.take(split_for_training(dataset, seed=0).val)
    deep, additive = (
        log_loss(held.labels, predict_probabilities(m, held.codes)) for m in (found, additive_part(found))
    )
    assert deep <= additive + PRIOR / len(held)


@pytest.mark.parametrize("heads", [1, 3])
def test_best_mix_against_a_search_without_gradients(heads):
    rng = np.random.default_rng(heads)
    classes = max(heads, 2)
    labels = np.arange(90) % classes
    signal = np.where(labels == 1, 1.0, -1.0)[:, None] if heads == 1 else 2 * np.eye(3)[labels]
    columns = np.stack([signal + rng.normal(size=(90, heads)) * s for s in (1, 2, 9)], 1)
    start = Mix(weights=np.array([1.0, 0.0, 0.0]), bias=np.zeros(heads))
    found = best_mix(columns, labels, start=start, prior=PRIOR)

    def loss(parameters: np.ndarray) -> float:
        logits = np.tensordot(columns, np.abs(parameters[:3]), (1, 0)) + parameters[3:]
        full = np.hstack((np.zeros((90, 1)), logits)) if heads == 1 else logits
        p = np.exp(full - full.max(1, keepdims=True))
        cross = -np.log((p / p.sum(1, keepdims=True))[np.arange(90), labels]).sum()
        return cross + PRIOR * ((np.abs(parameters[:3]) - start.weights) ** 2).sum()

    first = np.concatenate((start.weights, start.bias))
    best = minimize(loss, first, method="Nelder-Mead", options={"maxiter": 20_000, "xatol": 1e-8, "fatol": 1e-10})
    assert loss(np.concatenate((found.weights, found.bias))) == pytest.approx(best.fun, abs=1e-4)
    assert (found.weights >= 0).all()


@pytest.mark.parametrize("sparsity", [0.0, 0.2])
def test_the_additive_network_inside_has_the_sparsity_that_pilots_chose(monkeypatch, descents, sparsity):
    monkeypatch.setattr(Attempt, "pilot", lambda _, variant, _size: 0.5 if variant.sparsity == sparsity else 0.6)
    fitted(planted.planted(120, 20), training={"epochs": 1, "sparsity": None})
    assert {attempt.recipe.sparsity for attempt in descents} == {sparsity}
