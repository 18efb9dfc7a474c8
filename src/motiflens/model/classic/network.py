"""Preset `classic`: the tutorial's network, to the letter."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, ClassVar, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from motiflens.model.classic.layers import KerasBatchNorm, SameConv1d, init_glorot
from motiflens.model.config import ClassicConfig
from motiflens.model.network import Network


class Scale(nn.Module):
    """Filters of one width, where they look, and the strongest weighted response of each."""

    def __init__(self, width: int, config: ClassicConfig) -> None:
        super().__init__()
        self.conv = SameConv1d(4, config.filters, width)
        self.norm = _norm(config.filters, config)
        self.dropout = nn.Dropout(config.conv_dropout)
        self.gate = nn.Linear(config.filters, 1)

    def features(self, x: Float[Tensor, "n 4 length"]) -> Float[Tensor, "n filters length"]:
        """Response of every filter at every position."""
        return self.dropout(self.norm(F.relu(self.conv(x))))

    def attention(self, features: Float[Tensor, "n filters length"]) -> Float[Tensor, "n 1 length"]:
        """Weight of every position; they sum to one over a sequence."""
        return torch.softmax(torch.tanh(self.gate.weight @ features + self.gate.bias), dim=-1)

    def forward(self, x: Float[Tensor, "n 4 length"]) -> Float[Tensor, "n filters"]:
        features = self.features(x)
        # amax, not max: both share the gradient of a tie among the tied positions, as Keras does.
        return (features * self.attention(features)).amax(dim=-1)


class ClassicNetwork(Network):
    """Parallel convolutions, each with softmax attention and global max pooling; two dense layers; logits."""

    compiled: ClassVar[bool] = True

    def __init__(self, config: ClassicConfig, *, length: int, heads: int) -> None:
        super().__init__(length=length, heads=heads)
        self.config = config
        self.scales = nn.ModuleList(Scale(width, config) for width in config.widths)
        sizes = (config.filters * len(config.widths), *config.dense)
        self.dense = nn.Sequential()
        for (inputs, units), rate in zip(pairwise(sizes), config.dense_dropout, strict=True):
            self.dense.extend([nn.Linear(inputs, units), nn.ReLU(), _norm(units, config), nn.Dropout(rate)])
        self.output = nn.Linear(sizes[-1], heads)
        self.apply(init_glorot)

    def forward(self, x: Float[Tensor, "n 4 length"]) -> Float[Tensor, "n heads"]:
        """Logits (n, heads) of one-hot sequences (n, 4, length)."""
        pooled = self._pooled_fast(x)
        if pooled is None:
            pooled = torch.cat([scale(x) for scale in self.scales], dim=1)
        return self.output(self.dense(pooled))

    def _pooled_fast(self, x: Float[Tensor, "n 4 length"]) -> Float[Tensor, "n features"] | None:
        """What the scales compute, in compiled passes: in training, on a CPU, for one-hot input without gradient."""
        if not self.training:
            return None
        # numba costs a start-up that only those who train should pay
        from motiflens.compiled.batch import can_read, read_letters
        from motiflens.model.classic.training_step import PooledScales, Step

        codes = read_letters(x, max(self.config.widths)) if can_read(x, self.output.weight) else None
        if codes is None:
            return None
        step = Step(
            codes=codes,
            rate=self.config.conv_dropout,
            epsilon=self.config.batch_norm_epsilon,
            threads=self.threads or torch.get_num_threads(),
        )
        scales = [cast(Scale, scale) for scale in self.scales]
        parts = [part for s in scales for m in (s.conv, s.norm, s.gate) for part in (m.weight, m.bias)]
        pooled, means, variances = cast(Any, PooledScales).apply(step, *parts)
        for scale, mean, variance in zip(scales, means, variances, strict=True):
            scale.norm.follow(mean, variance)
        return pooled

    def attention(self, x: Float[Tensor, "n 4 length"]) -> dict[str, Tensor]:
        """Softmax weights (n, length) of each scale, by the scale's name ("width 7"); call in eval mode."""
        scales = zip(self.config.widths, cast(Iterable[Scale], self.scales), strict=True)
        return {f"width {width}": scale.attention(scale.features(x)).squeeze(1) for width, scale in scales}


def _norm(channels: int, config: ClassicConfig) -> KerasBatchNorm:
    return KerasBatchNorm(channels, momentum=config.batch_norm_momentum, epsilon=config.batch_norm_epsilon)
