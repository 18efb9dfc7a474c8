"""Checks of a data set before training; each failure is one line with its remedy."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from jaxtyping import Int64

from motiflens.data.dataset import Dataset, SequenceSet, Source
from motiflens.data.files.records import LONGEST_ID
from motiflens.errors import InputError
from motiflens.groups.duplicates import equal_sequences
from motiflens.words import counted

OWN_IDS = (
    "give each record of all files an id of its own (FASTA: awk '/^>/ {sub(/[^ \\t\\r]+/, \"&_A\" NR)} 1' OLD > NEW, "
    "with another letter than A for each file; a table can do without the id column)"
)
"""Remedy for repeated ids."""


def check_dataset(dataset: Dataset, *, minimum_per_class: int, allow_conflicts: bool = False) -> None:
    """Raise InputError for a class with too few sequences, one sequence under two labels, or a repeated id.

    `allow_conflicts` skips the last two checks, for the audit to report.
    """
    where = file_names(dataset.sources)
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    for name, count in reversed(list(zip(dataset.classes, counts.tolist(), strict=True))):  # the positive class first
        if count < minimum_per_class:
            raise InputError(
                f"{where}: class {name!r} has {count} sequences where at least {minimum_per_class} are needed; add more"
            )
    if not allow_conflicts:
        _check_labels_agree(dataset, where)
        check_ids_differ(dataset)


def check_one_length(
    lengths: Int64[np.ndarray, " n"],
    ids: list[str],
    where: str,
    *,
    remedy: str = "crop or pad with --length N --crop left|center|right",
) -> None:
    """Raise InputError, naming the first record that differs from the most common length, unless all are equal."""
    shortest, longest = int(lengths.min()), int(lengths.max())
    if shortest == longest:
        return
    values, counts = np.unique(lengths, return_counts=True)
    common = int(values[counts.argmax()])
    odd = int((lengths != common).argmax())
    raise InputError(
        f"{where}: sequences have {shortest} to {longest} letters ({common} most often; record {ids[odd]!r} is the "
        f"first of another length, {lengths[odd]}); {remedy}"
    )


def check_class_names(names: Iterable[str], where: str) -> None:
    """Raise InputError for a class name that cannot head a column of a table."""
    for name in names:
        if not name or len(name) > LONGEST_ID or not name.isprintable():
            raise InputError(f"{where}: the class name {name[:40]!r} is empty, too long or not printable; rename it")


def file_names(sources: Iterable[Source]) -> str:
    """Return the names of the files, for a message about all of them."""
    return " and ".join(dict.fromkeys(source.path for source in sources)) or "the data"


def _check_labels_agree(dataset: Dataset, where: str) -> None:
    sequence = equal_sequences(dataset.codes)
    lowest = np.full(len(dataset), len(dataset.classes), np.int64)
    highest = np.full(len(dataset), -1, np.int64)
    np.minimum.at(lowest, sequence, dataset.labels)
    np.maximum.at(highest, sequence, dataset.labels)
    conflicting = (lowest < highest)[sequence]
    if conflicting.any():
        count = len(np.unique(sequence[conflicting]))
        first = ", ".join(map(repr, dataset.ids[conflicting][:3].tolist()))
        what = "1 sequence occurs" if count == 1 else f"{count} sequences occur"
        raise InputError(
            f"{where}: {what} under two labels (first records: {first}); "
            "keep each under one label only" + (", or let --drop remove them" if dataset.sources else "")
        )


def check_ids_differ(dataset: SequenceSet) -> None:
    """Raise InputError for a repeated id; names both records."""
    where = file_names(dataset.sources)
    repeated = pd.Series(dataset.ids, dtype=object).duplicated().to_numpy()
    if repeated.any():
        row = int(repeated.argmax())
        first = int((dataset.ids == dataset.ids[row]).argmax())
        raise InputError(
            f"{where}: id {str(dataset.ids[row])!r} occurs twice ({_place(dataset, first)} and {_place(dataset, row)}; "
            f"{counted(int(repeated.sum()), 'record')} with the id of another); {OWN_IDS}"
        )


def _place(dataset: SequenceSet, row: int) -> str:
    """Return the file and record number of a row, in words."""
    number = row
    for source in dataset.sources:
        if number < source.records:
            return f"record {number + 1} of {source.path}"
        number -= source.records
    return f"record {row + 1}"
