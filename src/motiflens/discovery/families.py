"""Families of related sequences, which stay in one half: a motif of one gene family is no replication in its members.

Sequences are related when they share a stretch of letters. Near duplicates, as `groups` finds them, must resemble each
other over half of their length, which members of a gene family need not.
"""

import numpy as np
from jaxtyping import Bool
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from motiflens.groups.duplicates import Groups
from motiflens.shapes import Codes

_SHARED = 24  # letters in a row, more than the widest motif has
_MAX_FRACTION = 0.2  # of the sequences; a larger group shares a repeat and is no family


def families(codes: Codes) -> Groups:
    """Return the family of each sequence: those that share 24 letters in a row, directly or through others."""
    n, length = codes.shape
    if length < _SHARED:
        return np.arange(n)
    kmers = np.zeros((n, length - _SHARED + 1), np.int64)
    valid = np.ones(kmers.shape, bool)
    for j in range(_SHARED):
        letters = codes[:, j : j + kmers.shape[1]]
        kmers = kmers * 4 + (letters & 3)
        valid &= letters < 4
    rows = np.broadcast_to(np.arange(n)[:, None], kmers.shape)[valid]
    _, index, times = np.unique(kmers[valid], return_inverse=True, return_counts=True)
    repeated = times[index] > 1
    rows, index = rows[repeated], index[repeated]
    if len(rows) == 0:
        return np.arange(n)
    links = coo_array((np.ones(len(rows), bool), (rows, n + index)), shape=(n + len(times), n + len(times)))
    _, group = connected_components(links, directed=False)
    group = group[:n]
    sizes = np.bincount(group)
    unrelated = sizes[group] > _MAX_FRACTION * n
    return np.unique(np.where(unrelated, group.max() + 1 + np.arange(n), group), return_inverse=True)[1]


def halves(positive: Bool[np.ndarray, " n"], group: Groups, *, seed: int) -> Bool[np.ndarray, " n"]:
    """Return which sequences are in the first half: both get as many of each class, and groups stay whole."""
    rng = np.random.default_rng(seed)
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    first = np.zeros(len(positive), bool)
    surplus = np.zeros(2)  # of the first half over the second, by class
    # Large groups first, so that small ones even out the imbalance.
    for i in sorted(rng.permutation(len(members)), key=lambda i: -len(members[i])):
        counts = np.bincount(positive[members[i]], minlength=2)
        joins = abs(surplus + counts).sum() < abs(surplus - counts).sum() or (
            abs(surplus + counts).sum() == abs(surplus - counts).sum() and rng.random() < 0.5
        )
        first[members[i]] = joins
        surplus += counts if joins else -counts
    return first


def unrelated(family: Groups, unseen: Bool[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Return the sequences that the model has seen neither themselves nor a relative of."""
    return unseen & ~np.isin(family, family[~unseen])
