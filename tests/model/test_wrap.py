"""A module of one's own as a model: any shape of logits, explained by brute force, never saved."""

from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from motiflens.errors import ModelError
from motiflens.explain.explanation import explain
from motiflens.explain.gradients import integrated_gradients
from motiflens.explain.mutagenesis import mutagenesis_naive
from motiflens.model.predict import predict_logits, predict_values
from motiflens.model.store import save_model
from motiflens.model.wrap import wrap
from motiflens.sequence.alphabet import one_hot

LENGTH = 15
CODES = np.random.default_rng(0).integers(0, 5, (4, LENGTH)).astype(np.uint8)


class Letters(nn.Module):
    """From codes to an embedding (n, 4, length)."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 4)

    def forward(self, codes: Tensor) -> Tensor:
        return self.embedding(codes.int()).transpose(1, 2)


def cnn(takes: Literal["one-hot", "codes"], outputs: int, *, squeeze: bool = False) -> nn.Sequential:
    torch.manual_seed(outputs)
    first = [Letters()] if takes == "codes" else []
    body = [nn.Conv1d(4, 6, 5), nn.GELU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(6 * (LENGTH - 4), outputs)]
    return nn.Sequential(*first, *body, *([nn.Flatten(0)] if squeeze else []))


def given(takes: Literal["one-hot", "codes"]) -> Tensor:
    return torch.from_numpy(CODES if takes == "codes" else one_hot(CODES))


@pytest.mark.parametrize("takes", ["one-hot", "codes"])
@pytest.mark.parametrize(
    ("outputs", "squeeze", "classes"),
    [(1, True, "ab"), (1, False, "ab"), (2, False, "ab"), (3, False, "abc")],
    ids=["(n,)", "(n, 1)", "(n, 2)", "(n, 3)"],
)
def test_logits_and_explanations_are_the_modules(takes, outputs, squeeze, classes):
    module = cnn(takes, outputs, squeeze=squeeze)
    model = wrap(module, length=LENGTH, classes=list(classes), takes=takes)
    assert not module.training
    with torch.no_grad():
        expected = module(given(takes)).reshape(4, -1).numpy()
    probabilities = predict_values(model, CODES)
    if outputs == 2:
        np.testing.assert_allclose(probabilities, torch.softmax(torch.from_numpy(expected), 1), atol=1e-6)
        expected = expected[:, 1:] - expected[:, :1]
    np.testing.assert_allclose(predict_logits(model, CODES), expected, atol=1e-6)
    assert probabilities.shape == (4, len(classes))
    for target in classes:
        found = explain(model, CODES, target=target)
        np.testing.assert_allclose(found.deltas, mutagenesis_naive(model, CODES, target=target).deltas, atol=1e-6)
        assert found.contributions is None
        assert found.attention.maps.shape == (4, 0, LENGTH)
        assert found.target == (target,) * 4


def test_a_wrapped_module_over_one_hot_has_gradients_and_one_over_codes_none():
    found = integrated_gradients(wrap(cnn("one-hot", 1), length=LENGTH, classes=["a", "b"]), CODES, references=2)
    assert found.error.max() < 0.01
    model = wrap(cnn("codes", 1), length=LENGTH, classes=["a", "b"], takes="codes")
    with pytest.raises(ModelError, match="WrappedNetwork has no gradients"):
        integrated_gradients(model, CODES, references=2)
    with pytest.raises(ModelError):
        model.module()


def test_a_module_without_parameters():
    class Purines(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, [0, 2]].sum((1, 2))

    model = wrap(Purines(), length=LENGTH, classes=["few", "many"])
    np.testing.assert_array_equal(predict_logits(model, CODES)[:, 0], ((CODES == 0) | (CODES == 2)).sum(1))
    deltas = explain(model, np.zeros((1, LENGTH), np.uint8)).deltas
    np.testing.assert_array_equal(deltas[0], np.repeat([[0.0], [-1.0], [0.0], [-1.0]], LENGTH, 1))


@pytest.mark.parametrize(
    ("module", "changes", "reason"),
    [
        (cnn("one-hot", 1), {"length": LENGTH + 1}, "does not take two sequences of 16 bp as one-hot"),
        (cnn("one-hot", 1), {"takes": "codes"}, "does not take two sequences of 15 bp as codes"),
        (cnn("codes", 1), {}, "does not take two sequences of 15 bp as one-hot"),
        (cnn("one-hot", 3), {}, r"the module returns \(2, 3\): 1 values a sequence are expected"),
        (cnn("one-hot", 2), {"classes": ["a", "b", "c"]}, r"the module returns \(2, 2\): 3 values a sequence"),
        (nn.Conv1d(4, 1, 3), {}, r"the module returns \(2, 1, 13\): 1 values a sequence are expected"),
        (cnn("one-hot", 1), {"classes": ["a"]}, "give two or more different names"),
        (cnn("one-hot", 1), {"classes": ["a", "a"]}, "give two or more different names"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(module, changes, reason):
    with pytest.raises(ModelError, match=reason):
        wrap(module, **{"length": LENGTH, "classes": ["a", "b"]} | changes)


def test_it_cannot_be_saved(tmp_path):
    model = wrap(cnn("one-hot", 1), length=LENGTH, classes=["a", "b"])
    with pytest.raises(ModelError, match="cannot be saved: save the original module"):
        save_model(tmp_path / "model", model)
    assert not (tmp_path / "model").exists()


def test_a_module_of_numbers_or_labels():
    module = cnn("one-hot", 2)
    with torch.no_grad():
        expected = module.eval()(given("one-hot")).numpy()
    numbers = wrap(module, length=LENGTH, targets=["leaf", "root"])
    np.testing.assert_allclose(predict_values(numbers, CODES), expected, atol=1e-6)
    found = explain(numbers, CODES, target="root")
    np.testing.assert_allclose(found.deltas, mutagenesis_naive(numbers, CODES, target="root").deltas, atol=1e-6)
    labels = wrap(module, length=LENGTH, labels=["leaf", "root"])
    np.testing.assert_allclose(predict_values(labels, CODES), 1 / (1 + np.exp(-expected)), atol=1e-6)
    with pytest.raises(ModelError, match="predicts leaf, root"):
        _ = numbers.classes


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ({"targets": ["a"], "labels": ["b"]}, "targets and labels: a model predicts one or the other"),
        ({}, "give two or more different names"),
        ({"targets": ["a", "a"]}, "give one or more different names"),
        ({"targets": ["a"]}, r"the module returns \(2, 2\): 1 values a sequence are expected"),
    ],
)
def test_names_that_do_not_fit_are_refused(names, reason):
    with pytest.raises(ModelError, match=reason):
        wrap(cnn("one-hot", 2), length=LENGTH, **names)
