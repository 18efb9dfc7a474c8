"""Logits of pairs are those of two plain predictions, and the same to the bit wherever a sequence stands."""

import numpy as np
import pytest
from make_variant_run import SMALL, random_model

from motiflens.errors import InputError, ModelError
from motiflens.explain.pairs import PairPredictor
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.predict import predict_logits

#: Two vectors of filters, two blocks of the gate, neither full.
WIDER = {"filters": 20, "gate_units": 10, "activation": "shift_scale", "position_weights": "none"}


def pairs(n=40, length=60):
    rng = np.random.default_rng(0)
    first = rng.integers(0, 5, (n, length)).astype(np.uint8)
    second = first.copy()
    for row in range(n):
        start, width = rng.integers(length - 5), rng.integers(1, 6)
        second[row, start : start + width] = rng.integers(0, 5, width)
    second[::7] = rng.integers(0, 4, second[::7].shape)
    second[3], first[5] = first[3], first[4]
    second[6, 0], second[8, -1] = 3 - first[6, 0] % 4, 3 - first[8, -1] % 4
    return first, second


@pytest.mark.parametrize("strands", ["forward", "both"])
@pytest.mark.parametrize(
    ("config", "classes"),
    [
        (SMALL, ("no", "yes")),
        (SMALL.model_copy(update=WIDER), ("a", "b", "c")),
        (ClassicConfig(filters=4, dense=(8, 6)), ("no", "yes")),
    ],
)
def test_against_two_predictions(config, classes, strands, caplog):
    model = random_model(config=config, classes=classes, strands=strands, members=2)
    first, second = pairs()
    found = PairPredictor(model).logits(first, second)
    assert found.shape == (2, 2, 40, model.n_outputs)
    np.testing.assert_allclose(found[0].mean(0), predict_logits(model, first), atol=1e-5)
    np.testing.assert_allclose(found[1].mean(0), predict_logits(model, second), atol=1e-5)
    assert not caplog.text  # the compiled engine was right


@pytest.mark.parametrize("config", [SMALL, ClassicConfig(filters=4, dense=(8, 6))])
def test_a_sequence_has_the_same_bits_everywhere(config):
    predictor = PairPredictor(random_model(config=config))
    first, second = pairs()
    together, turned = predictor.logits(first, second), predictor.logits(second, first)
    np.testing.assert_array_equal(together, turned[::-1])
    order = np.random.default_rng(1).permutation(len(first))
    np.testing.assert_array_equal(predictor.logits(first[order], second[order]), together[:, :, order])
    alone = np.concatenate([predictor.logits(first[i : i + 1], second[i : i + 1]) for i in range(len(first))], 2)
    np.testing.assert_array_equal(alone, together)


def test_a_wrong_engine_is_found_out(monkeypatch, caplog):
    model = random_model()
    monkeypatch.setattr(type(model.members[0]), "pair_engine", lambda _: lambda a, b: np.ones((2, len(a), 1), b.dtype))
    first, second = pairs()
    found = PairPredictor(model).logits(first, second)
    np.testing.assert_allclose(found[0, 0], predict_logits(model, first), atol=1e-5)
    assert "pairs are predicted one by one" in caplog.text


def test_refusals():
    model = random_model()
    with pytest.raises(InputError, match="sequences of 8 bp for a model of 60 bp"):
        PairPredictor(model).logits(np.zeros((1, 8), np.uint8), np.zeros((1, 8), np.uint8))
    model.members[0].train()
    with pytest.raises(ModelError, match="training mode"):
        PairPredictor(model)
