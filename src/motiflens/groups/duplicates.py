"""Copies: sequences that are equal on the same or on the opposite strand, and groups joined by them."""

import numpy as np
import pyarrow as pa
from jaxtyping import Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from motiflens.sequence.alphabet import reverse_complement
from motiflens.shapes import Codes, Strands

Groups = Int64[np.ndarray, " n"]

_ROWS = 100_000


def equal_sequences(codes: Codes) -> Groups:
    """Return the group number of each sequence, in order of first appearance: equal codes have one number."""
    n, length = codes.shape
    rows = pa.Array.from_buffers(pa.binary(length), n, [None, pa.py_buffer(np.ascontiguousarray(codes))])
    return rows.dictionary_encode().indices.to_numpy().astype(np.int64)


def strand_copies(codes: Codes) -> Groups:
    """Return the group number of each sequence: copies on the same or the opposite strand have one number."""
    return equal_sequences(
        np.concatenate([canonical(codes[i : i + _ROWS]) for i in range(0, len(codes), _ROWS)] or [codes])
    )


def copy_groups(codes: Codes, *, strands: Strands) -> Groups:
    """Return the group number of each sequence: copies, on either strand with "both", have one number."""
    return strand_copies(codes) if strands == "both" else equal_sequences(codes)


def canonical(codes: Codes) -> Codes:
    """Return of each sequence and its reverse complement the one that sorts first."""
    other = reverse_complement(codes)
    first = (codes != other).argmax(axis=1)[:, None]
    keep = np.take_along_axis(codes, first, 1) <= np.take_along_axis(other, first, 1)
    return np.where(keep, codes, other)


def join_groups(*partitions: Groups) -> Groups:
    """Return the finest grouping that keeps together what any of the partitions keeps together, transitively."""
    n = len(partitions[0])
    offsets = np.cumsum([n] + [int(groups.max(initial=-1)) + 1 for groups in partitions])
    records = np.tile(np.arange(n), len(partitions))
    groups = np.concatenate([groups + offset for groups, offset in zip(partitions, offsets[:-1], strict=True)])
    links = coo_array((np.ones(len(records), bool), (records, groups)), shape=(offsets[-1], offsets[-1]))
    return connected_components(links, directed=False)[1][:n].astype(np.int64)
