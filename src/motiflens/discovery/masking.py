"""Mask a class's motif sites before searching for depleted motifs."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from motiflens.motifs.scan import Hits
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes


def mask_equally(codes: Codes, positive: Bool[np.ndarray, " n"], sites: Sequence[Hits], *, seed: int) -> Codes:
    """Mask sites, and as many positions in either class.

    Sequences full of a class's motifs hold less of everything else, which then looks typical of the other class.
    Therefore each sequence also loses the positions that a random sequence of the other class loses.

    Args:
        codes: sequences.
        positive: whether each belongs to the target class.
        sites: sites of each motif of the target class.
        seed: seed of the random choice.

    Returns:
        The sequences with N at masked positions.
    """
    covered = np.zeros(codes.shape, bool)
    for hits in sites:
        covered |= hits.covered(codes.shape)
    rng, borrowed = np.random.default_rng(seed), np.zeros_like(covered)
    for inside in (positive, ~positive):
        borrowed[inside] = covered[rng.choice(np.flatnonzero(~inside), inside.sum())]
    return np.where(covered | borrowed, N, codes).astype(codes.dtype)
