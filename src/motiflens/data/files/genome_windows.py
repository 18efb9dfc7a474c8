"""Windows of a chromosome as codes, with their composition."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from motiflens.errors import InputError
from motiflens.sequence.alphabet import INVALID, count_gc, count_valid, encode_letters, soft_mask
from motiflens.shapes import Codes


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Codes (n, width) of pieces of a chromosome, and which letters are soft-masked."""

    codes: Codes
    soft_masked: Bool[np.ndarray, "n width"]

    @property
    def masked(self) -> np.ndarray:
        """Share (n,) of soft-masked letters."""
        return self.soft_masked.mean(axis=1)

    @property
    def gc(self) -> np.ndarray:
        """Share (n,) of G and C among the known letters."""
        return count_gc(self.codes) / np.maximum(count_valid(self.codes), 1)

    @property
    def unknown(self) -> np.ndarray:
        """Share (n,) of N."""
        return (self.codes == 4).mean(axis=1)


def windows_of_letters(
    letters: UInt8[np.ndarray, "n width"], starts: Int64[np.ndarray, " n"], *, name: str, path: str
) -> Windows:
    """Return the windows that start at `starts` of chromosome `name`, from their letters.

    Raises InputError for a letter that is not DNA.
    """
    codes = encode_letters(letters.tobytes()).reshape(letters.shape).copy()
    if codes.max(initial=0) == INVALID:
        row, column = (int(i[0]) for i in np.nonzero(codes == INVALID))
        letter, position = chr(letters[row, column]), int(starts[row]) + column + 1
        raise InputError(
            f"{path}: {name} has {letter!r} at position {position}, which is not a DNA letter; give the genome as DNA"
        )
    return Windows(codes=codes, soft_masked=soft_mask(letters.tobytes()).reshape(letters.shape))
