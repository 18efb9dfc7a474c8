"""Pooled interactions: a dense head on the evidence that the motif term pools over whole sequences."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from motiflens.model.additive.terms import MotifTerm
from motiflens.model.codes import one_hot
from motiflens.model.deep.config import DeepConfig
from motiflens.model.deep.mixed import MixedNetwork
from motiflens.model.network import Network
from motiflens.model.rules import PLAIN, Rules
from motiflens.model.stages import Stage


class PooledTerm(nn.Module):
    """A motif term whose pooled evidence z is read out linearly and by a dense head, readout z + head(z).

    The head is out(relu(hidden(norm(log(1 + z))))): what motifs mean together. Normalised, the evidence of rare and of
    common motifs counts alike, without which the head learns little from a few thousand sequences.
    """

    def __init__(self, config: DeepConfig, *, length: int, n_outputs: int) -> None:
        super().__init__()
        self.config = config
        self.motif = MotifTerm(config.front, length=length, n_outputs=n_outputs)
        filters = len(self.motif.bias)
        self.norm = nn.BatchNorm1d(filters)
        self.hidden = nn.Linear(filters, config.hidden)
        self.out = nn.Linear(config.hidden, n_outputs, bias=False)
        nn.init.zeros_(self.out.weight)  # training starts without interactions

    def forward(self, codes: Tensor, *, threads: int | None = None) -> Tensor:
        """Return the share of the logits (n, n_outputs); `threads` of compiled passes, by default PyTorch's number."""
        return self.read(self.motif.pooled(codes, threads=threads))

    def read(self, pooled: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return the share of the logits (n, n_outputs) of pooled evidence (n, filters)."""
        rate = self.config.hidden_dropout
        normal = self.norm(rules.curve(torch.log1p, pooled))
        hidden = rules.curve(torch.relu, self.hidden(functional.dropout(normal, rate, self.training)))
        return self.motif.read_out(pooled) + self.out(functional.dropout(hidden, rate, self.training))


class PooledNetwork(MixedNetwork):
    """The additive network, and a motif term with a dense head: interactions of motifs wherever they lie.

    What motifs mean together has no place of its own: there are no contributions of positions.
    """

    compiled: ClassVar[bool] = True

    def __init__(self, config: DeepConfig, *, length: int, n_outputs: int) -> None:
        super().__init__(config, length=length, n_outputs=n_outputs)
        self.deep = PooledTerm(config, length=length, n_outputs=n_outputs)

    def deep_logits(self, codes: Tensor) -> Tensor:
        found: Tensor = self.deep(codes, threads=self.threads)
        return found

    def soft_logits(self, x: Tensor, rules: Rules) -> Tensor:
        total = self.deep.motif.of_sequences(x, rules)[0].sum(2)
        pooled = rules.divide(total, self.deep.motif.divisor(total))
        rest = self.additive.soft_logits(x, rules) - self.additive.bias
        return self.mix[0] * self.deep.read(pooled, rules) + self.mix[1] * rest + self.bias

    def attention(self, codes: Tensor) -> dict[int, Tensor]:
        """Return the attention of both terms by letter, each in the logits that its linear read-out adds."""
        by_scale = self.deep.motif.letter_attention(codes, self.mix[0])
        by_scale = by_scale + self.additive.motif.letter_attention(codes, self.mix[1] * self.additive.mix[0])
        return {width: by_scale[:, i] for i, width in enumerate(self.config.front.widths)}

    def sparse_parameters(self) -> tuple[nn.Parameter, ...]:
        return tuple(self.deep.motif.filters)

    def stages(self) -> list[Stage]:
        (first,) = self.additive.stages()

        def read(window: Tensor, positions: Tensor) -> Tensor:
            own, _ = self.deep.motif.weighted_activation(one_hot(window[:, 0], self.dtype), positions)
            return torch.cat((own, first.run(window, positions)), 1)

        return [Stage(radius=first.radius, run=read)]

    def features(self, state: Tensor) -> tuple[Tensor, Tensor]:
        return state, state[:, :0]

    def head(self, sums: Tensor, peaks: Tensor) -> Tensor:
        total, rest = sums.tensor_split([len(self.deep.motif.bias)], 1)
        additive = self.additive.head(rest, peaks) - self.additive.bias
        deep = self.deep.read(total / self.deep.motif.divisor(total))
        return self.mix[0] * deep + self.mix[1] * additive + self.bias


def interacting_network(config: DeepConfig, *, length: int, n_outputs: int) -> Network:
    """Build the network of preset `deep` with the interactions of its configuration; near ones by default."""
    if config.interactions == "pooled":
        return PooledNetwork(config, length=length, n_outputs=n_outputs)
    # the other kind is not needed here
    from motiflens.model.deep.network import DeepNetwork

    return DeepNetwork(config, length=length, n_outputs=n_outputs)
