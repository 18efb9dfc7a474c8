"""An `additive` network as the compiled engine takes it."""

import math
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from motiflens.compiled.arrays import padded, zeros
from motiflens.compiled.simd import LANES
from motiflens.model.additive.mutagenesis_kernel import UNITS, AdditiveArrays, AdditiveSpace
from motiflens.model.additive.network import LARGEST_EXPONENT, AdditiveNetwork

# exp(match) is multiplied by exp(weight) instead of computed anew: neither may leave the range of float32.
_LARGEST_MATCH, _LARGEST_WEIGHT = 80.0, 20.0


def is_safe(network: AdditiveNetwork) -> bool:
    """Whether every exp(match) that a sequence could give is a normal float32."""
    kernel = network.motif.kernel()
    matches = network.motif.bias + kernel.amax(1).clamp(min=0).sum(1)
    return bool(matches.max() < _LARGEST_MATCH and kernel.abs().max() < _LARGEST_WEIGHT)


def additive_arrays(network: AdditiveNetwork) -> AdditiveArrays:
    """The weights, with the term's mixing weight folded into the read-out."""
    motif, config = network.motif, network.config
    scales, widths = len(config.widths), [weight.shape[2] for weight in motif.filters]
    margin = max(widths) + LANES
    taps = torch.cat([weight.permute(2, 0, 1) for weight in motif.filters])
    places = motif.position_weight().expand(len(motif.bias), motif.length)
    units = (config.gate_units, scales)
    gate = torch.stack([_blocks(conv.weight[:, :, 0], *units) for conv in (motif.gate_tanh, motif.gate_sigmoid)], 3)
    gate_bias = torch.stack(
        [_blocks(cast(Tensor, conv.bias), *units) for conv in (motif.gate_tanh, motif.gate_sigmoid)], 2
    )
    competition = torch.zeros_like(motif.bias) if motif.competition is None else functional.softplus(motif.competition)
    return AdditiveArrays(
        taps=padded(taps),
        growth=padded(taps.exp()),
        decline=padded((-taps).exp()),
        first=np.cumsum([0, *widths]),
        left=np.array([(max(widths) - 1) // 2 - (max(widths) - width) // 2 for width in widths]),
        bias=padded(motif.bias.reshape(scales, -1)),
        gate=padded(gate.permute(0, 1, 4, 3, 2).flatten(3)),
        gate_bias=padded(gate_bias.flatten(2)),
        gate_logit=padded(_blocks(motif.gate_logit.weight.flatten(), *units)),
        gate_logit_bias=padded(cast(Tensor, motif.gate_logit.bias)),
        position_weight=padded(functional.pad(places, (margin, margin)).reshape(scales, -1, motif.length + 2 * margin)),
        capacity=padded(functional.softplus(motif.capacity).reshape(scales, -1)),
        competition=padded(competition.reshape(scales, -1)),
        readout=padded((motif.readout * network.mix[0]).reshape(network.heads, scales, -1)),
        bounded=config.activation != "exponential",
        largest_exponent=LARGEST_EXPONENT,
        largest_activation=math.exp(LARGEST_EXPONENT),
        margin=margin,
    )


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
        evidence=zeros((filters, places), dtype),
        behind=zeros((scales, filters, places + 1), dtype),
        ahead=zeros((scales, filters, places + 1), dtype),
        pooled=zeros((scales, filters), dtype),
        changed=zeros((4, filters, LANES), dtype),
        bounded=zeros((4, filters, LANES), dtype),
        window=zeros((scales, 4, filters, LANES), dtype),
        deltas=zeros((len(net.readout), 4, places), dtype),
    )
