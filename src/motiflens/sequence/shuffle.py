"""Dinucleotide shuffles: new sequences with exactly the dinucleotide counts of the old ones."""

import numpy as np
from jaxtyping import UInt8

from motiflens.shapes import Codes

Shuffles = UInt8[np.ndarray, "n length"] | UInt8[np.ndarray, "n copies length"]


def dinucleotide_shuffle(codes: Codes, *, seed: int, copies: int | None = None) -> Shuffles:
    """Shuffle each sequence, uniformly over all sequences with its dinucleotide counts, first and last letter.

    N keeps its place and each stretch between Ns is shuffled by itself, so that counts of dinucleotides with N are kept
    too and padding stays padding. Altschul & Erickson 1985, with the last edges drawn as a random spanning tree by
    Wilson's algorithm (Propp & Wilson 1998), so that none is rejected.

    Args:
        codes: the sequences.
        seed: seed; a shuffle depends on it, on the row's index and on the copy alone.
        copies: number of shuffles of each sequence; without it one, and no axis of copies.
    """
    from motiflens.sequence._shuffle_kernel import shuffle_rows  # numba loads slowly

    out = np.repeat(codes[:, None], 1 if copies is None else copies, axis=1)
    shuffle_rows(out, np.uint64(seed % 2**64))
    return out[:, 0] if copies is None else out
