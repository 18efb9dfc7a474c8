"""In-silico mutagenesis of the `additive` network: its weights as the compiled kernel takes them, and the engine."""

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from motiflens.compiled.arrays import padded, zeros
from motiflens.compiled.simd import LANES
from motiflens.model.additive.mutagenesis_kernel import (
    UNITS,
    AdditiveArrays,
    AdditiveSpace,
    add_kmer_deltas,
    additive_deltas,
)
from motiflens.model.additive.terms import LARGEST_EXPONENT, KmerTerm, MotifTerm, PositionTerm
from motiflens.model.network import SubstitutionEngine

# exp(match) is multiplied by exp(weight) instead of computed anew: neither may leave the range of float32.
_LARGEST_MATCH, _LARGEST_WEIGHT = 80.0, 20.0


def substitution_engine(
    motif: MotifTerm, position: PositionTerm, kmer: KmerTerm, *, mix: Tensor
) -> SubstitutionEngine | None:
    """Return the compiled engine of the mixed terms; None where its floating-point range would not do."""
    if not is_safe(motif):
        return None
    net = additive_arrays(motif, mix=mix[0])
    kmers = kmer_tables(position, kmer, mix=mix)

    def run(codes: np.ndarray) -> np.ndarray:
        out = np.zeros((len(codes), len(net.readout), 4, motif.length), net.bias.dtype)
        additive_deltas(net, additive_space(net), codes, out)
        for k, weight in kmers:
            add_kmer_deltas(weight, k, codes, out)
        return out

    return run


def kmer_tables(position: PositionTerm, kmer: KmerTerm, *, mix: Tensor) -> list[tuple[int, np.ndarray]]:
    """Return k and the mixed weights (length or 1, 4^k, n_outputs) of the k-mers of each length."""
    tables = [(k, weight.permute(2, 1, 0) * mix[1]) for k, weight in enumerate(position.weights, 1)]
    tables.append((kmer.k, kmer.weight.T[None] * mix[2]))
    return [(k, padded(weight)) for k, weight in tables]


def is_safe(motif: MotifTerm) -> bool:
    """Return whether every exp(match) that a sequence could give is a normal float32."""
    kernel = motif.kernel()
    matches = motif.bias + kernel.amax(1).clamp(min=0).sum(1)
    return bool(matches.max() < _LARGEST_MATCH and kernel.abs().max() < _LARGEST_WEIGHT)


def additive_arrays(motif: MotifTerm, *, mix: Tensor) -> AdditiveArrays:
    """Return the weights, with the term's mixing weight folded into the read-out."""
    config = motif.config
    scales, widths = len(config.widths), [weight.shape[2] for weight in motif.filters]
    margin = max(widths) + LANES
    taps = torch.cat([weight.permute(2, 0, 1) for weight in motif.filters])
    places = motif.position_weight().expand(len(motif.bias), motif.length)
    units = (config.gate_units, scales)
    gate = torch.stack([_blocks(conv.weight[:, :, 0], *units) for conv in (motif.gate_tanh, motif.gate_sigmoid)], 3)
    gate_bias = torch.stack(
        [_blocks(cast(Tensor, conv.bias), *units) for conv in (motif.gate_tanh, motif.gate_sigmoid)], 2
    )
    return AdditiveArrays(
        taps=padded(taps),
        growth=padded(taps.exp()),
        decline=padded((-taps).exp()),
        first=first_rows(widths),
        left=positions_before(widths),
        bias=padded(motif.bias.reshape(scales, -1)),
        gate=padded(gate.permute(0, 1, 4, 3, 2).flatten(3)),
        gate_bias=padded(gate_bias.flatten(2)),
        gate_logit=padded(_blocks(motif.gate_logit.weight.flatten(), *units)),
        gate_logit_bias=padded(cast(Tensor, motif.gate_logit.bias)),
        position_weight=padded(functional.pad(places, (margin, margin)).reshape(scales, -1, motif.length + 2 * margin)),
        saturation=padded(functional.softplus(motif.saturation).reshape(scales, -1)),
        readout=padded((motif.readout * mix[:, None]).reshape(len(motif.readout), scales, -1)),
        bounded=config.activation != "exponential",
        largest_exponent=LARGEST_EXPONENT,
        largest_activation=math.exp(LARGEST_EXPONENT),
        margin=margin,
    )


def first_rows(widths: Sequence[int]) -> np.ndarray:
    """Return the first row of each scale in a table of the taps of all, and the number of rows."""
    return np.cumsum([0, *widths])


def positions_before(widths: Sequence[int]) -> np.ndarray:
    """Return the positions that a filter of each scale sees before its own, all centred on the widest."""
    return np.array([(max(widths) - 1) // 2 - (max(widths) - width) // 2 for width in widths])


def _blocks(values: Tensor, units: int, scales: int) -> Tensor:
    """Values by hidden unit (scales * units, ...) as (scales, blocks, UNITS, ...), with zeros for missing units."""
    by_scale = values.reshape(scales, units, *values.shape[1:])
    spare = [0, 0] * (by_scale.ndim - 2) + [0, -units % UNITS]
    return functional.pad(by_scale, spare).reshape(scales, -1, UNITS, *values.shape[1:])


def additive_space(net: AdditiveArrays) -> AdditiveSpace:
    """Working memory for one sequence at a time."""
    dtype, (scales, filters), places = net.bias.dtype, net.bias.shape, net.position_weight.shape[2]
    odds = zeros((scales, filters, places), dtype)
    odds[:] = 1
    return AdditiveSpace(
        letters=zeros((4, places), dtype),
        odds=odds,
        activation=zeros((filters, places), dtype),
        behind=zeros((scales, filters, places + 1), dtype),
        ahead=zeros((scales, filters, places + 1), dtype),
        pooled=zeros((scales, filters), dtype),
        changed=zeros((4, filters, LANES), dtype),
        bounded=zeros((4, filters, LANES), dtype),
        window=zeros((scales, 4, filters, LANES), dtype),
        deltas=zeros((len(net.readout), 4, places), dtype),
    )
