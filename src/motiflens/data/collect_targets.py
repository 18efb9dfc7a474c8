"""Collect sequences with columns of numbers: one table, or FASTA beside a table of ids and values."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from motiflens.data.collect import CollectedRecords, class_and_file, is_table_argument, opened_table
from motiflens.data.config import TargetColumns
from motiflens.data.dataset import Source
from motiflens.data.files.delimited import delimited_rows, has_column
from motiflens.data.files.fasta import fasta_records
from motiflens.data.files.records import Record, batched, encode_records
from motiflens.data.files.source import open_input
from motiflens.data.files.table import Columns, OpenedTable, is_parquet, is_table, open_table
from motiflens.errors import InputError

_RECORDS = 20_000  # at a time
_FORMS = "give one table with a column `sequence`, or FASTA and a table of ids and values"


@dataclass(kw_only=True)
class MeasuredRecords(CollectedRecords):
    """Records with their columns of values, as text; "" in `batches` means none."""

    batches: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The file that the values are from."""
        return self.sources[-1].path


def collect_targets(arguments: Sequence[str], columns: TargetColumns, *, row_name: str = "row") -> MeasuredRecords:
    """Read sequences and the columns that are named.

    Args:
        arguments: One table; or a FASTA file and a table whose first column (or `id`) has the FASTA's ids.
        columns: What is read beside the sequences.
        row_name: Prefix of the ids of a table without an id column.

    Raises:
        InputError: Arguments of another form, or a file that cannot be read.
    """
    if len(arguments) == 1 and is_table_argument(arguments[0]):
        return _collect_table(arguments[0], columns, row_name)
    if len(arguments) == 2 and not any(_is_pair(argument) for argument in arguments):
        fasta, table = sorted(arguments, key=is_table)
        if is_table(table) and not is_table(fasta):
            return _collect_pair(fasta, table, columns)
    option = "--labels" if columns.labels else "--target"
    given = " ".join(arguments)[:60] or "nothing"
    raise InputError(f"{given}: with {option}, {_FORMS} (.csv, .tsv, .parquet)")


def _is_pair(argument: str) -> bool:
    try:
        class_and_file(argument)
    except InputError:
        return False
    return True


def _collect_table(path: str, columns: TargetColumns, row_name: str) -> MeasuredRecords:
    records = MeasuredRecords(values={name: [] for name in columns.names})
    n = 0
    with opened_table(path, required=("sequence",), values=columns.names) as table:
        for chunk in table.chunks:
            records.add_rows(chunk, path, first_row=n, row_name=row_name)
            for name in columns.names:
                records.values[name] += chunk[name]
            records.batches += chunk.get("batch", chunk.get("plate", []))
            n += len(chunk["sequence"])
        records.sources.append(Source(path=path, sha256=table.sha256(), records=n))
    if not n:
        raise InputError(f"{path}: has no rows; add sequences")
    return records


def _collect_pair(fasta: str, table: str, columns: TargetColumns) -> MeasuredRecords:
    """Sequences of a FASTA file with the values that a table has under their ids, in the order of the FASTA."""
    sequences: list[Record] = []
    with open_input(fasta) as opened:
        sequences.extend(fasta_records(opened))
    source = Source(path=fasta, sha256=opened.sha256(), records=len(sequences))
    rows, table_source = _values_by_id(table, columns)
    kept = [record for record in sequences if record.id in rows]
    if not kept:
        raise InputError(
            f"{table}: none of its ids ({', '.join(map(repr, list(rows)[:2]))}) is one of {fasta} "
            f"({', '.join(repr(record.id) for record in sequences[:2])}); use the same ids in both"
        )
    return MeasuredRecords(
        parts=[encode_records(batch, fasta) for batch in batched(kept, _RECORDS)],
        values={name: [rows[record.id][i] for record in kept] for i, name in enumerate(columns.names)},
        sources=[source, table_source],
        notes=_left_out(sequences, rows, fasta=fasta, table=table),
    )


def _left_out(
    sequences: Sequence[Record], rows: dict[str, tuple[str, ...]], *, fasta: str, table: str
) -> tuple[str, ...]:
    """Notes on the records that only one of the two files has."""
    known = {record.id for record in sequences}
    unmeasured = [record.id for record in sequences if record.id not in rows]
    without = [name for name in rows if name not in known]
    notes = []
    if unmeasured:
        notes.append(
            f"{len(unmeasured):,} sequences of {fasta} have no row in {table} and were left out, {unmeasured[0]} first."
        )
    if without:
        notes.append(
            f"{len(without):,} ids of {table} have no sequence in {fasta} and were left out, {without[0]} first."
        )
    return tuple(notes)


def _values_by_id(path: str, columns: TargetColumns) -> tuple[dict[str, tuple[str, ...]], Source]:
    rows: dict[str, tuple[str, ...]] = {}
    with _opened_values(path, columns) as table:
        for chunk in table.chunks:
            for number, (name, *cells) in enumerate(
                zip(chunk["id"], *(chunk[column] for column in columns.names), strict=True), len(rows) + 1
            ):
                if not name:
                    raise InputError(f"{path}: row {number} has no id; fill it in or remove the row")
                if name in rows:
                    raise InputError(f"{path}: id {name!r} occurs twice; keep one row for each sequence")
                rows[name] = tuple(cells)
        source = Source(path=path, sha256=table.sha256(), records=len(rows))
    return rows, source


@contextmanager
def _opened_values(path: str, columns: TargetColumns) -> Iterator[OpenedTable]:
    """The table of ids and values: with a column `id`; or of two columns, without a header or under any names."""
    if is_parquet(path):
        with open_table(path, required=("id",), values=columns.names) as table:
            yield table
        return
    with open_input(path) as opened:
        has_ids, has_values = has_column(opened, "id"), has_column(opened, columns.names[0].lower())
        if not has_ids:
            rows = list(delimited_rows(opened, expected=columns.names[0].lower()))
            yield OpenedTable(
                chunks=iter([_bare_columns(rows, columns, path, headed=has_values)]), sha256=opened.sha256
            )
            return
    with open_table(path, required=("id",), values=columns.names) as table:
        yield table


def _bare_columns(rows: list[list[str]], columns: TargetColumns, path: str, *, headed: bool) -> Columns:
    """Columns of a table whose first one has the ids; a header names the others, or there are two columns."""
    names = columns.names
    if headed:
        header, rows = [field.strip().strip("#").strip().lower() for field in rows[0]], rows[1:]
        missing = [name for name in names if name.lower() not in header]
        if missing:
            raise InputError(f"{path}: has no column {missing[0]} (found: {', '.join(header)!r}); name one of them")
        where = [header.index(name.lower()) for name in names]
    elif len(names) == 1 and all(len(row) == 2 for row in rows):
        where = [1]
    else:
        raise InputError(
            f"{path}: has no column {names[0]}; its first line must name the columns: id, {', '.join(names)}"
        )
    width = max(where)
    short = next((number for number, row in enumerate(rows, 1) if len(row) <= width), None)
    if short is not None:
        raise InputError(
            f"{path}: row {short} has {len(rows[short - 1])} fields where {width + 1} are needed; fill it in"
        )
    ids = [row[0].strip() for row in rows]
    return {"id": ids} | {name: [row[i].strip() for row in rows] for name, i in zip(names, where, strict=True)}
