"""The prediction loop: batches change nothing, lengths are checked, nothing in gives nothing out."""

import numpy as np
import pytest
import torch

from motiflens.errors import InputError
from motiflens.model import predict
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import in_batches, predict_logits, predict_values
from motiflens.model.presets import build_network

CONFIG = AdditiveConfig(widths=(5,), filters=4, position_weights="none", kmer=3)


def model(classes: int) -> Model:
    net = build_network(CONFIG, length=20, n_outputs=1 if classes == 2 else classes).eval()
    with torch.no_grad():
        net.kmer.weight.normal_(generator=torch.Generator().manual_seed(0))
        net.mix.fill_(1)
    return Model(members=[net], config=CONFIG, output=output_for(tuple("abc"[:classes])))


def codes(n: int, length: int = 20) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 5, (n, length)).astype(np.uint8)


@pytest.mark.parametrize("classes", [2, 3])
def test_batches_change_nothing(monkeypatch, classes):
    built = model(classes)
    whole = predict_logits(built, codes(50))
    monkeypatch.setattr(predict, "BATCH_SIZE", 7)
    np.testing.assert_allclose(predict_logits(built, codes(50)), whole, rtol=0, atol=1e-6)
    probabilities = predict_values(built, codes(50))
    assert probabilities.shape == (50, classes)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-6)
    odds = np.exp(whole[:, 0]) if classes == 2 else np.exp(whole[:, 1] - whole[:, 0])
    np.testing.assert_allclose(probabilities[:, 1] / probabilities[:, 0], odds, rtol=1e-4)


def test_each_sequence_is_shown_once_and_in_order(monkeypatch):
    monkeypatch.setattr(predict, "BATCH_SIZE", 4)
    seen = in_batches(lambda x: x, codes(11), device="cpu")
    np.testing.assert_array_equal(seen, codes(11))


@pytest.mark.parametrize("classes", [2, 3])
def test_nothing_in_gives_nothing_out(classes):
    assert predict_values(model(classes), codes(0)).shape == (0, classes)


def test_another_length_is_refused_with_the_remedy():
    with pytest.raises(InputError, match=r"sequences of 21 bp for a model of 20 bp: crop or pad them to 20 bp"):
        predict_logits(model(2), codes(3, 21))


def test_batches_of_long_sequences_are_small():
    """Memory of a batch grows with its letters, not with its sequences."""
    for length, largest in ((200, 512), (512, 512), (10_000, 26), (600_000, 1)):
        many = np.zeros((600 if length < 1000 else 30, length), np.uint8)
        seen: list[int] = []

        def lengths(batch, seen=seen):
            seen.append(len(batch))
            return batch[:, :1]

        assert len(in_batches(lengths, many, device="cpu")) == len(many)
        assert max(seen) == min(largest, len(many))
        assert sum(seen) == len(many)
