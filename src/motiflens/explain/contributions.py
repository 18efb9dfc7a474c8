"""A network's own account of a decision: logit = bias + sum of contributions, by window or by letter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from torch import Tensor

from motiflens.explain.targets import Target, target_indices
from motiflens.model.ensemble import Model
from motiflens.model.predict import check_length, in_batches
from motiflens.shapes import Codes


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Contributions by position towards each row's target, in `Output.unit`: what is explained is bias + their sum."""

    values: Float32[np.ndarray, "n length"]
    bias: Float32[np.ndarray, " n"]
    target: tuple[str, ...]


def contributions(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Contributions:
    """Return the contribution of every window, at its centre's position, for codes (n, length).

    Raises:
        InputError: sequences of another length, or an unknown target.
        ModelError: the logit is no sum over positions.
    """
    return _towards(model, codes, target, model.contributions)


def letter_contributions(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Contributions:
    """Return the same sum by letter: each window's contribution is shared out among the letters that made it match.

    How is up to the network (`Network.letter_contributions`). Raises as `contributions` does.
    """
    return _towards(model, codes, target, model.letter_contributions)


def _towards(
    model: Model, codes: Codes, target: Target | Sequence[str | int], function: Callable[[Tensor], Tensor]
) -> Contributions:
    check_length(model, codes)
    indices = target_indices(model, codes, target)
    weights = model.output.target_weights()[indices].astype(np.float32)
    values = np.empty(codes.shape, np.float32)
    if len(codes):
        by_output = in_batches(function, codes, device=model.device).numpy()
        np.einsum("nh,nhl->nl", weights, by_output, out=values)
    centres = model.output.target_centres()[indices].astype(np.float32)
    bias = weights @ model.bias.detach().cpu().numpy() + centres
    return Contributions(values=values, bias=bias, target=tuple(model.output.names[i] for i in indices))
