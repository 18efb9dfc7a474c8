"""Tables (.csv, .tsv, .parquet) as a stream of chunks of text columns."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from motiflens.data.files.records import Record
from motiflens.data.files.source import OpenedFile, input_errors, open_input
from motiflens.errors import InputError

COLUMNS = ("sequence", "label", "id", "split", "group")
SPLITS = ("train", "val", "test")

_SEPARATORS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
_ROWS = 50_000
_MISSING = ("na", "nan", "n/a", "none", "null")

Columns = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class OpenedTable:
    """A table being read: chunks of its known columns as stripped text, a missing value as "".

    `sha256` gives the file's fingerprint once all chunks are read.
    """

    chunks: Iterator[Columns]
    sha256: Callable[[], str]


def is_table(path: str) -> bool:
    """Whether a file's name promises a table."""
    return path.lower().endswith((*_SEPARATORS, ".parquet"))


@contextmanager
def open_table(path: str, *, required: tuple[str, ...]) -> Iterator[OpenedTable]:
    """Open a table for streaming.

    Raises InputError for a file that is not what its name promises, a table without rows or without the required
    columns (names those found), and a malformed row.
    """
    if path.lower().endswith(".parquet"):
        with input_errors(path), open(path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            yield OpenedTable(chunks=_parquet_chunks(file, path, required), sha256=lambda: sha256)
    else:
        with open_input(path) as opened:
            yield OpenedTable(chunks=_text_chunks(opened, required), sha256=opened.sha256)


def table_records(columns: Columns, *, first_row: int, row_name: str) -> list[Record]:
    """Records of a chunk; without an id column they are row1, row2, ... in the table's order."""
    sequences = columns["sequence"]
    ids = columns.get("id") or [f"{row_name}{first_row + i + 1}" for i in range(len(sequences))]
    return list(map(Record, ids, sequences))


def check_values(columns: Columns, *, first_row: int, path: str) -> None:
    """Raise InputError for a missing label or id, a sequence "NA", and a split that is none of train, val, test."""
    for name in ("label", "id"):
        if "" in columns.get(name, ()):
            row = first_row + columns[name].index("") + 1
            raise InputError(f"{path}: row {row} has no {name}; fill it in or remove the row")
    for row, sequence in enumerate(columns["sequence"], first_row + 1):
        if len(sequence) < 5 and sequence.lower() in _MISSING:  # NA would be two letters of DNA
            raise InputError(f"{path}: row {row} has no sequence ({sequence}); fill it in or remove the row")
    splits = columns.get("split", [])
    for row, split in enumerate(splits, first_row + 1) if set(splits) - {"", *SPLITS} else ():
        if split not in ("", *SPLITS):
            raise InputError(f"{path}: row {row} has split {split[:30]!r}; use train, val or test")


def _text_chunks(opened: OpenedFile, required: tuple[str, ...]) -> Iterator[Columns]:
    (separator,) = {mark for ending, mark in _SEPARATORS.items() if opened.path.lower().endswith(ending)}
    with _parse_errors(opened.path, ValueError):
        chunks = pd.read_csv(
            opened.stream,
            sep=separator,
            header=None,  # pandas would rename a repeated column silently
            dtype=str,
            keep_default_na=False,  # NA may be a label
            chunksize=_ROWS,
            encoding="utf-8",
        )
        first = next(chunks)
    where = _find_columns(first.iloc[0].fillna("").tolist(), required, opened.path)
    chunk: pd.DataFrame | None = first.iloc[1:]
    if len(first) == 1:
        raise InputError(f"{opened.path}: has no rows below its header; add sequences")
    while chunk is not None:
        yield {name: chunk[i].fillna("").str.strip().tolist() for name, i in where.items()}
        with _parse_errors(opened.path, ValueError):
            chunk = next(chunks, None)


def _parquet_chunks(file: BinaryIO, path: str, required: tuple[str, ...]) -> Iterator[Columns]:
    with _parse_errors(path, ValueError, OSError, pa.ArrowException):
        table = pq.ParquetFile(file)
        batches = table.iter_batches(batch_size=_ROWS)
    where = _find_columns(table.schema_arrow.names, required, path)
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
    return pc.utf8_trim_whitespace(pc.fill_null(pc.cast(column, pa.string()), "")).to_pylist()


@contextmanager
def _parse_errors(path: str, *kinds: type[Exception]) -> Iterator[None]:
    try:
        yield
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: is empty; give a table with the columns sequence and label") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text; save the table as CSV UTF-8") from None
    except kinds as error:
        reason = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise InputError(
            f"{path}: is damaged, or not in the format of its file name ({reason[:200]}); save it anew"
        ) from None


def _find_columns(found: list[str], required: tuple[str, ...], path: str) -> dict[str, int]:
    """Where the known columns are; letter case and blanks around a name do not matter."""
    names = [str(name).strip().lower() for name in found]
    shown = ", ".join(str(name)[:30] for name in found[:12])
    missing = [name for name in required if name not in names]
    if missing and names and names[0].startswith(">"):
        raise InputError(f"{path}: looks like FASTA; rename it and give it as CLASS=FILE")
    if missing:
        mark = next((mark for mark in ";\t,|" if len(found) == 1 and mark in shown), None)
        remedy = "rename the columns" if mark is None else f"save it as CSV or TSV: {mark!r} separates its columns"
        raise InputError(f"{path}: has no column {' and no '.join(missing)} (found: {shown!r}); {remedy}")
    repeated = [name for name in COLUMNS if names.count(name) > 1]
    if repeated:
        raise InputError(f"{path}: has the column {repeated[0]} twice (found: {shown!r}); remove one")
    return {name: names.index(name) for name in COLUMNS if name in names}
