"""Read sequences with numbers or several labels, from files or from memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from motiflens.data.assemble import common_fields, merged_fields
from motiflens.data.checks import check_class_names, check_ids_differ, file_names
from motiflens.data.collect import CollectedRecords
from motiflens.data.collect_targets import MeasuredRecords, collect_targets
from motiflens.data.config import DEFAULTS, Crop, TargetColumns
from motiflens.data.dataset import TargetDataset
from motiflens.data.files.records import Record, encode_records
from motiflens.data.numbers import Place, check_counts, measured_numbers, positive_numbers, zero_or_one
from motiflens.data.replicates import (
    check_replicates_agree,
    mean_of_replicates,
    noise_weights,
    target_name,
)
from motiflens.data.strata import outcomes_of
from motiflens.errors import InputError
from motiflens.groups.duplicates import equal_sequences

Values = Float64[np.ndarray, "n targets"]

_NOISE_DIFFERS = "The noise of the replicates differs by sequence: the loss weighs each by it."


def read_targets(
    arguments: Sequence[str],
    columns: TargetColumns,
    *,
    test: Sequence[str] = (),
    counts: bool = False,
    length: int | None = DEFAULTS.length,
    crop: Crop = DEFAULTS.crop,
    minimum: int = DEFAULTS.minimum_measured,
    allow_conflicts: bool = False,
) -> TargetDataset:
    """Read sequences with the numbers, or the labels of 0 and 1, that columns of a table hold.

    Records without a value of any target are left out, and counted in `notes`.

    Args:
        arguments: One table; or a FASTA file, and a table of its ids and the values.
        columns: Columns of targets, labels, replicates, weights, exposure.
        test: More data, in the same form, which become the split "test".
        counts: Targets must be counts, 0 or more.
        length: Length that every sequence is cropped or padded to.
        crop: Part of longer sequences that is kept.
        minimum: Fewer sequences with a value of a target are an error; with 1, for data to evaluate a model on, a
            target may also be constant.
        allow_conflicts: Accept repeated ids and sequences with several values, which the audit reports.

    Raises:
        InputError: Anything that is wrong with arguments, files, records or columns.
    """

    def read(given: Sequence[str], row_name: str) -> TargetDataset:
        records = collect_targets(given, columns, row_name=row_name)
        rules = _Rules(counts=counts, varied=minimum > 1)
        return _assemble(records, columns, rules, length=length, crop=crop)

    dataset = read(arguments, "row")
    if test:
        held_out = read(test, "test_row")
        dataset = _merge_test(dataset, held_out)
    return check_targets(dataset, minimum=minimum, average=columns.average, allow_conflicts=allow_conflicts)


def check_targets(
    dataset: TargetDataset, *, minimum: int, average: bool = False, allow_conflicts: bool = False
) -> TargetDataset:
    """Return the data set, with `average` one record a sequence.

    Raises InputError for too few values of a target, targets without a record in common, a repeated id, and a sequence
    with several values unless `average` or `allow_conflicts`.
    """
    where = file_names(dataset.sources)
    known = np.isfinite(dataset.values)
    for name, n in zip(dataset.targets, known.sum(axis=0).tolist(), strict=True):
        if n < minimum:
            raise InputError(
                f"{where}: {n} sequences have a value of {name} where at least {minimum} are needed; add more"
            )
    for a, b in combinations(range(len(dataset.targets)), 2):
        if not (known[:, a] & known[:, b]).any():
            raise InputError(
                f"{where}: {dataset.targets[a]} and {dataset.targets[b]} have no sequence in common: no model of both "
                "can be learned; fit each by itself"
            )
    if average:
        dataset = average_repeats(dataset)
    if not allow_conflicts:
        check_ids_differ(dataset)
        _check_values_agree(dataset, where)
    return dataset


def average_repeats(dataset: TargetDataset) -> TargetDataset:
    """Return one record for each different sequence of a part, with the mean of its values; weights add up.

    Numbers are averaged, and of labels the more frequent value stays, 1 where both are as frequent.
    """
    group = _sequence_of_part(dataset)
    first = np.unique(group, return_index=True)[1]
    if len(first) == len(group):
        return dataset
    repeated = int((np.bincount(group) > 1).sum())
    values = pd.DataFrame(dataset.values).groupby(group).mean().to_numpy()
    if dataset.kind == "labels":
        values = np.where(np.isnan(values), np.nan, np.floor(values + 0.5))
    weights = np.ones(len(dataset)) if dataset.weights is None else dataset.weights
    more = len(group) - len(first)
    note = f"{repeated:,} sequences occur in several rows ({more:,} more than sequences): their values were averaged."
    return replace(
        dataset.take(first),
        values=values,
        weights=np.bincount(group, weights),
        replicates=_averaged(dataset.replicates, group),
        notes=(*dataset.notes, note),
    )


def dataset_from_values(
    sequences: Sequence[str],
    values: Values,
    *,
    targets: tuple[str, ...],
    kind: Literal["numbers", "labels"] = "numbers",
    weights: Iterable[float] | None = None,
    minimum: int = 20,
) -> TargetDataset:
    """Return sequences in memory with numbers (NaN: missing), or labels of 0 and 1; ids are sequence1, sequence2, ...

    Raises InputError as `read_targets` does; a sequence may occur with several values.
    """
    if not len(sequences) or len(sequences) != len(values):
        raise InputError(f"the data: {len(sequences)} sequences and {len(values)} rows of values; give one a sequence")
    given = None if weights is None else np.asarray(list(weights), np.float64)
    if given is not None and (given.shape != (len(sequences),) or not (given > 0).all()):
        raise InputError("sample_weight: give a number above 0 for each sequence")
    batch = [Record(f"sequence{i}", sequence) for i, sequence in enumerate(sequences, 1)]
    records = CollectedRecords(parts=[encode_records(batch, "the data")])
    dataset = TargetDataset(
        values=values,
        targets=targets,
        kind=kind,
        weights=given,
        **common_fields(records, length=None, crop=DEFAULTS.crop),
    )
    return check_targets(_measured(dataset), minimum=minimum, allow_conflicts=True)


def _averaged(
    replicates: Float64[np.ndarray, "n targets replicates"] | None, group: np.ndarray
) -> Float64[np.ndarray, "groups targets replicates"] | None:
    if replicates is None:
        return None
    n, *shape = replicates.shape
    means = pd.DataFrame(replicates.reshape(n, -1)).groupby(group).mean().to_numpy()
    return means.reshape(-1, *shape)


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """What measured columns must be: counts, and varied."""

    counts: bool
    varied: bool


def _assemble(
    records: MeasuredRecords, columns: TargetColumns, rules: _Rules, *, length: int | None, crop: Crop
) -> TargetDataset:
    def place(name: str) -> Place:
        return Place(path=records.path, column=name)

    def measured(name: str) -> np.ndarray:
        numbers = measured_numbers(records.values[name], place(name), varied=rules.varied)
        if rules.counts:
            check_counts(numbers, place(name))
        return numbers

    if columns.kind == "labels":
        targets, replicates = columns.labels, None
        values = [zero_or_one(records.values[name], place(name), varied=rules.varied) for name in targets]
    else:
        stacked = [np.stack(list(map(measured, group)), axis=1) for group in columns.replicates]
        for group, names in zip(stacked, columns.replicates, strict=True):
            if rules.varied:
                check_replicates_agree(group, names, records.path)
        targets = (*columns.target, *_target_names(columns))
        values = [*map(measured, columns.target), *map(mean_of_replicates, stacked)]
        replicates = _padded(stacked, len(columns.target)) if stacked else None
    check_class_names(targets, records.path)
    positive = {
        name: positive_numbers(records.values[name], place(name)) for name in (columns.weight, columns.offset) if name
    }
    weights = positive.get(columns.weight or "")
    by_noise = None if replicates is None or weights is not None else noise_weights(replicates)
    if weights is None:
        weights = _by_number(replicates) if by_noise is None else by_noise
    exposure = positive.get(columns.offset or "")
    dataset = TargetDataset(
        values=np.stack(values, axis=1),
        targets=targets,
        kind="labels" if columns.kind == "labels" else "numbers",
        replicates=replicates,
        weights=weights,
        offset=None if exposure is None else np.log(exposure),
        batch=np.array(records.batches) if any(records.batches) else None,
        **common_fields(records, length=length, crop=crop),
    )
    if by_noise is not None:
        dataset = replace(dataset, notes=(*dataset.notes, _NOISE_DIFFERS))
    return _measured(dataset)


def _target_names(columns: TargetColumns) -> list[str]:
    """What the means of the replicates are called: different names, which are no other targets'."""
    names: list[str] = []
    for group in columns.replicates:
        name = target_name(group)
        taken = {*columns.target, *names}
        names.append(name if name not in taken else "+".join(group))
    return names


def _padded(groups: Sequence[np.ndarray], without: int) -> Float64[np.ndarray, "n targets replicates"]:
    """Replicates of each target; NaN of the first targets, which have none, and where a target has fewer."""
    n, widest = len(groups[0]), max(group.shape[1] for group in groups)
    out = np.full((n, without + len(groups), widest), np.nan)
    for number, group in enumerate(groups, without):
        out[:, number, : group.shape[1]] = group
    return out


def _by_number(replicates: Float64[np.ndarray, "n targets replicates"] | None) -> Float64[np.ndarray, " n"] | None:
    """A mean of fewer replicates has more noise: the number of replicates that are there, None where all are."""
    if replicates is None:
        return None
    there = np.isfinite(replicates).sum(axis=(1, 2))
    return None if (there == there.max()).all() else np.maximum(there, 1).astype(np.float64)


def _measured(dataset: TargetDataset) -> TargetDataset:
    """Return the records with a value of some target, and a note on the others."""
    known = np.isfinite(dataset.values).any(axis=1)
    if known.all():
        return dataset
    first = str(dataset.ids[int((~known).argmax())])
    note = f"{int((~known).sum()):,} records have no value of any target and were left out, {first} first."
    return replace(dataset.take(np.flatnonzero(known)), notes=(*dataset.notes, note))


def _merge_test(dataset: TargetDataset, test: TargetDataset) -> TargetDataset:
    def joined(name: str) -> np.ndarray | None:
        a, b = getattr(dataset, name), getattr(test, name)
        return np.concatenate([a, b]) if a is not None and b is not None else None

    names = ("values", "weights", "offset", "replicates", "batch")
    ours: dict[str, Any] = {name: joined(name) for name in names}
    return replace(dataset, **ours, **merged_fields(dataset, test, file_names(test.sources)))


def _sequence_of_part(dataset: TargetDataset) -> Int64[np.ndarray, " n"]:
    """Equal sequences of one part have one number; a copy in the test part is a leak, which the audit reports."""
    part = np.zeros(len(dataset), np.int64) if dataset.split is None else pd.factorize(dataset.split)[0]
    sequence = equal_sequences(dataset.codes)
    return pd.factorize(part * (int(sequence.max()) + 1) + sequence)[0].astype(np.int64)


def _check_values_agree(dataset: TargetDataset, where: str) -> None:
    sequence, outcome = _sequence_of_part(dataset), outcomes_of(dataset)
    differ = (pd.Series(outcome).groupby(sequence).transform("nunique") > 1).to_numpy()
    if not differ.any():
        return
    count = len(np.unique(sequence[differ]))
    first = ", ".join(map(repr, dataset.ids[differ][:3].tolist()))
    what = "1 sequence occurs" if count == 1 else f"{count} sequences occur"
    raise InputError(
        f"{where}: {what} in several rows with different values ({int(differ.sum())} rows; first: {first}); average "
        "them with --average, or keep one row of each"
    )
