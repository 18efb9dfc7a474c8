"""Logits of many edited copies of a few sequences, in batches."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64, UInt8

from motiflens.explain.naive import precise_logits
from motiflens.model.ensemble import Model
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes

_AT_A_TIME = 8192  # edited copies


@dataclass(frozen=True, kw_only=True)
class Replacements:
    """Write words (m, width) over rows (m,) from starts (m,) on; an N keeps the letter there unless `literal`."""

    rows: Int64[np.ndarray, " m"]
    starts: Int64[np.ndarray, " m"]
    words: UInt8[np.ndarray, "m width"]
    literal: bool = False

    def apply(self, codes: Codes, some: slice = slice(None)) -> UInt8[np.ndarray, "edits length"]:
        """The edited sequences."""
        edited = codes[self.rows[some]]
        words = self.words[some]
        places = np.arange(len(edited))[:, None], self.starts[some, None] + np.arange(words.shape[1])
        edited[places] = words if self.literal else np.where(words == N, edited[places], words)
        return edited


def logit_changes_of(model: Model, codes: Codes, edits: Replacements) -> Float[np.ndarray, "m heads"]:
    """Change of every logit by each edit."""
    rows, where = np.unique(edits.rows, return_inverse=True)
    unedited = precise_logits(model, codes[rows])
    changes = np.empty((len(where), model.heads), unedited.dtype)
    for first in range(0, len(where), _AT_A_TIME):
        some = slice(first, first + _AT_A_TIME)
        changes[some] = precise_logits(model, edits.apply(codes, some)) - unedited[where[some]]
    return changes
