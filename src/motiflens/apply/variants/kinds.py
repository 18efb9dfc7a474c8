"""Kinds of changes: what is compared with what when a change is called large."""

import numpy as np
from jaxtyping import Int64

#: The kind of single-base substitutions, of which files hold most.
SINGLE = "substitution_1"


def kind_of(ref: int, alt: int) -> str:
    """Return the kind of a change of `ref` letters into `alt`: substitution, insertion, deletion or replacement.

    The length is a class: 1, 2, 3-4, 5-8, and so on.
    """
    if ref == alt:
        name = "substitution"
    elif ref and alt:
        name = "replacement"
    else:
        name = "deletion" if ref else "insertion"
    return f"{name}_{length_class(max(ref, alt))}"


def length_class(length: int) -> str:
    """Return the class of a length >= 1."""
    low, high = bounds_of(length)
    return str(high) if low == high else f"{low}-{high}"


def bounds_of(length: int) -> tuple[int, int]:
    """Return the smallest and the largest length of the class of a length."""
    high = 1 << (length - 1).bit_length()
    return high // 2 + 1 if high > 1 else 1, high


def kinds_of(lengths: Int64[np.ndarray, "n 2"]) -> tuple[tuple[str, ...], Int64[np.ndarray, " n"]]:
    """Return the kinds that occur, and which of them each change (letters replaced, letters written) is."""
    pairs, inverse = np.unique(lengths, axis=0, return_inverse=True)
    names = [kind_of(int(ref), int(alt)) for ref, alt in pairs]
    kinds = tuple(dict.fromkeys(names))
    return kinds, np.array([kinds.index(name) for name in names], np.int64)[inverse.ravel()]
