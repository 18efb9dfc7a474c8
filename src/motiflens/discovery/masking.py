"""What argues against a class must not be what the class's own motifs merely leave no room for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.refine import covered_places, integer_log_odds
from motiflens.motifs.scan import concatenate
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes, Strands

if TYPE_CHECKING:
    from motiflens.discovery.discover import FoundMotif


def equal_room(
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    found: "Sequence[FoundMotif]",
    *,
    letters: np.ndarray,
    strands: Strands,
    seed: int,
) -> Codes:
    """Codes (n, length) with N for the sites of `found`, and as many letters left in either class.

    Sequences full of a class's motifs have less of everything else, which then looks typical of the other class.
    Therefore each sequence also loses the places that a random sequence of the other class loses.
    """
    joined, taken = concatenate(codes), np.zeros(codes.shape, bool)
    for one in found:
        scores = integer_log_odds(one.motif.probabilities, letters)
        places = covered_places(
            joined.codes, joined.offsets, scores, cut=one.cut, both=strands == "both", band=one.band
        )
        taken |= places.reshape(codes.shape)
    rng, lent = np.random.default_rng(seed), np.zeros_like(taken)
    for inside in (positive, ~positive):
        lent[inside] = taken[rng.choice(np.flatnonzero(~inside), inside.sum())]
    return np.where(taken | lent, N, codes).astype(codes.dtype)
