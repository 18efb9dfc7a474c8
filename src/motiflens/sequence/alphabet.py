"""DNA letters to codes (A, C, G, T = 0..3, N = 4) and one-hot arrays, and back."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from motiflens.errors import InputError
from motiflens.shapes import Codes, OneHot

ALPHABET = "ACGT"
N = 4
AMBIGUOUS = "NRYSWKMBDHV"
INVALID = 255


def _letter_table() -> bytes:
    table = np.full(256, INVALID, np.uint8)
    for code, letters in enumerate(("Aa", "Cc", "Gg", "TtUu", AMBIGUOUS + AMBIGUOUS.lower())):
        table[np.frombuffer(letters.encode(), np.uint8)] = code
    return table.tobytes()


_LETTER_TO_CODE = _letter_table()
_COMPLEMENT = np.array([3, 2, 1, 0, 4], np.uint8)
_CODE_TO_LETTER = bytes.maketrans(bytes(range(5)), (ALPHABET + "N").encode())


def encode_letters(text: str | bytes) -> np.ndarray:
    """Codes (length,) uint8 of one sequence; letters outside IUPAC get INVALID (255), never an error.

    Lower case is accepted, U is read as T, and the IUPAC ambiguity letters become N.
    """
    raw = text if isinstance(text, bytes) else text.encode("ascii", "replace")
    return np.frombuffer(raw.translate(_LETTER_TO_CODE), np.uint8)


def encode(sequences: Sequence[str]) -> Codes:
    """Codes (n, length) of sequences of one length.

    Raises InputError, naming the sequence and the column, for mixed lengths, no sequences, or a letter outside IUPAC.
    """
    if not len(sequences):
        raise InputError("no sequences to encode")
    length = len(sequences[0])
    odd = next((i for i, s in enumerate(sequences) if len(s) != length), None)
    if odd is not None:
        raise InputError(
            f"sequence {odd + 1} has {len(sequences[odd])} letters where sequence 1 has {length}: "
            "all must have one length; crop or pad them first"
        )
    codes = encode_letters("".join(sequences)).reshape(len(sequences), length)
    if codes.size and codes.max() == INVALID:
        row, column = (int(i[0]) for i in np.nonzero(codes == INVALID))
        raise InputError(f"sequence {row + 1} has {sequences[row][column]!r} at column {column + 1}: not a DNA letter")
    return codes


def decode(codes: np.ndarray) -> str:
    """Letters of one sequence of codes (length,)."""
    return np.ascontiguousarray(codes, np.uint8).tobytes().translate(_CODE_TO_LETTER).decode()


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """Codes of the other strand, read 5' to 3'; works along the last axis."""
    return _COMPLEMENT[codes[..., ::-1]]


def count_gc(codes: Codes) -> Int64[np.ndarray, " n"]:
    """Return the number of G and C in each sequence."""
    return ((codes == 1) | (codes == 2)).sum(axis=1)


def count_valid(codes: Codes) -> Int64[np.ndarray, " n"]:
    """Return the number of letters other than N in each sequence."""
    return (codes < N).sum(axis=1)


def one_hot(codes: Codes) -> OneHot:
    """One-hot (n, 4, length) float32; N is four zeros."""
    out = np.empty((len(codes), 4, codes.shape[1]), np.float32)
    for base in range(4):
        np.equal(codes, base, out=out[:, base], casting="unsafe")
    return out
