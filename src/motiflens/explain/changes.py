"""Changes of every logit by edits: from windows where that pays, checked; by whole forward passes elsewhere."""

import logging

import numpy as np
import torch
from jaxtyping import Float

from motiflens.explain.replacements import Replacements
from motiflens.explain.windows import window_share, windowed_changes
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits
from motiflens.shapes import Codes

_logger = logging.getLogger(__name__)

_AT_A_TIME = 8192  # edited copies
_CHECKED = 8  # edits of each call
_LARGEST_SHARE = 0.5  # of a sequence, for windows to pay for the gathering


def logit_changes_of(model: Model, codes: Codes, edits: Replacements) -> Float[np.ndarray, "m outputs"]:
    """Change of every logit by each edit.

    The first edits of a call are computed by whole forward passes too; where windows give something else, forward
    passes do it all and a warning is logged.
    """
    if window_share(model, edits.words.shape[1]) > _LARGEST_SHARE or len(edits.rows) <= _CHECKED:
        return _whole(model, codes, edits)
    changes = windowed_changes(model, codes, edits)
    if changes is None:
        return _whole(model, codes, edits)
    some = edits.take(slice(_CHECKED))
    error = float(np.abs(changes[:_CHECKED] - _whole(model, codes, some)).max())
    allowed = tolerance(model, codes[some.rows])
    if error <= allowed:
        return changes
    _logger.warning(f"edits were computed one by one: windows were off by {error:.1e} logits (tolerance {allowed:.1e})")
    return _whole(model, codes, edits)


def tolerance(model: Model, codes: Codes) -> float:
    """What rounding explains of a difference between two ways to compute logits."""
    single = model.members[0].dtype == torch.float32
    return 1e-5 * max(1.0, float(np.abs(predict_logits(model, codes)).max())) if single else 1e-10


def _whole(model: Model, codes: Codes, edits: Replacements) -> np.ndarray:
    rows, where = np.unique(edits.rows, return_inverse=True)
    unedited = predict_logits(model, codes[rows])
    changes = np.empty((len(where), model.n_outputs), unedited.dtype)
    for first in range(0, len(where), _AT_A_TIME):
        some = slice(first, first + _AT_A_TIME)
        changes[some] = predict_logits(model, edits.take(some).apply(codes)) - unedited[where[some]]
    return changes
