"""Genomic intervals from BED and narrowPeak files."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from motiflens.data.dataset import Source
from motiflens.data.files.source import OpenedFile, open_input
from motiflens.errors import InputError

_NARROW_PEAK = 10  # columns; the last is the summit, counted from the start
_HEADERS = (b"#", b"track", b"browser")
_LARGEST = 2**40


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Intervals (n,), 0-based half-open; strand is "+", "-" or "."; `summit` is a position, -1 where there is none."""

    chromosome: np.ndarray
    start: Int64[np.ndarray, " n"]
    end: Int64[np.ndarray, " n"]
    strand: np.ndarray
    summit: Int64[np.ndarray, " n"]
    source: Source

    def __len__(self) -> int:
        return len(self.start)

    @property
    def centre(self) -> Int64[np.ndarray, " n"]:
        """The summit, or the middle where there is none."""
        return np.where(self.summit >= 0, self.summit, (self.start + self.end) // 2)


def read_intervals(path: str) -> Intervals:
    """Intervals of a BED (3 columns or more) or narrowPeak (10 columns) file, plain or gzip.

    Raises InputError, naming the line, for too few columns, what is no number, and an interval that ends before it
    starts.
    """
    with open_input(path) as opened:
        rows = list(_rows(opened))
        if not rows:
            raise InputError(f"{path}: has no intervals; give a BED or narrowPeak file")
        source = Source(path=path, sha256=opened.sha256(), records=len(rows))
    chromosome, start, end, strand, summit = zip(*rows, strict=True)
    return Intervals(
        chromosome=np.array(chromosome),
        start=np.array(start, np.int64),
        end=np.array(end, np.int64),
        strand=np.array(strand),
        summit=np.array(summit, np.int64),
        source=source,
    )


def _rows(opened: OpenedFile) -> Iterator[tuple[str, int, int, str, int]]:
    for number, raw in enumerate(opened.stream, 1):
        line = raw.strip()
        if line and not line.startswith(_HEADERS):
            where = f"{opened.path}: line {number}"
            yield _row(line.decode("utf-8", "backslashreplace"), where)


def _row(line: str, where: str) -> tuple[str, int, int, str, int]:
    columns = line.split("\t") if "\t" in line else line.split()
    if len(columns) < 3:
        raise InputError(f"{where} has {len(columns)} columns where BED has at least 3 (chromosome, start, end)")
    name = columns[0].strip()
    if not name or len(name) > 200 or not name.isprintable():
        raise InputError(f"{where} has a chromosome name that is empty, too long or not printable: {name[:40]!r}")
    start, end = (_number(text, where) for text in columns[1:3])
    if end <= start:
        raise InputError(f"{where} ends at {end}, not after its start {start}; BED is 0-based and half-open")
    strand = columns[5].strip() if len(columns) > 5 else "."
    if strand not in ("+", "-", "."):
        raise InputError(f"{where} has {strand[:10]!r} in column 6 where the strand is expected; use +, - or .")
    offset = _number(columns[9], where, least=-1) if len(columns) == _NARROW_PEAK else -1
    if offset >= end - start:
        raise InputError(f"{where} has its summit {offset} outside of the interval; narrowPeak counts from its start")
    return name, start, end, strand, start + offset if offset >= 0 else -1


def _number(text: str, where: str, *, least: int = 0) -> int:
    try:
        value = int(text) if text.isascii() else least - 1
    except ValueError:
        value = least - 1
    if not least <= value < _LARGEST:
        raise InputError(f"{where} has {text[:20]!r} where a number is expected; give chromosome, start and end")
    return value
