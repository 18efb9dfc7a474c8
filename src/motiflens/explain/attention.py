"""Where each scale of a model looks."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32

from motiflens.model.ensemble import Model
from motiflens.model.predict import check_length, in_batches
from motiflens.shapes import Codes


@dataclass(frozen=True, kw_only=True)
class AttentionMaps:
    """Attention (n, scales, length), averaged over members and strands, and the width in bp of each scale's filters."""

    widths: tuple[int, ...]
    maps: Float32[np.ndarray, "n scales length"]


def attention_maps(model: Model, codes: Codes) -> AttentionMaps:
    """Return the attention of every scale at every position of codes (n, length), each map summing to one.

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
