"""Preset `classic`: the tutorial's network, to the letter."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, ClassVar, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from motiflens.model.classic.config import ClassicConfig
from motiflens.model.classic.folded import Folded, folded
from motiflens.model.classic.layers import KerasBatchNorm, SameConv1d, init_glorot
from motiflens.model.codes import can_compile, one_hot, pad
from motiflens.model.network import Network, PairEngine, SubstitutionEngine
from motiflens.model.page_weights import PageWeights
from motiflens.model.rules import PLAIN, Rules
from motiflens.model.stages import Stage, convolve_window


class Scale(nn.Module):
    """Filters of one width, where they look, and the strongest weighted response of each."""

    def __init__(self, width: int, config: ClassicConfig) -> None:
        super().__init__()
        self.conv = SameConv1d(4, config.filters, width)
        self.norm = _norm(config.filters, config)
        self.dropout = nn.Dropout(config.conv_dropout)
        self.gate = nn.Linear(config.filters, 1)

    def responses(self, x: Float[Tensor, "n 4 length"]) -> Float[Tensor, "n filters length"]:
        """Return the response of every filter at every position."""
        return self.dropout(self.norm(functional.relu(self.conv(x))))

    def attention(self, responses: Float[Tensor, "n filters length"]) -> Float[Tensor, "n 1 length"]:
        """Return the weight of every position; they sum to one over a sequence."""
        return torch.softmax(torch.tanh(self.gate.weight @ responses + self.gate.bias), dim=-1)

    def forward(self, x: Float[Tensor, "n 4 length"]) -> Float[Tensor, "n filters"]:
        responses = self.responses(x)
        # amax, not max: both share the gradient of a tie among the tied positions, as Keras does.
        return (responses * self.attention(responses)).amax(dim=-1)


class ClassicNetwork(Network):
    """Parallel convolutions, each with softmax attention and global max pooling; two dense layers; logits."""

    compiled: ClassVar[bool] = True

    def __init__(self, config: ClassicConfig, *, length: int, n_outputs: int) -> None:
        super().__init__(length=length, n_outputs=n_outputs)
        self.config = config
        self.scales = nn.ModuleList(Scale(width, config) for width in config.widths)
        sizes = (config.filters * len(config.widths), *config.dense)
        self.dense = nn.Sequential()
        for (inputs, units), rate in zip(pairwise(sizes), config.dense_dropout, strict=True):
            self.dense.extend([nn.Linear(inputs, units), nn.ReLU(), _norm(units, config), nn.Dropout(rate)])
        self.output = nn.Linear(sizes[-1], n_outputs)
        self.apply(init_glorot)

    @property
    def scale_list(self) -> list[Scale]:
        """The scales, typed."""
        return list(cast(Iterable[Scale], self.scales))

    def forward(self, codes: Tensor) -> Float[Tensor, "n outputs"]:
        pooled = self._pooled_in_training(codes)
        if pooled is None:
            x = one_hot(codes, self.dtype)
            pooled = torch.cat([scale(x) for scale in self.scale_list], dim=1)
        return self.output(self.dense(pooled))

    def _pooled_in_training(self, codes: Tensor) -> Float[Tensor, "n features"] | None:
        """Return what the scales compute, in compiled passes; None out of training and where they are not possible."""
        if not self.training or not can_compile(codes, self.output.weight):
            return None
        # numba costs a start-up that only those who train should pay
        from motiflens.model.classic.training_step import PooledScales, Step

        margin = max(self.config.widths) // 2
        step = Step(
            codes=pad(codes, margin, margin).numpy(),
            rate=self.config.conv_dropout,
            epsilon=self.config.batch_norm_epsilon,
            threads=self.threads or torch.get_num_threads(),
        )
        parts = [part for s in self.scale_list for m in (s.conv, s.norm, s.gate) for part in (m.weight, m.bias)]
        pooled, means, variances = cast(Any, PooledScales).apply(step, *parts)
        for scale, mean, variance in zip(self.scale_list, means, variances, strict=True):
            scale.norm.update_statistics(mean, variance)
        return pooled

    def attention(self, codes: Tensor) -> dict[int, Tensor]:
        """Return the softmax weights (n, length) of each scale; call in evaluation mode."""
        x = one_hot(codes, self.dtype)
        scales = zip(self.config.widths, self.scale_list, strict=True)
        return {width: scale.attention(scale.responses(x)).squeeze(1) for width, scale in scales}

    def substitution_engine(self) -> SubstitutionEngine:
        # numba and its caches cost a start-up that only those who explain should pay
        from motiflens.model.classic.mutagenesis import substitution_engine

        return substitution_engine(self._folded(), length=self.length)

    def pair_engine(self) -> PairEngine:
        from motiflens.model.classic.pairs import pair_engine

        return pair_engine(self._folded(), length=self.length)

    def page_weights(self) -> PageWeights:
        tensors = self._folded()._asdict()
        return PageWeights(pooling="peak", widths=tensors.pop("widths"), tensors=tensors)

    def _folded(self) -> Folded:
        return folded(self.scale_list, self.dense, self.output)

    def soft_logits(self, x: Tensor, rules: Rules) -> Tensor:
        radius = self._radius
        responses = self._responses(functional.pad(x, (radius, radius)), radius, rules)
        weight, weighted = self.features(responses, rules)
        return self.head(weight.sum(2), rules.peak(weighted), rules)

    @property
    def _radius(self) -> int:
        return max(width // 2 for width in self.config.widths)

    def stages(self) -> list[Stage]:
        return [Stage(radius=self._radius, run=self._read)]

    def _read(self, window: Tensor, positions: Tensor) -> Tensor:
        codes = window[:, 0]
        return self._responses(one_hot(codes, self.dtype), (codes.shape[1] - positions.shape[1]) // 2)

    def _responses(self, window: Tensor, radius: int, rules: Rules = PLAIN) -> Tensor:
        """Return the responses of all scales, (n, scales * filters, width)."""
        parts = []
        for scale in self.scale_list:
            match = convolve_window(window, scale.conv.weight, scale.conv.bias, radius=radius)
            parts.append(scale.norm(rules.curve(functional.relu, match)))
        return torch.cat(parts, 1)

    def features(self, state: Tensor, rules: Rules = PLAIN) -> tuple[Tensor, Tensor]:
        """Return exp(tanh(gate)) of each scale, to sum, and the responses weighted by it, to take the maximum of."""
        parts = state.chunk(len(self.scales), 1)
        gates = [s.gate.weight @ part + s.gate.bias for s, part in zip(self.scale_list, parts, strict=True)]
        weight = rules.curve(_exp_tanh, torch.cat(gates, 1))
        peaks = [rules.times(part, weight[:, i : i + 1]) for i, part in enumerate(parts)]
        return weight, torch.cat(peaks, 1)

    def head(self, sums: Tensor, peaks: Tensor, rules: Rules = PLAIN) -> Tensor:
        hidden = rules.divide(torch.unflatten(peaks, 1, (len(self.scales), -1)), sums[:, :, None]).flatten(1)
        for layer in cast(Any, self.dense):
            hidden = rules.curve(functional.relu, hidden) if isinstance(layer, nn.ReLU) else layer(hidden)
        return self.output(hidden)


def _exp_tanh(z: Tensor) -> Tensor:
    return z.tanh().exp()


def _norm(channels: int, config: ClassicConfig) -> KerasBatchNorm:
    return KerasBatchNorm(channels, momentum=config.batch_norm_momentum, epsilon=config.batch_norm_epsilon)
