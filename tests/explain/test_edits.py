"""Edits of more than one base against one forward pass an edit; draws, orientation, refusals."""

import numpy as np
import pytest
import torch

from motiflens.errors import InputError
from motiflens.explain.edits import (
    Edit,
    ablation_effects,
    edit_effects,
    insertion_effects,
    pair_interaction,
    sample_words,
)
from motiflens.explain.mutagenesis import mutagenesis
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.presets import build_network
from motiflens.sequence.alphabet import decode, encode
from motiflens.sequence.shuffle import dinucleotide_shuffle

CONFIGS = [ClassicConfig(widths=(3, 6), filters=4, dense=(6, 5)), AdditiveConfig(widths=(3, 6), filters=4, kmer=3)]
LENGTH = 30


def random_model(config, *, n_outputs=3, strands="forward", length=LENGTH) -> Model:
    torch.manual_seed(0)
    if isinstance(config, AdditiveConfig):
        config = config.model_copy(update={"position_weights": "per_base"})
    networks = tuple(build_network(config, length=length, n_outputs=n_outputs).eval() for _ in range(2))
    for network in networks:
        for parameter in network.parameters():
            parameter.data += 0.3 * torch.randn_like(parameter)
    classes = ("no", "yes") if n_outputs == 1 else ("a", "b", "c")
    return Model(members=networks, config=config, output=output_for(classes), strands=strands)


def random_codes(n: int, length: int = LENGTH, letters: int = 5) -> np.ndarray:
    return np.random.default_rng(1).integers(0, letters, (n, length)).astype(np.uint8)


def towards(model: Model, sequence: np.ndarray, target: int) -> float:
    logits = predict_logits(model, sequence[None])[0].astype(float)
    return logits[target] - logits.mean() if model.n_outputs > 1 else logits[0] * (2 * target - 1)


@pytest.mark.parametrize("config", CONFIGS, ids=["classic", "additive"])
@pytest.mark.parametrize("strands", ["forward", "both"])
def test_ablation_is_the_mean_over_shuffled_sequences_of_the_change(config, strands):
    model, codes = random_model(config, strands=strands), random_codes(4)
    stretches = np.array([[2, 0, 7], [0, 23, 30], [2, 10, 17], [3, 4, 4], [0, 0, 30], [2, 5, 6]])
    found = ablation_effects(model, codes, stretches, target="b", repeats=3, seed=5)
    shuffles = dict(zip([0, 2, 3], dinucleotide_shuffle(codes[[0, 2, 3]], copies=3, seed=5), strict=True))
    for effect, (row, start, end) in zip(found, stretches, strict=True):
        changes = []
        for shuffle in shuffles[row]:
            edited = codes[row].copy()
            edited[start:end] = shuffle[start:end]
            changes.append(towards(model, edited, 1) - towards(model, codes[row], 1))
        assert effect == pytest.approx(np.mean(changes), abs=1e-5)
    assert found[3] == 0
    np.testing.assert_array_equal(found, ablation_effects(model, codes, stretches, target=1, repeats=3, seed=5))


def test_ablation_leaves_n_alone():
    model, codes = random_model(CONFIGS[0]), np.full((1, LENGTH), 4, np.uint8)
    codes[0, 10:20] = encode(["ACGTTGCAAG"])[0]
    found = ablation_effects(model, codes, np.array([[0, 0, 10], [0, 20, 30], [0, 8, 22]]), target="a")
    np.testing.assert_allclose(found[:2], 0, atol=1e-6)
    assert abs(found[2]) > 1e-3


@pytest.mark.parametrize("config", CONFIGS, ids=["classic", "additive"])
def test_insertion_writes_the_word_over_the_sequence(config):
    model, codes = random_model(config, n_outputs=1, strands="both"), random_codes(3)
    found = insertion_effects(model, codes, "GANTC", target="no")
    assert found.shape == (3, LENGTH - 4)
    for row, start in ((0, 0), (1, 25), (2, 13)):
        letters = decode(codes[row])
        edited = letters[:start] + "GA" + letters[start + 2] + "TC" + letters[start + 5 :]
        expected = towards(model, encode([edited])[0], 0) - towards(model, codes[row], 0)
        assert found[row, start] == pytest.approx(expected, abs=1e-5)
    some = insertion_effects(model, codes, "GANTC", positions=[13, 2])
    np.testing.assert_allclose(some, -found[:, [13, 2]], atol=1e-5)


def test_one_base_written_is_one_substitution():
    model, codes = random_model(CONFIGS[1]), random_codes(3)
    expected = mutagenesis(model, codes, target="c").deltas
    for base in range(4):
        found = insertion_effects(model, codes, "ACGT"[base], target="c")
        np.testing.assert_allclose(found, expected[:, base], atol=1e-5)


def test_words_are_drawn_by_seed_from_samples_or_probabilities():
    model, codes = random_model(CONFIGS[0]), random_codes(4)
    samples = encode(["AAAA", "CCCC"])
    each = np.stack([insertion_effects(model, codes, decode(word), target="a") for word in samples])
    drawn = insertion_effects(model, codes, samples, target="a", seed=3)
    is_one, is_other = (np.isclose(drawn, effect, atol=1e-5) for effect in each)
    assert (is_one | is_other).all()
    assert not is_one.all()
    assert not is_other.all()
    certain = np.eye(4)[:, [0, 2, 3, 1]]
    expected = insertion_effects(model, codes, "AGTC", target="a")
    np.testing.assert_allclose(insertion_effects(model, codes, certain, target="a"), expected, atol=1e-5)
    words = sample_words(np.array([[0.7, 0.0], [0.1, 0.5], [0.1, 0.5], [0.1, 0.0]]), 4000, seed=1)
    np.testing.assert_allclose(np.bincount(words[:, 0], minlength=4) / 4000, [0.7, 0.1, 0.1, 0.1], atol=0.03)
    assert set(words[:, 1]) == {1, 2}


def test_a_pair_alone_and_together():
    model, codes = random_model(CONFIGS[0]), random_codes(3)
    found = pair_interaction(model, codes, a="AAC", b="GGTT", distances=[0, 5], orientation="-+", target="a")
    assert found.distances == (0, 5)
    start = (LENGTH - 12) // 2
    for row in range(3):
        letters = decode(codes[row])

        def effect(edits, row=row, letters=letters):
            for at, word in edits:
                letters = letters[:at] + word + letters[at + len(word) :]
            return towards(model, encode([letters])[0], 0) - towards(model, codes[row], 0)

        for i, distance in enumerate((0, 5)):
            left, right = (start, "GTT"), (start + 3 + distance, "GGTT")
            assert found.left[row, i] == pytest.approx(effect([left]), abs=1e-5)
            assert found.right[row, i] == pytest.approx(effect([right]), abs=1e-5)
            assert found.both[row, i] == pytest.approx(effect([left, right]), abs=1e-5)
    np.testing.assert_allclose(found.interaction, found.both - found.left - found.right)


def test_a_pair_out_of_each_others_reach_does_not_interact_in_a_sum():
    config = AdditiveConfig(widths=(3,), filters=4, kmer=3)
    model = random_model(config, n_outputs=1, length=40)
    for member in model.members:
        member.motif.saturation.data[:] = 1e6  # no saturation: activations add up
    found = pair_interaction(model, random_codes(5, 40), a="ACG", b="TTG", distances=[0, 9], start=4)
    np.testing.assert_allclose(found.interaction[:, 1], 0, atol=1e-4)
    assert np.abs(found.interaction[:, 0]).max() > 1e-2


@pytest.mark.parametrize("anchor", ["left", "right"])
def test_indels_move_one_side_and_fill_with_n(anchor):
    model, codes = random_model(CONFIGS[0]), random_codes(2, letters=4)
    edits = [
        Edit(row=0, start=5, end=8, letters=""),
        Edit(row=1, start=9, end=9, letters="ggc"),
        Edit(row=0, start=0, end=2, letters="TT"),
    ]
    found = edit_effects(model, codes, edits, anchor=anchor, target="b")
    for effect, edit in zip(found, edits, strict=True):
        letters = decode(codes[edit.row])
        joined = letters[: edit.start] + edit.letters.upper() + letters[edit.end :]
        fitted = joined.ljust(LENGTH, "N")[:LENGTH] if anchor == "left" else joined.rjust(LENGTH, "N")[-LENGTH:]
        expected = towards(model, encode([fitted])[0], 1) - towards(model, codes[edit.row], 1)
        assert effect == pytest.approx(expected, abs=1e-5)
    assert edit_effects(model, codes, []).shape == (0,)


def test_refusals():
    model, codes = random_model(CONFIGS[0]), random_codes(2)
    with pytest.raises(InputError, match=r"stretch 2, \[28, 31\) of row 1: outside of 2 sequences of 30 bp"):
        ablation_effects(model, codes, np.array([[0, 1, 2], [1, 28, 31]]))
    with pytest.raises(InputError, match="5 letters does not fit at position 26 in 30 bp"):
        insertion_effects(model, codes, "ACGTA", positions=[3, 26])
    with pytest.raises(InputError, match="31 letters does not fit anywhere"):
        insertion_effects(model, codes, "A" * 31)
    with pytest.raises(InputError, match="pair of 33 letters"):
        pair_interaction(model, codes, a="ACG", b="ACG", distances=[27])
    with pytest.raises(InputError, match="none negative"):
        pair_interaction(model, codes, a="ACG", b="ACG", distances=[-1])
    with pytest.raises(InputError, match="not a DNA letter"):
        edit_effects(model, codes, [Edit(row=0, start=0, end=1, letters="*")])
    with pytest.raises(InputError, match="29 bp for a model of 30 bp"):
        ablation_effects(model, random_codes(1, 29), np.zeros((0, 3), np.int64))
    with pytest.raises(InputError, match="the model knows a, b, c"):
        insertion_effects(model, codes, "ACG", target="d")
