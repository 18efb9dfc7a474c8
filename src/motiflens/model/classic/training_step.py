"""The scales of `classic` in training on a CPU, in compiled passes; importing this imports numba."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from motiflens.compiled.arrays import empties, padded, to_tensor, zeros
from motiflens.compiled.simd import LANES
from motiflens.compiled.threads import CHUNKS, Team
from motiflens.model.classic.training_kernel import (
    GROUP,
    Batch,
    Gradients,
    Norm,
    Scales,
    attend,
    convolve,
    return_to_gate,
    return_to_taps,
)
from motiflens.sequence.alphabet import N

_DROPOUT_LEVELS = 1 << 16


class Parameters(NamedTuple):
    """Of one scale, as PyTorch has them: the convolution's, batch norm's, the gate's."""

    taps: Tensor  # (filters, 4, width)
    bias: Tensor  # (filters,)
    stretch: Tensor  # (filters,)
    offset: Tensor  # (filters,)
    gate: Tensor  # (1, filters)
    gate_bias: Tensor  # (1,)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a step takes beside parameters."""

    codes: np.ndarray  # (n, margin + length + margin), N in the margins
    rate: float  # of dropout
    epsilon: float  # of batch norm
    threads: int


#: What is not a number goes through, as in PyTorch, and shows in the loss.
_quiet = np.errstate(all="ignore")


class PooledScales(torch.autograd.Function):
    """Pooled features (n, scales * filters) of a batch; mean and biased variance (scales, filters) of each relu.

    `apply(step, *parameters)` takes the parameters scale by scale.
    """

    @staticmethod
    @_quiet
    def forward(ctx: Any, step: Step, *parameters: Tensor) -> tuple[Tensor, ...]:
        scales = _by_scale(parameters)
        net, margin = _scales(scales), max(p.taps.shape[2] for p in scales) // 2
        batch = _batch(step.codes, margin, net)
        # From PyTorch's own generator, so that its seed decides.
        key, chance = int(torch.randint(2**63 - 1, ())), round((1 - step.rate) * _DROPOUT_LEVELS)
        with Team(len(step.codes), step.threads) as team:
            team.run(lambda _, start, stop: convolve(net, batch, margin, start, stop))
            mean, variance = _moments(batch)
            norm = _norm(scales, step, mean, variance)
            team.run(lambda _, start, stop: attend(net, norm, batch, key, chance, start, stop))
        ctx.done = _Done(step=step, net=net, norm=norm, batch=batch, margin=margin, mean=mean, variance=variance)
        ctx.save_for_backward(*parameters)
        filters = len(scales[0].bias)
        pooled = (batch.peak / batch.whole[..., None]).swapaxes(0, 1)[..., :filters]
        found = tuple(to_tensor(a) for a in (pooled.reshape(len(pooled), -1), mean[:, :filters], variance[:, :filters]))
        ctx.mark_non_differentiable(*found[1:])
        return found

    @staticmethod
    @once_differentiable
    @_quiet
    def backward(ctx: Any, pooled: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        scales, done = _by_scale(ctx.saved_tensors), ctx.done
        net, norm, batch = done.net, done.norm, done.batch
        gradients = _gradients(pooled, net, batch)
        with Team(len(batch.codes), done.step.threads) as team:
            team.run(lambda _, start, stop: return_to_gate(net, norm, batch, gradients, start, stop))
            small = _small_gradients(scales, done, gradients)
            team.run(lambda c, start, stop: return_to_taps(net, norm, batch, gradients, done.margin, c, start, stop))
        taps = _by_taps(gradients, net, scales)
        return None, *(g for pair in zip(taps, small, strict=True) for part in pair for g in part)


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What the passes back need of those forward."""

    step: Step
    net: Scales
    norm: Norm
    batch: Batch
    margin: int
    mean: np.ndarray
    variance: np.ndarray


def _by_scale(parameters: tuple[Tensor, ...]) -> list[Parameters]:
    size = len(Parameters._fields)
    return [Parameters(*(p.detach() for p in parameters[i : i + size])) for i in range(0, len(parameters), size)]


def _stacked(rows: Sequence[Tensor]) -> np.ndarray:
    """Return rows (scales, filters), with zeros for the filters that fill up a group."""
    return padded(torch.stack(list(rows)), GROUP)


def _scales(scales: list[Parameters]) -> Scales:
    widths, bias = [p.taps.shape[2] for p in scales], _stacked([p.bias for p in scales])
    first = np.cumsum([0, *widths])
    taps = zeros((int(first[-1]), N + 1, bias.shape[1]))
    for start, p in zip(first, scales, strict=False):
        taps[start : start + p.taps.shape[2], :4, : len(p.bias)] = p.taps.permute(2, 1, 0)
    return Scales(
        taps=taps,
        first=first,
        left=np.array([(width - 1) // 2 for width in widths]),
        bias=bias,
        gate=_stacked([p.gate[0] for p in scales]),
        gate_bias=torch.cat([p.gate_bias for p in scales]).numpy(),
    )


def _batch(codes: np.ndarray, margin: int, net: Scales) -> Batch:
    (scales, filters), (n, padded) = net.bias.shape, codes.shape
    length = padded - 2 * margin
    whole, by_filter, by_position = (scales, n), (scales, n, filters), (scales, n, length + LANES)
    relu, moments, squashed, weight, sums, peak, ties = empties(
        (scales, n, length, filters), (scales, n, 2, filters), by_position, by_position, whole, by_filter, by_filter
    )
    return Batch(
        codes=codes,
        relu=relu,
        kept=np.empty((scales, n, length, filters // LANES), np.uint16),
        moments=moments,
        squashed=squashed,
        weight=weight,
        whole=sums,
        peak=peak,
        ties=ties,
    )


def _moments(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance (scales, filters) in float64 of each relu, from those of the sequences."""
    means, squares = (batch.moments[:, :, i].astype(np.float64) for i in range(2))
    mean = means.mean(1)
    between = np.square(means - mean[:, None]).mean(1)
    return mean, between + squares.mean(1) / batch.relu.shape[2]


def _norm(scales: list[Parameters], step: Step, mean: np.ndarray, variance: np.ndarray) -> Norm:
    stretch, offset = _stacked([p.stretch for p in scales]), _stacked([p.offset for p in scales])
    factor = stretch / np.sqrt(variance + step.epsilon) / (1 - step.rate)
    shift = offset / (1 - step.rate) - mean * factor
    return Norm(*(a.astype(np.float32) for a in (mean, factor, shift)))


def _gradients(pooled: Tensor, net: Scales, batch: Batch) -> Gradients:
    (scales, filters), n = net.bias.shape, len(batch.codes)
    by_scale = pooled.reshape(n, scales, -1).transpose(0, 1)
    (sums,), taps = empties((scales, n, 4, filters)), zeros((CHUNKS, *net.taps.shape))
    return Gradients(
        pooled=functional.pad(by_scale, (0, filters - by_scale.shape[2])).contiguous().numpy(),
        gate=np.empty_like(batch.weight),
        sums=sums,
        slope=np.empty_like(net.bias),
        level=np.empty_like(net.bias),
        taps=taps,
    )


def _small_gradients(scales: list[Parameters], done: _Done, gradients: Gradients) -> list[tuple[Tensor, ...]]:
    """By stretch, offset, gate and gate_bias of each scale; fills in `slope` and `level`."""
    kept, centred, peaks, peaks_centred = gradients.sums.sum(1, dtype=np.float64).swapaxes(0, 1)
    keep, gate = 1 - done.step.rate, done.net.gate
    deviation = np.sqrt(done.variance + done.step.epsilon)
    by_offset = (gate * kept + peaks) / keep
    by_stretch = (gate * centred + peaks_centred) / keep / deviation
    by_gate = done.norm.factor * centred + _stacked([p.offset for p in scales]) / keep * kept
    length, values = done.batch.relu.shape[2], done.batch.relu[0, ..., 0].size
    by_gate_bias = gradients.gate[..., :length].sum((1, 2), dtype=np.float64)
    # What the batch's own mean and variance change when r does.
    factor = done.norm.factor * keep
    gradients.slope[:] = factor * by_stretch / deviation / values
    gradients.level[:] = factor * by_offset / values - gradients.slope * done.mean
    filters = len(scales[0].bias)
    rows = (by_stretch[:, :filters], by_offset[:, :filters], by_gate[:, None, :filters], by_gate_bias[:, None])
    return [tuple(to_tensor(row[s]) for row in rows) for s in range(len(scales))]


def _by_taps(gradients: Gradients, net: Scales, scales: list[Parameters]) -> Iterator[tuple[Tensor, Tensor]]:
    """By the convolution's weight and bias of each scale."""
    whole = gradients.taps.sum(0)[..., : len(scales[0].bias)]
    for start, left, p in zip(net.first, net.left, scales, strict=False):
        taps = whole[start : start + p.taps.shape[2]]
        # Every position, N or not, is under one tap of its own filter.
        yield to_tensor(taps[:, :4].transpose(2, 1, 0)), to_tensor(taps[left].sum(0))
