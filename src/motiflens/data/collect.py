"""Collect the labelled records of all files that data arguments name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from motiflens.data.dataset import Source
from motiflens.data.files.fasta import fasta_records
from motiflens.data.files.records import EncodedRecords, batched, encode_records
from motiflens.data.files.source import open_input
from motiflens.data.files.table import check_values, is_table, open_table, table_records
from motiflens.errors import InputError

_RECORDS = 20_000  # at a time


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
    pairs = [_class_and_file(argument) for argument in arguments]
    if not pairs:
        raise InputError("no data: give CLASS=FILE pairs (FASTA) or one table (.csv, .tsv, .parquet)")
    names = tuple(dict.fromkeys(name for name, _ in pairs))
    records = LabelledRecords(classes=names[::-1] if len(names) == 2 else names)
    for name, path in pairs:
        _collect_fasta(path, name, records)
    return records


def _is_table_argument(argument: str) -> bool:
    return is_table(argument) and ("=" not in argument or Path(argument).exists())


def _class_and_file(argument: str) -> tuple[str, str]:
    name, equals, path = (part.strip() for part in argument.partition("="))
    if not (name and equals and path):
        raise InputError(f"{argument}: give CLASS=FILE pairs (FASTA), or one table (.csv, .tsv, .parquet) alone")
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
    with open_table(path, required=("sequence", "label")) as table:
        for columns in table.chunks:
            first_row = len(records.labels)
            check_values(columns, first_row=first_row, path=path)
            batch = table_records(columns, first_row=first_row, row_name=row_name)
            records.parts.append(encode_records(batch, path))
            records.labels += columns["label"]
            records.splits += columns.get("split", [])
            records.groups += columns.get("group", [])
        records.sources.append(Source(path=path, sha256=table.sha256(), records=len(records.labels)))
    if not records.labels:  # damaged Parquet may promise rows and hold none
        raise InputError(f"{path}: has no rows; add sequences")
    records.classes = class_order(records.labels, path)
    return records


def class_order(labels: Iterable[str], where: str) -> tuple[str, ...]:
    """Return the different labels in sorted order, numerically where all are numbers.

    Raises InputError for fewer than two.
    """
    names = set(labels)
    if len(names) < 2:
        raise InputError(
            f"{where}: has one label only, {min(names)!r}; add sequences of another class, or give the sequences as "
            "CLASS=FILE (FASTA) to get shuffled negatives"
        )
    if all(name.removeprefix("-").isdecimal() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))
