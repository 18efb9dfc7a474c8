"""Logits of pairs of sequences by the `additive` network: its weights as the compiled kernel takes them, the engine."""

import math
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from motiflens.compiled.arrays import padded, whole, zeros
from motiflens.compiled.simd import LANES
from motiflens.model.additive.mutagenesis import first_rows, kmer_tables, positions_before
from motiflens.model.additive.pair_kernel import HALF, PairArrays, PairSpace, add_kmer_logits, additive_pairs
from motiflens.model.additive.terms import LARGEST_EXPONENT, KmerTerm, MotifTerm, PositionTerm
from motiflens.model.network import PairEngine
from motiflens.shapes import Codes


def pair_engine(motif: MotifTerm, position: PositionTerm, kmer: KmerTerm, *, mix: Tensor, bias: Tensor) -> PairEngine:
    """Return the compiled engine of the mixed terms."""
    net = pair_arrays(motif, mix=mix[0])
    kmers = [(k, weight) for k, weight in kmer_tables(position, kmer, mix=mix) if weight.any()]
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


def pair_arrays(motif: MotifTerm, *, mix: Tensor) -> PairArrays:
    """Return the weights, with the term's mixing weight folded into the read-out."""
    config = motif.config
    scales, widths = len(config.widths), [weight.shape[2] for weight in motif.filters]
    filters, units = config.filters, config.gate_units
    taps = torch.cat([weight.permute(2, 1, 0) for weight in motif.filters])

    def by_filter(values: Tensor) -> np.ndarray:
        return padded(values.reshape(*values.shape[:-1], scales, filters), LANES)

    def blocks(tanh: Tensor, sigmoid: Tensor) -> Tensor:
        """Values by hidden unit (scales * units, ...) as (scales, blocks, ..., LANES): halves of either kind."""
        halves = [half.reshape(scales, units, *half.shape[1:]).movedim(1, -1) for half in (tanh, sigmoid)]
        spare = whole(units, HALF) - units
        cut = [torch.unflatten(functional.pad(half, (0, spare)), -1, (-1, HALF)) for half in halves]
        return torch.cat(cut, -1).movedim(-2, 1)

    def weights(convolution: torch.nn.Conv1d) -> Tensor:
        return functional.pad(convolution.weight[:, :, 0], (0, whole(filters, LANES) - filters))

    gates = (motif.gate_tanh, motif.gate_sigmoid)
    gate_logit = motif.gate_logit.weight.flatten()
    places = motif.position_weight().expand(len(motif.bias), motif.length)
    saturation = functional.softplus(motif.saturation).reshape(scales, filters)
    spare = whole(filters, LANES) - filters
    return PairArrays(
        taps=padded(functional.pad(taps, (0, 0, 0, 1)), LANES),
        first=first_rows(widths),
        left=positions_before(widths),
        bias=by_filter(motif.bias),
        gate=padded(blocks(2 * weights(gates[0]), weights(gates[1]))),
        gate_bias=padded(blocks(2 * cast(Tensor, gates[0].bias), cast(Tensor, gates[1].bias))),
        gate_logit=padded(blocks(gate_logit, torch.zeros_like(gate_logit))),
        gate_logit_bias=padded(cast(Tensor, motif.gate_logit.bias)),
        position_weight=padded(places.reshape(scales, filters, -1).transpose(1, 2), LANES),
        saturation=padded(functional.pad(saturation, (0, spare), value=1.0)),
        readout=by_filter(motif.readout * mix[:, None]),
        bounded=config.activation != "exponential",
        largest_exponent=LARGEST_EXPONENT,
        largest_activation=math.exp(LARGEST_EXPONENT),
        margin=max(widths),
    )


def pair_space(net: PairArrays) -> PairSpace:
    """Working memory for one pair at a time."""
    dtype, shape = net.bias.dtype, net.position_weight.shape
    length = shape[1]
    return PairSpace(
        codes=np.full(length + 2 * net.margin, 4, np.uint8),
        odds=zeros(shape[1:], dtype),
        bounded=zeros((length + 3, shape[2]), dtype),
        units=zeros((length + 4, LANES), dtype),
        gate=zeros((length + LANES,), dtype),
        activation=zeros(shape, dtype),
        kept=zeros(shape, dtype),
    )
