"""In-silico mutagenesis: its definition, its targets and its refusals."""

import numpy as np
import pytest
import torch

from motiflens.errors import InputError, ModelError
from motiflens.explain.mutagenesis import mutagenesis, mutagenesis_naive
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.presets import build_network

CONFIG = ClassicConfig(filters=4, dense=(8, 6))


def random_model(*, classes=("no", "yes"), length=12) -> Model:
    torch.manual_seed(1)
    network = build_network(CONFIG, length=length, n_outputs=1 if len(classes) == 2 else len(classes)).eval()
    return Model(members=(network,), config=CONFIG, output=output_for(classes))


@pytest.mark.parametrize("explain", [mutagenesis, mutagenesis_naive])
@pytest.mark.parametrize("classes", [("no", "yes"), ("a", "b", "c")])
def test_a_delta_is_the_target_logit_of_the_edited_sequence_less_the_original(explain, classes):
    model = random_model(classes=classes)
    codes = np.random.default_rng(0).integers(0, 5, (2, 12)).astype(np.uint8)
    codes[0, 3], codes[1, 5] = 4, 2
    explained = explain(model, codes, target=classes[-1])

    def target_logit(sequence: np.ndarray) -> float:
        logits = predict_logits(model, sequence[None])[0]
        return logits[-1] - (logits.mean() if len(classes) > 2 else 0)

    for row, position in ((0, 3), (1, 5), (0, 0), (1, 11)):
        for base in range(4):
            edited = codes[row].copy()
            edited[position] = base
            expected = target_logit(edited) - target_logit(codes[row])
            assert explained.deltas[row, base, position] == pytest.approx(expected, abs=1e-6)
    assert explained.deltas[1, 2, 5] == 0
    np.testing.assert_allclose(explained.hypothetical.mean(1), 0, atol=1e-7)
    np.testing.assert_allclose(np.diff(explained.hypothetical, axis=1), np.diff(explained.deltas, axis=1), atol=1e-6)


def test_two_classes_mirror_each_other():
    model, codes = random_model(), np.zeros((1, 12), np.uint8)
    np.testing.assert_array_equal(
        mutagenesis(model, codes, target="no").deltas, -mutagenesis(model, codes, target=1).deltas
    )
    assert mutagenesis(model, codes).target == ("yes",)


def test_more_classes_default_to_the_predicted_one():
    model = random_model(classes=("a", "b", "c"))
    codes = np.random.default_rng(0).integers(0, 4, (20, 12)).astype(np.uint8)
    predicted = predict_logits(model, codes).argmax(1)
    explained = mutagenesis(model, codes)
    assert explained.target == tuple("abc"[i] for i in predicted)
    for row in (0, 7):
        alone = mutagenesis(model, codes[row : row + 1], target=int(predicted[row]))
        np.testing.assert_allclose(explained.deltas[row], alone.deltas[0], atol=1e-6)


@pytest.mark.parametrize("target", ["maybe", 2, -1, ["yes", "maybe"]])
def test_an_unknown_target_lists_the_classes(target):
    with pytest.raises(InputError, match="the model knows no, yes"):
        mutagenesis(random_model(), np.zeros((2, 12), np.uint8), target=target)


def test_refusals():
    model = random_model()
    with pytest.raises(InputError, match="13 bp for a model of 12 bp"):
        mutagenesis(model, np.zeros((2, 13), np.uint8))
    with pytest.raises(InputError, match="3 targets for 2 sequences"):
        mutagenesis(model, np.zeros((2, 12), np.uint8), target=["no", "yes", "no"])
    model.members[0].train()
    with pytest.raises(ModelError, match="training mode"):
        mutagenesis(model, np.zeros((2, 12), np.uint8))


def test_no_sequences():
    assert mutagenesis(random_model(), np.zeros((0, 12), np.uint8)).deltas.shape == (0, 4, 12)
