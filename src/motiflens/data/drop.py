"""Remove conflicting, repeated and leaking records, and list them with the reason."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64, Shaped

from motiflens.data.audit.duplicates import conflicting
from motiflens.data.dataset import Dataset, TargetDataset
from motiflens.data.strata import outcome_texts, outcomes_of
from motiflens.groups.duplicates import Groups, copy_groups
from motiflens.groups.near_duplicates import DuplicateIndex
from motiflens.shapes import Labels, Strands

COLUMNS = ("id", "label", "split", "reason", "because_of")


Kind = TypeVar("Kind", Dataset, TargetDataset)


@dataclass(frozen=True, kw_only=True)
class Dropped(Generic[Kind]):
    """The remaining data set, and a row (id, label, split, reason, because_of) for each removed record."""

    dataset: Kind
    table: pd.DataFrame


def drop_records(dataset: Kind, *, strands: Strands = "both") -> Dropped[Kind]:
    """Remove sequences with several labels or values (all), repeats (all but the first), and leaking records.

    Training records leak that are copies or near duplicates of test records.

    A test part that the data fix loses conflicting sequences and repeats within it only, so that scores on it remain
    comparable: of a training and a test record that are alike, the training record is removed.

    Args:
        dataset: The records.
        strands: With "both", a reverse complement is a copy.
    """
    # An element that is measured in both orientations is no copy: the two values may well differ.
    copies = copy_groups(dataset.codes, strands=strands if isinstance(dataset, Dataset) else "forward")
    outcomes = outcomes_of(dataset)
    test = np.zeros(len(dataset), bool) if dataset.split is None else dataset.split == "test"
    reason = np.full(len(dataset), "", dtype=object)
    because = np.full(len(dataset), -1)

    two_labels = conflicting(copies, outcomes)
    what = "label" if isinstance(dataset, Dataset) else "value"
    reason[two_labels] = f"the same sequence has another {what} too"
    because[two_labels] = _another_label(copies, outcomes)[two_labels]

    first = _first_of(copies, test)
    repeats = (first != np.arange(len(dataset))) & ~two_labels
    reason[repeats], because[repeats] = "copy", first[repeats]
    reason[repeats & ~test & test[first]] = "copy of a test record"

    kept = reason == ""
    if test.any():
        rows = np.flatnonzero(kept)
        nearest = DuplicateIndex(dataset.codes[rows], strands=strands).nearest(test[rows])
        near = rows[nearest >= 0]
        reason[near], because[near] = "near duplicate of a test record", rows[nearest[nearest >= 0]]
    return _without(dataset, reason, because)


def _first_of(copies: Groups, test: Bool[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Return, for each record, the row of the copy to keep: the first test record, or else the first record."""
    order = np.lexsort((np.arange(len(copies)), ~test, copies))
    _, start = np.unique(copies[order], return_index=True)
    return order[start][np.unique(copies, return_inverse=True)[1]]


def _another_label(copies: Groups, labels: Labels) -> Int64[np.ndarray, " n"]:
    """Return, for each record, the row of a copy with another label, -1 where there is none."""
    rows = pd.DataFrame({"copies": copies, "labels": labels, "row": np.arange(len(copies))})
    firsts = rows.drop_duplicates(["copies", "labels"])
    pairs = rows.merge(firsts, on="copies", suffixes=("", "_other"))
    pairs = pairs[pairs["labels"] != pairs["labels_other"]].drop_duplicates("row").set_index("row")
    return pairs["row_other"].reindex(rows["row"], fill_value=-1).to_numpy()


def _without(dataset: Kind, reason: Shaped[np.ndarray, " n"], because: Int64[np.ndarray, " n"]) -> Dropped[Kind]:
    gone = np.flatnonzero(reason != "")
    split = np.full(len(dataset), "") if dataset.split is None else dataset.split
    columns = (
        dataset.ids[gone],
        outcome_texts(dataset, gone),
        split[gone],
        reason[gone],
        dataset.ids[because[gone]],
    )
    table = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    return Dropped(dataset=dataset.take(np.flatnonzero(reason == "")), table=table)
