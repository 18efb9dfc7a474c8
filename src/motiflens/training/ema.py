"""A running mean of a network's weights, which generalises better than the last of them (Polyak and Juditsky 1992)."""

import copy

import torch
from torch import Tensor, nn

from motiflens.model.network import Network


class RunningMean(nn.Module):
    """`module` is the network with the exponential mean of those of its weights that are trained.

    PyTorch's AveragedModel looks for the parameters anew at every step, which takes a tenth of a small one.
    """

    steps: Tensor

    def __init__(self, network: Network, *, decay: float) -> None:
        super().__init__()
        self.module = copy.deepcopy(network).requires_grad_(False)
        self.decay = decay
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def follow(self, network: Network) -> None:
        """Take the mean of this network's weights from now on; called once they are on their device."""
        pairs = zip(self.module.parameters(), network.parameters(), strict=True)
        self.mean, self.new = zip(*((mean, new) for mean, new in pairs if new.requires_grad), strict=True)
        self.kept = tuple(zip(self.module.buffers(), network.buffers(), strict=True))

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights of a step."""
        n = int(self.steps)
        # A constant decay would remember the start for hundreds of steps, which small data never makes.
        decay = min(self.decay, (1 + n) / (10 + n)) if n else 0.0
        torch._foreach_lerp_(self.mean, self.new, 1 - decay)
        for mine, its in self.kept:
            mine.copy_(its)
        self.steps += 1
