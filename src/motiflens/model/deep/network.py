"""Preset `deep`: the additive network, with evidence that its context can strengthen, weaken or add to."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from motiflens.model.additive.network import LARGEST_EXPONENT, AdditiveNetwork, MotifTerm
from motiflens.model.config import DeepConfig
from motiflens.model.network import Network

LARGEST_MODULATION = 3.0  # the context changes evidence by a factor of e^3 at most


class ContextBlock(nn.Module):
    """Residual dilated gated convolution, h + W (tanh(a) * sigmoid(b)) (van den Oord et al. 2016)."""

    def __init__(self, config: DeepConfig, dilation: int) -> None:
        super().__init__()
        channels = config.channels
        self.radius = config.block_width // 2 * dilation
        self.conv = nn.Conv1d(channels, 2 * channels, config.block_width, dilation=dilation)
        self.out = nn.Conv1d(channels, channels, 1)
        self.dropout = nn.Dropout(config.dropout)

    def change(self, h: Tensor) -> Tensor:
        """What is added to h (n, channels, width + 2 radius), `radius` positions from its ends."""
        value, gate = self.conv(h).chunk(2, 1)
        return self.out(self.dropout(torch.tanh(value) * torch.sigmoid(gate)))

    def forward(self, h: Tensor) -> Tensor:
        """(n, channels, length) to the same; zeros lie beyond the ends."""
        return h + self.change(functional.pad(h, (self.radius, self.radius)))


class DeepTerm(nn.Module):
    """Evidence of the additive front, weighed by its context; saturating sum and linear read-out as there.

    Evidence e_f(p) of filter f becomes e_f(p) * exp(m_f(p)), where m, in [-3, 3], comes from residual blocks that see
    all evidence within `reach`; further features come from the context alone. With m = 0 and no read-out of those it
    is the additive network's motif term: that is where training starts.

    `local` is all that looks at letters and `pool` all that joins positions, so that a change of one letter changes
    `local` within `reach` and nothing else.
    """

    def __init__(self, config: DeepConfig, *, length: int, heads: int) -> None:
        super().__init__()
        self.config = config
        self.motif = MotifTerm(config.front, length=length, heads=heads)
        filters = len(self.motif.bias)
        self.inlet = nn.Conv1d(filters, config.channels, 1)
        self.blocks = nn.ModuleList(ContextBlock(config, dilation) for dilation in config.dilations)
        self.modulation = nn.Conv1d(config.channels, filters, 1)
        self.outlet = nn.Conv1d(config.channels, config.context, 1, bias=False)
        for parameter in self.modulation.parameters():
            nn.init.zeros_(parameter)
        self.level = nn.Parameter(torch.full((config.context, 1), -3.0))
        self.capacity = nn.Parameter(torch.ones(config.context))
        self.readout = nn.Parameter(torch.zeros(heads, config.context))

    @property
    def reach(self) -> int:
        """How many positions left and right of a letter its change can be felt in `local`."""
        return self.motif.widest // 2 + self.config.block_width // 2 * sum(self.config.dilations)

    def local(self, x: Tensor) -> Tensor:
        """Evidence >= 0 of every feature at every position (n, features, length) of one-hot (n, 4, length)."""
        evidence, _ = self.motif.evidence(x)
        return self.features(evidence, self.context(evidence))

    def context(self, evidence: Tensor) -> Tensor:
        """What the blocks make of the front's evidence, (n, channels, length)."""
        h = self.enter(evidence)
        for block in self.blocks:
            h = block(h)
        return h

    def enter(self, evidence: Tensor) -> Tensor:
        """Evidence >= 0 as the first block takes it, (n, channels, length): bounded, for it may be huge."""
        return self.inlet(evidence / (1 + evidence))

    def factor(self, h: Tensor) -> Tensor:
        """What the context multiplies each filter's evidence by, (n, filters, length)."""
        return (LARGEST_MODULATION * torch.tanh(self.modulation(h))).exp()

    def features(self, evidence: Tensor, h: Tensor) -> Tensor:
        """All that is summed over positions (n, features, length)."""
        own = (self.outlet(h) + self.level).clamp(max=LARGEST_EXPONENT).exp()
        return torch.cat((evidence * self.factor(h), own), 1)

    def saturation(self, total: Tensor) -> Tensor:
        """As `MotifTerm.saturation`, (n, features)."""
        capacity = functional.softplus(torch.cat((self.motif.capacity, self.capacity)))
        return 1 + total / capacity + self.motif.rivals(total[:, : len(self.motif.bias)])

    def _readout(self) -> Tensor:
        return torch.cat((self.motif.readout, self.readout), 1)

    def pool(self, total: Tensor) -> Tensor:
        """Share of the logits (n, heads) of features summed over all positions (n, features)."""
        pooled = functional.dropout(total / self.saturation(total), self.config.front.dropout, self.training)
        return pooled @ self._readout().T

    def forward(self, x: Tensor) -> Tensor:
        """Share of the logits (n, heads)."""
        return self.pool(self.local(x).sum(2))

    def contributions(self, x: Tensor) -> Tensor:
        """Share of the logits by position (n, heads, length)."""
        features = self.local(x)
        return torch.einsum("nfl,hf->nhl", features / self.saturation(features.sum(2))[..., None], self._readout())

    def attention(self, x: Tensor) -> Tensor:
        """Gate of each scale times the mean of its filters' factors and stakes (n, scales, length)."""
        evidence, gate = self.motif.evidence(x)
        factor = self.factor(self.context(evidence))
        return gate * (factor.reshape(len(x), gate.shape[1], -1, x.shape[2]) * self.motif.stake()).mean(2)


class DeepNetwork(Network):
    """logit = bias + mix[0] * deep term + mix[1] * terms of the additive network, all of them sums over positions.

    The additive network inside is whole and trained before; the deep term starts from its motif term. `mix` (2,) and
    `bias` are fitted on validation data, so that the sum is hardly ever worse than the additive network alone.
    """

    def __init__(self, config: DeepConfig, *, length: int, heads: int) -> None:
        super().__init__(length=length, heads=heads)
        self.config = config
        self.additive = AdditiveNetwork(config.front, length=length, heads=heads).requires_grad_(False)
        self.deep = DeepTerm(config, length=length, heads=heads)
        self.bias = nn.Parameter(torch.zeros(heads))
        self.mix = nn.Parameter(torch.tensor([1.0, 0.0]), requires_grad=False)

    def terms(self, x: Tensor) -> Tensor:
        """Logits of each term before mixing, (2, n, heads): deep, additive."""
        return torch.stack((self.deep(x), self.additive(x) - self.additive.bias))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, heads)."""
        if self.training:
            return self.deep(x) + self.bias
        return torch.einsum("t,tnh->nh", self.mix, self.terms(x)) + self.bias

    def contributions(self, x: Tensor) -> Tensor:
        """Contributions in logits (n, heads, length); their sum over positions plus `bias` is the logit."""
        deep, additive = self.mix
        return deep * self.deep.contributions(x) + additive * self.additive.contributions(x)

    def attention(self, x: Tensor) -> dict[str, Tensor]:
        """Gate of each scale, weighed by the context, (n, length) as a share of the sequence's total."""
        weight = self.deep.attention(x)
        share = weight / weight.sum(2, keepdim=True)
        return {f"width {width}": share[:, i] for i, width in enumerate(self.config.front.widths)}
