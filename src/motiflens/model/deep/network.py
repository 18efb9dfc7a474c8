"""Near interactions: activations that their context can strengthen, weaken or add to."""

from functools import partial
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from motiflens.model.additive.terms import MotifTerm, clamped_exp
from motiflens.model.codes import one_hot
from motiflens.model.deep.config import DeepConfig
from motiflens.model.deep.mixed import MixedNetwork
from motiflens.model.rules import PLAIN, Rules
from motiflens.model.stages import Stage

LARGEST_MODULATION = 3.0  # the context changes an activation by a factor of e^3 at most


class ContextBlock(nn.Module):
    """Residual dilated gated convolution, h + W (tanh(a) * sigmoid(b)) (van den Oord et al. 2016)."""

    def __init__(self, config: DeepConfig, dilation: int) -> None:
        super().__init__()
        channels = config.channels
        self.radius = config.block_width // 2 * dilation
        self.conv = nn.Conv1d(channels, 2 * channels, config.block_width, dilation=dilation)
        self.out = nn.Conv1d(channels, channels, 1)
        self.dropout = nn.Dropout(config.dropout)

    def change(self, h: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return what is added to h (n, channels, width + 2 radius), `radius` positions from its ends."""
        value, gate = self.conv(h).chunk(2, 1)
        return self.out(self.dropout(rules.times(rules.curve(torch.tanh, value), rules.curve(torch.sigmoid, gate))))

    def forward(self, h: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Map (n, channels, length) to the same; zeros lie beyond the ends."""
        return h + self.change(functional.pad(h, (self.radius, self.radius)), rules)


class DeepTerm(nn.Module):
    """Activations of the additive front, modulated by their context; saturating sum and linear read-out as there.

    The weighted activation a_f(p) of filter f becomes a_f(p) * exp(m_f(p)), where m, in [-3, 3], comes from residual
    blocks that see all activations within their reach; further features come from the context alone. With m = 0 and no
    read-out of those it is the additive network's motif term, from which training starts.
    """

    def __init__(self, config: DeepConfig, *, length: int, n_outputs: int) -> None:
        super().__init__()
        self.config = config
        self.motif = MotifTerm(config.front, length=length, n_outputs=n_outputs)
        filters = len(self.motif.bias)
        self.inlet = nn.Conv1d(filters, config.channels, 1)
        self.blocks = nn.ModuleList(ContextBlock(config, dilation) for dilation in config.dilations)
        self.modulation = nn.Conv1d(config.channels, filters, 1)
        self.outlet = nn.Conv1d(config.channels, config.context, 1, bias=False)
        for parameter in self.modulation.parameters():
            nn.init.zeros_(parameter)
        self.level = nn.Parameter(torch.full((config.context, 1), -3.0))
        self.saturation = nn.Parameter(torch.ones(config.context))
        self.readout = nn.Parameter(torch.zeros(n_outputs, config.context))

    def local(self, x: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return the activation >= 0 of every feature at every position (n, features, length) of x (n, 4, length)."""
        own, _ = self.motif.of_sequences(x, rules)
        return self.features(own, self.context(own, rules), rules)

    def context(self, own: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return what the blocks make of the front's activations, (n, channels, length)."""
        h = self.enter(own, rules)
        for block in self.blocks:
            h = block(h, rules)
        return h

    def enter(self, own: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return activations >= 0, bounded, as the first block takes them (n, channels, length)."""
        return self.inlet(rules.curve(_bounded, own))

    def factor(self, h: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return what the context multiplies each filter's activation by, (n, filters, length)."""
        return rules.curve(_factor, self.modulation(h))

    def features(self, own: Tensor, h: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return all that is summed over positions (n, features, length)."""
        context = rules.curve(clamped_exp, self.outlet(h) + self.level)
        return torch.cat((rules.times(own, self.factor(h, rules)), context), 1)

    def divisor(self, total: Tensor) -> Tensor:
        """Return what each feature is divided by (n, features), as `MotifTerm.divisor` does."""
        saturation = functional.softplus(torch.cat((self.motif.saturation, self.saturation)))
        return 1 + total / saturation

    def _readout(self) -> Tensor:
        return torch.cat((self.motif.readout, self.readout), 1)

    def pool(self, total: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return the share of the logits (n, n_outputs) of features summed over all positions (n, features)."""
        pooled = rules.divide(total, self.divisor(total))
        return functional.dropout(pooled, self.config.front.dropout_rate, self.training) @ self._readout().T

    def forward(self, x: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return the share of the logits (n, n_outputs) of x (n, 4, length)."""
        return self.pool(self.local(x, rules).sum(2), rules)

    def contributions(self, x: Tensor) -> Tensor:
        """Return the share of the logits by position (n, n_outputs, length)."""
        features = self.local(x)
        return torch.einsum("nfl,hf->nhl", features / self.divisor(features.sum(2))[..., None], self._readout())

    def attention(self, x: Tensor, mix: Tensor) -> Tensor:
        """Return how much each scale attends to each letter (n, scales, length), as `MotifTerm.letter_attention`.

        The context's own features match no letters and are left out.
        """
        own, _ = self.motif.of_sequences(x)
        return self.motif.by_letter(x, own * self.factor(self.context(own)), self.motif.attention_weights(mix))


def _bounded(activation: Tensor) -> Tensor:
    return activation / (1 + activation)


def _factor(m: Tensor) -> Tensor:
    return (LARGEST_MODULATION * m.tanh()).exp()


class DeepNetwork(MixedNetwork):
    """The additive network, and its activations modulated by their context: interactions of sites near each other.

    The deep term starts from the motif term of the additive network inside, which is trained before. Both are sums
    over positions.
    """

    has_contributions: ClassVar[bool] = True

    def __init__(self, config: DeepConfig, *, length: int, n_outputs: int) -> None:
        super().__init__(config, length=length, n_outputs=n_outputs)
        self.deep = DeepTerm(config, length=length, n_outputs=n_outputs)

    def deep_logits(self, codes: Tensor) -> Tensor:
        return cast(Tensor, self.deep(one_hot(codes, self.dtype)))

    def contributions(self, codes: Tensor) -> Tensor:
        deep, additive = self.mix[:, :, None]
        return deep * self.deep.contributions(one_hot(codes, self.dtype)) + additive * self.additive.contributions(
            codes
        )

    def soft_logits(self, x: Tensor, rules: Rules) -> Tensor:
        rest = self.additive.soft_logits(x, rules) - self.additive.bias
        return self.mix[0] * self.deep(x, rules) + self.mix[1] * rest + self.bias

    def attention(self, codes: Tensor) -> dict[int, Tensor]:
        """Return the attention of both terms by letter, each in the logits that it adds."""
        by_scale = self.deep.attention(one_hot(codes, self.dtype), self.mix[0])
        by_scale = by_scale + self.additive.motif.letter_attention(codes, self.mix[1] * self.additive.mix[0])
        return {width: by_scale[:, i] for i, width in enumerate(self.config.front.widths)}

    @property
    def _sizes(self) -> list[int]:
        """Channels of the first parts of a stage's state: context, own activations; the additive network's follow."""
        return [self.config.channels, len(self.deep.motif.bias)]

    def stages(self) -> list[Stage]:
        (first,) = self.additive.stages()
        blocks = [cast(ContextBlock, block) for block in self.deep.blocks]
        front = Stage(radius=first.radius, run=partial(self._read, first))
        return [front, *(Stage(radius=block.radius, run=partial(self._step, block)) for block in blocks)]

    def _read(self, first: Stage, window: Tensor, positions: Tensor) -> Tensor:
        own, _ = self.deep.motif.weighted_activation(one_hot(window[:, 0], self.dtype), positions)
        return torch.cat((self.deep.enter(own), own, first.run(window, positions)), 1)

    def _step(self, block: ContextBlock, window: Tensor, positions: Tensor) -> Tensor:
        h, kept = window.tensor_split(self._sizes[:1], 1)
        inner = slice(block.radius, block.radius + positions.shape[1])
        return torch.cat((h[:, :, inner] + block.change(h), kept[:, :, inner]), 1)

    def features(self, state: Tensor) -> tuple[Tensor, Tensor]:
        h, own, additive = state.tensor_split((self._sizes[0], sum(self._sizes)), 1)
        sums, peaks = self.additive.features(additive)
        return torch.cat((self.deep.features(own, h), sums), 1), peaks

    def head(self, sums: Tensor, peaks: Tensor) -> Tensor:
        total, rest = sums.tensor_split([self._sizes[1] + self.config.context], 1)
        additive = self.additive.head(rest, peaks) - self.additive.bias
        return self.mix[0] * self.deep.pool(total) + self.mix[1] * additive + self.bias
