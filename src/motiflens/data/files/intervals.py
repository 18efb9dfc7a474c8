"""Genomic intervals from BED files and their relatives: narrowPeak, broadPeak, BED12, and any of them with more."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from motiflens.data.dataset import Source
from motiflens.data.files.source import OpenedFile, open_input
from motiflens.errors import InputError

_STRAND, _SUMMIT = 5, 9  # columns, from 0
_COMMENT = re.compile(rb"#|(track|browser)(\s|$)")
_STRANDS = {"+": "+", "-": "-", ".": ".", "*": ".", "": "."}  # R has * for no strand
_LARGEST = 2**40
_NEAR_START = 0.05  # share of the width: counts lie below, summits above


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Intervals (n,), 0-based half-open; strand is "+", "-" or "."; `summit` is a position, -1 where there is none.

    `notes` say how columns were understood that several formats use differently.
    """

    chromosome: np.ndarray
    start: Int64[np.ndarray, " n"]
    end: Int64[np.ndarray, " n"]
    strand: np.ndarray
    summit: Int64[np.ndarray, " n"]
    source: Source
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.start)

    def window_starts(self, width: int) -> Int64[np.ndarray, " n"]:
        """Return where windows of `width` bases around the intervals start.

        Read 5' to 3', base `width // 2` of a window is the summit, or the middle where there is none; of an even number
        of bases the middle is the one behind.
        """
        minus = self.strand == "-"
        middle = (self.start + self.end - minus) // 2
        centre = np.where(self.summit >= 0, self.summit, middle)
        return centre - (width - minus) // 2


_Row = tuple[int, list[str]]  # line number, columns


def read_intervals(path: str) -> Intervals:
    """Intervals of a BED (3 columns or more), narrowPeak or broadPeak file, plain or gzip, whatever columns follow.

    Summits are read from column 10 where that is one: by the file's name, or by its numbers.

    Raises InputError, naming the line, for too few columns, what is no number, an interval that ends before it
    starts, and files that count from 1 (GFF, MACS's .xls, R's GRanges).
    """
    with open_input(path) as opened:
        rows = _without_header(list(_rows(opened)), path)
        if not rows:
            raise InputError(f"{path}: has no intervals; give a BED or narrowPeak file")
        source = Source(path=path, sha256=opened.sha256(), records=len(rows))
    start = np.array([_number(columns[1], path, line) for line, columns in rows], np.int64)
    end = np.array([_number(columns[2], path, line) for line, columns in rows], np.int64)
    for row in np.flatnonzero(end <= start)[:1]:
        raise InputError(
            f"{path}: line {rows[row][0]} ends at {end[row]}, not after its start {start[row]}; "
            "BED is 0-based and half-open"
        )
    strand, strand_notes = _strands(rows, path)
    summit, summit_notes = _summits(rows, end - start, path)
    return Intervals(
        chromosome=np.array([_chromosome(columns[0], path, line) for line, columns in rows]),
        start=start,
        end=end,
        strand=strand,
        summit=np.where(summit >= 0, start + summit, -1),
        source=source,
        notes=(*strand_notes, *summit_notes),
    )


def _rows(opened: OpenedFile) -> Iterator[_Row]:
    number = 0
    for raw in opened.stream:
        for line in raw.splitlines():
            number += 1
            line = line.strip()
            if not line or _COMMENT.match(line):
                continue
            text = line.decode("utf-8", "backslashreplace")
            columns = [column.strip().strip('"') for column in (text.split("\t") if "\t" in text else text.split())]
            if len(columns) < 3:
                raise InputError(f"{opened.path}: line {number} {_too_few(columns)}")
            yield number, columns


def _too_few(columns: list[str]) -> str:
    first = columns[0] if columns else ""
    if first.startswith(">"):
        return "begins a FASTA record where a BED file is expected; give FASTA as CLASS=FILE, without --genome"
    if first.count(",") > 1:
        return "has commas between its columns; BED has tabs"
    return f"has {len(columns)} columns where BED has at least 3 (chromosome, start, end)"


def _without_header(rows: list[_Row], path: str) -> list[_Row]:
    """The rows without a line of column names. Raises InputError for files that count from 1."""
    if not rows:
        return rows
    line, first = rows[0]
    names = [name.lower() for name in first]
    if len(first) >= 8 and not first[2].isdigit() and first[3].isdigit() and first[4].isdigit():
        raise InputError(f"{path}: line {line} looks like GFF or GTF, which count from 1; convert it to BED")
    if _is_index(rows, path):
        raise InputError(f"{path}: is the index of a FASTA file; give its BED file, and the FASTA file as --genome")
    if _is_bedpe(rows):
        raise InputError(f"{path}: is BEDPE, with two intervals a line; give one of them (cut -f1-3, or cut -f4-6)")
    if not ("start" in names[1] and ("end" in names[2] or "stop" in names[2])):
        return rows
    if names[0] == "seqnames":
        raise InputError(
            f"{path}: is R's GRanges as a table, which counts from 1; write it with rtracklayer::export.bed"
        )
    if "length" in names and "pileup" in names:
        raise InputError(
            f"{path}: is the .xls of MACS, which counts from 1; give the narrowPeak, broadPeak or summits.bed file"
        )
    return rows[1:]


def _is_index(rows: list[_Row], path: str) -> bool:
    """Whether columns are those of samtools faidx: name, length, offset, bases and bytes a line."""
    if path.lower().endswith(".fai"):
        return True
    numbers = [[_whole(text) for text in columns[1:]] for _, columns in rows]
    return all(len(row) == 4 and None not in row and 1 <= (row[3] or 0) - (row[2] or 0) <= 2 for row in numbers)


def _is_bedpe(rows: list[_Row]) -> bool:
    """Whether columns 4 to 6 are another interval on the chromosomes of column 1."""
    chromosomes = {columns[0] for _, columns in rows} | {"."}
    return all(
        len(columns) >= 6 and columns[3] in chromosomes and None not in map(_whole, columns[4:6]) for _, columns in rows
    )


def _chromosome(text: str, path: str, line: int) -> str:
    if not text or len(text) > 200 or not text.isprintable():
        raise InputError(
            f"{path}: line {line} has a chromosome name that is empty, too long or not printable: {text[:40]!r}"
        )
    return text


def _number(text: str, path: str, line: int) -> int:
    value = _whole(text)
    if value is None or not 0 <= value < _LARGEST:
        raise InputError(
            f"{path}: line {line} has {text[:20]!r} where a number is expected; give chromosome, start and end"
        )
    return value


def _whole(text: str) -> int | None:
    """The whole number that a text is, also as R (1e+05) and pandas (100000.0) write it; None for other text."""
    if not text.isascii() or "_" in text or len(text) > 30:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else None


def _strands(rows: list[_Row], path: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Strand of each row, and a note where column 6 holds something else, or another column the strands."""
    given = [columns[_STRAND] if len(columns) > _STRAND else "." for _, columns in rows]
    odd = [row for row, text in enumerate(given) if text not in _STRANDS]
    if not odd:
        strands = np.array([_STRANDS[text] for text in given])
        return strands, _misplaced(rows) if set(given) <= {".", ""} else ()
    line, text = rows[odd[0]][0], given[odd[0]][:10]
    if {"+", "-"} & set(given):
        raise InputError(f"{path}: line {line} has {text!r} in column 6 where the strand is expected; use +, - or .")
    note = f"{path}: column 6 is not read as the strand (line {line} has {text!r}): all windows are of the plus strand."
    return np.full(len(rows), "."), (note, *_misplaced(rows))


def _misplaced(rows: list[_Row]) -> tuple[str, ...]:
    """A note where column 4 or 5 holds strands."""
    for column in (3, 4):
        if {columns[column] if len(columns) > column else "" for _, columns in rows} == {"+", "-"}:
            return (f"Column {column + 1} holds + and -, but BED has the strand in column 6: no strand was read.",)
    return ()


def _summits(rows: list[_Row], width: np.ndarray, path: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Summit of each row, counted from its start, -1 for none; and a note where only the numbers tell what they are."""
    none = np.full(len(rows), -1)
    kind = re.search(r"(narrow|broad|gapped)_?peak", Path(path).name.lower())
    named = kind[1] if kind else ""
    if min(len(columns) for _, columns in rows) <= _SUMMIT or named in ("broad", "gapped"):
        return none, ()
    offsets = [_whole(columns[_SUMMIT]) for _, columns in rows]
    if named == "narrow":
        return _checked(offsets, rows, width, path), ()
    if all(_is_bed12(columns) for _, columns in rows):
        return none, ()
    if None not in offsets:
        values = np.array(offsets, np.int64)
        inside = (values >= -1) & (values < width)
        known = values >= 0
        if inside.all() and (not known.any() or np.median(values[known] / width[known]) >= _NEAR_START):
            return values, (f"{path}: column 10 is read as the summit, as in narrowPeak.",) if known.any() else ()
    return none, (f"{path}: column 10 is not read as a summit, for its numbers are none: windows are in the middle.",)


def _checked(offsets: list[int | None], rows: list[_Row], width: np.ndarray, path: str) -> np.ndarray:
    for (line, columns), offset, bases in zip(rows, offsets, width.tolist(), strict=True):
        if offset is None or offset < -1:
            raise InputError(
                f"{path}: line {line} has {columns[_SUMMIT][:20]!r} in column 10 where a number, the summit, is "
                "expected; give narrowPeak"
            )
        if offset >= bases:
            raise InputError(
                f"{path}: line {line} has its summit {offset} outside of the interval; narrowPeak counts from its start"
            )
    return np.array(offsets, np.int64)


def _is_bed12(columns: list[str]) -> bool:
    """Whether column 10 counts the blocks whose sizes and starts columns 11 and 12 list."""
    if len(columns) < 12:
        return False
    sizes, starts = (len(text.strip(",").split(",")) for text in columns[10:12])
    return _whole(columns[_SUMMIT]) == sizes == starts
