"""Preset `additive`: a network whose logit is a bias plus a sum of per-position contributions, exactly."""

from typing import TYPE_CHECKING, Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from motiflens.model.config import AdditiveConfig
from motiflens.model.network import Network

if TYPE_CHECKING:
    from motiflens.model.additive.training_step import EvidencePass, Step

#: exp of a pre-activation above this would let one window drown a sequence (and float32 overflows at 88).
LARGEST_EXPONENT = 10.0
_LEAST = 1e-6  # read-out of a filter that nothing has been read from
_COMPETITION = -1.0  # before softplus: where training starts; it learns slowly from less


class MotifTerm(nn.Module):
    """Multi-scale filters, gated attention, positional profile, saturating weighted sum.

    Filter f sees window p with e = activation(conv) * gate * profile >= 0, and its share of the logit is
    readout_f * e_f(p) / (1 + E_f / capacity_f + sum_g competition_g E_g) with E_f = sum_q e_f(q): for few sites a plain
    weighted sum, for many an average with a null option, as the occupancy of a binding site saturates. With
    competition, weak evidence of one filter says less beside strong evidence of another. The gate is the attention of
    Ilse et al. (2018), tanh(V h) * sigmoid(U h) in the hidden layer with an unbounded logit, one a scale and position.
    """

    def __init__(self, config: AdditiveConfig, *, length: int, heads: int) -> None:
        super().__init__()
        self.length = length
        self.config = config
        self.widest = max(config.widths)
        scales, total = len(config.widths), config.filters * len(config.widths)
        self.filters = nn.ParameterList(
            nn.Parameter(torch.randn(config.filters, 4, width) * 0.1) for width in config.widths
        )
        self.bias = nn.Parameter(torch.full((total,), -1.0))
        hidden = config.gate_units * scales
        self.gate_tanh = nn.Conv1d(total, hidden, 1, groups=scales)
        self.gate_sigmoid = nn.Conv1d(total, hidden, 1, groups=scales)
        self.gate_logit = nn.Conv1d(hidden, scales, 1, groups=scales)
        for parameter in self.gate_logit.parameters():  # attention starts even
            nn.init.zeros_(parameter)
        knots = {"none": 0, "smooth": min(config.profile_knots, length), "base": length}[config.profile]
        self.profile = nn.Parameter(torch.zeros(total, knots)) if knots else None
        self.capacity = nn.Parameter(torch.ones(total))
        rivalry = None if config.competition == "none" else nn.Parameter(torch.full((total,), _COMPETITION))
        self.competition = rivalry
        self.readout = nn.Parameter(torch.zeros(heads, total))

    def kernel(self) -> Tensor:
        """All scales centred in one bank (filters, 4, widest): one convolution is 3x faster than one a scale."""
        spare = [self.widest - w.shape[2] for w in self.filters]
        padded = [functional.pad(w, (s // 2, s - s // 2)) for w, s in zip(self.filters, spare, strict=True)]
        return torch.cat(padded)

    def position_weight(self) -> Tensor:
        """How much a match counts at each position, (filters, length), > 0."""
        if self.profile is None:
            return self.bias.new_ones(1, 1)
        profile: Tensor = self.profile
        if profile.shape[1] != self.length:
            profile = functional.interpolate(profile[None], self.length, mode="linear", align_corners=True)[0]
        return profile.clamp(max=LARGEST_EXPONENT).exp()

    def stake(self) -> Tensor:
        """How much a match counts for the decision at each position: profile times size of the read-out, > 0.

        (scales, filters of a scale, length), or 1 for the length where position does not count.
        """
        counted = (self.readout.abs().amax(0) + _LEAST)[:, None] * self.position_weight()
        return counted.reshape(len(self.filters), -1, counted.shape[1])

    def evidence(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Activation * gate * profile (n, filters, length), and the gate (n, scales, length)."""
        left = (self.widest - 1) // 2
        window = functional.pad(x, (left, self.widest - 1 - left))
        match = functional.conv1d(window, self.kernel(), self.bias)
        bounded = torch.sigmoid(match)
        activation = match.clamp(max=LARGEST_EXPONENT).exp() if self.config.activation == "exponential" else bounded
        hidden = torch.tanh(self.gate_tanh(bounded)) * torch.sigmoid(self.gate_sigmoid(bounded))
        gate = self.gate_logit(hidden).clamp(max=LARGEST_EXPONENT).exp()
        by_scale = activation.reshape(len(x), gate.shape[1], -1, x.shape[2]) * gate[:, :, None]
        return by_scale.flatten(1, 2) * self.position_weight(), gate

    def forward(self, x: Tensor, *, threads: int | None = None) -> Tensor:
        """Share of the logits (n, heads); `threads` of compiled passes, by default as many as PyTorch's."""
        total = self._summed_fast(x, threads)
        if total is None:
            total = self.evidence(x)[0].sum(2)
        return functional.dropout(total / self.saturation(total), self.config.dropout, self.training) @ self.readout.T

    def saturation(self, total: Tensor) -> Tensor:
        """What the evidence of each filter is divided by (n, filters), of its sum over positions (n, filters)."""
        return 1 + total / functional.softplus(self.capacity) + self.rivals(total)

    def rivals(self, total: Tensor) -> Tensor:
        """The part of it that all filters share (n, 1)."""
        if self.competition is None:
            return total.new_zeros(len(total), 1)
        return total @ functional.softplus(self.competition)[:, None]

    def _step(self, x: Tensor, threads: int | None = None) -> "Step | None":
        """What compiled passes need; None where they cannot take PyTorch's place: not on a CPU, not one-hot."""
        # numba costs a start-up that only those who use a network should pay
        from motiflens.compiled.batch import can_read, read_letters
        from motiflens.model.additive.training_step import Step

        codes = read_letters(x, self.widest) if can_read(x, self.bias) else None
        if codes is None:
            return None
        return Step(
            codes=codes,
            exponential=self.config.activation == "exponential",
            largest=LARGEST_EXPONENT,
            threads=threads or torch.get_num_threads(),
        )

    def _given(self, x: Tensor) -> list[Tensor]:
        """As compiled passes take them."""
        gates = [part for m in (self.gate_tanh, self.gate_sigmoid, self.gate_logit) for part in (m.weight, m.bias)]
        weights = self.position_weight().expand(len(self.bias), x.shape[2])
        return [weights, self.bias, *gates, *self.filters]

    def _summed_fast(self, x: Tensor, threads: int | None) -> Tensor | None:
        """Evidence summed over positions, in compiled passes where they are possible."""
        step = self._step(x, threads)
        if step is None:
            return None
        from motiflens.model.additive.training_step import SummedEvidence

        total: Tensor = cast(Any, SummedEvidence).apply(step, *self._given(x))
        return total

    def _pass(self, x: Tensor) -> "EvidencePass | None":
        """Compiled, where that is possible and no gradient is asked for."""
        step = None if torch.is_grad_enabled() else self._step(x)
        if step is None:
            return None
        from motiflens.model.additive.training_step import EvidencePass

        return EvidencePass(step, *self._given(x))

    def contributions(self, x: Tensor) -> Tensor:
        """Share of the logits by position of the window's centre (n, heads, length)."""
        done = self._pass(x)
        if done is not None:
            return done.weighted(self.readout / self.saturation(done.total)[:, None])
        evidence, _ = self.evidence(x)
        share = evidence / self.saturation(evidence.sum(2))[..., None]
        return torch.einsum("nfl,hf->nhl", share, self.readout)

    def gates(self, x: Tensor) -> Tensor:
        """The gate of each scale (n, scales, length)."""
        done = self._pass(x)
        return self.evidence(x)[1] if done is None else done.gate


class Letters:
    """Letters of one-hot x (n, 4, length) as numbers, 0 to 3, and which of them are known (not N), both (n, length)."""

    def __init__(self, x: Tensor) -> None:
        self.number = (x[:, 1] + 2 * x[:, 2] + 3 * x[:, 3]).long()  # an argmax takes 30 times as long
        self.known = x.sum(1) > 0.5

    def words(self, k: int, places: slice = slice(None)) -> tuple[Tensor, Tensor]:
        """Number of the word of k letters from each letter of `places` on, and whether it is free of N."""
        number, known = self.number[:, places], self.known[:, places]
        count = number.shape[1] - k + 1
        word, whole = number[:, :count], known[:, :count]
        for i in range(1, k):
            word, whole = 4 * word + number[:, i : i + count], whole & known[:, i : i + count]
        return word, whole


class PositionTerm(nn.Module):
    """Position-wise logistic regression: one weight a word of up to k letters and position; none for words with N.

    Of words of one letter it is the usual one; longer ones see what neighbours say together (the weighted degree
    kernel; Rätsch and Sonnenburg 2004). `weights[j - 1]` (heads, 4^j, length) are those of words of j letters, by the
    position of their centre, letter j // 2.
    """

    def __init__(self, k: int, *, length: int, heads: int) -> None:
        super().__init__()
        self.k = k
        self.weights = nn.ParameterList(
            nn.Parameter(torch.zeros(heads, 4**j, length), requires_grad=False) for j in range(1, k + 1)
        )

    def by_length(self, window: Tensor, positions: Tensor) -> list[Tensor]:
        """What words of 1, ..., k letters with their centre at positions (n or 1, width) say, each (n, heads, width).

        `window` is one-hot (n, 4, width + 2 * spare): as many letters to spare on either side, k // 2 at least.
        """
        letters, width = Letters(window), positions.shape[1]
        spare, found = (window.shape[2] - width) // 2, []
        for j, weight in enumerate(self.weights, 1):
            first = spare - j // 2
            word, whole = letters.words(j, slice(first, first + width + j - 1))
            found.append((weight[:, word, positions] * whole).transpose(0, 1))
        return found

    def everywhere(self, x: Tensor) -> list[Tensor]:
        """`by_length` of whole sequences (n, 4, length), by position of the words' centres."""
        spare = self.k // 2
        return self.by_length(functional.pad(x, (spare, spare)), torch.arange(x.shape[2], device=x.device)[None])

    def contributions(self, x: Tensor) -> Tensor:
        """(n, heads, length)."""
        return torch.stack(self.everywhere(x)).sum(0)


class KmerTerm(nn.Module):
    """k-mer logistic regression: one weight a word, given to the word's centre; words with N weigh nothing."""

    def __init__(self, k: int, *, heads: int) -> None:
        super().__init__()
        self.k = k
        self.weight = nn.Parameter(torch.zeros(heads, 4**k), requires_grad=False)

    def contributions(self, x: Tensor) -> Tensor:
        """(n, heads, length)."""
        word, whole = Letters(x).words(self.k)
        weight = self.weight.T[word] * whole[..., None]
        left = self.k // 2
        return functional.pad(weight.transpose(1, 2), (left, self.k - 1 - left))


class AdditiveNetwork(Network):
    """logit = bias + sum over positions of contributions, from three terms mixed with weights >= 0.

    The motif term is trained by gradient descent; the position and k-mer terms are logistic regressions, so that the
    network contains the simple baselines. `mix` (3,) and `bias` are fitted on validation data, which also calibrates.
    """

    compiled: ClassVar[bool] = True

    def __init__(self, config: AdditiveConfig, *, length: int, heads: int) -> None:
        super().__init__(length=length, heads=heads)
        self.config = config
        self.motif = MotifTerm(config, length=length, heads=heads)
        self.position = PositionTerm(min(config.placed_kmer, length), length=length, heads=heads)
        self.kmer = KmerTerm(min(config.kmer, length), heads=heads)
        self.bias = nn.Parameter(torch.zeros(heads))
        self.mix = nn.Parameter(torch.tensor([1.0, 0.0, 0.0]), requires_grad=False)

    def sparse_parameters(self) -> tuple[nn.Parameter, ...]:
        """The letters' weights in the motif term's filters: most letters of a window say nothing."""
        return tuple(self.motif.filters)

    def terms(self, x: Tensor) -> Tensor:
        """Logits of each term before mixing, (3, n, heads): motif, position, k-mer."""
        linear = (self.position.contributions(x).sum(2), self.kmer.contributions(x).sum(2))
        return torch.stack((self.motif(x), *linear))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, heads)."""
        if self.training:  # the linear terms wait for their fit
            return self.motif(x, threads=self.threads) + self.bias
        if not self.mix[1:].any():  # in validation, too
            return self.mix[0] * self.motif(x) + self.bias
        return torch.einsum("t,tnh->nh", self.mix, self.terms(x)) + self.bias

    def contributions(self, x: Tensor) -> Tensor:
        """Contributions in logits (n, heads, length); their sum over positions plus `bias` is the logit."""
        motif, position, kmer = self.mix
        return (
            motif * self.motif.contributions(x)
            + position * self.position.contributions(x)
            + kmer * self.kmer.contributions(x)
        )

    def attention(self, x: Tensor) -> dict[str, Tensor]:
        """What each scale's matches are weighed by (n, length), as a share of the sequence's total.

        Gate times profile, of the scale's filters the mean by size of their read-outs: all that multiplies a match
        before the sum over positions.
        """
        weight = self.motif.gates(x) * self.motif.stake().mean(1)
        share = weight / weight.sum(2, keepdim=True)
        return {f"width {width}": share[:, i] for i, width in enumerate(self.config.widths)}
