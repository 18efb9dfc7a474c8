"""Read labelled data from files or from memory, and stream sequences without labels."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Shaped

from motiflens.data.assemble import assemble, merge_test, with_class_names, with_classes, with_positive
from motiflens.data.checks import check_dataset, file_names
from motiflens.data.collect import LabelledRecords, collect
from motiflens.data.config import DEFAULTS, Crop
from motiflens.data.dataset import Dataset
from motiflens.data.files.delimited import has_column
from motiflens.data.files.fasta import fasta_records
from motiflens.data.files.lengths import fit_lengths
from motiflens.data.files.records import EncodedRecords, Record, batched, encode_records
from motiflens.data.files.source import open_input
from motiflens.data.files.table import OpenedTable, is_table, open_table, table_of, table_records
from motiflens.data.labels import class_order, label_notes, tidy_labels
from motiflens.data.negatives import SHUFFLED, add_shuffled_negatives
from motiflens.data.regions import GenomeRegions, read_all_intervals, read_windows
from motiflens.errors import InputError
from motiflens.shapes import Codes


def read_dataset(
    arguments: Sequence[str],
    *,
    test: Sequence[str] = (),
    positive: str | None = DEFAULTS.positive,
    length: int | None = DEFAULTS.length,
    crop: Crop = DEFAULTS.crop,
    classes: tuple[str, ...] | None = None,
    class_names: Mapping[str, str] = MappingProxyType({}),
    allow_conflicts: bool = False,
    seed: int = 0,
) -> Dataset:
    """Read labelled data from `CLASS=FILE` pairs (FASTA, plain or gzip) or one table (.csv, .tsv, .parquet).

    A class named twice is the union of its files; a class alone gets dinucleotide-shuffled negatives.

    Args:
        arguments: `CLASS=FILE` pairs, or one table.
        test: More data, in the same form, which become the split "test".
        positive: Which of two classes is positive (`classes[1]`); by default the first FASTA given, or the second
            label of a table in sorted order.
        length: Length that every sequence is cropped or padded to.
        crop: Part of longer sequences that is kept.
        classes: Required classes in their order, for data to evaluate a model on; there is no minimum size of a class
            then.
        class_names: What labels are called from here on; `positive` may be a label or its name.
        allow_conflicts: Accept repeated ids and sequences under two labels, which `audit_dataset` reports and
            `drop_records` removes.
        seed: Seed of shuffled negatives.

    Raises:
        InputError: Anything that is wrong with arguments, files or records.
    """
    wanted = _Wanted(length=length, crop=crop, class_names=class_names)
    dataset = _read(arguments, wanted, seed=seed)
    if positive is not None:
        dataset = with_positive(dataset, class_names.get(positive, positive))
    if classes is not None:
        dataset = with_classes(dataset, classes)
    minimum = DEFAULTS.minimum_per_class if classes is None else 1
    check_dataset(dataset, minimum_per_class=minimum, allow_conflicts=allow_conflicts)
    if test:
        held_out = _read(test, wanted, seed=seed + 1, row_name="test_row", expected=dataset.classes)
        dataset = merge_test(dataset, held_out, allow_conflicts=allow_conflicts)
    return dataset


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What is done to all records that are read: one length, and names of classes."""

    length: int | None
    crop: Crop
    class_names: Mapping[str, str]


def _read(
    arguments: Sequence[str],
    wanted: _Wanted,
    *,
    seed: int,
    row_name: str = "row",
    expected: tuple[str, ...] = (SHUFFLED,),
) -> Dataset:
    """Read these arguments; a class alone gets shuffled negatives if "shuffled" is among the `expected` classes."""
    dataset = assemble(collect(arguments, row_name=row_name), length=wanted.length, crop=wanted.crop)
    dataset = with_class_names(dataset, wanted.class_names)
    if len(dataset.classes) > 1:
        return dataset
    if SHUFFLED not in expected:
        missing = ", ".join(name for name in expected if name not in dataset.classes)
        raise InputError(
            f"{file_names(dataset.sources)}: the test set has the class {dataset.classes[0]} alone; "
            f"add sequences of {missing}, with --test CLASS=FILE"
        )
    return add_shuffled_negatives(dataset, seed=seed)


def dataset_from_sequences(
    sequences: Sequence[str],
    labels: Sequence[Any],
    *,
    groups: Sequence[Any] | None = None,
    length: int | None = DEFAULTS.length,
    crop: Crop = DEFAULTS.crop,
    minimum_per_class: int = DEFAULTS.minimum_per_class,
) -> Dataset:
    """Return labelled data from memory, with the ids sequence1, sequence2, ...

    Classes are the labels as text in sorted order; of two the second is the positive one. Raises InputError as
    `read_dataset` does.
    """
    if not len(sequences) or len(sequences) != len(labels):
        raise InputError(f"the data: {len(sequences)} sequences and {len(labels)} labels; give one label a sequence")
    batch = [Record(f"sequence{i}", sequence.strip()) for i, sequence in enumerate(sequences, 1)]
    names = tidy_labels([str(label) for label in labels], "the data", row="sequence")
    classes = class_order(names, "the data")
    records = LabelledRecords(
        classes=classes,
        parts=[encode_records(batch, "the data")],
        labels=names,
        groups=[] if groups is None else [str(group) for group in groups],
        notes=label_notes(classes),
    )
    dataset = assemble(records, length=length, crop=crop)
    check_dataset(dataset, minimum_per_class=minimum_per_class)
    return dataset


def read_sequences(path: str) -> Iterator[Record]:
    """Stream (id, sequence) records of a FASTA file or of a table with a column `sequence`, as the file has them.

    A file whose name promises no table is one where its first line names that column; "-" is standard input. Raises
    InputError for a file that cannot be read.
    """
    if is_table(path):
        with open_table(path, required=("sequence",)) as table:
            yield from _records_of(table)
        return
    with open_input(path) as opened:
        if has_column(opened, "sequence"):
            yield from _records_of(table_of(opened, required=("sequence",)))
        else:
            yield from fasta_records(opened)


def _records_of(table: OpenedTable) -> Iterator[Record]:
    first_row = 0
    for columns in table.chunks:
        yield from table_records(columns, first_row=first_row, row_name="row")
        first_row += len(columns["sequence"])


@dataclass(frozen=True, kw_only=True)
class SequenceBatch:
    """Sequences of one length with their ids (n,)."""

    ids: Shaped[np.ndarray, " n"]
    codes: Codes


def read_batches(
    source: str | GenomeRegions,
    *,
    length: int,
    crop: Crop | None = None,
    size: int = 4096,
    notify: Callable[[str], None] = lambda _: None,
) -> Iterator[SequenceBatch]:
    """Stream a file, or regions of a genome, in batches of up to `size` sequences of `length` letters.

    Memory is bounded, of regions by their windows of `length` bases. With `crop`, sequences of another length are
    cropped or padded with N. `notify` hears which regions are left out. Raises InputError as `read_dataset` does, and
    without `crop` for a sequence of another length; ids are not compared between batches.
    """
    if isinstance(source, GenomeRegions):
        windows = read_windows(read_all_intervals(source.beds), source.genome, width=length)
        for note in windows.notes:
            notify(note)
        for start in range(0, len(windows.ids), size):
            rows = slice(start, start + size)
            yield SequenceBatch(ids=windows.ids[rows], codes=windows.codes[rows])
        return
    for batch in batched(read_sequences(source), size):
        records = encode_records(batch, source)
        if crop is None:
            _check_length(records, length)
        yield SequenceBatch(ids=np.array(records.ids), codes=fit_lengths(records, length, crop or DEFAULTS.crop))


def _check_length(records: EncodedRecords, length: int) -> None:
    odd = records.lengths != length
    if odd.any():
        row = int(odd.argmax())
        raise InputError(
            f"{records.path}: record {records.ids[row]!r} has {records.lengths[row]} letters where the model takes "
            f"{length}; crop or pad with --length {length} --crop left|center|right"
        )
