"""Where a model looks, by scale and in total."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32

from motiflens.model.ensemble import Model
from motiflens.model.predict import check_length, in_batches
from motiflens.shapes import Codes


@dataclass(frozen=True, kw_only=True)
class AttentionMaps:
    """How much of a model's attention each scale gives to each position: fractions of a sequence's total.

    `maps` (n, scales, length), over members and strands, sum to one over scales and positions; `widths` are those of
    the scales' filters, in bp. What attention is, the network says (`Network.attention`): of `additive` and `deep` the
    softmax over positions that the pooling applies, by letter; of `classic` the tutorial's own.
    """

    widths: tuple[int, ...]
    maps: Float32[np.ndarray, "n scales length"]

    @property
    def total(self) -> Float32[np.ndarray, "n length"]:
        """The attention of all scales together, summing to one over the positions."""
        return self.maps.sum(1)


def attention_maps(model: Model, codes: Codes) -> AttentionMaps:
    """Return the attention of every scale at every position of codes (n, length).

    A model without attention has no scales.

    Raises:
        InputError: sequences of another length.
    """
    check_length(model, codes)
    with torch.inference_mode():
        widths = tuple(model.attention(torch.zeros(1, model.length, dtype=torch.uint8, device=model.device)))
    if not len(codes) or not widths:
        return AttentionMaps(widths=widths, maps=np.empty((len(codes), len(widths), model.length), np.float32))
    maps = in_batches(lambda x: torch.stack(list(model.attention(x).values()), 1), codes, device=model.device)
    return AttentionMaps(widths=widths, maps=maps.numpy())
