"""The motif term of `additive` on a CPU, in compiled passes; importing this imports numba."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from motiflens.compiled.arrays import empties, padded, to_tensor, whole, zeros
from motiflens.compiled.simd import LANES
from motiflens.compiled.threads import CHUNKS, Team
from motiflens.model.additive.training_kernel import (
    BLOCK,
    PAIR,
    Motifs,
    Plan,
    Returned,
    Space,
    return_activation,
    sum_activation,
    weigh_activation,
)
from motiflens.sequence.alphabet import N


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a step takes beside parameters."""

    codes: np.ndarray  # (n, margin + length + margin), N in the margins
    exponential: bool
    max_exponent: float  # exponents are clamped here
    threads: int


class Parameters(NamedTuple):
    """As the motif term has them; filters come scale by scale."""

    position_weight: Tensor  # (filters of all scales, length): weight of each position
    bias: Tensor  # (filters of all scales,)
    tanh_weight: Tensor  # (units of all scales, filters, 1)
    tanh_bias: Tensor
    sigmoid_weight: Tensor
    sigmoid_bias: Tensor
    logit_weight: Tensor  # (scales, units, 1)
    logit_bias: Tensor  # (scales,)
    filters: tuple[Tensor, ...]  # (filters, 4, width) each


class ActivationPass:
    """A pass forward over a batch, and what can be read from it without gradients."""

    def __init__(self, step: Step, *given: Tensor) -> None:
        self.step, self.parameters = step, _parameters(given)
        self.net = _motifs(self.parameters)
        n = len(step.codes)
        self.plan, self.space = _plan(step, self.parameters), _space(n, self.net)
        scales, filters = self.net.bias.shape
        (self.pooled,) = empties((scales, n, filters))
        self.run(lambda *chunk: sum_activation(self.net, self.plan, self.space, self.pooled, *chunk))

    def run(self, work: Callable[[int, int, int], object]) -> None:
        """Call work(chunk, start, stop) for every chunk of the batch."""
        with Team(len(self.step.codes), self.step.threads) as team:
            team.run(work)

    @property
    def total(self) -> Tensor:
        """Weighted activation summed over positions (n, filters of all scales)."""
        kept = self.pooled[..., : len(self.parameters.filters[0])].swapaxes(0, 1)
        return to_tensor(kept.reshape(len(kept), -1))

    def weighted(self, weight: Tensor) -> Tensor:
        """Return the activations summed over filters (n, n_outputs, length), by weight (n, n_outputs, all filters)."""
        scales = len(self.net.bias)
        by_scale = padded(weight.reshape(*weight.shape[:2], scales, -1).movedim(2, 0), PAIR)
        (out,) = empties((*weight.shape[:2], self.net.position_weight.shape[1]))
        self.run(lambda _, start, stop: weigh_activation(self.net, self.plan, self.space, by_scale, out, start, stop))
        return to_tensor(out[..., : self.parameters.position_weight.shape[1]])


class SummedActivation(torch.autograd.Function):
    """Activations summed over positions (n, filters of all scales); `apply(step, *parameters, *filters)`."""

    @staticmethod
    def forward(ctx: Any, step: Step, *given: Tensor) -> Tensor:
        ctx.done = done = ActivationPass(step, *given)
        ctx.save_for_backward(*given)
        return done.total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, pooled: Tensor) -> tuple[Tensor | None, ...]:
        p, done = _parameters(ctx.saved_tensors), ctx.done
        returned = _returned(pooled, done.net)
        done.run(lambda c, start, stop: return_activation(done.net, done.plan, done.space, returned, c, start, stop))
        return None, *_gradients(returned, done.net, p)


def _parameters(given: Sequence[Tensor]) -> Parameters:
    values, count = tuple(value.detach() for value in given), len(Parameters._fields) - 1
    return Parameters._make((*values[:count], values[count:]))


def _motifs(p: Parameters) -> Motifs:
    scales, count, length = len(p.filters), len(p.filters[0]), p.position_weight.shape[1]
    widths = [bank.shape[2] for bank in p.filters]
    first, widest = np.cumsum([0, *widths]), max(widths)
    taps = zeros((int(first[-1]), N + 1, whole(count, PAIR)))
    for start, bank in zip(first, p.filters, strict=False):
        taps[start : start + bank.shape[2], :4, :count] = bank.permute(2, 1, 0)
    tanh_across, sigmoid_across = (w.reshape(scales, -1, count) for w in (p.tanh_weight, p.sigmoid_weight))
    return Motifs(
        taps,
        first,
        # Banks are centred in the widest one, as `MotifTerm.kernel` has them.
        np.array([(widest - 1) // 2 - (widest - width) // 2 for width in widths]),
        padded(p.bias.reshape(scales, count), PAIR),
        padded(torch.cat((2 * tanh_across, sigmoid_across), 1).transpose(1, 2), PAIR, LANES),
        padded(torch.cat((2 * p.tanh_bias.reshape(scales, -1), p.sigmoid_bias.reshape(scales, -1)), 1), LANES),
        padded(tanh_across, PAIR),
        padded(sigmoid_across, PAIR),
        padded(p.logit_weight.reshape(scales, -1), LANES),
        padded(p.logit_bias),
        padded(p.position_weight.reshape(scales, count, length).transpose(1, 2), BLOCK, PAIR),
    )


def _plan(step: Step, p: Parameters) -> Plan:
    length = p.position_weight.shape[1]
    margin, spare = (step.codes.shape[1] - length) // 2, whole(length, BLOCK) - length
    codes = np.pad(step.codes, ((0, 0), (0, spare)), constant_values=N)
    return Plan(codes=codes, margin=margin, exponential=step.exponential, max_exponent=step.max_exponent)


def _space(n: int, net: Motifs) -> Space:
    (scales, positions, filters), hidden = net.position_weight.shape, net.hidden_bias.shape[1]
    by_unit, by_position = (scales, n, positions * hidden + LANES), (scales, n, positions + LANES)
    in_work = (CHUNKS, positions, filters)
    return Space._make(empties((scales, n, positions, filters), by_unit, by_position, by_position, in_work))


def _returned(pooled: Tensor, net: Motifs) -> Returned:
    scales = len(net.bias)
    by_scale = pooled.detach().reshape(len(pooled), scales, -1).transpose(0, 1)
    gate, units = net.tanh_across.shape, net.logit_weight.shape
    sums = (net.taps.shape, gate, units, gate, units, units, (scales,), net.position_weight.shape)
    block = (BLOCK, *units[1:])
    in_work = (net.position_weight.shape[1:], net.position_weight.shape[1:2], block, block)
    return Returned(
        padded(by_scale, PAIR),
        *(zeros((CHUNKS, *shape)) for shape in sums),
        *empties(*((CHUNKS, *shape) for shape in in_work)),
    )


def _gradients(returned: Returned, net: Motifs, p: Parameters) -> tuple[Tensor, ...]:
    """In the order of the parameters."""
    count, units = len(p.filters[0]), p.logit_weight.shape[1]
    taps = returned.taps.sum(0)[..., :count]
    # Every position, N or not, is under one tap of its own filter.
    bias = np.stack([taps[start + left].sum(0) for start, left in zip(net.first, net.left, strict=False)])
    found = [
        returned.position_weight.sum(0)[:, : p.position_weight.shape[1], :count].swapaxes(1, 2),
        bias,
        returned.tanh_weight.sum(0)[..., :count],
        returned.tanh_bias.sum(0)[..., :units],
        returned.sigmoid_weight.sum(0)[..., :count],
        returned.sigmoid_bias.sum(0)[..., :units],
        returned.logit_weight.sum(0)[..., :units],
        returned.logit_bias.sum(0),
    ]
    for start, bank in zip(net.first, p.filters, strict=False):
        found.append(taps[start : start + bank.shape[2], :4].transpose(2, 1, 0))
    pairs = zip(found, (*p[:-1], *p.filters), strict=True)
    return tuple(to_tensor(gradient).reshape(parameter.shape) for gradient, parameter in pairs)
