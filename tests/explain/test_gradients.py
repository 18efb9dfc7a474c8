"""Gradient methods against hand-computed cases and tangermeme; sums to the change of the logit; what fails is said."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import tangermeme.deep_lift_shap
import tangermeme.saliency
import torch
from test_incremental import random_model, single
from test_windows import toy_model
from torch import nn

from motiflens.errors import InputError, ModelError
from motiflens.explain import gradients
from motiflens.explain.gradients import deeplift, integrated_gradients, saliency
from motiflens.explain.mutagenesis import mutagenesis
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.deep.config import DeepConfig
from motiflens.model.predict import predict_logits
from motiflens.model.rules import PLAIN, Rescale
from motiflens.sequence.alphabet import one_hot
from motiflens.sequence.shuffle import dinucleotide_shuffle

CONFIGS = [
    ClassicConfig(widths=(3, 6), filters=5, dense=(7, 6)),
    AdditiveConfig(widths=(3, 6), filters=4, kmer=3, position_weights="smooth"),
    AdditiveConfig(widths=(3, 5), filters=4, kmer=4, position_weights="per_base", activation="shift_scale"),
    DeepConfig(
        front=AdditiveConfig(widths=(3, 5), filters=4, kmer=3, position_weights="smooth"),
        channels=5,
        context=3,
        dilations=(1, 2),
    ),
]
IDS = ["classic", "exponential", "shift_scale", "deep"]


def model_of(config, *, n_outputs=3, strands="both"):
    model = single(random_model(config, length=24, n_outputs=n_outputs, members=2, strands=strands, size=0.3))
    for member in model.members:
        for module in (member, getattr(member, "additive", None)):
            if hasattr(module, "mix"):
                module.mix.data.abs_()
    return model


def codes_of(n: int, *, letters: int = 5) -> np.ndarray:
    return np.random.default_rng(2).integers(0, letters, (n, 24)).astype(np.uint8)


def multipliers(function, x: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    both = torch.cat((x, reference)).requires_grad_()
    (found,) = torch.autograd.grad(function(both).sum(), both)
    return found[: len(x)]


def test_rules_by_hand():
    rules = Rescale()
    x, reference = torch.tensor([[3.0, -1.0, 2.0]]), torch.tensor([[-1.0, -2.0, 2.0]])
    # chords: (3 - 0) / 4, (0 - 0) / 1, and where nothing changes the derivative
    found = multipliers(lambda z: rules.curve(torch.relu, z), x, reference)
    torch.testing.assert_close(found, torch.tensor([[0.75, 0.0, 1.0]]))
    # a * b: the other factor's mean
    found = multipliers(lambda z: rules.times(z[:, :1], z[:, 1:]), x, reference)
    torch.testing.assert_close(found, torch.tensor([[(-1.5 + 2) * 1.0, 1.0, 1.0]]))
    # max rises from 2 (third) to 3 (first): the first explains 1 by a step of 4
    torch.testing.assert_close(multipliers(rules.peak, x, reference), torch.tensor([[0.25, 0.0, 0.0]]))
    # and falls the other way round, by the same place
    torch.testing.assert_close(multipliers(rules.peak, reference, x), torch.tensor([[0.25, 0.0, 0.0]]))
    # an unchanged max at another place explains nothing
    moved = multipliers(rules.peak, torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 2.0]]))
    torch.testing.assert_close(moved, torch.tensor([[0.0, 0.0]]))


def test_rules_equal_tangermemes_on_a_network_of_its_modules():
    torch.manual_seed(0)
    layers = [nn.Conv1d(4, 6, 5), nn.ReLU(), nn.Conv1d(6, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(72, 5), nn.ELU()]
    network = nn.Sequential(*layers, nn.Linear(5, 1)).eval()
    codes = codes_of(3, letters=4)
    x = torch.from_numpy(one_hot(codes))
    shuffles = dinucleotide_shuffle(codes, copies=4, seed=0)
    references = torch.from_numpy(one_hot(shuffles.reshape(-1, 24))).reshape(3, 4, 4, 24)
    expected = tangermeme.deep_lift_shap.deep_lift_shap(
        network, x, references=references, hypothetical=True, device="cpu", warning_threshold=1e-4
    )
    rules = Rescale()

    def ruled(z):
        for layer in network:
            z = rules.curve(layer, z) if isinstance(layer, nn.ReLU | nn.Tanh | nn.ELU) else layer(z)
        return z

    for row in range(3):
        reference = references[row]
        slope = multipliers(ruled, x[row : row + 1].expand_as(reference), reference)
        found = (slope - (slope * reference).sum(1, keepdim=True)).mean(0)
        np.testing.assert_allclose(found.detach().numpy(), expected[row].detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("config", CONFIGS, ids=IDS)
def test_soft_logits_are_the_networks(config):
    model, codes = model_of(config), codes_of(6)
    x = torch.from_numpy(one_hot(codes))
    weights = torch.tensor([1.0, -2.0, 0.5])
    for member in model.members:
        expected = member(torch.from_numpy(codes)) @ weights
        for rules in (PLAIN, Rescale()):
            torch.testing.assert_close(member.soft_logits(x, rules) @ weights, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("config", CONFIGS, ids=IDS)
@pytest.mark.parametrize("strands", ["forward", "both"])
def test_deeplift_sums_to_the_change_against_its_references(config, strands):
    model, codes = model_of(config, strands=strands), codes_of(4)
    found = deeplift(model, codes, target="c", references=5, seed=3)
    assert found.target == ("c",) * 4
    assert found.note == ""
    assert found.error.max() < 1e-9
    shuffles = dinucleotide_shuffle(codes, copies=5, seed=3)
    for row in range(4):
        logits = predict_logits(model, np.vstack((codes[row : row + 1], shuffles[row]))).astype(float)
        towards = logits[:, 2] - logits.mean(1)
        observed = (found.multipliers[row] * one_hot(codes[row : row + 1])[0]).sum()
        assert observed == pytest.approx(towards[0] - towards[1:].mean(), abs=1e-4)
    np.testing.assert_allclose(found.hypothetical.mean(1), 0, atol=1e-6)


@pytest.mark.parametrize("config", CONFIGS[1:], ids=IDS[1:])
def test_integrated_gradients_sum_to_the_change(config):
    model, codes = model_of(config, n_outputs=1), codes_of(3)
    found = integrated_gradients(model, codes, references=3)
    assert found.note == ""
    assert found.error.max() < 1e-6
    mirrored = integrated_gradients(model, codes, references=3, target=0)
    np.testing.assert_allclose(mirrored.multipliers, -found.multipliers, atol=1e-6)


def test_a_linear_model_has_its_weights_for_every_method():
    model = model_of(CONFIGS[2], n_outputs=1, strands="forward")
    for member in model.members:
        member.mix.data[:] = torch.tensor([[0.0], [1.0], [0.0]])
        for longer in member.position.weights[1:]:
            longer.data.zero_()
    weight = torch.stack([member.position.weights[0][0] for member in model.members]).mean(0).numpy()
    expected = weight - weight.mean(0)
    codes = codes_of(2, letters=4)
    for method in (saliency, deeplift, integrated_gradients, mutagenesis):
        np.testing.assert_allclose(method(model, codes).hypothetical, np.stack([expected] * 2), atol=1e-5)


def test_saliency_is_tangermemes():
    model, codes = model_of(CONFIGS[0], n_outputs=1, strands="forward"), codes_of(3, letters=4)
    x = torch.from_numpy(one_hot(codes))
    expected = [
        tangermeme.saliency.saliency(alone.module(), x, hypothetical=True, device="cpu", gradient_correction=True)
        for alone in (replace(model, members=(member,)) for member in model.members)
    ]
    found = saliency(model, codes)
    assert np.isnan(found.error).all()
    np.testing.assert_allclose(found.hypothetical, np.mean([e.numpy() for e in expected], axis=0), atol=1e-5)


def test_a_failed_sum_is_told_with_its_cause(monkeypatch, caplog):
    monkeypatch.setattr(gradients, "_MOST_STEPS", 1)
    model = model_of(CONFIGS[0], n_outputs=1)
    with caplog.at_level(logging.WARNING):
        found = integrated_gradients(model, codes_of(3), steps=1, references=2)
    assert found.error.max() > 0.01
    assert "kinks that 1 steps did not resolve" in found.note
    assert f"off by {found.error.max():.1%}" in found.note
    assert found.note in caplog.text


def test_refusals_and_no_sequences():
    model = model_of(CONFIGS[0])
    for method in (saliency, deeplift, integrated_gradients):
        with pytest.raises(InputError, match="23 bp for a model of 24 bp"):
            method(model, codes_of(2)[:, :23])
        with pytest.raises(InputError, match="the model knows a, b, c"):
            method(model, codes_of(2), target="d")
        assert method(model, codes_of(0)).hypothetical.shape == (0, 4, 24)


def test_a_network_without_rules_has_plain_gradients():
    model = toy_model(length=24)
    assert integrated_gradients(model, codes_of(1), target="b", references=2, seed=3).error.max() < 0.01
    with pytest.raises(ModelError, match="Toy has no gradients with respect to its input: use in-silico mutagenesis"):
        deeplift(model, codes_of(1), target="b")
