"""Tables (.csv, .tsv, .parquet) as a stream of chunks of text columns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from motiflens.data.files.delimited import OTHER_NAMES, delimited_rows, known_names
from motiflens.data.files.records import Record
from motiflens.data.files.source import OpenedFile, file_sha256, input_errors, open_input
from motiflens.errors import InputError

COLUMNS = ("sequence", "label", "id", "split", "group", "batch", "plate")
SPLITS = ("train", "val", "test")

_ENDINGS = tuple(f".{kind}{zipped}" for kind in ("csv", "tsv", "tab") for zipped in ("", ".gz", ".bgz"))
_PARQUET = (".parquet", ".pq")
_ROWS = 50_000
_LONGEST_NAME = 12  # of a column that could be a sequence by its letters
_NO_SEQUENCE = ("na", "nan", "n/a", "none", "null")

Columns = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """Known columns that must be there, and columns of values, as the user named them."""

    required: tuple[str, ...]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OpenedTable:
    """A table being read: chunks of its known columns as stripped text, a missing value as "".

    `sha256` gives the file's fingerprint once all chunks are read.
    """

    chunks: Iterator[Columns]
    sha256: Callable[[], str]


def is_table(path: str) -> bool:
    """Whether a file's name promises a table."""
    return path.lower().endswith((*_ENDINGS, *_PARQUET))


def is_parquet(path: str) -> bool:
    """Whether a file's name promises Parquet."""
    return path.lower().endswith(_PARQUET)


@contextmanager
def open_table(path: str, *, required: tuple[str, ...], values: tuple[str, ...] = ()) -> Iterator[OpenedTable]:
    """Open a table for streaming; `values` are columns beside the known ones, under the names that the user gave.

    Raises InputError for a file that is not what its name promises, a table without rows or without the required
    columns (names those found), and a malformed row.
    """
    if is_parquet(path):
        with input_errors(path), open(path, "rb") as file:
            columns = _Wanted(required=required, values=values)
            yield OpenedTable(chunks=_parquet_chunks(file, path, columns), sha256=lambda: file_sha256(path))
    else:
        with open_input(path) as opened:
            yield table_of(opened, required=required, values=values)


def table_of(opened: OpenedFile, *, required: tuple[str, ...], values: tuple[str, ...] = ()) -> OpenedTable:
    """Return an opened text file as a table; its chunks raise InputError as `open_table`."""
    columns = _Wanted(required=required, values=values)
    return OpenedTable(chunks=_text_chunks(opened, columns), sha256=opened.sha256)


def table_records(columns: Columns, *, first_row: int, row_name: str) -> list[Record]:
    """Records of a chunk; without an id column they are row1, row2, ... in the table's order."""
    sequences = columns["sequence"]
    ids = columns.get("id") or [f"{row_name}{first_row + i + 1}" for i in range(len(sequences))]
    return list(map(Record, ids, sequences))


def check_values(columns: Columns, *, first_row: int, path: str) -> None:
    """Raise InputError for a missing id, a sequence "NA", and a split that is none of train, val, test."""
    if "" in columns.get("id", ()):
        row = first_row + columns["id"].index("") + 1
        raise InputError(f"{path}: row {row} has no id; fill it in or remove the row")
    for row, sequence in enumerate(columns["sequence"], first_row + 1):
        if len(sequence) < 5 and sequence.lower() in _NO_SEQUENCE:  # NA would be two letters of DNA
            raise InputError(f"{path}: row {row} has no sequence ({sequence}); fill it in or remove the row")
    splits = columns.get("split", [])
    for row, split in enumerate(splits, first_row + 1) if set(splits) - {"", *SPLITS} else ():
        if split not in ("", *SPLITS):
            raise InputError(f"{path}: row {row} has split {split[:30]!r}; use train, val or test")


def _text_chunks(opened: OpenedFile, wanted: _Wanted) -> Iterator[Columns]:
    rows = delimited_rows(opened, expected=wanted.required[0])
    header = next(rows, None)
    if header is None:
        raise InputError(f"{opened.path}: is empty; give a table with the columns sequence and label")
    where = _find_columns(header, wanted, opened.path)
    first_row = 0
    while chunk := list(islice(rows, _ROWS)):
        _check_widths(chunk, header, first_row=first_row, path=opened.path)
        yield {name: [row[i].strip() if i < len(row) else "" for row in chunk] for name, i in where.items()}
        first_row += len(chunk)
    if not first_row:
        raise InputError(f"{opened.path}: has no rows below its header; add sequences")


def _check_widths(rows: list[list[str]], header: list[str], *, first_row: int, path: str) -> None:
    """Raise InputError for a row with more fields than the header: its values may stand under other names."""
    widths = list(map(len, rows))
    if max(widths) <= len(header):
        return
    row = next(i for i, width in enumerate(widths) if width > len(header))
    if set(widths) == {len(header) + 1} and not first_row:
        remedy = "write row names with a name of their own (R: col.names = NA), or none (row.names = FALSE)"
    else:
        remedy = "put fields that hold the separator in quotes, or save the table anew"
    raise InputError(
        f"{path}: row {first_row + row + 1} has {widths[row]} fields where the header has {len(header)}; {remedy}"
    )


def _parquet_chunks(file: BinaryIO, path: str, wanted: _Wanted) -> Iterator[Columns]:
    with _parse_errors(path, ValueError, OSError, pa.ArrowException):
        table = pq.ParquetFile(file)
        batches = table.iter_batches(batch_size=_ROWS)
    where = _find_columns(table.schema_arrow.names, wanted, path)
    if not table.metadata.num_rows:
        raise InputError(f"{path}: has no rows; add sequences")
    while True:
        with _parse_errors(path, ValueError, OSError, pa.ArrowException):
            batch = next(batches, None)
            columns = batch and {name: _text(batch.column(i)) for name, i in where.items()}
        if columns is None:
            return
        yield columns


def _text(column: pa.Array) -> list[str]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        column = pc.replace_with_mask(column, pc.fill_null(pc.is_nan(column), False), pa.scalar(None, column.type))
    return pc.utf8_trim_whitespace(pc.fill_null(pc.cast(column, pa.string()), "")).to_pylist()


@contextmanager
def _parse_errors(path: str, *kinds: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kinds as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: is damaged, or not in the format of its file name ({reason[:200]}); save it anew"
        ) from None


def _find_columns(found: list[str], wanted: _Wanted, path: str) -> dict[str, int]:
    """Where the wanted and the known columns are; letter case and blanks around a name do not matter."""
    plain = [str(name).strip().strip("#").strip() for name in found]
    names = known_names(plain)
    shown = ", ".join(str(name)[:30] for name in found[:12])
    missing = [name for name in wanted.required if name not in names]
    if missing and names and names[0].startswith(">"):
        raise InputError(f"{path}: looks like FASTA; rename it and give it as CLASS=FILE")
    if missing and any(len(name) > _LONGEST_NAME and not set(name) - set("ACGTNacgtn") for name in plain):
        raise InputError(f"{path}: its first line holds a sequence: write a line above it that names the columns")
    if missing:
        remedy = "rename the columns"
        if missing == ["sequence"]:
            remedy = f"call the column of the sequences `sequence` (or {', '.join(OTHER_NAMES)})"
        raise InputError(f"{path}: has no column {' and no '.join(missing)} (found: {shown!r}); {remedy}")
    repeated = [name for name in COLUMNS if names.count(name) > 1]
    if repeated:
        raise InputError(f"{path}: has the column {repeated[0]} twice (found: {shown!r}); remove one")
    where = {name: names.index(name) for name in COLUMNS if name in names}
    return where | {name: _find_value_column(name, plain, path) for name in wanted.values}


def _find_value_column(name: str, plain: list[str], path: str) -> int:
    """Where the column is that the user named: spelled so, or the only one that differs in letter case alone."""
    same = [i for i, other in enumerate(plain) if other == name]
    same = same or [i for i, other in enumerate(plain) if other.lower() == name.lower()]
    if len(same) > 1:
        raise InputError(f"{path}: has the column {name} {len(same)} times; rename all but one")
    if not same:
        close = get_close_matches(name, plain, n=1)
        hint = f"did you mean {close[0]}?" if close else "name one of the columns"
        shown = ", ".join(other[:30] for other in plain[:12])
        raise InputError(f"{path}: has no column {name} (found: {shown!r}); {hint}")
    return same[0]
