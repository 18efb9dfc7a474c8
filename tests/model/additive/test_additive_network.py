"""Preset additive against its definition: sums of contributions, naive twins of every term, both strands."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from motiflens.errors import ModelError
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.additive.terms import MotifTerm, interpolated
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.codes import one_hot, reverse_complement
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.presets import build_network

SMALL = {
    "widths": (3, 8),
    "filters": 5,
    "gate_units": 3,
    "position_weights": "smooth",
    "position_knots": 4,
    "kmer": 3,
}


def random_codes(n: int, length: int, *, seed: int = 0) -> torch.Tensor:
    """Random sequences with some N."""
    odds = [0.3, 0.2, 0.2, 0.25, 0.05]
    return torch.from_numpy(np.random.default_rng(seed).choice(5, p=odds, size=(n, length)).astype(np.uint8))


def network(config: AdditiveConfig, *, length: int, n_outputs: int, seed: int = 0) -> AdditiveNetwork:
    """A network none of whose parameters is at its start, in eval mode."""
    built = build_network(config, length=length, n_outputs=n_outputs)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
        built.mix.copy_(torch.tensor([0.8, 0.5, 0.7])[:, None])
    return built.eval()


def model(
    config: AdditiveConfig, *, length: int, classes: int = 2, strands: str = "forward", members: int = 1
) -> Model:
    n_outputs = 1 if classes == 2 else classes
    nets = [network(config, length=length, n_outputs=n_outputs, seed=seed) for seed in range(members)]
    return Model(members=nets, config=config, output=output_for(tuple("abcd"[:classes])), strands=strands)


@settings(max_examples=25, deadline=None)
@given(
    position_weights=st.sampled_from(["none", "smooth", "per_base"]),
    activation=st.sampled_from(["exponential", "shift_scale"]),
    strands=st.sampled_from(["forward", "both"]),
    classes=st.integers(2, 4),
    members=st.integers(1, 2),
    length=st.integers(1, 40),
    widths=st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True),
    kmer=st.integers(1, 5),
    positional_kmer=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_contributions_sum_to_the_logit(strands, classes, members, length, seed, **chosen):
    config = AdditiveConfig(**SMALL | chosen)
    built = model(config, length=length, classes=classes, strands=strands, members=members)
    codes = random_codes(7, length, seed=seed)
    with torch.no_grad():
        logits, contributions = built.logits(codes), built.contributions(codes)
    assert contributions.shape == (7, logits.shape[1], length)
    summed = contributions.double().sum(2) + built.bias.double()
    torch.testing.assert_close(summed, logits.double(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("activation", ["exponential", "shift_scale"])
@pytest.mark.parametrize("position_weights", ["none", "smooth", "per_base"])
def test_both_strands_give_one_answer(position_weights, activation):
    config = AdditiveConfig(**SMALL | {"position_weights": position_weights, "activation": activation})
    built = model(config, length=33, strands="both", members=2)
    x = random_codes(20, 33)
    other = reverse_complement(x)
    with torch.no_grad():
        torch.testing.assert_close(built.logits(x), built.logits(other), rtol=0, atol=1e-6)
        mirrored = built.contributions(other).flip(2)
        torch.testing.assert_close(built.contributions(x), mirrored, rtol=0, atol=1e-6)
        forward = model(config, length=33, strands="forward", members=2)
        assert (forward.logits(x) - forward.logits(other)).abs().max() > 1e-2


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_the_position_term_gives_each_word_in_place_to_its_centre(k):
    net = network(AdditiveConfig(**SMALL | {"positional_kmer": k}), length=12, n_outputs=3)
    codes, tables = random_codes(9, 12).numpy(), [weight.numpy() for weight in net.position.weights]
    expected = np.zeros((9, 3, 12))
    for i, j in itertools.product(range(9), range(1, k + 1)):
        for start in range(12 - j + 1):
            word, centre = codes[i, start : start + j], start + j // 2
            if (word < 4).all():
                number = int("".join(map(str, word)), 4)
                expected[i, :, centre] += tables[j - 1][:, number, centre]
    np.testing.assert_allclose(
        net.position.contributions(torch.from_numpy(codes)).detach(), expected, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("k", [1, 2, 3, 4, 6])
def test_the_kmer_term_gives_each_word_to_its_centre(k):
    net = network(AdditiveConfig(**SMALL | {"kmer": k}), length=14, n_outputs=2)
    codes, table = random_codes(9, 14, seed=k).numpy(), net.kmer.weight.detach().numpy()
    expected = np.zeros((9, 2, 14))
    for i, start in itertools.product(range(9), range(14 - k + 1)):
        word = codes[i, start : start + k]
        if (word < 4).all():
            expected[i, :, start + k // 2] = table[:, sum(int(c) * 4**j for j, c in enumerate(word[::-1]))]
    assert np.abs(expected).sum() > 0
    np.testing.assert_allclose(net.kmer.contributions(torch.from_numpy(codes)).detach(), expected, rtol=1e-6)


def test_a_kmer_longer_than_the_sequence_becomes_the_sequence():
    net = network(AdditiveConfig(**SMALL | {"kmer": 8}), length=3, n_outputs=1)
    assert net.kmer.k == 3
    assert net.kmer.contributions(random_codes(4, 3)).shape == (4, 1, 3)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("activation", ["exponential", "shift_scale"])
@pytest.mark.parametrize("position_weights", ["none", "smooth", "per_base"])
def test_the_motif_term_by_hand(position_weights, activation):
    """Position by position, filter by filter, in double precision, from the parameters alone."""
    config = AdditiveConfig(**SMALL | {"position_weights": position_weights, "activation": activation})
    length, n_outputs = 15, 2
    term = network(config, length=length, n_outputs=n_outputs).motif
    codes = random_codes(4, length)
    found = term.contributions(codes).detach().numpy()
    logits = term(codes).detach().numpy()
    for i in range(len(codes)):
        expected = motif_term_by_hand(term, codes[i].numpy(), position_weights=position_weights, activation=activation)
        np.testing.assert_allclose(found[i], expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(logits[i], expected.sum(1), rtol=1e-4, atol=1e-5)


def motif_term_by_hand(term: MotifTerm, codes: np.ndarray, *, position_weights: str, activation: str) -> np.ndarray:
    values = {name: value.detach().double().numpy() for name, value in term.state_dict().items()}
    banks = [values[f"filters.{s}"] for s in range(len(term.config.widths))]
    length, widest, per_scale = len(codes), max(term.config.widths), term.config.filters
    match = np.zeros((len(banks) * per_scale, length))
    for s, bank in enumerate(banks):
        # Filters stand in the middle of the widest window, which begins (widest - 1) // 2 left of the position.
        offset = (widest - bank.shape[2]) // 2 - (widest - 1) // 2
        for f, p in itertools.product(range(per_scale), range(length)):
            at = [(j, p + offset + j) for j in range(bank.shape[2])]
            seen = [bank[f, codes[q], j] for j, q in at if 0 <= q < length and codes[q] < 4]
            match[s * per_scale + f, p] = sum(seen) + values["bias"][s * per_scale + f]
    active = np.exp(np.minimum(match, 10)) if activation == "exponential" else sigmoid(match)
    if position_weights == "none":
        weight = np.ones((len(match), length))
    elif position_weights == "per_base":
        weight = np.exp(values["log_position_weights"])
    else:
        knots = np.linspace(0, length - 1, values["log_position_weights"].shape[1])
        weight = np.exp([np.interp(np.arange(length), knots, row) for row in values["log_position_weights"]])
    units, out, found = term.config.gate_units, np.zeros((len(values["readout"]), length)), []
    for s in range(len(banks)):
        mine, hidden = slice(s * per_scale, (s + 1) * per_scale), slice(s * units, (s + 1) * units)
        bounded = sigmoid(match[mine])
        left = values["gate_tanh.weight"][hidden, :, 0] @ bounded + values["gate_tanh.bias"][hidden, None]
        right = values["gate_sigmoid.weight"][hidden, :, 0] @ bounded + values["gate_sigmoid.bias"][hidden, None]
        logit = values["gate_logit.weight"][s, :, 0] @ (np.tanh(left) * sigmoid(right)) + values["gate_logit.bias"][s]
        weighted = active[mine] * np.exp(logit) * weight[mine]
        saturation = np.log1p(np.exp(values["saturation"][mine, None]))
        found.append((mine, weighted, 1 + weighted.sum(1, keepdims=True) / saturation))
    for mine, weighted, divisor in found:
        out += values["readout"][:, mine] @ (weighted / divisor)
    return out


def test_a_huge_match_overflows_nothing():
    net = network(AdditiveConfig(**SMALL | {"position_weights": "per_base"}), length=20, n_outputs=1)
    with torch.no_grad():
        for bank in net.motif.filters:
            bank.fill_(1e4)
        net.motif.log_position_weights.fill_(1e4)
        net.motif.gate_logit.bias.fill_(1e4)
    x = random_codes(5, 20)
    assert torch.isfinite(net(x)).all()
    assert torch.isfinite(net.contributions(x)).all()


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_attention_is_a_share_of_the_sequence(strands):
    built = model(AdditiveConfig(**SMALL), length=25, strands=strands, members=2)
    maps = built.attention(random_codes(6, 25))
    assert list(maps) == [3, 8]
    for attention in maps.values():
        assert attention.shape == (6, 25)
        assert (attention >= 0).all()
    torch.testing.assert_close(sum(maps.values()).sum(1), torch.ones(6), rtol=0, atol=1e-5)


def test_attention_without_any_evidence_is_even():
    built = model(AdditiveConfig(**SMALL), length=25)
    built.members[0].motif.readout.data.zero_()
    for attention in built.attention(random_codes(2, 25)).values():
        torch.testing.assert_close(attention, torch.full((2, 25), 1 / 50))


@pytest.mark.parametrize("position_weights", ["none", "smooth", "per_base"])
def test_attention_is_the_softmax_that_the_pooling_applies(position_weights):
    """Filter by filter: softmax of match + log gate + log position weight, then its letters by hand."""
    net = network(
        AdditiveConfig(**SMALL | {"position_weights": position_weights, "filters": 4}), length=11, n_outputs=2
    )
    codes = random_codes(3, 11)
    x, motif, filters = one_hot(codes), net.motif, 4
    weighted, gate = motif.of_sequences(x)
    left = (motif.widest - 1) // 2
    window = torch.nn.functional.pad(x, (left, motif.widest - 1 - left))
    match = torch.nn.functional.conv1d(window, motif.kernel(), motif.bias)
    score = match + gate.log().repeat_interleave(filters, 1) + motif.position_weight().log()
    total = weighted.sum(2)
    softmax, size = score.softmax(2), (net.mix[0][:, None] * motif.readout).abs().amax(0)
    evidence = (softmax * (size * total / motif.divisor(total))[..., None]).detach().numpy()
    kernel = motif.kernel().detach().numpy()
    excess = np.maximum(kernel - kernel.mean(1, keepdims=True), 0)
    expected = np.zeros((2, 3, 11))
    for n, f, p in np.ndindex(evidence.shape):
        under = {
            q: excess[f, codes[n, q], q - p + left]
            for q in range(11)
            if 0 <= q - p + left < motif.widest and codes[n, q] < 4
        }
        whole = sum(under.values())
        for q, part in under.items() if whole > 0 else [(p, 1.0)]:
            expected[f // filters, n, q] += evidence[n, f, p] * part / (whole if whole > 0 else 1)
    for found, wanted in zip(net.attention(codes).values(), expected, strict=True):
        np.testing.assert_allclose(found.detach(), wanted, rtol=1e-4, atol=1e-7)


def test_training_sees_the_motif_term_alone():
    net = network(AdditiveConfig(**SMALL | {"dropout": 0.0}), length=20, n_outputs=2)
    x = random_codes(5, 20)
    torch.testing.assert_close(net.logits_in_training(x), net.motif(x) + net.bias)
    mixed = torch.einsum("th,tnh->nh", net.mix, net.terms(x)) + net.bias
    torch.testing.assert_close(net(x), mixed)
    assert (net.motif(x) - net.terms(x)[0]).abs().max() == 0
    fixed = {name for name, p in net.named_parameters() if not p.requires_grad}
    assert fixed == {"mix", "kmer.weight"} | {f"position.weights.{i}" for i in range(4)}


def test_classic_has_no_contributions():
    config = ClassicConfig(filters=2, dense=(3, 2))
    nets = [build_network(config, length=10, n_outputs=1).eval()]
    with pytest.raises(ModelError, match="preset classic has no additive contributions"):
        Model(members=nets, config=config, output=output_for(("a", "b"))).contributions(random_codes(2, 10))


@pytest.mark.parametrize(("knots", "length"), [(2, 3), (12, 101), (12, 200), (7, 8)])
def test_position_weights_are_interpolated_as_pytorch_does(knots, length):
    values = torch.randn(5, knots, dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(5, length, dtype=torch.float64)
    expected = functional.interpolate(values[None], length, mode="linear", align_corners=True)[0]
    found = interpolated(values, length)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(*(torch.autograd.grad(f, values, upstream) for f in (found, expected)))
