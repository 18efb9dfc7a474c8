"""Preset deep: it starts as the additive network, sums over positions, and feels a letter within its reach only."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.codes import one_hot, reverse_complement
from motiflens.model.deep.config import DeepConfig
from motiflens.model.deep.network import DeepNetwork, DeepTerm
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.presets import build_network
from motiflens.model.store import load_model, save_model

FRONT = {
    "widths": (3, 8),
    "filters": 5,
    "gate_units": 3,
    "position_weights": "smooth",
    "position_knots": 4,
    "kmer": 3,
}


def deep_config(*, dilations: tuple[int, ...] = (1, 2), block_width: int = 3, **front) -> DeepConfig:
    return DeepConfig(
        front=AdditiveConfig(**FRONT | front), channels=6, context=4, dilations=dilations, block_width=block_width
    )


def network(config: DeepConfig, *, length: int, n_outputs: int = 1, seed: int = 0) -> DeepNetwork:
    """A network none of whose parameters is at its start, in eval mode."""
    built = build_network(config, length=length, n_outputs=n_outputs)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
        built.mix.copy_(torch.tensor([0.8, 0.5])[:, None])
        built.additive.mix.copy_(torch.tensor([0.9, 0.4, 0.6])[:, None])
    return built.eval()


def letters(n: int, length: int, *, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 5, (n, length)).astype(np.uint8))


def reach(term: DeepTerm) -> int:
    """How many positions left and right of a letter its change can be felt in `local`."""
    config = term.config
    return term.motif.widest // 2 + config.block_width // 2 * sum(config.dilations)


@pytest.mark.parametrize("position_weights", ["none", "smooth", "per_base"])
@pytest.mark.parametrize("activation", ["exponential", "shift_scale"])
def test_the_start_is_the_additive_networks_motif_term(position_weights, activation):
    config = deep_config(position_weights=position_weights, activation=activation)
    built, codes = build_network(config, length=20, n_outputs=2).eval(), letters(6, 20)
    x = one_hot(codes)
    grown = network(config, length=20, n_outputs=2).additive
    built.deep.motif.load_state_dict(grown.motif.state_dict())
    with torch.no_grad():
        assert grown.motif(codes).abs().max() > 0.05
        torch.testing.assert_close(built.deep(x), grown.motif(codes))
        torch.testing.assert_close(built.deep.contributions(x), grown.motif.contributions(codes))
        torch.testing.assert_close(
            built.deep.attention(x, torch.ones(1)), grown.motif.letter_attention(codes, torch.ones(1))
        )


@settings(max_examples=20, deadline=None)
@given(
    position_weights=st.sampled_from(["none", "smooth", "per_base"]),
    strands=st.sampled_from(["forward", "both"]),
    classes=st.integers(2, 3),
    length=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_contributions_sum_to_the_logit(position_weights, strands, classes, length, seed):
    config, n_outputs = deep_config(position_weights=position_weights), 1 if classes == 2 else classes
    members = [network(config, length=length, n_outputs=n_outputs, seed=seed + i) for i in range(2)]
    model = Model(members=members, config=config, output=output_for(tuple("abc"[:classes])), strands=strands)
    x = letters(5, length, seed=seed)
    with torch.no_grad():
        logits, contributions = model.logits(x), model.contributions(x)
        turned = model.logits(reverse_complement(x))
    assert contributions.shape == (5, n_outputs, length)
    torch.testing.assert_close(contributions.double().sum(2) + model.bias, logits.double(), rtol=1e-5, atol=1e-5)
    if strands == "both":
        torch.testing.assert_close(logits, turned, rtol=0, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    place=st.integers(0, 59),
    dilations=st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple),
    width=st.sampled_from([3, 5]),
)
def test_a_letter_is_felt_within_reach_only(place, dilations, width):
    term = network(deep_config(dilations=dilations, block_width=width), length=60).deep
    codes = letters(1, 60)
    other = codes.clone()
    other[0, place] = (codes[0, place] + 1) % 4 if codes[0, place] < 4 else 0
    x, other = one_hot(codes), one_hot(other)
    with torch.no_grad():
        felt = (term.local(x) != term.local(other)).any(1)[0].nonzero()[:, 0]
    assert len(felt)
    assert (felt - place).abs().max() <= reach(term)


def test_reach_is_reached():
    term = network(deep_config(dilations=(1, 2, 4)), length=80).deep
    with torch.no_grad():
        changed = (term.local(one_hot(letters(1, 80))) != term.local(torch.zeros(1, 4, 80))).any(1)
        x = one_hot(letters(1, 80))
        other = x.clone()
        other[0, :, 40] = 1 - other[0, :, 40]
        felt = (term.local(x) != term.local(other)).any(1)[0].nonzero()[:, 0]
    assert changed.all()
    assert felt.min() == 40 - reach(term)
    assert abs(felt.max().item() - 40 - reach(term)) <= 1  # the widest filter is even: one less on one side


def test_forward_is_pool_of_local_mixed_with_the_additive_network():
    net, codes = network(deep_config(), length=30, n_outputs=3), letters(4, 30)
    with torch.no_grad():
        deep = net.deep.pool(net.deep.local(one_hot(codes)).sum(2))
        expected = 0.8 * deep + 0.5 * (net.additive(codes) - net.additive.bias) + net.bias
        torch.testing.assert_close(net(codes), expected)
        training = net.train()
        for module in net.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        object.__setattr__(net.deep.config.front, "dropout", 0.0)
        torch.testing.assert_close(training.logits_in_training(codes), deep + net.bias)


def test_the_context_matters():
    """Two motifs whose effect is not the sum of theirs alone: what an additive network cannot say."""
    term = network(deep_config(position_weights="none"), length=60).deep
    blank = torch.zeros(1, 4, 60)
    one, other, both = blank.clone(), blank.clone(), blank.clone()
    one[0, 0, 20:28], other[0, 1, 29:37] = 1, 1
    both[0, 0, 20:28], both[0, 1, 29:37] = 1, 1
    with torch.no_grad():
        total = {name: term.local(x)[0, :, :] for name, x in (("one", one), ("other", other), ("both", both))}
        gap = total["both"] - total["one"] - total["other"] + term.local(blank)[0]
    assert gap[:10].abs().max() > 1e-3


def test_attention_is_that_of_both_terms():
    net, codes = network(deep_config(), length=25), letters(6, 25)
    maps, front = net.attention(codes), net.additive.attention(codes)
    assert list(maps) == [3, 8]
    deep = net.deep.attention(one_hot(codes), net.mix[0])
    for i, (width, attention) in enumerate(maps.items()):
        assert (attention >= 0).all()
        torch.testing.assert_close(attention, deep[:, i] + net.mix[1] * front[width])


def test_a_huge_match_overflows_nothing():
    net = network(deep_config(position_weights="per_base"), length=20)
    with torch.no_grad():
        for parameter in net.deep.parameters():
            parameter.fill_(1e3)
    x = letters(5, 20)
    assert torch.isfinite(net(x)).all()
    assert torch.isfinite(net.contributions(x)).all()


def test_only_the_deep_term_is_trained_and_it_is_small():
    net = build_network(DeepConfig(front=AdditiveConfig(position_weights="per_base")), length=600, n_outputs=1)
    trained = {name for name, p in net.named_parameters() if p.requires_grad}
    assert all(name.startswith(("deep.", "bias")) for name in trained)
    assert net.parameter_count < 500_000


def test_the_additive_part_and_the_folder(tmp_path):
    config = deep_config()
    members = [network(config, length=30, seed=seed) for seed in range(2)]
    model = Model(members=members, config=config, output=output_for(("no", "yes")), strands="both")
    part = model.nested()
    assert part.members == [m.additive for m in members]
    assert (part.config, part.classes, part.strands) == (config.front, model.classes, "both")
    assert part.nested() is None
    save_model(tmp_path, model)
    x = letters(5, 30)
    with torch.no_grad():
        torch.testing.assert_close(load_model(tmp_path).logits(x), model.logits(x), rtol=0, atol=0)


def test_aligned_sequences_have_position_weights_by_base():
    assert DeepConfig().for_aligned().front == AdditiveConfig(position_weights="per_base")
