"""In-silico mutagenesis of the `classic` network: its weights as the compiled kernel takes them, and the engine."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from motiflens.compiled.arrays import padded, zeros
from motiflens.compiled.simd import LANES
from motiflens.model.classic.mutagenesis_kernel import COLUMNS, TILE, ClassicArrays, ClassicSpace, classic_deltas
from motiflens.model.network import SubstitutionEngine


def substitution_engine(
    scales: Sequence[Any], dense: nn.Sequential, output: nn.Linear, *, length: int
) -> SubstitutionEngine:
    """Return the compiled engine of the network's scales, dense layers and output."""
    net = classic_arrays(scales, dense, output)

    def run(codes: np.ndarray) -> np.ndarray:
        out = np.zeros((len(codes), output.out_features, 4, length), net.bias.dtype)
        classic_deltas(net, classic_space(net, length), codes, out)
        return out

    return run


def classic_arrays(scales: Sequence[Any], dense: nn.Sequential, output: nn.Linear) -> ClassicArrays:
    """Return the weights, with every batch norm folded into the layer that follows it."""
    widths = [scale.conv.kernel_size[0] for scale in scales]
    factor, shift = (torch.stack(parts) for parts in zip(*(affine(scale.norm) for scale in scales), strict=True))
    gate: Tensor = torch.cat([scale.gate.weight for scale in scales])
    gate_bias = torch.cat([scale.gate.bias for scale in scales])
    dense1, _, norm1, _, dense2, _, norm2, _ = cast(Any, dense)
    (factor1, shift1), (factor2, _) = affine(norm1), affine(norm2)
    dense1_weight = padded(dense1.weight.T.unflatten(0, (len(scales), -1)), LANES, COLUMNS)
    dense2_weight = padded((dense2.weight * factor1).T, COLUMNS, COLUMNS)
    taps = torch.cat([scale.conv.weight.permute(2, 1, 0) for scale in scales])
    return ClassicArrays(
        taps=padded(nn.functional.pad(taps, (0, 0, 0, 1)), LANES),
        first=np.cumsum([0, *widths]),
        left=np.array([(width - 1) // 2 for width in widths]),
        bias=padded(torch.stack([cast(Tensor, scale.conv.bias) for scale in scales]), LANES),
        scale=padded(factor, LANES),
        shift=padded(shift, LANES),
        gate=padded(gate * factor, LANES),
        gate_bias=padded((gate * shift).sum(1) + gate_bias),
        dense1=dense1_weight.reshape(-1, dense1_weight.shape[2]),
        bias1=padded(dense1.bias, COLUMNS),
        dense2=np.ascontiguousarray(np.stack(np.split(dense2_weight, dense2_weight.shape[1] // COLUMNS, axis=1))),
        bias2=padded(dense2.bias + dense2.weight @ shift1, COLUMNS),
        output=padded(output.weight * factor2, COLUMNS),
    )


def classic_space(net: ClassicArrays, length: int) -> ClassicSpace:
    """Working memory for sequences of one length."""
    dtype, (scales, filters) = net.bias.dtype, net.bias.shape
    width, variants = int(np.diff(net.first).max()), 4 * TILE
    return ClassicSpace(
        matches=zeros((scales, length, filters), dtype),
        ahead=zeros((scales, length + 1, filters), dtype),
        behind=zeros((scales, filters), dtype),
        weight=zeros((scales, length + LANES), dtype),
        sum_behind=zeros((scales, length + 1), np.float64),
        sum_ahead=zeros((scales, length + 1), np.float64),
        window=zeros((3, width, filters), dtype),
        window_weight=zeros((3, width + LANES), dtype),
        peak=zeros((variants, scales, filters), dtype),
        norm=zeros((variants, scales), dtype),
        base=zeros((variants,), np.int64),
        position=zeros((variants,), np.int64),
        unedited=zeros((scales, len(net.bias1)), dtype),
        changed=zeros((scales * filters,), np.int64),
        change=zeros((scales * filters,), dtype),
        hidden1=zeros((variants, len(net.bias1)), dtype),
        hidden2=zeros((variants, len(net.bias2)), dtype),
        reference=zeros((len(net.output),), dtype),
    )


def affine(norm: Any) -> tuple[Tensor, Tensor]:
    """Batch norm in eval mode as a factor and a shift (channels,)."""
    factor = norm.weight / torch.sqrt(cast(Tensor, norm.running_var) + norm.eps)
    return factor, norm.bias - cast(Tensor, norm.running_mean) * factor
