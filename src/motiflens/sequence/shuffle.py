"""Dinucleotide shuffles: new sequences with exactly the dinucleotide counts of the old ones."""

import numpy as np
from jaxtyping import UInt8

from motiflens.shapes import Codes

Shuffles = UInt8[np.ndarray, "n length"] | UInt8[np.ndarray, "n copies length"]


def dinucleotide_shuffle(codes: Codes, *, seed: int, copies: int | None = None) -> Shuffles:
    """Shuffle each sequence, uniformly over all sequences with its dinucleotide counts, first and last letter.

    codes (n, length); returns (n, length), or (n, copies, length) when `copies` is given. N stays where it is and each
    stretch between Ns is shuffled by itself, so counts of dinucleotides with N are kept too and padding stays padding.
    A row's shuffles depend on `seed`, the row's index and the copy alone. Altschul & Erickson 1985, with the last
    edges drawn as a random spanning tree by Wilson's algorithm (Propp & Wilson 1998), so that none is rejected.
    """
    from motiflens.sequence._shuffle_kernel import shuffle_rows  # numba: only for those who shuffle

    out = np.repeat(codes[:, None], 1 if copies is None else copies, axis=1)
    shuffle_rows(out, np.uint64(seed % 2**64))
    return out[:, 0] if copies is None else out
