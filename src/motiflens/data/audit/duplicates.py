"""Copies and near duplicates: within the data, across labels, across the test split."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64

from motiflens.data.audit.finding import Finding, Severity, about
from motiflens.data.checks import OWN_IDS
from motiflens.data.dataset import AnyDataset, Dataset, SequenceSet
from motiflens.data.split_groups import intervals
from motiflens.data.strata import outcomes_of
from motiflens.groups.duplicates import Groups
from motiflens.groups.near_duplicates import DuplicateIndex
from motiflens.sequence.coordinates import MergedIntervals
from motiflens.shapes import Labels
from motiflens.words import counted

_DROP = "let --drop remove them"
_OFTEN = 0.05  # share of the records: more near duplicates than this are worth a warning


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Copies and near duplicates among the records of a data set.

    Attributes:
        equal: Group of each record, equal sequences having one number.
        copies: The same with copies on the opposite strand; equals `equal` for oriented data.
        similar: Groups of near duplicates.
        test: Mask of the test part.
        nearest: For each test record the row of a copy or near duplicate outside of the test part, -1 where none is.
    """

    equal: Groups
    copies: Groups
    similar: Groups
    test: Bool[np.ndarray, " n"]
    nearest: Int64[np.ndarray, " n"]


def find_duplicates(dataset: SequenceSet, index: DuplicateIndex) -> Duplicates:
    """Look up the duplicates of a data set whose `split` names the test part."""
    test = np.zeros(len(dataset), bool) if dataset.split is None else dataset.split == "test"
    return Duplicates(
        equal=index.equal, copies=index.copies, similar=index.groups(), test=test, nearest=index.nearest(~test)
    )


def duplicate_findings(dataset: AnyDataset, duplicates: Duplicates) -> list[Finding | None]:
    """Return the findings about duplicates and overlapping intervals."""
    classes = dataset if isinstance(dataset, Dataset) else None
    return [
        _repeated_ids(dataset),
        _conflicting(classes, duplicates) if classes else _several_values(dataset, duplicates),
        _conflicting_reverse_complements(classes, duplicates) if classes else None,
        _copies_across_test(dataset, duplicates),
        _near_across_test(dataset, duplicates),
        _copies(dataset, duplicates),
        _near(dataset, duplicates),
        _near_across_labels(classes, duplicates) if classes else None,
        *_overlaps(dataset, duplicates),
    ]


def conflicting(groups: Groups, labels: Labels) -> Bool[np.ndarray, " n"]:
    """Return a mask of the records whose group has several labels."""
    kinds = pd.Series(labels).groupby(groups).transform("nunique")
    return (kinds > 1).to_numpy()


def _repeated_ids(dataset: SequenceSet) -> Finding | None:
    repeated = pd.Series(dataset.ids, dtype=object).duplicated().to_numpy()
    if not repeated.any():
        return None
    return about(
        dataset,
        repeated,
        name="repeated_ids",
        severity="error",
        text=f"{counted(int(repeated.sum()), 'record')} with the id of another one",
        remedy=OWN_IDS,
    )


def _conflicting(dataset: Dataset, duplicates: Duplicates) -> Finding | None:
    found = conflicting(duplicates.equal, dataset.labels)
    if not found.any():
        return None
    n = len(np.unique(duplicates.equal[found]))
    return about(
        dataset,
        found,
        name="sequence_under_two_labels",
        severity="error",
        text=f"{n:,} {'sequence occurs' if n == 1 else 'sequences occur'} under two labels, in {found.sum():,} records",
        remedy=f"keep each under one label only, or {_DROP}",
    )


def _several_values(dataset: AnyDataset, duplicates: Duplicates) -> Finding | None:
    found = conflicting(duplicates.equal, outcomes_of(dataset))
    if not found.any():
        return None
    n = len(np.unique(duplicates.equal[found]))
    return about(
        dataset,
        found,
        name="sequence_with_several_values",
        severity="warning",
        text=f"{n:,} {'sequence occurs' if n == 1 else 'sequences occur'} with different values, in {found.sum():,} "
        "records",
        remedy="average them with --average, or keep one record of each",
    )


def _conflicting_reverse_complements(dataset: Dataset, duplicates: Duplicates) -> Finding | None:
    found = conflicting(duplicates.copies, dataset.labels) & ~conflicting(duplicates.equal, dataset.labels)
    if not found.any():
        return None
    return about(
        dataset,
        found,
        name="reverse_complement_under_two_labels",
        severity="warning",
        text=f"{found.sum():,} records are reverse complements of a record with another label",
        remedy=f"if the strand matters, use --strands forward; otherwise keep one label, or {_DROP}",
    )


def _copies_across_test(dataset: AnyDataset, duplicates: Duplicates) -> Finding | None:
    leaked = copied_into_test(duplicates)
    if not leaked.any():
        return None
    return about(
        dataset,
        leaked,
        name="copies_across_test",
        severity="error",
        text=f"{leaked.sum():,} of {duplicates.test.sum():,} test records{_by_class(dataset, leaked)} are copies, on "
        "the same or the opposite strand, of training records, so that the test would reward memory",
        remedy="let --drop remove the training copies, or use --allow-leakage",
    )


def _by_class(dataset: AnyDataset, rows: Bool[np.ndarray, " n"]) -> str:
    if not isinstance(dataset, Dataset):
        return ""
    by_class = np.bincount(dataset.labels[rows], minlength=len(dataset.classes))
    shares = (f"{n:,} of {c}" for c, n in zip(dataset.classes, by_class.tolist(), strict=True) if n)
    return f" ({', '.join(shares)})"


def copied_into_test(duplicates: Duplicates) -> Bool[np.ndarray, " n"]:
    """Return a mask of the test records that have a copy outside of the test part."""
    outside = np.zeros(int(duplicates.copies.max(initial=-1)) + 1, bool)
    outside[duplicates.copies[~duplicates.test]] = True
    return duplicates.test & outside[duplicates.copies]


def _near_across_test(dataset: SequenceSet, duplicates: Duplicates) -> Finding | None:
    near = (duplicates.nearest >= 0) & ~copied_into_test(duplicates)
    if not near.any():
        return None
    return about(
        dataset,
        near,
        name="near_duplicates_across_test",
        severity="warning",
        text=f"{near.sum():,} of {duplicates.test.sum():,} test records are near duplicates of training records",
        remedy="look at the figures on the others (test_without_near_duplicates), or let --drop remove the training "
        "records",
        figures={"share": float(near.sum() / duplicates.test.sum())},
    )


def _copies(dataset: SequenceSet, duplicates: Duplicates) -> Finding | None:
    sizes = np.bincount(duplicates.copies)
    repeated = pd.Series(duplicates.copies).duplicated().to_numpy()
    if not repeated.any():
        return None
    return about(
        dataset,
        repeated,
        name="copies",
        severity="warning" if repeated.mean() > _OFTEN else "note",
        text=f"{counted(int(repeated.sum()), 'record')} with the sequence of another one, on the same or the opposite "
        f"strand, in {_sets(sizes)}; a split that is drawn keeps each set on one side",
        remedy=f"keep one of each, or {_DROP}",
        figures={"share": float(repeated.mean())},
    )


def _near(dataset: SequenceSet, duplicates: Duplicates) -> Finding | None:
    _, first = np.unique(duplicates.copies, return_index=True)
    sizes = np.bincount(duplicates.similar[first])
    near = np.zeros(len(dataset), bool)
    near[first] = sizes[duplicates.similar[first]] > 1
    if not near.any():
        return None
    return about(
        dataset,
        near,
        name="near_duplicates",
        severity="note",
        text=f"{near.sum():,} different sequences are near duplicates of one another, in {_sets(sizes)} of up to "
        f"{sizes.max():,} (families, repeats, overlapping windows); a split that is drawn keeps them together",
        figures={"largest": float(sizes.max())},
    )


def _sets(sizes: np.ndarray) -> str:
    return counted(int((sizes > 1).sum()), "set")


def _near_across_labels(dataset: Dataset, duplicates: Duplicates) -> Finding | None:
    found = conflicting(duplicates.similar, dataset.labels) & ~conflicting(duplicates.copies, dataset.labels)
    if not found.any():
        return None
    return about(
        dataset,
        found,
        name="near_duplicates_across_labels",
        severity="note",
        text=f"{found.sum():,} records belong to sets of near duplicates with several labels",
        remedy="where they are one place of the genome, one label is wrong",
    )


def _overlaps(dataset: AnyDataset, duplicates: Duplicates) -> list[Finding | None]:
    """Return findings about overlaps of the genomic intervals that the ids name."""
    table = intervals(dataset)
    if table is None:
        return []
    found: list[Finding | None] = []
    if isinstance(dataset, Dataset):
        across = np.zeros(len(dataset), bool)
        for label in range(len(dataset.classes)):
            across |= (dataset.labels == label) & overlapping(table, dataset.labels != label)
        text = "one of another label"
        found.append(_overlap(dataset, across, severity="note", name="intervals_across_labels", text=text))
    if duplicates.test.any():
        held_out = duplicates.test & overlapping(table, ~duplicates.test)
        text = "one of the training part, being in the test part themselves"
        found.append(_overlap(dataset, held_out, severity="warning", name="intervals_across_test", text=text))
    return found


def _overlap(dataset: SequenceSet, found: np.ndarray, *, severity: Severity, name: str, text: str) -> Finding | None:
    if not found.any():
        return None
    return about(
        dataset,
        found,
        name=name,
        severity=severity,
        text=f"{found.sum():,} intervals, by their ids, overlap {text}",
        remedy="merge or remove overlapping intervals",
    )


def overlapping(table: pd.DataFrame, others: np.ndarray) -> np.ndarray:
    """Return which intervals overlap one of `others` (a mask); the others themselves are False."""
    chromosome = pd.factorize(table["chromosome"])[0]
    start, end = table["start"].to_numpy(), table["end"].to_numpy()
    result = np.zeros(len(table), bool)
    for number in range(int(chromosome.max(initial=-1)) + 1):
        rows = np.flatnonzero((chromosome == number) & (start >= 0))
        chosen = rows[others[rows]]
        if len(chosen):
            result[rows] = MergedIntervals.of(start[chosen], end[chosen]).overlap(start[rows], end[rows])
    return result & ~others
