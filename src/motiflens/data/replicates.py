"""Repeated measurements: their mean, what it is called, and how far they agree."""

import re
from collections.abc import Sequence
from itertools import combinations, takewhile

import numpy as np
from jaxtyping import Float64

from motiflens.errors import InputError

_MIN_PAIRS = 10  # rows that two replicates have in common
_Z = 1.96

Replicates = Float64[np.ndarray, "n replicates"]


def target_name(columns: Sequence[str]) -> str:
    """Return what the mean of replicates is called: what their columns have in common, or "activity"."""
    shared = takewhile(lambda letters: len(set(letters)) == 1, zip(*columns, strict=False))
    common = "".join(letters[0] for letters in shared)
    plain = re.sub(r"[\W_]*(rep|replicate|r)?[\W_]*$", "", common, flags=re.IGNORECASE)
    return plain or "activity"


def mean_of_replicates(replicates: Replicates) -> Float64[np.ndarray, " n"]:
    """Return the mean of the replicates that are there, NaN where none is."""
    known = np.isfinite(replicates)
    total = np.where(known, replicates, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def check_replicates_agree(replicates: Replicates, columns: Sequence[str], path: str) -> None:
    """Raise InputError for two replicates that do not correlate: chance alone could explain how far they do."""
    for a, b in combinations(range(len(columns)), 2):
        both = np.isfinite(replicates[:, [a, b]]).all(axis=1)
        n = int(both.sum())
        if n < _MIN_PAIRS:
            raise InputError(
                f"{path}: replicates {columns[a]} and {columns[b]} have {n} rows in common where {_MIN_PAIRS} are "
                "needed to compare them; leave one out"
            )
        r = float(np.corrcoef(replicates[both, a], replicates[both, b])[0, 1])
        if not np.arctanh(np.clip(r, -0.999999, 0.999999)) * np.sqrt(n - 3) > _Z:
            raise InputError(
                f"{path}: replicates {columns[a]} and {columns[b]} do not correlate (Pearson {r:.2f} over {n} rows): "
                "there is nothing in them to learn; check the columns and the order of their rows"
            )
