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
from motiflens.data.files.table import (
    Columns,
    OpenedTable,
    check_values,
    is_table,
    open_table,
    table_of,
    table_records,
)
from motiflens.data.labels import class_order, is_missing, label_notes, tidy_labels
from motiflens.errors import InputError

_RECORDS = 20_000  # at a time
_PAIRS = "give CLASS=FILE pairs (FASTA), or one table (.csv, .tsv, .parquet)"


@dataclass(kw_only=True)
class CollectedRecords:
    """Records of all files, apart from what is to be predicted. "" in `splits` and `groups` means none."""

    parts: list[EncodedRecords] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def add_rows(self, columns: Columns, path: str, *, first_row: int, row_name: str) -> None:
        """Add a chunk of a table. Raises InputError for a value that cannot be used."""
        check_values(columns, first_row=first_row, path=path)
        self.parts.append(encode_records(table_records(columns, first_row=first_row, row_name=row_name), path))
        self.splits += columns.get("split", [])
        self.groups += ["" if is_missing(group) else group for group in columns.get("group", [])]


@dataclass(kw_only=True)
class LabelledRecords(CollectedRecords):
    """Labelled records; `classes` are in their default order, of two the positive one last."""

    classes: tuple[str, ...] = ()
    labels: list[str] = field(default_factory=list)


def collect(arguments: Sequence[str], *, row_name: str = "row") -> LabelledRecords:
    """Read the records of `CLASS=FILE` pairs or of one table.

    Args:
        arguments: Data arguments of the command line.
        row_name: Prefix of the ids of a table without an id column.

    Raises:
        InputError: Arguments of another form, or a file that cannot be read.
    """
    if len(arguments) == 1 and is_table_argument(arguments[0]):
        return _collect_table(arguments[0], row_name)
    pairs = [class_and_file(argument) for argument in arguments]
    if not pairs:
        raise InputError("no data: give CLASS=FILE pairs (FASTA) or one table (.csv, .tsv, .parquet)")
    names = tuple(dict.fromkeys(name for name, _ in pairs))
    records = LabelledRecords(classes=names[::-1] if len(names) == 2 else names)
    for name, path in pairs:
        _collect_fasta(path, name, records)
    return records


def is_table_argument(argument: str) -> bool:
    """Whether an argument is one table, and no CLASS=FILE pair."""
    if "=" in argument:
        return is_table(argument) and Path(argument).exists()
    return is_table(argument) or argument == STDIN or (Path(argument).exists() and not Path(argument).is_dir())


@contextmanager
def opened_table(path: str, *, required: tuple[str, ...], values: tuple[str, ...] = ()) -> Iterator[OpenedTable]:
    """The table; of a file whose name does not promise one, its first line must."""
    if is_table(path):
        with open_table(path, required=required, values=values) as table:
            yield table
        return
    with open_input(path) as opened:
        if not has_column(opened, "sequence"):
            raise InputError(f"{path}: {_PAIRS} alone; this file has no column `sequence`")
        yield table_of(opened, required=required, values=values)


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
    with opened_table(path, required=("sequence", "label")) as table:
        for columns in table.chunks:
            records.add_rows(columns, path, first_row=len(records.labels), row_name=row_name)
            records.labels += columns["label"]
        records.sources.append(Source(path=path, sha256=table.sha256(), records=len(records.labels)))
    if not records.labels:  # damaged Parquet may promise rows and hold none
        raise InputError(f"{path}: has no rows; add sequences")
    records.labels = tidy_labels(records.labels, path)
    records.classes = class_order(records.labels, path)
    records.notes = label_notes(records.classes)
    return records
