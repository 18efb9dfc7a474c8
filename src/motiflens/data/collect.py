"""Collect the labelled records of all files that data arguments name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from motiflens.data.dataset import Source
from motiflens.data.files.delimited import has_column
from motiflens.data.files.fasta import fasta_records
from motiflens.data.files.records import EncodedRecords, batched, encode_records
from motiflens.data.files.source import STDIN, open_input
from motiflens.data.files.table import OpenedTable, check_values, is_table, open_table, table_of, table_records
from motiflens.data.labels import class_order, is_missing, label_notes, tidy_labels
from motiflens.errors import InputError

_RECORDS = 20_000  # at a time
_PAIRS = "give CLASS=FILE pairs (FASTA), or one table (.csv, .tsv, .parquet)"


@dataclass(kw_only=True)
class LabelledRecords:
    """Labelled records of all files.

    `classes` are in their default order, of two the positive one last. "" in `splits` and `groups` means none.
    """

    classes: tuple[str, ...] = ()
    parts: list[EncodedRecords] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def collect(arguments: Sequence[str], *, row_name: str = "row") -> LabelledRecords:
    """Read the records of `CLASS=FILE` pairs or of one table.

    Args:
        arguments: Data arguments of the command line.
        row_name: Prefix of the ids of a table without an id column.

    Raises:
        InputError: Arguments of another form, or a file that cannot be read.
    """
    if len(arguments) == 1 and _is_table_argument(arguments[0]):
        return _collect_table(arguments[0], row_name)
    pairs = [class_and_file(argument) for argument in arguments]
    if not pairs:
        raise InputError("no data: give CLASS=FILE pairs (FASTA) or one table (.csv, .tsv, .parquet)")
    names = tuple(dict.fromkeys(name for name, _ in pairs))
    records = LabelledRecords(classes=names[::-1] if len(names) == 2 else names)
    for name, path in pairs:
        _collect_fasta(path, name, records)
    return records


def _is_table_argument(argument: str) -> bool:
    if "=" in argument:
        return is_table(argument) and Path(argument).exists()
    return is_table(argument) or argument == STDIN or (Path(argument).exists() and not Path(argument).is_dir())


@contextmanager
def _opened_table(path: str) -> Iterator[OpenedTable]:
    """The table; of a file whose name does not promise one, its first line must."""
    required = ("sequence", "label")
    if is_table(path):
        with open_table(path, required=required) as table:
            yield table
        return
    with open_input(path) as opened:
        if not has_column(opened, "sequence"):
            raise InputError(f"{path}: {_PAIRS} alone; this file has no column `sequence`")
        yield table_of(opened, required=required)


def class_and_file(argument: str) -> tuple[str, str]:
    """Return class and file of CLASS=FILE. Raises InputError for an argument of another form."""
    name, equals, path = (part.strip() for part in argument.partition("="))
    if not (name and equals and path):
        raise InputError(f"{argument}: {_PAIRS} alone")
    return name, path


def _collect_fasta(path: str, label: str, records: LabelledRecords) -> None:
    before = len(records.labels)
    with open_input(path) as opened:
        for batch in batched(fasta_records(opened), _RECORDS):
            records.parts.append(encode_records(batch, path))
            records.labels += [label] * len(batch)
    records.sources.append(Source(path=path, sha256=opened.sha256(), records=len(records.labels) - before))


def _collect_table(path: str, row_name: str) -> LabelledRecords:
    records = LabelledRecords()
    with _opened_table(path) as table:
        for columns in table.chunks:
            first_row = len(records.labels)
            check_values(columns, first_row=first_row, path=path)
            batch = table_records(columns, first_row=first_row, row_name=row_name)
            records.parts.append(encode_records(batch, path))
            records.labels += columns["label"]
            records.splits += columns.get("split", [])
            records.groups += ["" if is_missing(group) else group for group in columns.get("group", [])]
        records.sources.append(Source(path=path, sha256=table.sha256(), records=len(records.labels)))
    if not records.labels:  # damaged Parquet may promise rows and hold none
        raise InputError(f"{path}: has no rows; add sequences")
    records.labels = tidy_labels(records.labels, path)
    records.classes = class_order(records.labels, path)
    records.notes = label_notes(records.classes)
    return records
