"""In-silico mutagenesis of the `classic` network: its weights as the compiled kernel takes them, and the engine."""

import numpy as np
from torch import nn

from motiflens.compiled.arrays import padded, zeros
from motiflens.compiled.simd import LANES
from motiflens.model.classic.folded import Folded
from motiflens.model.classic.mutagenesis_kernel import COLUMNS, TILE, ClassicArrays, ClassicSpace, classic_deltas
from motiflens.model.network import SubstitutionEngine


def substitution_engine(weights: Folded, *, length: int) -> SubstitutionEngine:
    """Return the compiled engine of a network's weights."""
    net = classic_arrays(weights)

    def run(codes: np.ndarray) -> np.ndarray:
        out = np.zeros((len(codes), len(weights.output), 4, length), net.bias.dtype)
        classic_deltas(net, classic_space(net, length), codes, out)
        return out

    return run


def classic_arrays(weights: Folded) -> ClassicArrays:
    """Return the weights as the kernels take them."""
    scales, widths = len(weights.bias), weights.widths
    dense1 = padded(weights.dense1.reshape(scales, -1, len(weights.bias1)), LANES, COLUMNS)
    dense2 = padded(weights.dense2, COLUMNS, COLUMNS)
    return ClassicArrays(
        taps=padded(nn.functional.pad(weights.taps, (0, 0, 0, 1)), LANES),
        first=np.cumsum([0, *widths]),
        left=np.array([(width - 1) // 2 for width in widths]),
        bias=padded(weights.bias, LANES),
        scale=padded(weights.scale, LANES),
        shift=padded(weights.shift, LANES),
        gate=padded(weights.gate, LANES),
        gate_bias=padded(weights.gate_bias),
        dense1=dense1.reshape(-1, dense1.shape[2]),
        bias1=padded(weights.bias1, COLUMNS),
        dense2=np.ascontiguousarray(np.stack(np.split(dense2, dense2.shape[1] // COLUMNS, axis=1))),
        bias2=padded(weights.bias2, COLUMNS),
        output=padded(weights.output, COLUMNS),
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
