"""Sequences and labels as Python programs hold them: strings, Biopython's records, columns of data frames, arrays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from motiflens.data.labels import tidy_labels
from motiflens.errors import InputError

_WANTED = "sequences are strings, one a record, such as str(record.seq)"


def sequence_texts(sequences: Any) -> list[str]:
    """Return sequences as strings, without white space around them.

    Taken are strings, bytes, Biopython's Seq and SeqRecord, in any iterable; a data frame's only column, or its column
    `sequence`; arrays (n,) or (n, 1), and arrays (n, length) of single letters.

    Raises:
        InputError: for anything else, and for a missing sequence; names its number.
    """
    if isinstance(sequences, np.ndarray) and sequences.ndim == 2 and _holds_letters(sequences):
        return [_text(b"".join(row) if sequences.dtype.kind == "S" else "".join(row), 0) for row in sequences.tolist()]
    return [_text(item, number) for number, item in enumerate(_items(sequences, "sequences", _WANTED), 1)]


@dataclass(frozen=True, kw_only=True)
class LabelValues:
    """Labels: the different ones (classes,), sorted, as they were given and as text; and each record's text (n,)."""

    classes: np.ndarray
    names: tuple[str, ...]
    texts: list[str]


def label_values(labels: Any) -> LabelValues:
    """Return labels that scikit-learn holds equal as one class: True and 1, 1 and 1.0.

    Raises:
        InputError: for labels that are missing, of several types, measurements, or more than one a sequence.
    """
    remedy = "give one label a sequence"
    items = [_label(item, number) for number, item in enumerate(_items(labels, "labels", remedy), 1)]
    if not items:
        raise InputError("labels: none given; give one label a sequence")
    kinds = {isinstance(item, str) for item in items}
    if len(kinds) > 1:
        raise InputError("labels of several types, text and numbers; give all as one type")
    try:
        classes, inverse = np.unique(np.array(items), return_inverse=True)
    except (TypeError, ValueError):
        shown = ", ".join(sorted({type(item).__name__ for item in items}))
        raise InputError(f"labels of several types ({shown}); give all as one type") from None
    places: Int64[np.ndarray, " n"] = inverse.reshape(-1)
    shown_as = [str(value) for value in classes.tolist()]
    texts = tidy_labels([shown_as[place] for place in places], "the data", row="sequence")
    name_of = dict(zip(places.tolist(), texts, strict=True))
    return LabelValues(classes=classes, names=tuple(name_of[i] for i in range(len(classes))), texts=texts)


@dataclass(frozen=True, kw_only=True)
class MeasuredValues:
    """Numbers (n, targets), NaN where one is missing, names of the targets, and whether one column was given alone."""

    values: Float64[np.ndarray, "n targets"]
    names: tuple[str, ...]
    one: bool


def measured_values(values: Any) -> MeasuredValues:
    """Return numbers that are given as a list, a column, an array (n,) or (n, targets), or a data frame.

    Raises:
        InputError: for what is no number, infinite, or of another shape, and for a target without different values.
    """
    named = [str(name) for name in values.columns] if hasattr(values, "columns") else None
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"values: not numbers ({' '.join(str(error).split())[:80]}); give a number a sequence"
        ) from None
    if array.ndim not in (1, 2) or not array.size:
        raise InputError(f"values: an array of shape {array.shape}; give (n,), or (n, targets)")
    table = array.reshape(len(array), -1)
    names = tuple(named or (["value"] if table.shape[1] == 1 else [f"value{i + 1}" for i in range(table.shape[1])]))
    if np.isinf(table).any():
        row = int(np.isinf(table).any(axis=1).argmax())
        raise InputError(f"value {row + 1} is infinite; leave it out, or give NaN where it is missing")
    for name, column in zip(names, table.T, strict=True):
        known = column[np.isfinite(column)]
        if not len(known) or not np.ptp(known):
            raise InputError(f"{name}: has no different values; there is nothing to learn")
    return MeasuredValues(values=table, names=names, one=array.ndim == 1)


def label_matrix(labels: Any) -> MeasuredValues | None:
    """Return 0 and 1 for several labels a sequence, (n, labels); None where each has one label.

    A matrix in which every row has a single 1 is one label a sequence, written as one-hot.
    """
    shape: tuple[int, ...] = getattr(labels, "shape", ())
    if len(shape) != 2 or shape[1] < 2:
        return None
    try:
        table = np.asarray(labels, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if not np.isin(table[np.isfinite(table)], (0, 1)).all() or (np.nansum(table, axis=1) == 1).all():
        return None
    names = [str(name) for name in getattr(labels, "columns", range(shape[1]))]
    return MeasuredValues(values=table, names=tuple(names), one=False)


def _holds_letters(array: np.ndarray) -> bool:
    return array.shape[1] > 1 and array.dtype.kind in "US" and array.dtype.itemsize in (1, 4)


def _items(values: Any, what: str, wanted: str) -> Iterable[Any]:
    """The items of a list, column, array or generator. Raises InputError for what is none of these."""
    if values is None:
        raise InputError(f"{what}: none given; {wanted}")
    if isinstance(values, str | bytes | bytearray) or _sequence_of(values) is not None:
        raise InputError(f"{what}: one {type(values).__name__} where a list is expected; put it into brackets")
    if isinstance(values, Mapping | set | frozenset):
        raise InputError(f"{what}: a {type(values).__name__}; {wanted}, in a list")
    if hasattr(values, "columns") and not callable(values.columns):
        values = values[_column(list(values.columns), what)]
    if hasattr(values, "ndim") and values.ndim != 1:
        shape = tuple(values.shape)
        if len(shape) != 2 or shape[1] != 1:
            hint = " (of one-hot labels: labels.argmax(axis=1))" if what == "labels" and len(shape) == 2 else ""
            raise InputError(f"{what}: an array of shape {shape}; {wanted}{hint}")
        values = np.asarray(values).reshape(-1)
    try:
        return list(values.tolist() if isinstance(values, np.ndarray) and values.dtype.kind != "O" else values)
    except TypeError:
        raise InputError(f"{what}: a {type(values).__name__}; {wanted}, in a list") from None


def _column(columns: Sequence[Any], what: str) -> Any:
    """The column of a data frame that is meant."""
    if len(columns) == 1:
        return columns[0]
    name = "sequence" if what == "sequences" else "label"
    found = [column for column in columns if str(column).strip().lower() == name]
    if len(found) != 1:
        shown = ", ".join(map(str, columns[:8]))
        raise InputError(f"{what}: a data frame with the columns {shown}; give one column, such as frame[{name!r}]")
    return found[0]


def _sequence_of(item: Any) -> str | None:
    """The text of Biopython's SeqRecord or Seq, None of anything else."""
    item = getattr(item, "seq", item)
    if not isinstance(item, str) and hasattr(item, "reverse_complement"):
        try:
            return str(item)
        except Exception as error:  # a Seq of known length and unknown letters
            raise InputError(f"a sequence without letters ({error}); leave it out") from None
    return None


def _text(item: Any, number: int) -> str:
    item = item.as_py() if hasattr(item, "as_py") else item  # pyarrow
    if isinstance(item, list | tuple | np.ndarray) and len(item) == 1:  # a row of an array (n, 1)
        item = item[0]
    if isinstance(item, str):
        return item.strip()
    if isinstance(item, bytes | bytearray):
        return item.decode("latin-1").strip()
    if (text := _sequence_of(item)) is not None:
        return text.strip()
    if _is_missing(item):
        raise InputError(f"sequence {number} is missing ({item}); leave it out, and its label")
    raise InputError(f"sequence {number} is a {type(item).__name__}: {_WANTED}")


def _label(item: Any, number: int) -> str | int | float | bool:
    item = item.as_py() if hasattr(item, "as_py") else item
    if isinstance(item, list | tuple | np.ndarray):
        if len(item) != 1:
            raise InputError(f"label {number} is a {type(item).__name__} of {len(item)}; give one label a sequence")
        item = item[0]
    item = item.item() if isinstance(item, np.generic) else item
    if isinstance(item, bytes):
        return item.decode("latin-1")
    if _is_missing(item):
        raise InputError(f"sequence {number} has no label ({item}); leave it out, or give it one")
    if isinstance(item, str | int | float):
        return item
    return str(item)


def _is_missing(item: Any) -> bool:
    """None, NaN, pandas' NA and NaT."""
    if item is None or type(item).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(item, float | np.floating) and bool(np.isnan(item))
