"""Exact in-silico mutagenesis: what every possible substitution does to a decision."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from motiflens.errors import ModelError
from motiflens.explain.changes import tolerance
from motiflens.explain.incremental import incremental_deltas
from motiflens.explain.naive import naive_deltas
from motiflens.explain.targets import Target, target_indices
from motiflens.explain.windows import windowed_deltas
from motiflens.model.ensemble import Model
from motiflens.model.predict import check_length
from motiflens.shapes import Attribution, Codes

_logger = logging.getLogger(__name__)

_CHECKED_SEQUENCES, _CHECKED_POSITIONS = 2, 6

#: Ways to compute what `naive_deltas` does, fastest first; the first runs on the CPU alone.
_FAST = (incremental_deltas, windowed_deltas)


@dataclass(frozen=True, kw_only=True)
class Mutagenesis:
    """Effects in logits towards each row's target class (`Output.target_weights` defines the target's logit).

    `deltas` is the change when a base replaces the observed letter: 0 for the observed base; at an N all four bases
    count against the N. `hypothetical` is `deltas` less its mean over the bases at each position: what a base
    contributes against the average base, whichever letter is observed. `note` says why the fast computation was not
    used, and is empty otherwise.
    """

    hypothetical: Attribution
    deltas: Attribution
    target: tuple[str, ...]
    note: str = ""
    method: str = "in-silico mutagenesis"


@dataclass(frozen=True, kw_only=True)
class LogitChanges:
    """Change of every logit when a base replaces the observed letter, in the precision of the model's weights."""

    values: Float[np.ndarray, "n outputs 4 length"]
    note: str = ""


def mutagenesis(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Mutagenesis:
    """Effect of every substitution in codes (n, length) on the logit of a target class.

    `target` is a class (name or index), one for each row, or None: the positive class of two, otherwise the class
    predicted for each row. Raises InputError for sequences of another length or an unknown target, ModelError for a
    model in training mode.
    """
    return _towards(model, logit_changes(model, codes), target_indices(model, codes, target))


def mutagenesis_by_class(model: Model, codes: Codes) -> dict[str, Mutagenesis]:
    """`mutagenesis` towards every class, for the cost of one."""
    changes = logit_changes(model, codes)
    return {
        name: _towards(model, changes, np.full(len(codes), index, np.int64))
        for index, name in enumerate(model.output.names)
    }


def mutagenesis_naive(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Mutagenesis:
    """The same as `mutagenesis`, with one forward pass a substitution."""
    _check(model, codes)
    changes = LogitChanges(values=naive_deltas(model, codes))
    return _towards(model, changes, target_indices(model, codes, target))


def logit_changes(model: Model, codes: Codes) -> LogitChanges:
    """Change of every logit at every substitution in codes (n, length), computing what a substitution changes alone.

    Compiled (`incremental`) on a CPU, vectorised (`windows`) on other devices and for networks that the compiled
    kernels do not know. The first sequences of each call are computed by brute force too, at a few positions. Where
    they differ, the next way is taken, in the end brute force, and the note (also logged) says so.
    Raises InputError for sequences of another length, ModelError for a model in training mode.
    """
    _check(model, codes)
    if not len(codes):
        return LogitChanges(values=naive_deltas(model, codes))
    notes: list[str] = []
    for deltas in _FAST if model.device.type == "cpu" else _FAST[1:]:
        values = deltas(model, codes)
        if values is None:
            continue
        error, allowed = _error(model, codes, values)
        if error <= allowed:
            return LogitChanges(values=values, note="; ".join(notes))
        notes.append(f"a fast computation of substitutions was off by {error:.1e} logits (tolerance {allowed:.1e})")
        _logger.warning(notes[-1])
    notes.append("substitutions were computed one by one" + ("" if notes else ": no fast method supports this network"))
    _logger.warning(notes[-1])
    return LogitChanges(values=naive_deltas(model, codes), note="; ".join(notes))


def _check(model: Model, codes: Codes) -> None:
    check_length(model, codes)
    if any(member.training for member in model.members):
        raise ModelError("the model is in training mode, where dropout makes every answer random: call eval() first")


def _error(model: Model, codes: Codes, values: np.ndarray) -> tuple[float, float]:
    """Largest difference from brute force in the first sequences, and what rounding explains."""
    some = codes[:_CHECKED_SEQUENCES]
    positions = np.unique(np.linspace(0, codes.shape[1] - 1, _CHECKED_POSITIONS).astype(np.int64))
    expected = naive_deltas(model, some, positions=positions)
    error = np.abs(values[: len(some)][..., positions] - expected).max()
    return (float(error) if np.isfinite(error) else np.inf), tolerance(model, some)


def _towards(model: Model, changes: LogitChanges, indices: np.ndarray) -> Mutagenesis:
    weights = model.output.target_weights()[indices]
    deltas = np.einsum("nh,nhbl->nbl", weights, changes.values).astype(np.float32)
    return Mutagenesis(
        hypothetical=deltas - deltas.mean(1, keepdims=True),
        deltas=deltas,
        target=tuple(model.output.names[i] for i in indices),
        note=changes.note,
    )
