"""The terms of the `additive` network: motifs, k-mers at their positions, k-mers anywhere."""

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.codes import can_compile, kmer_indices, one_hot, pad
from motiflens.model.rules import PLAIN, Rules
from motiflens.model.stages import convolve_window

if TYPE_CHECKING:
    from motiflens.model.additive.training_step import ActivationPass, Step

#: exp of a pre-activation above this would let one window drown a sequence (and float32 overflows at 88).
LARGEST_EXPONENT = 10.0


def clamped_exp(z: Tensor) -> Tensor:
    """Return exp(z), constant where the networks bound it."""
    return z.clamp(max=LARGEST_EXPONENT).exp()


def everywhere(x: Tensor) -> Tensor:
    """Return the positions (1, length) of x (n, ..., length)."""
    return torch.arange(x.shape[-1], device=x.device)[None]


def interpolated(values: Tensor, length: int) -> Tensor:
    """Return (n, knots) values as (n, length), linearly between; PyTorch's own is not deterministic on CUDA."""
    between = (values.shape[1] - 1) / (length - 1)
    at = torch.arange(length, dtype=values.dtype, device=values.device) * between
    left = at.long().clamp(max=values.shape[1] - 2)
    return values.index_select(1, left).lerp(values.index_select(1, left + 1), at - left)


class MotifTerm(nn.Module):
    """Multi-scale filters, gated attention, position weights, saturating weighted sum.

    Filter f has at window p the weighted activation a_f(p) = activation(conv) * gate * position weight >= 0, and its
    share of the logit is readout_f * a_f(p) / (1 + A_f / saturation_f), A_f = sum_q a_f(q): for few sites a plain
    weighted sum, for many an average with a null option, as the occupancy of a binding site saturates. The gate is the
    attention of Ilse et al. (2018), tanh(V h) * sigmoid(U h) in the hidden layer with an unbounded logit, one a scale
    and position.
    """

    def __init__(self, config: AdditiveConfig, *, length: int, n_outputs: int) -> None:
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
        knots = {"none": 0, "per_base": length}.get(config.position_weights, min(config.position_knots, length))
        self.log_position_weights = nn.Parameter(torch.zeros(total, knots)) if knots else None
        self.saturation = nn.Parameter(torch.ones(total))
        self.readout = nn.Parameter(torch.zeros(n_outputs, total))

    def kernel(self) -> Tensor:
        """Return all scales centred in one bank (filters, 4, widest): one convolution is 3x faster than one a scale."""
        spare = [self.widest - w.shape[2] for w in self.filters]
        padded = [functional.pad(w, (s // 2, s - s // 2)) for w, s in zip(self.filters, spare, strict=True)]
        return torch.cat(padded)

    def position_weight(self) -> Tensor:
        """Return the factor > 0 of a match at each position, (filters, length), or (1, 1) where position is ignored."""
        if self.log_position_weights is None:
            return self.bias.new_ones(1, 1)
        weights: Tensor = self.log_position_weights
        if weights.shape[1] != self.length:
            weights = interpolated(weights, self.length)
        return clamped_exp(weights)

    def weighted_activation(self, window: Tensor, positions: Tensor, rules: Rules = PLAIN) -> tuple[Tensor, Tensor]:
        """Return activation * gate * position weight (n, filters, width), and the gate (n, scales, width).

        Args:
            window: real (n, 4, width + 2 spare), one-hot or between one-hot sequences, with as many positions to spare
                on either side.
            positions: of the output, (n or 1, width), 0-based.
            rules: how derivatives pass what is not linear.
        """
        spare = (window.shape[2] - positions.shape[1]) // 2
        match = convolve_window(window, self.kernel(), self.bias, radius=spare)
        bounded = rules.curve(torch.sigmoid, match)
        activation = rules.curve(clamped_exp, match) if self.config.activation == "exponential" else bounded
        attended = rules.curve(torch.tanh, self.gate_tanh(bounded))
        hidden = rules.times(attended, rules.curve(torch.sigmoid, self.gate_sigmoid(bounded)))
        gate = rules.curve(clamped_exp, self.gate_logit(hidden))
        by_scale = rules.times(torch.unflatten(activation, 1, (gate.shape[1], -1)), gate[:, :, None])
        weight = self.position_weight()
        weight = weight[:, positions].transpose(0, 1) if weight.shape[1] > 1 else weight
        return by_scale.flatten(1, 2) * weight, gate

    def of_sequences(self, x: Tensor, rules: Rules = PLAIN) -> tuple[Tensor, Tensor]:
        """Return `weighted_activation` of whole sequences (n, 4, length)."""
        spare = self.widest // 2
        return self.weighted_activation(functional.pad(x, (spare, spare)), everywhere(x), rules)

    def divisor(self, total: Tensor) -> Tensor:
        """Return what the activation of each filter is divided by (n, filters), from its sum over positions."""
        return 1 + total / functional.softplus(self.saturation)

    def pool(self, total: Tensor, rules: Rules = PLAIN) -> Tensor:
        """Return the share of the logits (n, n_outputs) of activations summed over positions (n, filters)."""
        return rules.divide(total, self.divisor(total)) @ self.readout.T

    def forward(self, codes: Tensor, *, threads: int | None = None) -> Tensor:
        """Return the share of the logits (n, n_outputs); `threads` of compiled passes, by default PyTorch's number."""
        return self.read_out(self.pooled(codes, threads=threads))

    def pooled(self, codes: Tensor, *, threads: int | None = None) -> Tensor:
        """Return the evidence of each filter, pooled over positions and saturated (n, filters)."""
        step = self._step(codes, threads)
        if step is None:
            total = self.of_sequences(one_hot(codes, self.bias.dtype))[0].sum(2)
        else:
            from motiflens.model.additive.training_step import SummedActivation

            total = cast(Any, SummedActivation).apply(step, *self._compiled_inputs(codes.shape[1]))
        return total / self.divisor(total)

    def read_out(self, pooled: Tensor) -> Tensor:
        """Return the share of the logits (n, n_outputs) of pooled evidence (n, filters)."""
        return functional.dropout(pooled, self.config.dropout_rate, self.training) @ self.readout.T

    def _step(self, codes: Tensor, threads: int | None = None) -> "Step | None":
        """Return what compiled passes need; None where PyTorch must do: not on a CPU, or not in float32."""
        if not can_compile(codes, self.bias):
            return None
        # numba costs a start-up that only those who use a network should pay
        from motiflens.model.additive.training_step import Step

        return Step(
            codes=pad(codes, self.widest // 2, self.widest // 2).numpy(),
            exponential=self.config.activation == "exponential",
            max_exponent=LARGEST_EXPONENT,
            threads=threads or torch.get_num_threads(),
        )

    def _compiled_inputs(self, length: int) -> list[Tensor]:
        """Return the parameters in the order of the compiled passes."""
        gates = [part for m in (self.gate_tanh, self.gate_sigmoid, self.gate_logit) for part in (m.weight, m.bias)]
        weights = self.position_weight().expand(len(self.bias), length)
        return [weights, self.bias, *gates, *self.filters]

    def _pass(self, codes: Tensor) -> "ActivationPass | None":
        """Return a compiled pass, where that is possible and no gradient is asked for."""
        step = None if torch.is_grad_enabled() else self._step(codes)
        if step is None:
            return None
        from motiflens.model.additive.training_step import ActivationPass

        return ActivationPass(step, *self._compiled_inputs(codes.shape[1]))

    def contributions(self, codes: Tensor) -> Tensor:
        """Return the share of the logits by position of the window's centre (n, n_outputs, length)."""
        done = self._pass(codes)
        if done is not None:
            return done.weighted(self.readout / self.divisor(done.total)[:, None])
        activation, _ = self.of_sequences(one_hot(codes, self.bias.dtype))
        share = activation / self.divisor(activation.sum(2))[..., None]
        return torch.einsum("nfl,hf->nhl", share, self.readout)

    def letter_contributions(self, codes: Tensor) -> Tensor:
        """Return the share of the logits by letter (n, n_outputs, length), as `by_letter` gives each match to them."""
        x = one_hot(codes, self.bias.dtype)
        return self.by_letter(x, self.of_sequences(x)[0], self.readout)

    def letter_attention(self, codes: Tensor, mix: Tensor) -> Tensor:
        """Return how much each scale attends to each letter (n, scales, length), >= 0, in logits.

        A filter's attention to the windows is a softmax over positions, a_f(p) / A_f: of match, log gate and log
        position weight, as long as no clamp acts. It is weighted by what the filter adds to the logit it moves most;
        `mix` (n_outputs,) is what the term's logits are multiplied by.
        """
        x = one_hot(codes, self.bias.dtype)
        return self.by_letter(x, self.of_sequences(x)[0], self.attention_weights(mix))

    def attention_weights(self, mix: Tensor) -> Tensor:
        """Return the size of each filter's mixed read-out in the row of its scale (scales, filters)."""
        size = (self.readout * mix[:, None]).abs().amax(0).reshape(len(self.filters), -1)
        return (torch.eye(len(size), device=size.device)[..., None] * size).flatten(1)

    def by_letter(self, x: Tensor, activation: Tensor, weights: Tensor) -> Tensor:
        """Return weighted sums of the pooled activations, spread over letters (n, rows of weights, length).

        A filter's share goes to the letters under it in proportion to how far each exceeds the mean weight of the four
        bases in its column, where it does (the z+ rule of Montavon et al. 2017); where none does, it stays at the
        window's centre.

        Args:
            x: one-hot sequences (n, 4, length).
            activation: what is summed over positions (n, filters, length).
            weights: of the filters (rows, filters).
        """
        share = activation / self.divisor(activation.sum(2))[..., None]
        kernel = self.kernel()
        excess = (kernel - kernel.mean(1, keepdim=True)).clamp(min=0)
        left, right = (self.widest - 1) // 2, self.widest // 2
        total = functional.conv1d(functional.pad(x, (left, right)), excess)
        matched = total > 0
        rate = torch.where(matched, share, 0) / torch.where(matched, total, 1)
        rest = torch.einsum("rf,nfl->nrl", weights, torch.where(matched, 0, share))
        spread = [
            (functional.conv_transpose1d(rate * row[:, None], excess)[:, :, left : left + x.shape[2]] * x).sum(1)
            for row in weights
        ]
        return torch.stack(spread, 1) + rest


class PositionTerm(nn.Module):
    """Position-wise logistic regression: one weight a k-mer of up to k letters and position; none for k-mers with N.

    Of one letter it is the usual one; longer k-mers see what neighbours mean together (the weighted degree kernel;
    Rätsch and Sonnenburg 2004). `weights[j - 1]` (n_outputs, 4^j, length) are those of j letters, by the position of
    the centre, letter j // 2.
    """

    def __init__(self, k: int, *, length: int, n_outputs: int) -> None:
        super().__init__()
        self.k = k
        self.weights = nn.ParameterList(
            nn.Parameter(torch.zeros(n_outputs, 4**j, length), requires_grad=False) for j in range(1, k + 1)
        )

    def by_length(self, window: Tensor, positions: Tensor) -> list[Tensor]:
        """Return the weights of the k-mers of 1, ..., k letters, each (n, n_outputs, width), by their centres.

        Args:
            window: codes (n, width + 2 spare), with at least k // 2 letters to spare on either side.
            positions: of the centres, (n or 1, width), 0-based.
        """
        width = positions.shape[1]
        spare, found = (window.shape[1] - width) // 2, []
        for j, weight in enumerate(self.weights, 1):
            first = spare - j // 2
            kmer, valid = kmer_indices(window[:, first : first + width + j - 1], j)
            found.append((weight[:, kmer, positions] * valid).transpose(0, 1))
        return found

    def of_sequences(self, codes: Tensor) -> list[Tensor]:
        """Return `by_length` of whole sequences (n, length)."""
        return self.by_length(pad(codes, self.k // 2, self.k // 2), everywhere(codes))

    def contributions(self, codes: Tensor) -> Tensor:
        """Return (n, n_outputs, length), by the k-mers' centres."""
        return torch.stack(self.of_sequences(codes)).sum(0)

    def letter_contributions(self, codes: Tensor) -> Tensor:
        """Return (n, n_outputs, length), each k-mer's weight shared out evenly among its letters."""
        return torch.stack([_spread(found, j) for j, found in enumerate(self.of_sequences(codes), 1)]).sum(0)

    def soft_logits(self, x: Tensor, rules: Rules) -> Tensor:
        """Return (n, n_outputs) of real x (n, 4, length)."""
        total = x.new_zeros(x.shape[0], len(self.weights[0]))
        for j, weight in enumerate(self.weights, 1):
            inside = weight[:, :, j // 2 : j // 2 + x.shape[2] - j + 1]
            total = total + torch.stack([_soft_kmers(table.T, j, x, rules) for table in inside], 1)
        return total


class KmerTerm(nn.Module):
    """k-mer logistic regression: one weight a k-mer, given to its centre; k-mers with N have none."""

    def __init__(self, k: int, *, n_outputs: int) -> None:
        super().__init__()
        self.k = k
        self.weight = nn.Parameter(torch.zeros(n_outputs, 4**k), requires_grad=False)

    def contributions(self, codes: Tensor) -> Tensor:
        """Return (n, n_outputs, length), by the k-mers' centres."""
        kmer, valid = kmer_indices(codes, self.k)
        weight = self.weight.T[kmer] * valid[..., None]
        left = self.k // 2
        return functional.pad(weight.transpose(1, 2), (left, self.k - 1 - left))

    def letter_contributions(self, codes: Tensor) -> Tensor:
        """Return (n, n_outputs, length), each k-mer's weight shared out evenly among its letters."""
        return _spread(self.contributions(codes), self.k)

    def soft_logits(self, x: Tensor, rules: Rules) -> Tensor:
        """Return (n, n_outputs) of real x (n, 4, length)."""
        return torch.stack([_soft_kmers(table[None], self.k, x, rules) for table in self.weight], 1)


def _spread(weights: Tensor, k: int) -> Tensor:
    """Share out weights of k-mers at their centres among their letters; both (n, n_outputs, length)."""
    left = k // 2
    return functional.pad(weights, (k - 1 - left, left)).unfold(2, k, 1).mean(3)


def _soft_kmers(table: Tensor, k: int, x: Tensor, rules: Rules) -> Tensor:
    """Sum over all k-mers (n,) the weight times the product of the letters' values; table (k-mers or 1, 4^k).

    Between one-hot sequences a k-mer is the product of its letters' values, its multilinear extension: its derivatives
    at a one-hot sequence are the effects of substitutions.
    """
    windows = x.unfold(2, k, 1).permute(0, 2, 3, 1)  # (n, k-mers, k, 4)
    by_first = table.reshape(len(table), 4, -1).expand(windows.shape[1], -1, -1)
    rest = torch.einsum("nwa,wab->nwb", windows[:, :, 0], by_first)
    for i in range(1, k):
        by_letter = torch.unflatten(rest, 2, (4, -1))
        rest = rules.times(by_letter, windows[:, :, i, :, None]).sum(2)
    return rest.sum((1, 2))
