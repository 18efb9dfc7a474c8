"""Stratified splits that keep near duplicates and groups on one side, and the similarity that remains across one."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, Shaped

from motiflens.data.checks import file_names
from motiflens.data.config import DEFAULTS, SplitBy
from motiflens.data.dataset import AnyDataset, Dataset
from motiflens.data.split_groups import group_records
from motiflens.data.strata import strata_of
from motiflens.errors import InputError
from motiflens.groups.allocate import allocate
from motiflens.groups.duplicates import Groups
from motiflens.groups.near_duplicates import DEFAULT, DuplicateIndex, Similarity
from motiflens.shapes import Strands

TRAIN, VAL, TEST = range(3)


@dataclass(frozen=True, kw_only=True)
class Split:
    """Sorted record indices of the three parts; every record is in exactly one."""

    train: Int64[np.ndarray, " train"]
    val: Int64[np.ndarray, " val"]
    test: Int64[np.ndarray, " test"]


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """Test records with a copy or near duplicate in train or val: `test` rows, and the `nearest` row of each."""

    test: Int64[np.ndarray, " near"]
    nearest: Int64[np.ndarray, " near"]
    similarity: Similarity


def split_dataset(
    dataset: AnyDataset,
    *,
    test_share: float = DEFAULTS.test_share,
    validation_share: float = DEFAULTS.validation_share,
    by: SplitBy = DEFAULTS.split_by,
    strands: Strands = "both",
    groups: Groups | None = None,
    seed: int = 0,
) -> Split:
    """Split records into train, validation and test; no group straddles two parts.

    Stratified by class, by quantiles of numbers, or by the rarest label.

    Parts that the data fix (`dataset.split`) stay as they are; a missing one is drawn from the rest.

    Args:
        dataset: The records.
        test_share: Fraction of all records in the test part.
        validation_share: Fraction of the other records in the validation part.
        by: What forms a group, as in `group_records`.
        strands: With "both", a sequence and its reverse complement are copies.
        groups: Group of each record; `by` is ignored then.
        seed: Seed of the split.

    Raises:
        InputError: A part would have no record of some class or target, or as `group_records`.
    """
    part, strata = _fixed_parts(dataset), strata_of(dataset)
    missing = [number for number in (VAL, TEST) if number not in part]
    if missing:
        if groups is None:
            groups = _groups(dataset, by=by, strands=strands)
        share = test_share if TEST in missing else 0.0
        shares = {TEST: share, VAL: (1 - share) * validation_share if VAL in missing else 0.0}
        # A record in a group with a fixed val record cannot go to test, so it stays in train.
        free = (part == TRAIN) & ~np.isin(groups, groups[part == VAL])
        part[free] = allocate(
            groups[free], strata[free], shares=(1 - sum(shares.values()), shares[VAL], shares[TEST]), seed=seed
        )
    return _checked_split(dataset, part)


def split_for_training(
    dataset: AnyDataset,
    *,
    validation_share: float = DEFAULTS.validation_share,
    by: SplitBy = DEFAULTS.split_by,
    strands: Strands = "both",
    seed: int = 0,
) -> Split:
    """Split records into train and validation, as `split_dataset` does; `dataset.split` is ignored."""
    shares = (1 - validation_share, validation_share)
    groups = _groups(dataset, by=by, strands=strands)
    part = allocate(groups, strata_of(dataset), shares=shares, seed=seed)
    return _checked_split(dataset, part, parts=("train", "val"))


def k_folds(
    dataset: AnyDataset,
    *,
    n_folds: int,
    validation_share: float = DEFAULTS.validation_share,
    by: SplitBy = DEFAULTS.split_by,
    strands: Strands = "both",
    seed: int = 0,
) -> tuple[Split, ...]:
    """Return splits for cross-validation: each record is in one test part; `dataset.split` is ignored.

    Stratified and grouped as in `split_dataset`; `validation_share` is a fraction of the records outside the test
    part. Raises InputError for fewer than 2 folds, and when a part would have no record of some class.
    """
    if n_folds < 2:
        raise InputError(f"{n_folds} folds: give at least 2")
    groups, strata = _groups(dataset, by=by, strands=strands), strata_of(dataset)
    fold = allocate(groups, strata, shares=(1 / n_folds,) * n_folds, seed=seed)
    splits = []
    for number in range(n_folds):
        part = np.full(len(dataset), TEST)
        rest = fold != number
        shares = (1 - validation_share, validation_share)
        part[rest] = allocate(groups[rest], strata[rest], shares=shares, seed=seed + number + 1)
        splits.append(_checked_split(dataset, part))
    return tuple(splits)


def fold_numbers(dataset: AnyDataset, *, n_folds: int, seed: int = 0) -> Int64[np.ndarray, " n"]:
    """Return the fold of each record, 0 to `n_folds` - 1; near duplicates on either strand and groups share one."""
    groups = _groups(dataset, by="similarity", strands="both")
    return allocate(groups, strata_of(dataset), shares=(1 / n_folds,) * n_folds, seed=seed)


def remaining_similarity(
    dataset: AnyDataset, split: Split, *, strands: Strands = "both", similarity: Similarity = DEFAULT
) -> Remaining:
    """Find test records with a copy or near duplicate in train or val; there are none after a split by similarity."""
    reference = np.ones(len(dataset), bool)
    reference[split.test] = False
    nearest = DuplicateIndex(dataset.codes, strands=strands).nearest(reference, similarity)
    test = np.flatnonzero(nearest >= 0)
    return Remaining(test=test, nearest=nearest[test], similarity=similarity)


def split_names(dataset: AnyDataset, split: Split) -> Shaped[np.ndarray, " n"]:
    """Return "train", "val" or "test" for each record."""
    names = np.full(len(dataset), "train", dtype="<U5")
    names[split.val], names[split.test] = "val", "test"
    return names


def _groups(dataset: AnyDataset, *, by: SplitBy, strands: Strands) -> Groups:
    return group_records(dataset, DuplicateIndex(dataset.codes, strands=strands), by=by).groups


def _missing_from(dataset: AnyDataset, rows: np.ndarray) -> str:
    """Return, in words, a class or target that none of the rows has; "" where there is none."""
    if isinstance(dataset, Dataset):
        counts = np.bincount(dataset.labels[rows], minlength=len(dataset.classes))
        return "" if counts.all() else f"of class {dataset.classes[int(counts.argmin())]!r}"
    known = np.isfinite(dataset.values[rows]).sum(axis=0)
    return "" if known.all() else f"with a value of {dataset.targets[int(known.argmin())]}"


def _fixed_parts(dataset: AnyDataset) -> np.ndarray:
    """Return the part of each record, TRAIN where the data fix none."""
    if dataset.split is None:
        return np.full(len(dataset), TRAIN)
    return np.where(dataset.split == "test", TEST, np.where(dataset.split == "val", VAL, TRAIN))


def _checked_split(
    dataset: AnyDataset, part: np.ndarray, *, parts: tuple[str, ...] = ("train", "val", "test")
) -> Split:
    given = dataset.split is not None and dataset.split.any()
    remedy = "change the split column" if given else "add some that are neither copies nor of one group (or chromosome)"
    for number, name in enumerate(parts):
        if missing := _missing_from(dataset, part == number):
            raise InputError(f"{file_names(dataset.sources)}: no record {missing} is left for {name}; {remedy}")
    return Split(
        train=np.flatnonzero(part == TRAIN), val=np.flatnonzero(part == VAL), test=np.flatnonzero(part == TEST)
    )
