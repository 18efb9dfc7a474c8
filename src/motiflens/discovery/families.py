"""Related sequences stay together: a motif of one gene family must not count as found again in its other members."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from motiflens.shapes import Codes

_SHARED = 24  # letters in common, beyond the widest motif
_LARGEST = 0.2  # share of the sequences from which a group is no family but a repeat, and says nothing


def families(codes: Codes) -> np.ndarray:
    """Group (n,) of each sequence: one number for those that share 24 letters in a row, directly or through others."""
    n, length = codes.shape
    if length < _SHARED:
        return np.arange(n)
    words = np.zeros((n, length - _SHARED + 1), np.int64)
    known = np.ones(words.shape, bool)
    for j in range(_SHARED):
        letters = codes[:, j : j + words.shape[1]]
        words = words * 4 + (letters & 3)
        known &= letters < 4
    rows = np.broadcast_to(np.arange(n)[:, None], words.shape)[known]
    _, index, times = np.unique(words[known], return_inverse=True, return_counts=True)
    repeated = times[index] > 1
    rows, index = rows[repeated], index[repeated]
    if len(rows) == 0:
        return np.arange(n)
    links = coo_array((np.ones(len(rows), bool), (rows, n + index)), shape=(n + len(times), n + len(times)))
    _, group = connected_components(links, directed=False)
    group = group[:n]
    sizes = np.bincount(group)
    lone = sizes[group] > _LARGEST * n
    return np.unique(np.where(lone, group.max() + 1 + np.arange(n), group), return_inverse=True)[1]


def halves(positive: np.ndarray, group: np.ndarray, *, seed: int) -> np.ndarray:
    """Which sequences (n,) are in the first half: both halves get as many of each class, groups stay whole."""
    rng = np.random.default_rng(seed)
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    first = np.zeros(len(positive), bool)
    surplus = np.zeros(2)  # of the first half over the second, by class
    # Large groups first, so that the small ones even out what they leave.
    for i in sorted(rng.permutation(len(members)), key=lambda i: -len(members[i])):
        counts = np.bincount(positive[members[i]], minlength=2)
        joins = abs(surplus + counts).sum() < abs(surplus - counts).sum() or (
            abs(surplus + counts).sum() == abs(surplus - counts).sum() and rng.random() < 0.5
        )
        first[members[i]] = joins
        surplus += counts if joins else -counts
    return first
