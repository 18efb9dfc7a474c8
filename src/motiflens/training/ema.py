"""An exponential moving average of weights, which generalises better than the last (Polyak and Juditsky 1992)."""

import copy

import torch
from torch import Tensor, nn

from motiflens.model.network import Network


class EMA(nn.Module):
    """`network` is a copy of the network with the exponential mean of those of its weights that are trained.

    PyTorch's AveragedModel looks for the parameters anew at every step, which takes a tenth of a small one.
    """

    steps: Tensor

    def __init__(self, network: Network, *, decay: float) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.decay = decay
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def track(self, network: Network) -> None:
        """Average this network's weights from now on; called once they are on their device."""
        pairs = zip(self.network.parameters(), network.parameters(), strict=True)
        self.mean, self.new = zip(*((mean, new) for mean, new in pairs if new.requires_grad), strict=True)
        self.kept = tuple(zip(self.network.buffers(), network.buffers(), strict=True))

    @torch.no_grad()
    def update(self) -> None:
        """Add the weights of a step to the average."""
        n = int(self.steps)
        # A constant decay would remember the start for hundreds of steps, which small data never makes.
        decay = min(self.decay, (1 + n) / (10 + n)) if n else 0.0
        torch._foreach_lerp_(self.mean, self.new, 1 - decay)
        for mine, its in self.kept:
            mine.copy_(its)
        self.steps += 1
