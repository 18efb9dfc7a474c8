"""In-silico mutagenesis by brute force: one forward pass a substitution; what the fast engine is held against."""

import numpy as np
import torch
from jaxtyping import Float, Int

from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits
from motiflens.shapes import Codes


def logits_dtype(model: Model) -> np.dtype:
    """Return the precision of a model's logits."""
    return torch.empty(0, dtype=model.members[0].dtype).numpy().dtype


def naive_deltas(
    model: Model, codes: Codes, *, positions: Int[np.ndarray, " p"] | None = None
) -> Float[np.ndarray, "n outputs 4 p"]:
    """Change of every logit when a base replaces the observed letter, by base and position.

    The observed base's change is 0; at an N all four count against the N. `positions` (0-based) defaults to all. The
    precision is that of the model's weights.
    """
    where = np.arange(codes.shape[1]) if positions is None else positions
    out = np.empty((len(codes), model.n_outputs, 4, len(where)), logits_dtype(model))
    for row, sequence in enumerate(codes):
        out[row] = _deltas(model, sequence, where)
    return out


def _deltas(model: Model, sequence: np.ndarray, where: np.ndarray) -> np.ndarray:
    """(n_outputs, 4, positions) of one sequence (length,)."""
    edits = np.repeat(sequence[None], 1 + 4 * len(where), axis=0)
    edits[1:].reshape(4, len(where), -1)[:, np.arange(len(where)), where] = np.arange(4)[:, None]
    edited = np.flatnonzero((edits != sequence).any(1))  # the observed base costs no pass
    logits = predict_logits(model, edits[np.concatenate(([0], edited))])
    deltas = np.zeros((4 * len(where), model.n_outputs), logits.dtype)
    deltas[edited - 1] = logits[1:] - logits[0]
    return deltas.T.reshape(model.n_outputs, 4, len(where))
