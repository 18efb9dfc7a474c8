"""Preset `classic` by itself; its parity with Keras is in test_classic_parity.py."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from motiflens.model.classic.config import ClassicConfig
from motiflens.model.classic.layers import KerasBatchNorm, SameConv1d
from motiflens.model.classic.network import ClassicNetwork

SMALL = ClassicConfig(filters=8, dense=(12, 6))


def random_codes(n: int, length: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(4, (n, length), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_gives_a_logit_an_output(n_outputs: int):
    network = ClassicNetwork(SMALL, length=20, n_outputs=n_outputs)
    assert network(random_codes(5, 20)).shape == (5, n_outputs)


def test_attention_sums_to_one_and_cannot_select():
    network = ClassicNetwork(SMALL, length=200, n_outputs=1).eval()
    with torch.no_grad():
        for scale in network.scales:
            scale.gate.weight.mul_(1000)  # every logit at -1 or 1: as selective as the tutorial's attention can be
    attention = network.attention(random_codes(4, 200))
    assert list(attention) == [3, 7, 15, 25]
    for weights in attention.values():
        assert weights.shape == (4, 200)
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(4))
        assert weights.max() <= math.e / (math.e + 199 / math.e) + 1e-6  # 3.6 %


def test_starts_as_keras_layers_do():
    network = ClassicNetwork(ClassicConfig(), length=20, n_outputs=1)
    for name, parameter in network.named_parameters():
        if parameter.ndim > 1:
            fan_out, fan_in = parameter.shape[0], parameter[0].numel()
            fan_out *= parameter[0, 0].numel() if parameter.ndim == 3 else 1
            limit = math.sqrt(6 / (fan_in + fan_out))
            assert 0.9 * limit < parameter.abs().max() <= limit, name
            assert abs(parameter.std() - limit / math.sqrt(3)) < 0.2 * limit, name
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Linear):
            assert not module.bias.any()


def test_same_seed_same_network_and_other_seed_another():
    first, again, other = [], [], []
    for seed, found in ((1, first), (1, again), (2, other)):
        torch.manual_seed(seed)
        found.append(ClassicNetwork(SMALL, length=20, n_outputs=1).eval()(random_codes(3, 20)))
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], other[0])


def test_drops_out_in_training_only():
    network = ClassicNetwork(SMALL, length=20, n_outputs=1)
    x = random_codes(6, 20)
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))


@pytest.mark.parametrize("width", [1, 2, 3, 6, 7])
def test_convolution_keeps_the_length_and_leans_right(width: int):
    conv = SameConv1d(1, 1, width)
    nn.init.ones_(conv.weight)
    nn.init.zeros_(conv.bias)
    spike = torch.zeros(1, 1, 15)
    spike[0, 0, 7] = 1
    seen = conv(spike)[0, 0].nonzero().ravel().tolist()  # position i sees from i - left to i + right
    left = (width - 1) // 2
    right = width - 1 - left
    assert seen == list(range(7 - right, 7 + left + 1))


@pytest.mark.parametrize("shape", [(16, 3), (1, 3), (8, 3, 11), (1, 3, 1)])
def test_moving_statistics_by_definition(shape: tuple[int, ...]):
    norm = KerasBatchNorm(3, momentum=0.99, epsilon=1e-3)
    mean, variance = np.zeros(3), np.ones(3)
    for seed in range(4):
        x = np.random.default_rng(seed).normal(2, 3, size=shape)
        flat = np.moveaxis(x, 1, -1).reshape(-1, 3)
        out = norm(torch.tensor(x, dtype=torch.float32)).detach().numpy()
        expected = (flat - flat.mean(0)) / np.sqrt(flat.var(0) + 1e-3)
        np.testing.assert_allclose(np.moveaxis(out, 1, -1).reshape(-1, 3), expected, atol=1e-4)
        mean, variance = 0.99 * mean + 0.01 * flat.mean(0), 0.99 * variance + 0.01 * flat.var(0)
    np.testing.assert_allclose(norm.running_mean.numpy(), mean, rtol=1e-5)
    np.testing.assert_allclose(norm.running_var.numpy(), variance, rtol=1e-5)


def test_uses_the_moving_statistics_after_training():
    norm = KerasBatchNorm(2, momentum=0.99, epsilon=1e-3).eval()
    norm.load_state_dict(
        norm.state_dict() | {"running_mean": torch.tensor([1.0, 2.0]), "running_var": torch.tensor([4.0, 9.0])}
    )
    expected = (5 - torch.tensor([1.0, 2.0])) / torch.tensor([4.001, 9.001]).sqrt()
    torch.testing.assert_close(norm(torch.full((1, 2), 5.0))[0], expected)


def test_all_unknown_letters_give_finite_gradients():
    network = ClassicNetwork(SMALL, length=20, n_outputs=1)
    network(torch.full((4, 20), 4, dtype=torch.uint8)).sum().backward()  # every position ties for the maximum
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
