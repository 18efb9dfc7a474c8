"""Sequences of any lengths to one length: crop, or pad with N."""

import numpy as np
from jaxtyping import Bool

from motiflens.data.config import Crop
from motiflens.data.files.records import EncodedRecords
from motiflens.errors import InputError
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes

_ROWS = 10_000  # at a time: the gather needs 8 bytes a letter


def fit_lengths(records: EncodedRecords, length: int, crop: Crop) -> Codes:
    """Return codes (n, length) of sequences cropped to, or padded with N up to, one length.

    `crop` names the part of a longer sequence that is kept; a shorter one stands at that side.

    Raises InputError for a sequence in which no A, C, G or T is left.
    """
    codes = _fitted(records, records.codes, length=length, crop=crop, outside=N)
    empty = (codes == N).all(axis=1)
    if empty.any():
        name = records.ids[int(empty.argmax())]
        raise InputError(f"{records.path}: record {name!r} has no A, C, G or T in its {length} letters; remove it")
    return codes


def fit_masks(records: EncodedRecords, length: int, crop: Crop) -> Bool[np.ndarray, "n length"] | None:
    """Return which of the letters that `fit_lengths` returns are soft-masked; None where the records mark none."""
    if records.soft_masked is None:
        return None
    return _fitted(records, records.soft_masked, length=length, crop=crop, outside=False)


def _fitted(records: EncodedRecords, letters: np.ndarray, *, length: int, crop: Crop, outside: int) -> np.ndarray:
    if (records.lengths == length).all():
        return letters.reshape(-1, length)
    parts = (slice(i, i + _ROWS) for i in range(0, len(records.ids), _ROWS))
    gathered = (_places(records, rows, length=length, crop=crop) for rows in parts)
    return np.concatenate([np.where(known, letters[at], letters.dtype.type(outside)) for at, known in gathered])


def _places(records: EncodedRecords, rows: slice, *, length: int, crop: Crop) -> tuple[np.ndarray, np.ndarray]:
    """Return where each letter of the result stands in the records, and which of them the sequence has."""
    excess = records.lengths[rows] - length
    # Columns of the result count from `first` of the sequence; negative means padding on the left.
    first = {"left": np.zeros_like(excess), "center": excess // 2, "right": excess}[crop]
    columns = first[:, None] + np.arange(length)
    inside = (columns >= 0) & (columns < records.lengths[rows, None])
    return np.where(inside, records.starts[rows, None] + columns, 0), inside
