"""Classes that are shuffles of another: records with the same letters or dinucleotides, and which of them are real."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64
from scipy.stats import ttest_rel

from motiflens.data.dataset import Dataset
from motiflens.data.negatives import SHUFFLED
from motiflens.sequence.kmers import kmer_counts, kmer_indices
from motiflens.shapes import Codes

_PARTNERS = 0.2  # share of a class's records that have a partner
_MOST = 0.5  # the same, of a class that is taken for shuffles
_SHORTEST = 30  # shorter sequences have equal counts by chance
_LEVEL = 1e-3


@dataclass(frozen=True, kw_only=True)
class Partners:
    """Records of two classes that have the same counts of letters, or of dinucleotides.

    Attributes:
        classes: indices of the two classes.
        kind: what they have the same counts of.
        rows: rows of the first class that have a partner.
        partners: a partner of each, in the second class.
    """

    classes: tuple[int, int]
    kind: Literal["letter", "dinucleotide"]
    rows: Int64[np.ndarray, " pairs"]
    partners: Int64[np.ndarray, " pairs"]


def shuffle_partners(dataset: Dataset) -> Iterator[Partners]:
    """Yield the classes of which a fifth of the records are partners, dinucleotides before letters alone."""
    if dataset.length < _SHORTEST:
        return
    counts = kmer_counts(dataset.codes, [2], canonical=False).matrix.toarray().astype(np.int16)
    ends = np.column_stack([dataset.codes[:, 0], dataset.codes[:, -1]]).astype(np.int16)
    keys = pd.util.hash_array(_rows_as_text(np.column_stack([counts, ends])))
    letters = np.stack([(dataset.codes == base).sum(axis=1) for base in range(4)], axis=1)
    for a, b in combinations(range(len(dataset.classes)), 2):
        left, right = (np.flatnonzero(dataset.labels == label) for label in (a, b))
        first_of_key = dict(zip(keys[right][::-1].tolist(), right[::-1].tolist(), strict=True))
        rows = left[np.isin(keys[left], keys[right])]
        if len(rows) and len(rows) >= _PARTNERS * min(len(left), len(right)):
            partners = np.array([first_of_key[key] for key in keys[rows].tolist()], np.int64)
            yield Partners(classes=(a, b), kind="dinucleotide", rows=rows, partners=partners)
        elif len(left) == len(right):  # record by record: in any order, too many have equal counts by chance
            same = (letters[left] == letters[right]).all(axis=1)
            if same.any() and same.sum() >= _PARTNERS * len(left):
                yield Partners(classes=(a, b), kind="letter", rows=left[same], partners=right[same])


def class_of_shuffles(dataset: Dataset) -> str | None:
    """Return the class that is shuffles of another, by its name or its records; None without one."""
    if SHUFFLED in dataset.classes:
        return SHUFFLED
    return next((name for found in shuffle_partners(dataset) if (name := shuffles_among(dataset, found))), None)


def shuffles_among(dataset: Dataset, found: Partners) -> str | None:
    """Return which of two classes is shuffles of the other, by its name or its records; None where it is not clear.

    Real DNA has triplets that its letters and dinucleotides do not explain. A second-order Markov chain of half of a
    class predicts the other half the better for them; partners, whose counts are equal, are compared in pairs.
    """
    names = [dataset.classes[label] for label in found.classes]
    if SHUFFLED in names:
        return SHUFFLED
    each = [np.flatnonzero(dataset.labels == label) for label in found.classes]
    predicted = np.zeros(len(dataset))
    for rows in each:
        for learned, held_out in ((rows[::2], rows[1::2]), (rows[1::2], rows[::2])):
            predicted[held_out] = _predicted(dataset.codes[held_out], by=dataset.codes[learned])
    first, second = predicted[found.rows], predicted[found.partners]
    if len(first) < max(2, _MOST * min(map(len, each))) or np.ptp(first - second) == 0:
        return None
    test = ttest_rel(first, second)
    return names[0 if test.statistic < 0 else 1] if test.pvalue <= _LEVEL else None


def _predicted(codes: Codes, *, by: Codes) -> Float64[np.ndarray, " n"]:
    """The mean log probability of a letter after the two before it, as other sequences have them."""
    learned, triplets = kmer_indices(by, 3), kmer_indices(codes, 3)
    counts = np.bincount(learned[learned >= 0], minlength=64).reshape(16, 4) + 1.0
    log_p = np.log(counts / counts.sum(1, keepdims=True)).ravel()
    known = triplets >= 0
    return np.asarray((log_p[triplets] * known).sum(1) / np.maximum(known.sum(1), 1))


def _rows_as_text(rows: np.ndarray) -> np.ndarray:
    rows = np.ascontiguousarray(rows)
    return np.array([row.tobytes() for row in rows], dtype=object)
