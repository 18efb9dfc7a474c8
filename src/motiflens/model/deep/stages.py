"""A `deep` network as the window engine takes it."""

from functools import partial
from typing import cast

import torch
from torch import Tensor

from motiflens.model.deep.network import ContextBlock, DeepNetwork
from motiflens.model.stages import AdditiveStages, Stage, evidence


class DeepStages:
    """State: context, evidence of the deep term's front, and what the additive network inside carries."""

    def __init__(self, network: DeepNetwork) -> None:
        self.network, self.additive = network, AdditiveStages(network.additive)
        self.sizes = [network.config.channels, len(network.deep.motif.bias)]

    def stages(self) -> list[Stage]:
        (first,) = self.additive.stages()
        blocks = [cast(ContextBlock, block) for block in self.network.deep.blocks]
        front = Stage(radius=first.radius, run=partial(self._read, first))
        return [front, *(Stage(radius=block.radius, run=partial(self._step, block)) for block in blocks)]

    def _read(self, first: Stage, window: Tensor, positions: Tensor) -> Tensor:
        deep = self.network.deep
        own = evidence(deep.motif, window, positions)
        return torch.cat((deep.enter(own), own, first.run(window, positions)), 1)

    def _step(self, block: ContextBlock, window: Tensor, positions: Tensor) -> Tensor:
        h, kept = window.tensor_split(self.sizes[:1], 1)
        inner = slice(block.radius, block.radius + positions.shape[1])
        return torch.cat((h[:, :, inner] + block.change(h), kept[:, :, inner]), 1)

    def features(self, state: Tensor) -> tuple[Tensor, Tensor]:
        h, own, additive = state.tensor_split((self.sizes[0], sum(self.sizes)), 1)
        sums, peaks = self.additive.features(additive)
        return torch.cat((self.network.deep.features(own, h), sums), 1), peaks

    def head(self, sums: Tensor, peaks: Tensor) -> Tensor:
        network = self.network
        total, rest = sums.tensor_split([self.sizes[1] + network.config.context], 1)
        additive = self.additive.head(rest, peaks) - network.additive.bias
        return network.mix[0] * network.deep.pool(total) + network.mix[1] * additive + network.bias
