"""Labels as text: none missing, one text for one number, and few enough to be classes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress

from motiflens.errors import InputError

#: What programs write where a value is missing, in any letter case; "none" and "null" are left to be classes.
_MISSING = frozenset({"", "na", "n/a", "nan", "<na>", "#n/a", "#na", "nat"})
_MISSING_AS_WRITTEN = frozenset({"NULL", "\\N", "None"})
_TRUTH = {"true": 1.0, "false": 0.0}
_MOST_CLASSES = 10  # more of numbers with decimals are measurements
_FEW = 10  # sequences of a class


def is_missing(label: str) -> bool:
    """Whether a label stands for none, as NA in R and nan in pandas do."""
    return label.lower() in _MISSING or label in _MISSING_AS_WRITTEN


def tidy_labels(labels: Sequence[str], where: str, *, row: str = "row") -> list[str]:
    """Return the labels with one text for each number: 1, 1.0 and +1 are one class, and so is True beside 1 and 0.

    Args:
        labels: A label for each sequence.
        where: File, for messages.
        row: What a record is called in messages.

    Raises:
        InputError: A label that is missing, or labels that are measurements.
    """
    counts = Counter(labels)
    missing = [label for label in counts if is_missing(label)]
    if missing:
        first = min(labels.index(label) for label in missing)
        raise InputError(
            f"{where}: {row} {first + 1} has no label{f' ({labels[first]})' if labels[first] else ''}; "
            f"fill it in or remove the {row}" + (", or rename the class" if labels[first] else "")
        )
    numbers = _numbers(counts)
    _check_few(counts, numbers, where)
    if not numbers:
        return list(labels)
    shown = {label: _as_text(label, number, numbers) for label, number in numbers.items()}
    return [shown[label] for label in labels]


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
    numbers = _numbers(names)
    return tuple(sorted(names, key=lambda name: (numbers.get(name, 0.0), name)))


def label_notes(classes: Sequence[str]) -> tuple[str, ...]:
    """Return warnings of classes that differ in letter case, blanks or hyphens alone."""
    alike: dict[str, list[str]] = {}
    for name in classes:
        plain = "".join(letter for letter in name.casefold() if letter not in " _-.")
        alike.setdefault(plain, []).append(name)
    return tuple(
        f"The classes {' and '.join(map(repr, names))} differ in letter case or punctuation alone; "
        "give them one name if they are one class."
        for key, names in alike.items()
        if len(names) > 1 and key
    )


def _numbers(labels: Iterable[str]) -> dict[str, float]:
    """The number that each label is; none of them unless all are numbers. True and False beside numbers are 1 and 0."""
    found: dict[str, float] = {}
    truth: dict[str, float] = {}
    for label in labels:
        if label.lower() in _TRUTH:
            truth[label] = _TRUTH[label.lower()]
            continue
        with suppress(ValueError):
            found[label] = float(label) if label.isascii() and "_" not in label else float("nan")
        if not abs(found.get(label, float("inf"))) < float("inf"):
            return {}
    return found | truth if found else {}


def _as_text(label: str, number: float, numbers: dict[str, float]) -> str:
    """The text for all labels of one number: whole numbers without decimals, others as first written."""
    same = [other for other, value in numbers.items() if value == number]
    if not number.is_integer():
        return min(same, key=len)
    plain = str(int(number))
    # 007 may be the name of something: it stays, unless 7 occurs as well.
    return label if len(same) == 1 and label.isdecimal() else plain


def _check_few(counts: Counter[str], numbers: dict[str, float], where: str) -> None:
    """Raise InputError for measurements, and for a column of names in place of classes."""
    rare = sum(count < _FEW for count in counts.values())
    if len(counts) <= _MOST_CLASSES or 2 * rare < len(counts):
        return
    if numbers:
        raise InputError(
            f"{where}: the labels are {len(numbers)} different numbers, from {min(numbers.values()):g} to "
            f"{max(numbers.values()):g}: these are measurements; name their column with --target (in Python: "
            "MotifRegressor)"
        )
    raise InputError(
        f"{where}: {sum(counts.values())} sequences have {len(counts)} different labels, {rare} of them fewer than "
        f"{_FEW} times; give classes as labels, of at least {_FEW} sequences each"
    )
