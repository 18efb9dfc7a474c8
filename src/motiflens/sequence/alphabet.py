"""DNA letters to codes (A, C, G, T = 0..3, N = 4) and one-hot arrays, and back."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64, Integer, UInt8

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


def encode_letters(text: str | bytes) -> UInt8[np.ndarray, " length"]:
    """Return the codes of one sequence; letters outside IUPAC become INVALID (255) and raise no error.

    Lower case is accepted, U is read as T, and the IUPAC ambiguity letters become N.
    """
    raw = text if isinstance(text, bytes) else text.encode("ascii", "replace")
    return np.frombuffer(raw.translate(_LETTER_TO_CODE), np.uint8)


def soft_mask(text: str | bytes) -> Bool[np.ndarray, " length"]:
    """Return which letters of one sequence are in lower case, as repeats are marked."""
    raw = text if isinstance(text, bytes) else text.encode("ascii", "replace")
    return np.frombuffer(raw, np.uint8) >= ord("a")


def encode(sequences: Sequence[str]) -> Codes:
    """Return the codes of sequences of one length.

    Raises:
        InputError: for mixed lengths, no sequences, or a letter outside IUPAC; names the sequence and the column.
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


def decode(codes: Integer[np.ndarray, " length"]) -> str:
    """Return the letters of one sequence of codes."""
    return np.ascontiguousarray(codes, np.uint8).tobytes().translate(_CODE_TO_LETTER).decode()


def reverse_complement(codes: Integer[np.ndarray, "*rows length"]) -> UInt8[np.ndarray, "*rows length"]:
    """Return the codes of the other strand, read 5' to 3', along the last axis."""
    return _COMPLEMENT[codes[..., ::-1]]


def count_gc(codes: Codes) -> Int64[np.ndarray, " n"]:
    """Return the number of G and C in each sequence."""
    return ((codes == 1) | (codes == 2)).sum(axis=1)


def count_valid(codes: Codes) -> Int64[np.ndarray, " n"]:
    """Return the number of letters other than N in each sequence."""
    return (codes < N).sum(axis=1)


def at_observed_letters(values: Float[np.ndarray, "n 4 length"], codes: Codes) -> Float32[np.ndarray, "n length"]:
    """Return, of values for every base at every position, those of the observed letters; 0 at N."""
    index = np.minimum(codes, 3)[:, None].astype(np.intp)
    observed = np.take_along_axis(values, index, axis=1)[:, 0]
    return np.where(codes < N, observed, np.float32(0)).astype(np.float32, copy=False)


def one_hot(codes: Codes) -> OneHot:
    """Return a one-hot array; N is four zeros."""
    out = np.empty((len(codes), 4, codes.shape[1]), np.float32)
    for base in range(4):
        np.equal(codes, base, out=out[:, base], casting="unsafe")
    return out
