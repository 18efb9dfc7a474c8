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
    """Attention (n, scales, length), averaged over members and strands, and the scales' names ("width 7")."""

    scales: tuple[str, ...]
    maps: Float32[np.ndarray, "n scales length"]


def attention_maps(model: Model, codes: Codes) -> AttentionMaps:
    """Attention of every scale at every position of codes (n, length), each map summing to one.

    Raises InputError for sequences of another length.
    """
    check_length(model, codes)
    device = model.members[0].device
    with torch.inference_mode():
        scales = tuple(model.attention(torch.zeros(1, 4, model.length, device=device)))
    if not len(codes):
        return AttentionMaps(scales=scales, maps=np.empty((0, len(scales), model.length), np.float32))
    maps = in_batches(lambda x: torch.stack(list(model.attention(x).values()), 1), codes, device=device)
    return AttentionMaps(scales=scales, maps=maps.numpy())
