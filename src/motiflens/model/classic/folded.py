"""The `classic` network with every batch norm folded into the layer that follows it."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Folded(NamedTuple):
    """Weights in evaluation mode: responses are scale * relu(match) + shift, and gates take relu(match)."""

    widths: tuple[int, ...]
    taps: Float[Tensor, "rows 4 filters"]  # scale by scale, a row for each letter of the width
    bias: Float[Tensor, "scales filters"]
    scale: Float[Tensor, "scales filters"]
    shift: Float[Tensor, "scales filters"]
    gate: Float[Tensor, "scales filters"]
    gate_bias: Float[Tensor, " scales"]
    dense1: Float[Tensor, "features units1"]
    bias1: Float[Tensor, " units1"]
    dense2: Float[Tensor, "units1 units2"]
    bias2: Float[Tensor, " units2"]
    output: Float[Tensor, "outputs units2"]
    output_bias: Float[Tensor, " outputs"]


def folded(scales: Sequence[Any], dense: nn.Sequential, output: nn.Linear) -> Folded:
    """Return the weights of the network's scales, dense layers and output."""
    factor, shift = (torch.stack(parts) for parts in zip(*(_affine(scale.norm) for scale in scales), strict=True))
    gate: Tensor = torch.cat([scale.gate.weight for scale in scales])
    dense1, _, norm1, _, dense2, _, norm2, _ = cast(Any, dense)
    (factor1, shift1), (factor2, shift2) = _affine(norm1), _affine(norm2)
    return Folded(
        widths=tuple(scale.conv.kernel_size[0] for scale in scales),
        taps=torch.cat([scale.conv.weight.permute(2, 1, 0) for scale in scales]),
        bias=torch.stack([cast(Tensor, scale.conv.bias) for scale in scales]),
        scale=factor,
        shift=shift,
        gate=gate * factor,
        gate_bias=(gate * shift).sum(1) + torch.cat([scale.gate.bias for scale in scales]),
        dense1=dense1.weight.T,
        bias1=dense1.bias,
        dense2=(dense2.weight * factor1).T,
        bias2=dense2.bias + dense2.weight @ shift1,
        output=output.weight * factor2,
        output_bias=output.bias + output.weight @ shift2,
    )


def _affine(norm: Any) -> tuple[Tensor, Tensor]:
    """Batch norm in evaluation mode as a factor and a shift (channels,)."""
    factor = norm.weight / torch.sqrt(cast(Tensor, norm.running_var) + norm.eps)
    return factor, norm.bias - cast(Tensor, norm.running_mean) * factor
