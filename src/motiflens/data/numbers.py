"""Columns of text into numbers; every cell that cannot be one is an error with its row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from motiflens.data.labels import is_missing
from motiflens.errors import InputError

_TRUTH = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
_LEARN_CLASSES = "classes are learned from a column `label`, without --target"

Column = Float64[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a column is from, for messages: file, name, and what a record is called."""

    path: str
    column: str
    row: str = "row"

    def of(self, number: int) -> str:
        """Return the place of a record, counted from 0."""
        return f"{self.path}: {self.row} {number + 1}"


def measured_numbers(cells: Sequence[str], place: Place, *, varied: bool = True) -> Column:
    """Return measurements; a missing one is NaN.

    Raises InputError for text, infinite numbers, a column without any value, and, where it must be `varied`, one
    whose values are classes.
    """
    numbers = _numbers(cells, place)
    if not varied:
        return numbers
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        raise InputError(f"{place.path}: column {place.column} has no value in any {place.row}; name another column")
    different = np.unique(known)
    if len(different) == 1:
        raise InputError(
            f"{place.path}: column {place.column} is constant ({different[0]:g} in all {len(known)} values): there is "
            "nothing to learn from it; name another column"
        )
    if len(different) == 2:
        low, high = different
        raise InputError(
            f"{place.path}: column {place.column} has two different values only, {low:g} and {high:g}: these are "
            f"classes; {_LEARN_CLASSES}"
            + (f", and labels of 0 and 1 with --labels {place.column}" if high == 1 else "")
        )
    return numbers


def positive_numbers(cells: Sequence[str], place: Place) -> Column:
    """Return numbers above 0. Raises InputError for any other cell, and for a missing one."""
    numbers = _numbers(cells, place)
    wrong = ~(numbers > 0)
    if wrong.any():
        first = int(wrong.argmax())
        given = cells[first] or "empty"
        raise InputError(
            f"{place.of(first)} has {place.column} {given}; give a number above 0 in every {place.row}, or remove it"
        )
    return numbers


def zero_or_one(cells: Sequence[str], place: Place, *, varied: bool = True) -> Column:
    """Return labels as 1 (there), 0 (not there) or NaN (not known).

    Raises InputError for anything else, and, where it must be `varied`, for a column in which no cell, or every one,
    is 1.
    """
    text = [_TRUTH.get(cell.lower()) for cell in cells]
    plain = [cell if known is None else str(known) for cell, known in zip(cells, text, strict=True)]
    try:
        numbers = _numbers(plain, place)
    except InputError:
        first = next(i for i, cell in enumerate(plain) if not is_missing(cell) and not _is_number(cell))
        raise InputError(_no_label(place, first, cells[first])) from None
    wrong = np.isfinite(numbers) & (numbers != 0) & (numbers != 1)
    if wrong.any():
        first = int(wrong.argmax())
        raise InputError(_no_label(place, first, cells[first]))
    if varied and len(np.unique(numbers[np.isfinite(numbers)])) < 2:
        only = "no value" if not np.isfinite(numbers).any() else f"only {np.nanmax(numbers):g}"
        raise InputError(f"{place.path}: label {place.column} has {only}; leave it out, or add sequences of both kinds")
    return numbers


def check_counts(numbers: Column, place: Place) -> None:
    """Raise InputError for a negative count."""
    wrong = numbers < 0
    if wrong.any():
        first = int(wrong.argmax())
        raise InputError(
            f"{place.of(first)} has {place.column} {numbers[first]:g}, and {int(wrong.sum())} of the values are below "
            "0: --loss poisson takes counts; use --loss mse for other numbers, such as logarithms"
        )


def _no_label(place: Place, row: int, given: str) -> str:
    return (
        f"{place.of(row)} has {given[:30]!r} as label {place.column}, which is neither 0 nor 1; use 0 and 1, or give a "
        f"column of numbers with --target {place.column}"
    )


def _numbers(cells: Sequence[str], place: Place) -> Column:
    """Numbers, NaN where one is missing. Raises InputError for text and for infinite numbers."""
    missing = np.fromiter(map(is_missing, cells), bool, len(cells))
    try:
        if any("_" in cell for cell in cells):  # Python reads 1_000
            raise ValueError
        numbers = np.array(["nan" if gone else cell for cell, gone in zip(cells, missing, strict=True)], np.float64)
    except ValueError:
        raise InputError(_no_number(cells, missing, place)) from None
    infinite = np.isinf(numbers)
    if infinite.any():
        first = int(infinite.argmax())
        raise InputError(
            f"{place.of(first)} has {place.column} {cells[first]}, and {int(infinite.sum())} of the values are "
            "infinite (the logarithm of 0?); leave the cells empty, or add a pseudocount before the logarithm"
        )
    return numbers


def _no_number(cells: Sequence[str], missing: np.ndarray, place: Place) -> str:
    wrong = [i for i, gone in enumerate(missing) if not gone and not _is_number(cells[i])]
    first, known = wrong[0], int((~missing).sum())
    shown = cells[first][:30]
    if len(wrong) == known:
        names = ", ".join(repr(name[:20]) for name in list(dict.fromkeys(cells[i] for i in wrong))[:3])
        return f"{place.path}: column {place.column} holds text ({names}), no numbers; {_LEARN_CLASSES}"
    if "," in shown and _is_number(shown.replace(",", ".")):
        remedy = "write decimals with a point, such as 1.5"
    else:
        remedy = "write a number, or leave the cell empty where the value is missing"
    others = f"; {len(wrong)} cells are no numbers" if len(wrong) > 1 else ""
    return f"{place.of(first)} has {shown!r} in column {place.column}, which is no number{others}; {remedy}"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
