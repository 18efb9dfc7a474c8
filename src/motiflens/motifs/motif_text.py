"""A motif file's lines, what a reader makes of them, and the numbers in them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np

from motiflens.errors import InputError
from motiflens.sequence.alphabet import ALPHABET

Line = tuple[int, str]  # its number, its text
_EVEN = 0.02  # difference of sums that are the same but for rounding
BASE_ROW = re.compile(r"([ACGTUacgtu])\b\s*[\[|:]?([^\]]*)\]?$")


@dataclass(frozen=True, kw_only=True)
class MotifText:
    """The lines of a motif file that are neither blank nor comments."""

    source: str
    lines: list[Line]

    @property
    def stem(self) -> str:
        """A name for motifs of files that give none."""
        name = Path(self.source).name
        return re.sub(r"(\.\w{1,8}){1,2}$", "", name) or name

    def fail(self, line: int, message: str) -> NoReturn:
        """Raise an InputError that names file and line."""
        raise InputError(f"{self.source}, line {line}: {message}")


@dataclass(kw_only=True)
class Draft:
    """A motif as the file has it; rows are positions, four numbers each."""

    name: str
    line: int
    accession: str = ""
    sites: int | None = None  # None: the numbers may be counts
    width: int | None = None  # as announced
    decimals: bool = False
    rows: list[list[float]] = field(default_factory=list)


#: Reads one motif; raises InputError where it is flawed.
Reading = Callable[[], Draft]
#: Yields a reading for each motif of a file; raises InputError where the file as a whole cannot be read.
Reader = Callable[[MotifText], Iterator[Reading]]


def numbers(file: MotifText, line: int, text: str) -> list[float]:
    """The numbers of a line, none of them negative."""
    try:
        values = [float(value) for value in text.split()]
    except ValueError:
        file.fail(line, f"numbers of a motif's matrix expected, found {text[:40]!r}")
    if not all(0 <= value < np.inf for value in values):
        file.fail(line, f"a number that is negative or not finite in {text[:40]!r}; give counts or probabilities")
    return values


def position(file: MotifText, line: int, text: str) -> list[float]:
    """The four numbers of a position."""
    values = numbers(file, line, text)
    if len(values) != 4:
        file.fail(line, f"{len(values)} numbers where a position has four, for A, C, G and T")
    return values


def has_decimals(texts: Iterable[str]) -> bool:
    """Whether the numbers are written as decimals."""
    return any(re.search("[.eE]", text) for text in texts)


def labels(text: str) -> tuple[str, str]:
    """(name, accession) of "accession name", or of a name alone."""
    first, _, rest = text.strip().partition(" ")
    return (rest.strip(), first) if rest.strip() else (first, "")


def lettered_rows(file: MotifText, body: list[Line]) -> list[Line]:
    """Numbers of rows such as 'A [ 4 0 12 ]', in the order A, C, G, T; none where the rows have no letters."""
    found = [BASE_ROW.match(text) for _, text in body]
    rows = {
        match[1].upper().replace("U", "T"): (n, match[2]) for (n, _), match in zip(body, found, strict=True) if match
    }
    if rows and not (len(rows) == len(body) == 4):
        file.fail(body[0][0], "the rows of a matrix should be A, C, G and T, once each")
    return [rows[base] for base in ALPHABET] if rows else []


def rows_are_bases(file: MotifText, body: list[Line], *, by_position: bool) -> bool:
    """Whether lines without letters are the four bases, not positions; a 4 x 4 matrix shows it in its even sums."""
    if len(body) != 4:
        return False
    rows = [numbers(file, number, text) for number, text in body]
    if any(len(row) != 4 for row in rows):
        return True
    across, down = (float(np.ptp(np.sum(rows, axis=axis))) for axis in (1, 0))
    if by_position:  # as the file's other motifs are: only sums that are even speak against it
        return down < across and down <= _EVEN * float(np.sum(rows)) / 4
    return across == down or down < across


def transposed(file: MotifText, body: list[Line]) -> list[list[float]]:
    """Positions of the rows of A, C, G and T."""
    rows = [numbers(file, number, text) for number, text in body]
    for (number, _), row in zip(body, rows, strict=True):
        if len(row) != len(rows[0]):
            file.fail(number, f"{len(row)} numbers where the row of A has {len(rows[0])}")
    return [list(one) for one in zip(*rows, strict=True)]
