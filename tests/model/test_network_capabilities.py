"""A preset of one's own: what a network must define, and how everything copes without the rest."""

import numpy as np
import planted
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from toy_preset import PRESET, ToyConfig, ToyNetwork

from motiflens.data.splits import split_for_training
from motiflens.errors import ModelError
from motiflens.explain.attention import attention_maps
from motiflens.explain.contributions import contributions, letter_contributions
from motiflens.explain.explanation import explain
from motiflens.explain.gradients import saliency
from motiflens.explain.mutagenesis import mutagenesis, mutagenesis_naive
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits, predict_values
from motiflens.model.presets import PRESETS
from motiflens.model.store import load_model, save_model
from motiflens.training.fit import Fitted, fit_model
from motiflens.training.task import Compute


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(PRESETS, "toy", PRESET)


def fitted(classes: int = 2, *, seed: int = 0, **changes) -> Fitted:
    from motiflens.training.config import FitConfig

    dataset = planted.planted(400, 30, classes=classes)
    split = split_for_training(dataset, seed=0)
    config = FitConfig(**{"network": {"preset": "toy"}, "training": {"epochs": 8, "learning_rate": 0.1}} | changes)
    return fit_model(dataset.take(split.train), dataset.take(split.val), config=config, seed=seed, compute=Compute())


def random_model(*, strands: str = "both", pooling: str = "max") -> Model:
    members = []
    for seed in range(2):
        torch.manual_seed(seed)
        network = ToyNetwork(ToyConfig(pooling=pooling), length=20, n_outputs=3).eval()
        nn.init.normal_(network.readout.weight)
        members.append(network)
    return Model(
        members=members, config=ToyConfig(pooling=pooling), output=output_for(("a", "b", "c")), strands=strands
    )


CODES = np.random.default_rng(0).integers(0, 5, (4, 20)).astype(np.uint8)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("pooling", ["max", "log_sum_exp"])
def test_it_learns_by_the_default_recipe(classes, pooling):
    found = fitted(classes, network={"preset": "toy", "pooling": pooling}, ensemble=2).model
    assert found.config == ToyConfig(pooling=pooling)
    assert len(found.members) == 2
    fresh = planted.planted(300, 30, classes=classes, seed=1)
    probabilities = predict_values(found, fresh.codes)
    scores = probabilities[:, 1] if classes == 2 else probabilities
    assert roc_auc_score(fresh.labels, scores, multi_class="ovr") > 0.9


def test_a_seed_fixes_every_bit():
    one, again = (fitted().model.members[0].state_dict() for _ in range(2))
    assert all(torch.equal(value, again[name]) for name, value in one.items())


def test_it_is_saved_and_loaded(tmp_path):
    found = fitted().model
    save_model(tmp_path, found)
    loaded = load_model(tmp_path)
    assert (loaded.config, loaded.classes, loaded.strands) == (found.config, found.classes, found.strands)
    codes = planted.planted(50, 30, seed=2).codes
    np.testing.assert_array_equal(predict_logits(loaded, codes), predict_logits(found, codes))


@pytest.mark.parametrize("strands", ["forward", "both"])
@pytest.mark.parametrize("pooling", ["max", "log_sum_exp"])
def test_mutagenesis_is_brute_force(strands, pooling, caplog):
    model = random_model(strands=strands, pooling=pooling)
    for target in model.classes:
        found = mutagenesis(model, CODES, target=target)
        np.testing.assert_array_equal(found.deltas, mutagenesis_naive(model, CODES, target=target).deltas)
        assert np.abs(found.deltas).max() > 0.1
        assert "one by one: no fast method supports this network" in found.note
    assert "one by one" in caplog.text


def test_what_it_does_not_offer():
    model = random_model()
    assert not model.has_contributions
    assert model.nested() is None
    assert attention_maps(model, CODES).maps.shape == (4, 0, 20)
    found = explain(model, CODES, target="b")
    assert found.contributions is None
    assert found.bias is None
    for function in (contributions, letter_contributions):
        with pytest.raises(ModelError, match="preset toy has no additive contributions: use in-silico mutagenesis"):
            function(model, CODES)
    for refused in (lambda: saliency(model, CODES), model.module):
        with pytest.raises(ModelError, match="preset toy has no gradients with respect to its input"):
            refused()
