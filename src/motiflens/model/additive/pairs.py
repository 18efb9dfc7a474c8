"""Logits of pairs of sequences by the `additive` network: the compiled engine."""

import numpy as np
from jaxtyping import Float
from torch import Tensor

from motiflens.compiled.arrays import padded, zeros
from motiflens.compiled.simd import LANES
from motiflens.model.additive.mutagenesis import additive_arrays
from motiflens.model.additive.mutagenesis_kernel import AdditiveArrays
from motiflens.model.additive.pair_kernel import PairSpace, add_kmer_logits, additive_pairs
from motiflens.model.additive.terms import KmerTerm, MotifTerm, PositionTerm
from motiflens.model.network import PairEngine
from motiflens.shapes import Codes


def pair_engine(motif: MotifTerm, position: PositionTerm, kmer: KmerTerm, *, mix: Tensor, bias: Tensor) -> PairEngine:
    """Return the compiled engine of the mixed terms."""
    net = additive_arrays(motif, mix=mix[0])
    tables = [(k, weight.permute(2, 1, 0) * mix[1]) for k, weight in enumerate(position.weights, 1)]
    tables.append((kmer.k, kmer.weight.T[None] * mix[2]))
    kmers = [(k, padded(weight)) for k, weight in tables if weight.any()]
    constant = padded(bias)

    def run(first: Codes, second: Codes) -> Float[np.ndarray, "2 n outputs"]:
        out = np.zeros((2, len(first), len(net.readout)), net.bias.dtype)
        additive_pairs(net, pair_space(net), first, second, out)
        linear = np.zeros(out.shape)  # float64: thousands of weights
        for k, weight in kmers:
            add_kmer_logits(weight, k, first, linear[0])
            add_kmer_logits(weight, k, second, linear[1])
        return (out + linear + constant).astype(out.dtype)

    return run


def pair_space(net: AdditiveArrays) -> PairSpace:
    """Working memory for one pair at a time."""
    dtype, (scales, filters), places = net.bias.dtype, net.bias.shape, net.position_weight.shape[2]
    return PairSpace(
        letters=zeros((4, places), dtype),
        changed=zeros((1, filters, LANES), dtype),
        bounded=zeros((1, filters, LANES), dtype),
        activation=zeros((scales, filters, places), dtype),
        edited=zeros((scales, filters, places), dtype),
    )
