"""Logits of pairs of sequences by the `classic` network: the compiled engine."""

import numpy as np
from jaxtyping import Float

from motiflens.compiled.arrays import padded, zeros
from motiflens.compiled.simd import LANES
from motiflens.model.classic.folded import Folded
from motiflens.model.classic.mutagenesis import classic_arrays
from motiflens.model.classic.mutagenesis_kernel import ClassicArrays
from motiflens.model.classic.pair_kernel import PairSpace, classic_pairs
from motiflens.model.network import PairEngine
from motiflens.shapes import Codes


def pair_engine(weights: Folded, *, length: int) -> PairEngine:
    """Return the compiled engine of a network's weights."""
    net, bias = classic_arrays(weights), padded(weights.output_bias)

    def run(first: Codes, second: Codes) -> Float[np.ndarray, "2 n outputs"]:
        out = np.zeros((2, len(first), len(bias)), net.bias.dtype)
        classic_pairs(net, pair_space(net, length), first, second, out)
        return out + bias

    return run


def pair_space(net: ClassicArrays, length: int) -> PairSpace:
    """Working memory for one pair at a time."""
    dtype, (scales, filters) = net.bias.dtype, net.bias.shape
    return PairSpace(
        matches=zeros((2, scales, length, filters), dtype),
        gate=zeros((2, scales, length + LANES), dtype),
        pooled=zeros((scales * filters,), dtype),
        hidden1=zeros((len(net.bias1),), dtype),
        hidden2=zeros((len(net.bias2),), dtype),
    )
