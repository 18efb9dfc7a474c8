"""Attention maps and additive contributions: sums, strands, targets, refusals."""

import numpy as np
import pytest
import torch

from motiflens.errors import InputError, ModelError
from motiflens.explain.attention import attention_maps
from motiflens.explain.contributions import contributions, letter_contributions
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.presets import build_network
from motiflens.sequence.alphabet import reverse_complement

THREE = ("EI", "IE", "N")


def random_model(config, *, classes=("yes", "no"), strands="forward", members=1, length=30) -> Model:
    """Networks with every parameter drawn, so that no term is silent."""
    torch.manual_seed(0)
    n_outputs = 1 if len(classes) == 2 else len(classes)
    networks = tuple(build_network(config, length=length, n_outputs=n_outputs).eval() for _ in range(members))
    for network in networks:
        for parameter in network.parameters():
            parameter.data += 0.3 * torch.randn_like(parameter)
    return Model(members=networks, config=config, output=output_for(classes), strands=strands)


def random_codes(n: int, length: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 5, (n, length)).astype(np.uint8)


@pytest.mark.parametrize("config", [ClassicConfig(filters=4), AdditiveConfig(filters=4, position_weights="none")])
@pytest.mark.parametrize("strands", ["forward", "both"])
def test_attention_sums_to_one_and_follows_the_strand(config, strands):
    model = random_model(config, strands=strands, members=2)
    codes = random_codes(5, 30)
    attention = attention_maps(model, codes)
    assert attention.widths == config.widths
    assert attention.maps.shape == (5, len(config.widths), 30)
    np.testing.assert_allclose(attention.total, attention.maps.sum(1))
    np.testing.assert_allclose(attention.total.sum(1), 1, rtol=1e-5)
    if strands == "both":
        turned = attention_maps(model, reverse_complement(codes))
        np.testing.assert_allclose(turned.maps[:, :, ::-1], attention.maps, atol=1e-6)


@pytest.mark.parametrize("classes", [("yes", "no"), THREE])
@pytest.mark.parametrize("position_weights", ["none", "smooth", "per_base"])
@pytest.mark.parametrize("strands", ["forward", "both"])
def test_contributions_and_bias_add_up_to_the_target_logit(classes, position_weights, strands):
    model = random_model(
        AdditiveConfig(filters=4, position_weights=position_weights),
        classes=classes,
        strands=strands,
        members=2,
    )
    codes = random_codes(6, 30)
    logits = predict_logits(model, codes)
    by_class = np.stack([-logits[:, 0], logits[:, 0]], 1) if len(classes) == 2 else logits - logits.mean(1)[:, None]
    for index, name in enumerate(classes):
        explained = contributions(model, codes, target=name)
        assert explained.target == (name,) * 6
        np.testing.assert_allclose(explained.values.sum(1) + explained.bias, by_class[:, index], atol=1e-5)
        letters = letter_contributions(model, codes, target=name)
        np.testing.assert_allclose(letters.values.sum(1) + letters.bias, by_class[:, index], atol=1e-5)


def test_a_windows_contribution_goes_to_the_letters_that_match():
    """One filter, by hand: columns of A, any, C; a match and its letters' shares."""
    model = random_model(AdditiveConfig(widths=(3,), filters=1, position_weights="none", kmer=2), length=9)
    (network,) = model.members
    for parameter in network.parameters():
        parameter.data.zero_()
    network.mix.data[0] = 1
    network.motif.readout.data[:] = 2
    network.motif.bias.data[:] = -20  # windows that do not match count for nothing
    network.motif.filters[0].data[0, 0, 0] = 20  # 15 above its column's mean
    network.motif.filters[0].data[0, 1, 2] = 8  # 6 above
    codes = np.array([[3, 3, 3, 0, 2, 1, 3, 3, 3]], np.uint8)
    whole, letters = contributions(model, codes).values[0], letter_contributions(model, codes).values[0]
    assert whole.argmax() == 4
    np.testing.assert_allclose(letters[[3, 5]], whole[4] * np.array([15, 6]) / 21, rtol=1e-4)
    assert abs(letters[4]) < 1e-6


def test_contributions_towards_one_target_a_row():
    model = random_model(AdditiveConfig(filters=4, position_weights="none"), classes=THREE)
    codes = random_codes(3, 30)
    mixed = contributions(model, codes, target=["N", 0, "IE"])
    assert mixed.target == ("N", "EI", "IE")
    np.testing.assert_allclose(mixed.values[0], contributions(model, codes, target="N").values[0], atol=1e-6)
    predicted = contributions(model, codes).target
    assert predicted == tuple(THREE[i] for i in predict_logits(model, codes).argmax(1))


def test_no_sequences():
    model = random_model(AdditiveConfig(filters=4, position_weights="none"))
    assert attention_maps(model, random_codes(0, 30)).maps.shape == (0, 3, 30)
    assert contributions(model, random_codes(0, 30)).values.shape == (0, 30)


def test_refusals():
    model = random_model(ClassicConfig(filters=4))
    with pytest.raises(ModelError, match="no additive contributions"):
        contributions(model, random_codes(1, 30))
    with pytest.raises(ModelError, match="no additive contributions"):
        letter_contributions(model, random_codes(1, 30))
    with pytest.raises(InputError, match="29 bp for a model of 30 bp"):
        attention_maps(model, random_codes(1, 29))
    with pytest.raises(InputError, match="29 bp for a model of 30 bp"):
        contributions(model, random_codes(1, 29))
