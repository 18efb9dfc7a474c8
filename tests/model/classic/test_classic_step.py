"""The compiled training step of `classic` against the same step in plain PyTorch."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from motiflens.model.classic import training_step as compiled
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.classic.network import ClassicNetwork
from motiflens.model.codes import one_hot

WITHOUT_DROPOUT = ClassicConfig(conv_dropout=0, dense_dropout=(0, 0))


def network(config: ClassicConfig, *, length: int, n_outputs: int = 1, seed: int = 0) -> ClassicNetwork:
    """In training, no weight and no moving average at its start value."""
    torch.manual_seed(seed)
    made = ClassicNetwork(config, length=length, n_outputs=n_outputs)
    for parameter in made.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return made.train()


def random_codes(n: int, length: int, *, unknown: float = 0.05, seed: int = 0) -> Tensor:
    odds = np.array([0.3, 0.2, 0.2, 0.3 - unknown, unknown])
    return torch.from_numpy(np.random.default_rng(seed).choice(5, p=odds, size=(n, length)).astype(np.uint8))


class Coins(nn.Module):
    """Dropout with given coins (n, filters, length)."""

    def __init__(self, kept: Tensor, rate: float) -> None:
        super().__init__()
        self.kept, self.rate = kept, rate

    def forward(self, x: Tensor) -> Tensor:
        return x * self.kept / (1 - self.rate)


def plain_twin(of: ClassicNetwork, kept: Tensor | None = None) -> ClassicNetwork:
    """In double precision, which the compiled passes do not take; with `kept` (scales, n, filters, length) as coins."""
    twin = copy.deepcopy(of).double()
    for s, scale in enumerate(twin.scales):
        if kept is not None:
            scale.dropout = Coins(kept[s], of.config.conv_dropout)
    return twin


def backward(of: ClassicNetwork, codes: Tensor) -> Tensor:
    """Logits; leaves gradients of a loss that treats all logits differently."""
    logits = of(codes)
    (
        logits * torch.linspace(-1, 1.5, logits.numel(), dtype=logits.dtype).reshape(logits.shape)
    ).square().sum().backward()
    return logits.detach()


def assert_same_step(ours: ClassicNetwork, twin: ClassicNetwork, codes: Tensor) -> None:
    found, expected = backward(ours, codes), backward(twin, codes)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * max(1, expected.abs().max()))
    largest = max(p.grad.abs().max() for p in twin.parameters())
    for (name, p), q in zip(ours.named_parameters(), twin.parameters(), strict=True):
        size = max(float(q.grad.abs().max()), 1e-2 * float(largest))  # where a sum cancels, its rounding stays
        np.testing.assert_allclose(p.grad, q.grad, rtol=0, atol=2e-4 * size, err_msg=name)
    for (name, p), q in zip(ours.named_buffers(), twin.buffers(), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.fixture
def batches(monkeypatch):
    """What the compiled passes leave behind, call by call."""
    made, original = [], compiled._batch
    monkeypatch.setattr(compiled, "_batch", lambda *given: made.append(original(*given)) or made[-1])
    return made


def coins(batch) -> Tensor:
    """(scales, n, padded filters, length) of 0 and 1."""
    bits = np.unpackbits(batch.kept.view(np.uint8), axis=-1, bitorder="little")
    return torch.from_numpy(bits).transpose(2, 3)


def assert_pooled_alike(ours: ClassicNetwork, codes: Tensor, kept: Tensor | None = None) -> None:
    """Pooled features and their gradients: what follows is PyTorch's in both."""
    ours.zero_grad()
    twin = plain_twin(ours, kept)
    found = ours._pooled_in_training(codes)
    expected = torch.cat([scale(one_hot(codes, torch.float64)) for scale in twin.scales], dim=1)
    np.testing.assert_allclose(found.detach(), expected.detach(), rtol=0, atol=1e-5)
    upstream = torch.randn(found.shape, generator=torch.Generator().manual_seed(7))
    found.backward(upstream)
    expected.backward(upstream.double())
    for (name, p), q in zip(ours.scales.named_parameters(), twin.scales.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad, rtol=0, atol=1e-4 * max(1, q.grad.abs().max()), err_msg=name)


def test_a_step_of_the_network_is_pytorchs(batches):
    ours = network(WITHOUT_DROPOUT, length=60, n_outputs=3)
    assert_same_step(ours, plain_twin(ours), random_codes(32, 60))
    assert len(batches) == 1  # of ours; the twin is plain


@pytest.mark.parametrize(
    ("n", "length", "widths", "filters"),
    [
        (5, 17, (3, 7, 15, 25), 64),  # shorter than the widest filter
        (3, 33, (2, 6, 9), 5),  # even widths, a group that is not full
        (4, 16, (1,), 70),  # a second group
        (2, 1, (3, 4), 3),
        (40, 31, (5, 8), 65),  # more sequences than chunks, unevenly
        (1, 40, (3, 6), 6),
        (1, 1, (3,), 6),
    ],
)
def test_computes_what_pytorch_does(n, length, widths, filters):
    config = ClassicConfig(widths=widths, filters=filters, dense=(12, 7), conv_dropout=0)
    assert_pooled_alike(network(config, length=length), random_codes(n, length))


@settings(deadline=None, max_examples=25)
@given(
    n=st.integers(2, 20),
    length=st.integers(1, 50),
    widths=st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True),
    filters=st.integers(1, 20),
    unknown=st.sampled_from([0.0, 0.1]),
    seed=st.integers(0, 10),
)
def test_computes_what_pytorch_does_whatever_the_shape(n, length, widths, filters, unknown, seed):
    config = ClassicConfig(widths=tuple(widths), filters=filters, conv_dropout=0, dense_dropout=(0, 0), dense=(6, 5))
    ours = network(config, length=length, seed=seed)
    assert_pooled_alike(ours, random_codes(n, length, unknown=unknown, seed=seed))


def test_drops_what_its_coins_say(batches):
    config = ClassicConfig(widths=(3, 8), filters=20, conv_dropout=0.3, dense=(6, 5))
    codes = random_codes(6, 37)
    network(config, length=37)._pooled_in_training(codes)  # without a twin, to see the coins that the seed tosses
    torch.manual_seed(0)
    ours = network(config, length=37)
    torch.manual_seed(5)
    copy.deepcopy(ours)._pooled_in_training(codes)
    kept = coins(batches[-1])[:, :, :20].double()
    torch.manual_seed(5)
    assert_pooled_alike(ours, codes, kept)
    assert torch.equal(coins(batches[-1])[:, :, :20].double(), kept)
    assert 0 < kept.mean() < 1


def test_ties_share_the_gradient():
    """A repeated sequence attains its maximum again and again, all N at every position."""
    codes = random_codes(1, 8, unknown=0).repeat(3, 6)
    codes[2] = 4
    config = ClassicConfig(widths=(3, 5), filters=9, conv_dropout=0, dense=(6, 5))
    ours = network(config, length=48)
    assert_pooled_alike(ours, codes)
    for scale in ours.scales:  # nothing matches: all features are equal
        scale.conv.bias.data.fill_(-100)
    assert_pooled_alike(ours, codes)


def test_other_precisions_and_evaluation_take_the_plain_path(batches):
    ours, codes = network(WITHOUT_DROPOUT, length=30), random_codes(4, 30)
    ours.double()(codes)
    ours.float().eval()(codes)
    assert not batches
    with torch.autocast("cpu", torch.bfloat16):
        ours.train()(codes)
    assert not batches
    ours(codes)
    assert len(batches) == 1


def test_what_is_not_a_number_stays_so():
    for poison in (torch.nan, torch.inf):
        for name in ("conv.weight", "conv.bias", "norm.weight", "gate.weight", "gate.bias"):
            ours = network(ClassicConfig(widths=(3, 5), filters=9, dense=(6, 5)), length=30)
            ours.scales[1].get_parameter(name).data.flatten()[0] = poison
            plain = plain_twin(ours)(random_codes(4, 30))
            if torch.isnan(plain).any():
                assert torch.isnan(ours(random_codes(4, 30))).any(), (poison, name)


@pytest.mark.parametrize("threads", [2, 3, 40])
def test_threads_change_no_bit(threads):
    codes, results = random_codes(37, 50), []
    for count in (1, threads):
        ours = network(ClassicConfig(filters=20), length=50)
        ours.threads = count
        torch.manual_seed(3)
        backward(ours, codes)
        results.append([p.grad for p in ours.parameters()] + list(ours.buffers()))
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_coins_are_fair_and_follow_the_seed(batches):
    ours = network(ClassicConfig(conv_dropout=0.2), length=200)
    codes = random_codes(16, 200)
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        ours._pooled_in_training(codes)
    first, again, other = (coins(batch).numpy() for batch in batches)
    assert (first == again).all()
    tosses = first.size
    sigma = np.sqrt(0.8 * 0.2)
    for kept in (first, other):
        assert abs(kept.mean() - 0.8) < 5 * sigma / np.sqrt(tosses)
        for axes in [(0, 1, 2), (0, 1, 3), (1, 2, 3), (0, 2, 3)]:  # by position, filter, scale, sequence
            means = kept.mean(axes)
            assert np.abs(means - 0.8).max() < 5 * sigma / np.sqrt(tosses / len(means))
    # Neighbours along every axis, and the two seeds, know nothing of each other.
    centred, strange = first - first.mean(), other - other.mean()
    pairs = [(centred, strange)] + [(centred, np.roll(centred, shift, axis)) for axis in range(4) for shift in (1, 2)]
    pairs += [(centred, np.roll(centred, 16, 2)), (centred, np.roll(centred, 32, 2))]
    for a, b in pairs:
        assert abs((a * b).mean()) < 5 * sigma**2 / np.sqrt(tosses)


def test_dropout_keeps_the_mean():
    """Over many coins, the gate sees features as if none were dropped."""
    ours = network(ClassicConfig(widths=(3,), filters=16, conv_dropout=0.5), length=100)
    ours.scales[0].gate.weight.data.zero_()
    ours.scales[0].norm.bias.data.fill_(3)
    codes = random_codes(200, 100)
    found = ours._pooled_in_training(codes)
    without = functional.batch_norm(
        torch.relu(ours.scales[0].conv(one_hot(codes))),
        None,
        None,
        ours.scales[0].norm.weight,
        ours.scales[0].norm.bias,
        True,
    )
    assert 1.9 < (found.max() / (without.max() / 100)) < 2.1  # what is kept is twice as large


def test_a_step_leaves_the_threads_as_they_were():
    ours, before = network(WITHOUT_DROPOUT, length=30), torch.get_num_threads()

    def fail() -> None:
        with ours.training_step():
            assert (torch.get_num_threads(), ours.threads) == (1, before)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (torch.get_num_threads(), ours.threads) == (before, None)
