"""Curves, seeds, permuted weights and the attention audit on models whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_incremental import random_model, single

from motiflens.explain.faithfulness import (
    attention_agreement,
    deletion_curve,
    insertion_curve,
    randomised_correlation,
    seed_correlation,
)
from motiflens.explain.mutagenesis import mutagenesis
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.predict import predict_logits
from motiflens.sequence.alphabet import at_observed_letters
from motiflens.sequence.shuffle import dinucleotide_shuffle

LENGTH = 20


def linear_model():
    """Position-wise weights alone."""
    model = single(
        random_model(
            AdditiveConfig(filters=2, widths=(3,), position_weights="none", kmer=2),
            length=LENGTH,
            n_outputs=1,
        )
    )
    for member in model.members:
        member.mix.data[:] = torch.tensor([[0.0], [1.0], [0.0]])
    return model


def codes_of(n: int, letters: int = 5) -> np.ndarray:
    return np.random.default_rng(4).integers(0, letters, (n, LENGTH)).astype(np.uint8)


def importance_of(model, codes, target=None):
    return at_observed_letters(mutagenesis(model, codes, target=target).hypothetical, codes)


@pytest.mark.parametrize("insert", [False, True])
def test_a_curve_is_the_mean_logit_of_the_edited_sequences(insert):
    model, codes = linear_model(), codes_of(3)
    importance = np.random.default_rng(0).random((3, LENGTH))
    function = insertion_curve if insert else deletion_curve
    curve = function(model, codes, importance, target="no", steps=4, repeats=2, seed=7)
    np.testing.assert_allclose(curve.share, [0, 0.25, 0.5, 0.75, 1])
    shuffles = dinucleotide_shuffle(codes, copies=2, seed=7)
    for step, count in enumerate((0, 5, 10, 15, 20)):
        logits = []
        for row in range(3):
            first = np.argsort(-importance[row])[:count]
            for shuffle in shuffles[row]:
                old, new = (shuffle, codes[row]) if insert else (codes[row], shuffle)
                edited = old.copy()
                edited[first] = new[first]
                logits.append(-predict_logits(model, edited[None])[0, 0])
        assert curve.logit[step] == pytest.approx(np.mean(logits), abs=1e-5)
    np.testing.assert_allclose(curve.random[[0, -1]], curve.logit[[0, -1]])
    assert curve.area == pytest.approx(np.trapezoid(curve.logit, curve.share))


def test_true_importance_deletes_faster_and_inserts_faster_than_chance():
    model, codes = linear_model(), codes_of(40, letters=4)
    importance = importance_of(model, codes)
    deleted, inserted = deletion_curve(model, codes, importance), insertion_curve(model, codes, importance)
    assert deleted.area < deleted.random_area < deletion_curve(model, codes, -importance).area
    assert inserted.area > inserted.random_area > insertion_curve(model, codes, -importance).area


def test_seeds():
    model = single(random_model(ClassicConfig(filters=4, widths=(3, 5)), length=LENGTH, n_outputs=1, members=2))
    codes = codes_of(5)
    alone = [replace(model, members=(member,)) for member in model.members]
    first, second = (mutagenesis(each, codes).hypothetical for each in alone)
    each = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(first, second, strict=True)]
    assert seed_correlation(model, codes) == pytest.approx(np.median(each), abs=1e-5)
    assert seed_correlation(replace(model, members=(model.members[0],) * 3), codes) == pytest.approx(1)
    assert seed_correlation(alone[0], codes) is None


def test_permuted_weights_give_other_maps_and_leave_the_model_alone():
    model, codes = linear_model(), codes_of(30, letters=4)
    before = {name: value.clone() for name, value in model.members[0].state_dict().items()}
    maps = mutagenesis(model, codes).hypothetical
    found = randomised_correlation(model, codes, maps, repeats=4, seed=1)
    assert found.shape == (4,)
    assert np.abs(found).max() < 0.4  # one map of 80 values, the same in every sequence
    assert len(set(found)) == 4
    np.testing.assert_array_equal(found, randomised_correlation(model, codes, maps, repeats=4, seed=1))
    for name, value in model.members[0].state_dict().items():
        assert torch.equal(value, before[name])


def test_attention_that_follows_the_effects_and_attention_that_does_not():
    rng = np.random.default_rng(0)
    hypothetical = rng.normal(size=(4, 4, 50)).astype(np.float32)
    effect = np.abs(hypothetical).max(1)
    # what agrees by windows need not agree letter by letter
    shifted = effect + np.tile([0.5, -0.5], 25)
    attention = np.stack(
        [effect**2, effect.max() - effect, np.full_like(effect, 0.02), rng.random(effect.shape), shifted], 1
    )
    widths = (1, 5, 5, 5, 2)
    found = attention_agreement(attention.astype(np.float32), hypothetical, widths)
    np.testing.assert_allclose(found[:, 0], 1)
    np.testing.assert_allclose(found[:, 1], -1, atol=1e-3)
    assert np.isnan(found[:, 2]).all()
    assert np.abs(found[:, 3]).max() < 0.6
    assert found[:, 4].min() > 0.95


def test_maps_that_are_constant_have_no_correlation():
    model, codes = linear_model(), codes_of(4, letters=4)
    for parameter in model.members[0].parameters():
        parameter.data.zero_()
    both = replace(model, members=(model.members[0],) * 2)
    assert np.isnan(seed_correlation(both, codes))
    assert np.isnan(randomised_correlation(model, codes, mutagenesis(model, codes).hypothetical)).all()
