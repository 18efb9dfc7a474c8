"""Assemble records and labels into one Dataset, order its classes, merge test data."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from motiflens.data.checks import check_class_names, check_dataset, check_one_length, file_names
from motiflens.data.collect import CollectedRecords, LabelledRecords
from motiflens.data.config import Crop
from motiflens.data.dataset import AnyDataset, Dataset, joined_masks
from motiflens.data.files.lengths import fit_lengths, fit_masks
from motiflens.errors import InputError


def assemble(records: LabelledRecords, *, length: int | None, crop: Crop) -> Dataset:
    """Return the data set, with labels as class indices and all sequences of one length.

    Args:
        records: What was read from the files.
        length: Length that every sequence is cropped or padded to; None: all must have one length already.
        crop: Part of longer sequences that is kept.

    Raises:
        InputError: Mixed lengths, a sequence of N alone, or a class name that cannot be a column name.
    """
    check_class_names(records.classes, file_names(records.sources))
    index = {name: i for i, name in enumerate(records.classes)}
    return Dataset(
        labels=np.fromiter(map(index.__getitem__, records.labels), np.int64, len(records.labels)),
        classes=records.classes,
        **common_fields(records, length=length, crop=crop),
    )


def common_fields(records: CollectedRecords, *, length: int | None, crop: Crop) -> dict[str, Any]:
    """Return what all data sets have of their records, with all sequences of one length.

    Raises:
        InputError: As `assemble`.
    """
    where = file_names(records.sources)
    lengths = np.concatenate([part.lengths for part in records.parts])
    ids = [name for part in records.parts for name in part.ids]
    if length is not None and length < 1:
        raise InputError(f"--length {length}: must be at least 1")
    if length is None:
        if records.sources:
            check_one_length(lengths, ids, where)
        else:
            check_one_length(lengths, ids, where, remedy="crop or pad them to one length")
        length = int(lengths[0])
    cropped, padded = int((lengths > length).sum()), int((lengths < length).sum())
    changed = f"{cropped} sequences were cropped to {length} bp (--crop {crop}) and {padded} padded with N."
    codes = [fit_lengths(part, length, crop) for part in records.parts]
    return {
        "codes": np.concatenate(codes),
        "soft_masked": joined_masks([fit_masks(part, length, crop) for part in records.parts], codes),
        "ids": np.array(ids),
        "split": np.array(records.splits) if any(records.splits) else None,
        "group": np.array(records.groups) if any(records.groups) else None,
        "sources": tuple(records.sources),
        "ambiguous_letters": sum(part.ambiguous_letters for part in records.parts),
        "notes": records.notes + ((changed,) if cropped or padded else ()),
    }


def with_class_names(dataset: Dataset, names: Mapping[str, str]) -> Dataset:
    """Return the data set with its classes called by these names of their labels; others stay as they are.

    Data that have the new names already are taken. Raises InputError for a label that the data do not have, a name
    that two classes would share, and one that cannot be a column name.
    """
    where = file_names(dataset.sources)
    for label, name in names.items():
        if label not in dataset.classes and name not in dataset.classes:
            found = ", ".join(dataset.classes)
            raise InputError(f"{where}: --class-names {label}={name}: no sequence has this label; it has: {found}")
    classes = tuple(names.get(label, label) for label in dataset.classes)
    check_class_names(classes, where)
    for name, count in Counter(classes).items():
        if count > 1:
            raise InputError(f"{where}: --class-names: {count} classes are called {name}; give each a name of its own")
    return replace(dataset, classes=classes)


def with_positive(dataset: Dataset, positive: str) -> Dataset:
    """Return the data set of two classes with `positive` as `classes[1]`.

    Raises InputError unless there are two classes and `positive` is one of them.
    """
    if positive not in dataset.classes or len(dataset.classes) != 2:
        found = ", ".join(dataset.classes)
        raise InputError(f"--positive {positive}: must be one of two classes; the data have: {found}")
    return with_classes(dataset, (*(name for name in dataset.classes if name != positive), positive))


def with_classes(dataset: Dataset, classes: tuple[str, ...]) -> Dataset:
    """Return the data set with its classes in this order.

    Raises InputError, which lists the classes of the data, where they differ.
    """
    if set(classes) != set(dataset.classes):
        raise InputError(
            f"{file_names(dataset.sources)}: has the classes {', '.join(dataset.classes)} where "
            f"{', '.join(classes)} are expected; use these names, of files as CLASS=FILE"
        )
    renumbered = np.array([classes.index(name) for name in dataset.classes])
    return replace(dataset, labels=renumbered[dataset.labels], classes=classes)


def merge_test(dataset: Dataset, test: Dataset, *, allow_conflicts: bool = False) -> Dataset:
    """Return the data set with `test` added as its split "test".

    Raises:
        InputError: Classes or lengths differ, the data have test records already, or, without `allow_conflicts`, an id
            or a sequence under two labels occurs in both.
    """
    where = file_names(test.sources)
    test = with_classes(test, dataset.classes)
    merged = replace(
        dataset, labels=np.concatenate([dataset.labels, test.labels]), **merged_fields(dataset, test, where)
    )
    check_dataset(merged, minimum_per_class=1, allow_conflicts=allow_conflicts)
    return merged


def merged_fields(dataset: AnyDataset, test: AnyDataset, where: str) -> dict[str, Any]:
    """Return what all data sets have of their records, with `test` added as the split "test".

    Raises InputError for test sequences of another length, and where the data have test records already.
    """
    if test.length != dataset.length:
        raise InputError(
            f"{where}: the test sequences have {test.length} letters where the others have {dataset.length}; crop or "
            f"pad all with --length {dataset.length} --crop left|center|right"
        )
    split = _or_empty(dataset.split, len(dataset))
    if "test" in split:
        raise InputError(f"{where}: {file_names(dataset.sources)} marks test records already; drop one of the two")
    groups = [_or_empty(part.group, len(part)) for part in (dataset, test)]
    return {
        "codes": np.concatenate([dataset.codes, test.codes]),
        "soft_masked": joined_masks([dataset.soft_masked, test.soft_masked], [dataset.codes, test.codes]),
        "ids": np.concatenate([dataset.ids, test.ids]),
        "split": np.concatenate([split, np.full(len(test), "test")]),
        "group": None if dataset.group is None and test.group is None else np.concatenate(groups),
        "sources": dataset.sources + test.sources,
        "ambiguous_letters": dataset.ambiguous_letters + test.ambiguous_letters,
        "notes": dataset.notes + tuple(f"Test data: {note}" for note in test.notes),
    }


def _or_empty(values: np.ndarray | None, n: int) -> np.ndarray:
    return np.full(n, "") if values is None else values
