"""Preset `additive`: a network whose logit is a bias plus a sum of per-position contributions, exactly."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.additive.terms import KmerTerm, MotifTerm, PositionTerm
from motiflens.model.codes import one_hot
from motiflens.model.network import Network, PairEngine, SubstitutionEngine
from motiflens.model.page_weights import PageWeights
from motiflens.model.rules import Rules
from motiflens.model.stages import Stage


class AdditiveNetwork(Network):
    """logit = bias + sum over positions of contributions, from three terms mixed with weights >= 0.

    The motif term is trained by gradient descent; the position and k-mer terms are ridge regressions, so that the
    network contains the simple baselines. `mix` (3, n_outputs) and `bias` are fitted on validation data, which also
    calibrates.
    """

    compiled: ClassVar[bool] = True
    has_contributions: ClassVar[bool] = True

    def __init__(self, config: AdditiveConfig, *, length: int, n_outputs: int) -> None:
        super().__init__(length=length, n_outputs=n_outputs)
        self.config = config
        self.motif = MotifTerm(config, length=length, n_outputs=n_outputs)
        self.position = PositionTerm(min(config.positional_kmer, length), length=length, n_outputs=n_outputs)
        self.kmer = KmerTerm(min(config.kmer, length), n_outputs=n_outputs)
        self.bias = nn.Parameter(torch.zeros(n_outputs))
        self.mix = nn.Parameter(torch.tensor([1.0, 0.0, 0.0])[:, None].repeat(1, n_outputs), requires_grad=False)

    def terms(self, codes: Tensor) -> Tensor:
        """Return the logits of each term before mixing, (3, n, n_outputs): motif, position, k-mer."""
        linear = (self.position.contributions(codes).sum(2), self.kmer.contributions(codes).sum(2))
        return torch.stack((self.motif(codes), *linear))

    def logits_in_training(self, codes: Tensor) -> Tensor:
        return self.motif(codes, threads=self.threads) + self.bias

    def forward(self, codes: Tensor) -> Tensor:
        return torch.einsum("th,tnh->nh", self.mix, self.terms(codes)) + self.bias

    def contributions(self, codes: Tensor) -> Tensor:
        return self._mixed([term.contributions(codes) for term in (self.motif, self.position, self.kmer)])

    def letter_contributions(self, codes: Tensor) -> Tensor:
        return self._mixed([term.letter_contributions(codes) for term in (self.motif, self.position, self.kmer)])

    def soft_logits(self, x: Tensor, rules: Rules) -> Tensor:
        motif = self.motif.pool(self.motif.of_sequences(x, rules)[0].sum(2), rules)
        return self._mixed([motif, self.position.soft_logits(x, rules), self.kmer.soft_logits(x, rules)]) + self.bias

    def _mixed(self, parts: list[Tensor]) -> Tensor:
        return torch.einsum("th,tnh...->nh...", self.mix, torch.stack(parts))

    def attention(self, codes: Tensor) -> dict[int, Tensor]:
        """Return the motif term's attention by letter: the softmax that its sum over positions applies, in logits."""
        by_scale = self.motif.letter_attention(codes, self.mix[0])
        return {width: by_scale[:, i] for i, width in enumerate(self.config.widths)}

    def page_weights(self) -> PageWeights:
        _, position, kmer = self.mix.abs().amax(1).tolist()
        unused = ("position.",) * (not position) + ("kmer.",) * (not kmer)
        return PageWeights(
            pooling="sum",
            widths=self.config.widths,
            sizes={
                "filters": self.config.filters,
                "gate_units": self.config.gate_units,
                "exponential": self.config.activation == "exponential",
                "kmer": self.kmer.k,
                "positional_kmer": self.position.k,
            },
            tensors={name: value for name, value in self.state_dict().items() if not name.startswith(unused)},
        )

    def sparse_parameters(self) -> tuple[nn.Parameter, ...]:
        """Return the filters of the motif term: most letters of a window have no weight."""
        return tuple(self.motif.filters)

    def substitution_engine(self) -> SubstitutionEngine | None:
        # numba and its caches cost a start-up that only those who explain should pay
        from motiflens.model.additive.mutagenesis import substitution_engine

        return substitution_engine(self.motif, self.position, self.kmer, mix=self.mix)

    def pair_engine(self) -> PairEngine | None:
        from motiflens.model.additive.pairs import pair_engine

        return pair_engine(self.motif, self.position, self.kmer, mix=self.mix, bias=self.bias)

    def stages(self) -> list[Stage]:
        return [Stage(radius=max(self.motif.widest, self.kmer.k, self.position.k) // 2, run=self._read)]

    def _read(self, window: Tensor, positions: Tensor) -> Tensor:
        """Return the weighted activation of every filter, then the linear terms' mixed contributions."""
        codes = window[:, 0]
        radius = (codes.shape[1] - positions.shape[1]) // 2
        placed = self.position.by_length(codes, positions)
        anywhere = self.kmer.contributions(codes)[:, :, radius : codes.shape[1] - radius]
        linear = self.mix[1, :, None] * torch.stack(placed).sum(0) + self.mix[2, :, None] * anywhere
        return torch.cat((self.motif.weighted_activation(one_hot(codes, self.dtype), positions)[0], linear), 1)

    def features(self, state: Tensor) -> tuple[Tensor, Tensor]:
        return state, state[:, :0]

    def head(self, sums: Tensor, peaks: Tensor) -> Tensor:
        del peaks
        total, linear = sums.tensor_split([len(self.motif.bias)], 1)
        return self.mix[0] * ((total / self.motif.divisor(total)) @ self.motif.readout.T) + linear + self.bias
