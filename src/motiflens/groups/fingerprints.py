"""Fingerprints of sequences: which of some sequences are among others, without keeping either."""

import hashlib

import numpy as np
from jaxtyping import UInt64

from motiflens.groups.duplicates import canonical
from motiflens.shapes import Codes

_ROWS = 100_000


def fingerprints(codes: Codes) -> UInt64[np.ndarray, " n"]:
    """Return 64 bits of each sequence, the same for a sequence and its reverse complement."""
    found = np.empty(len(codes), np.uint64)
    for start in range(0, len(codes), _ROWS):
        for row, sequence in enumerate(canonical(codes[start : start + _ROWS]), start):
            found[row] = int.from_bytes(hashlib.blake2b(sequence.tobytes(), digest_size=8).digest(), "little")
    return found
