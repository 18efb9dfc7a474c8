"""The moving average of weights against PyTorch's AveragedModel and a mean that is written out."""

import copy

import torch
from torch.optim.swa_utils import AveragedModel

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.presets import build_network
from motiflens.training.ema import EMA


def steps(network, count):
    generator = torch.Generator().manual_seed(0)
    for _ in range(count):
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.data += torch.randn(parameter.shape, generator=generator)
        yield


def test_the_mean_is_that_of_pytorch():
    network = build_network(AdditiveConfig(position_weights="none"), length=30, n_outputs=1)
    ours, peer = EMA(network, decay=0.6), AveragedModel(network, multi_avg_fn=warm)
    ours.track(network)
    for _ in steps(network, 12):
        ours.update()
        peer.update_parameters(network)
    for name, value in peer.module.state_dict().items():
        torch.testing.assert_close(ours.network.state_dict()[name], value, msg=name)
    assert ours.steps == 12


def warm(mean, new, count):
    for old, now in zip(mean, new, strict=True):
        n = float(count)
        old.lerp_(now, 1 - min(0.6, (1 + n) / (10 + n)))


def test_early_steps_are_forgotten_and_the_network_is_left_alone():
    network = build_network(AdditiveConfig(position_weights="none"), length=30, n_outputs=1)
    mean = EMA(network, decay=0.99)
    mean.track(network)
    first = copy.deepcopy(network.bias.detach())
    network.bias.data += 1
    mean.update()
    torch.testing.assert_close(mean.network.bias.detach(), first + 1)  # the first is taken as it is
    network.bias.data += 1
    mean.update()
    torch.testing.assert_close(mean.network.bias.detach(), first + 1 + 1 - 2 / 11)
    torch.testing.assert_close(network.bias.detach(), first + 2)
    assert not any(parameter.requires_grad for parameter in mean.network.parameters())


def test_weights_that_are_not_trained_stay():
    network = build_network(AdditiveConfig(position_weights="none"), length=30, n_outputs=1)
    mean = EMA(network, decay=0.5)
    mean.track(network)
    network.kmer.weight.data += 1
    mean.update()
    assert not mean.network.kmer.weight.any()
