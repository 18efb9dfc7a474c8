"""The additive network's own account of a decision: logit = bias + sum of contributions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from motiflens.explain.targets import Target, class_weights, target_indices
from motiflens.model.ensemble import Model
from motiflens.model.predict import check_length, in_batches
from motiflens.shapes import Codes


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Contributions by position in logits towards each row's target; the target logit is bias + their sum."""

    values: Float32[np.ndarray, "n length"]
    bias: Float32[np.ndarray, " n"]
    target: tuple[str, ...]


def contributions(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Contributions:
    """Contribution of every window, at its centre's position, for codes (n, length).

    Raises InputError for sequences of another length or an unknown target, and ModelError for a preset whose logit is
    not a sum over positions.
    """
    check_length(model, codes)
    indices = target_indices(model, codes, target)
    weights = class_weights(model)[indices].astype(np.float32)
    values = np.empty(codes.shape, np.float32)
    if len(codes):
        by_head = in_batches(model.contributions, codes, device=model.members[0].device).numpy()
        np.einsum("nh,nhl->nl", weights, by_head, out=values)
    bias = weights @ model.bias.detach().cpu().numpy()
    return Contributions(values=values, bias=bias, target=tuple(model.classes[i] for i in indices))
