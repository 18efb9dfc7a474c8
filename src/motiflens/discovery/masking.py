"""Mask a class's motif sites before searching for depleted motifs."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64

from motiflens.discovery.refine import hit_positions
from motiflens.discovery.result import FoundMotif
from motiflens.motifs.scan import concatenate
from motiflens.motifs.scores import integer_scores
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes, Strands


def mask_equally(
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    motifs: Sequence[FoundMotif],
    *,
    background: Float64[np.ndarray, "4"],
    strands: Strands,
    seed: int,
) -> Codes:
    """Mask the sites of motifs, and as many positions in either class.

    Sequences full of a class's motifs hold less of everything else, which then looks typical of the other class.
    Therefore each sequence also loses the positions that a random sequence of the other class loses.

    Args:
        codes: sequences.
        positive: whether each belongs to the target class.
        motifs: motifs of the target class.
        background: frequencies of A, C, G, T that the motifs' thresholds are against.
        strands: strands that sites may lie on.
        seed: seed of the random choice.

    Returns:
        The sequences with N at masked positions.
    """
    joined, sites = concatenate(codes), np.zeros(codes.shape, bool)
    for found in motifs:
        scores = integer_scores(found.motif.probabilities, background)
        positions = hit_positions(
            joined, scores, threshold=found.threshold, strands=strands, window=found.position_window
        )
        sites |= positions.reshape(codes.shape)
    rng, borrowed = np.random.default_rng(seed), np.zeros_like(sites)
    for inside in (positive, ~positive):
        borrowed[inside] = sites[rng.choice(np.flatnonzero(~inside), inside.sum())]
    return np.where(sites | borrowed, N, codes).astype(codes.dtype)
