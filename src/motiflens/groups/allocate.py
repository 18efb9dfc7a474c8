"""Whole groups to parts of given shares, every class in the same proportion."""

import numpy as np
from jaxtyping import Float64, Int64

from motiflens.groups.duplicates import Groups
from motiflens.shapes import Labels

Parts = Int64[np.ndarray, " n"]


def allocate(groups: Groups, labels: Labels, *, shares: tuple[float, ...], seed: int) -> Parts:
    """Return the part number of each record: groups stay whole, each part gets its share of every class.

    Groups with the same number of records of each class are interchangeable: they are distributed together, in random
    order, by Webster's method of apportionment, which keeps the parts in proportion at every step. The largest groups
    come first, so that small ones even out the imbalance.

    Args:
        groups: group number of each record.
        labels: class of each record.
        shares: share of each part; they sum to 1.
        seed: seed of the random order.
    """
    compositions = _compositions(groups, labels)
    kinds, kind = np.unique(compositions, axis=0, return_inverse=True)
    largest_first = np.argsort(-kinds.sum(axis=1), kind="stable")
    shuffled = np.random.default_rng(seed).permutation(len(compositions))
    blocks = np.split(shuffled[np.argsort(kind.ravel()[shuffled], kind="stable")], np.cumsum(np.bincount(kind.ravel())))
    weights = kinds / np.maximum(compositions.sum(axis=0), 1)  # of all records of each class
    filled = np.zeros((len(shares), kinds.shape[1]))
    part_of_group = np.empty(len(compositions), np.int64)
    for i in largest_first:
        counts = _apportion(len(blocks[i]), filled @ weights[i], weights[i] @ weights[i], shares=np.array(shares))
        part_of_group[blocks[i]] = np.repeat(np.arange(len(shares)), counts)
        filled += counts[:, None] * weights[i]
    return part_of_group[np.unique(groups, return_inverse=True)[1]]


def _compositions(groups: Groups, labels: Labels) -> Int64[np.ndarray, "groups classes"]:
    """Number of records of each class in each group, groups in sorted order."""
    names, group = np.unique(groups, return_inverse=True)
    classes = int(labels.max(initial=0)) + 1
    counts = np.bincount(group * classes + labels, minlength=len(names) * classes)
    return counts.reshape(len(names), classes)


def _apportion(
    n: int, filled: Float64[np.ndarray, " parts"], unit: float, *, shares: Float64[np.ndarray, " parts"]
) -> Int64[np.ndarray, " parts"]:
    """How many of n equal groups each part gets, so that filled + counts * unit is in proportion to the shares."""
    open_parts = shares > 0
    ideal = np.zeros(len(shares))
    while True:
        level = (n * unit + filled[open_parts].sum()) / shares[open_parts].sum()
        ideal[open_parts] = (level * shares - filled)[open_parts] / unit
        if (ideal >= 0).all():
            break
        open_parts &= ideal > 0
        ideal[~open_parts] = 0.0
    counts = np.floor(ideal + 1e-9).astype(np.int64)
    for _ in range(n - int(counts.sum())):
        behind = (filled + (counts + 0.5) * unit) / np.where(shares > 0, shares, 1e-300)
        counts[behind.argmin()] += 1
    return counts
