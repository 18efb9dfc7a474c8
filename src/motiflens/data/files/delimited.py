"""Rows of delimited text, by the dialect of the file; a stray quote costs no row."""

import csv
import re
import sys
from collections.abc import Iterable, Iterator

from motiflens.data.files.source import BLOCK, OpenedFile
from motiflens.errors import InputError

_MARKS = (",", "\t", ";", "|")
#: What the column of sequences may be called where none is called `sequence`.
OTHER_NAMES = ("seq", "sequences", "dna_sequence")
_OTHER_IDS = ("sequence_id", "seq_id")  # where none is called `id`
_EXCEL = re.compile(rb"sep=(.)\r?\n?")  # a first line that tells Excel the separator


def delimited_rows(opened: OpenedFile, *, expected: str) -> Iterator[list[str]]:
    """Rows of a table of text as lists of fields, its header first; rows without any text are left out.

    Comma, tab, semicolon or bar separate the fields: the one that the file's name promises, unless only another makes
    `expected` a column. Tab-separated text knows no quoting, so that a quote is a letter there, except where a pair of
    them encloses a field. Comment lines (#) above the header are left out.

    Raises InputError for quotes that are out of place, among them those that would join several rows, and for text
    that is not UTF-8.
    """
    mark = _separator(opened, expected)
    text = (line.decode("utf-8") for block in opened.stream for line in block.splitlines(keepends=True))
    csv.field_size_limit(sys.maxsize)  # the module's own limit is shorter than a BAC
    quoted = mark != "\t"
    reader = csv.reader(text, delimiter=mark, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True)
    header: list[str] | None = None
    line = 0
    try:
        for row in reader:
            lines, line = reader.line_num - line, reader.line_num
            if not any(row) or (header is None and _above_header(row, expected)):
                continue
            if header is None:
                header = row
            elif lines > 1:
                _check_not_joined(row, len(header), opened.path, line - lines + 1)
            yield row if quoted else [_unquoted(field) for field in row]
    except csv.Error as error:
        raise InputError(
            f"{opened.path}: is damaged, or not in the format of its file name (line {reader.line_num}: {error}); "
            "save it anew"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"{opened.path}: is not UTF-8 text; save the table as CSV UTF-8") from None


def has_column(opened: OpenedFile, name: str) -> bool:
    """Whether the file begins with a table's header that has this column."""
    return any(_has(line, mark, name) for line in _first_lines(opened) for mark in _MARKS)


def _separator(opened: OpenedFile, expected: str) -> str:
    lines = _first_lines(opened)
    if lines and (told := _EXCEL.fullmatch(lines[0])):
        return told[1].decode("latin-1")
    promised = "\t" if re.search(r"\.(tsv|tab|txt)(\.b?gz)?$", opened.path.lower()) else ","
    marks = (promised, *_MARKS)
    return next((mark for mark in marks if any(_has(line, mark, expected) for line in lines)), promised)


def _first_lines(opened: OpenedFile) -> list[bytes]:
    """The lines up to the header, and the header."""
    lines: list[bytes] = []
    for line in re.split(rb"\r\n|\n|\r", opened.stream.peek(BLOCK)[:BLOCK]):
        if line.strip():
            lines.append(line)
            if not line.startswith((b"#", b"sep=")):
                break
    return lines


def _has(line: bytes, mark: str, name: str) -> bool:
    return name in _names(line.decode("utf-8", "replace").split(mark))


def _names(fields: list[str]) -> list[str]:
    return known_names(field.strip().strip("#\"' ") for field in fields)


def known_names(header: Iterable[str]) -> list[str]:
    """Return the names of columns in lower case; where none is `sequence` or `id`, the first other name becomes it."""
    names = [name.lower() for name in header]
    for known, others in (("sequence", OTHER_NAMES), ("id", _OTHER_IDS)):
        used = next((name for name in others if name in names), None)
        if known not in names and used is not None:
            names = [known if name == used else name for name in names]
    return names


def _above_header(row: list[str], expected: str) -> bool:
    """Whether a row is a comment, or Excel's note on the separator."""
    if expected in _names(row):
        return False
    return row[0].startswith("#") or row[0] == "sep="


def _unquoted(field: str) -> str:
    """A field of tab-separated text without a pair of quotes around all of it, as R and Excel write them."""
    if len(field) > 1 and field[0] == field[-1] == '"':
        return field[1:-1].replace('""', '"')
    return field


def _check_not_joined(row: list[str], width: int, path: str, line: int) -> None:
    """Raise InputError where a field over several lines holds as many commas as the rows that it may have swallowed."""
    for field in row:
        breaks = len(re.findall(r"\r\n|\n|\r", field))
        marks = max(field.count(mark) for mark in _MARKS)
        if breaks and marks >= breaks * (width - 1):
            raise InputError(
                f"{path}: line {line} opens a quote that closes {breaks} lines below, over what look like rows; "
                "double or remove single quotes in the text, or save the table as TSV"
            )
