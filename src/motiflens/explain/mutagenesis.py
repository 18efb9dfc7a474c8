"""Exact in-silico mutagenesis: what every possible substitution does to a decision."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from motiflens.errors import ModelError
from motiflens.explain.naive import naive_deltas
from motiflens.explain.targets import Target, class_weights, target_indices
from motiflens.model.ensemble import Model
from motiflens.model.predict import check_length
from motiflens.shapes import Attribution, Codes


@dataclass(frozen=True, kw_only=True)
class Mutagenesis:
    """Effects in logits towards each row's target class (`class_weights` defines the target's logit).

    `deltas` is the change when a base replaces the observed letter: 0 for the observed base; at an N all four bases
    count against the N. `hypothetical` is `deltas` less its mean over the bases at each position: what a base
    contributes against the average base, whichever letter is observed.
    """

    hypothetical: Attribution
    deltas: Float32[np.ndarray, "n 4 length"]
    target: tuple[str, ...]
    method: str


def mutagenesis(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Mutagenesis:
    """Effect of every substitution in codes (n, length) on the logit of a target class.

    `target` is a class (name or index), one for each row, or None: the positive class of two, otherwise the class
    predicted for each row. Raises InputError for sequences of another length or an unknown target, ModelError for a
    model in training mode.
    """
    return _mutagenesis(model, codes, target=target)


def mutagenesis_naive(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Mutagenesis:
    """The same as `mutagenesis`, with one forward pass a substitution."""
    return _mutagenesis(model, codes, target=target)


def _mutagenesis(model: Model, codes: Codes, *, target: Target | Sequence[str | int]) -> Mutagenesis:
    check_length(model, codes)
    if any(member.training for member in model.members):
        raise ModelError("the model is in training mode, where dropout makes every answer random: call eval() first")
    indices = target_indices(model, codes, target)
    deltas = _towards(naive_deltas(model, codes), class_weights(model)[indices])
    return Mutagenesis(
        hypothetical=deltas - deltas.mean(1, keepdims=True),
        deltas=deltas,
        target=tuple(model.classes[i] for i in indices),
        method="in-silico mutagenesis",
    )


def _towards(
    by_head: Float[np.ndarray, "n heads 4 length"], weights: Float[np.ndarray, "n heads"]
) -> Float32[np.ndarray, "n 4 length"]:
    return np.einsum("nh,nhbl->nbl", weights, by_head).astype(np.float32)
