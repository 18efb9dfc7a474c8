"""Sequences of any lengths to one length: crop, or pad with N."""

import numpy as np

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
    if (records.lengths == length).all():
        codes = records.codes.reshape(-1, length)
    else:
        codes = np.concatenate(
            [_gather(records, slice(i, i + _ROWS), length, crop) for i in range(0, len(records.ids), _ROWS)]
        )
    empty = (codes == N).all(axis=1)
    if empty.any():
        name = records.ids[int(empty.argmax())]
        raise InputError(f"{records.path}: record {name!r} has no A, C, G or T in its {length} letters; remove it")
    return codes


def _gather(records: EncodedRecords, rows: slice, length: int, crop: Crop) -> Codes:
    excess = records.lengths[rows] - length
    # Columns of the result count from `first` of the sequence; negative means padding on the left.
    first = {"left": np.zeros_like(excess), "center": excess // 2, "right": excess}[crop]
    columns = first[:, None] + np.arange(length)
    inside = (columns >= 0) & (columns < records.lengths[rows, None])
    letters = records.codes[np.where(inside, records.starts[rows, None] + columns, 0)]
    return np.where(inside, letters, np.uint8(N))
