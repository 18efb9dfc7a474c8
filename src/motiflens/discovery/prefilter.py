"""Prefilter database motifs by a quick enrichment score, so that few need to be counted in every sequence."""

from collections.abc import Sequence
from typing import no_type_check

import numpy as np
from jaxtyping import Float64

from motiflens.compiled.jit import njit
from motiflens.discovery.gapped_kmers import gapped_kmer_sums
from motiflens.discovery.sequences import SearchedSequences
from motiflens.motifs.motif import Motif
from motiflens.motifs.scores import integer_scores
from motiflens.sequence.kmers import reverse_complement_kmers

_CORE = 8  # columns looked at, so that all k-mers of that length fit a table
_BINS = 64


def core_enrichment(
    motifs: Sequence[Motif], data: SearchedSequences, *, variance_floor: float
) -> Float64[np.ndarray, " motifs"]:
    """Return the z-score of the enrichment of each motif's most informative eight columns, at its best threshold.

    8-mers are counted once, so that a motif costs one pass over their table and none over the sequences.
    """
    up, spread = gapped_kmer_sums(
        data.codes,
        data.offsets,
        np.arange(_CORE),
        data.both_strands,
        data.residual.astype(np.float32),
        data.variance.astype(np.float32),
    )
    if data.both_strands:  # a k-mer and its reverse complement share one entry
        canonical = np.minimum(np.arange(4**_CORE), reverse_complement_kmers(_CORE))
        up, spread = up[canonical], spread[canonical]
    return np.array([_best_z(_half_scores(m, data.background), up, spread, variance_floor) for m in motifs])


def _half_scores(motif: Motif, background: np.ndarray) -> np.ndarray:
    """Scores (2, 256) of the core's first and second four letters."""
    scores = integer_scores(motif.probabilities, background)
    information = (motif.probabilities * scores).sum(0)
    width = min(_CORE, motif.width)
    start = int(np.argmax(np.convolve(information, np.ones(width), "valid")))
    core = np.zeros((4, _CORE))
    core[:, :width] = scores[:, start : start + width]
    kmers = np.arange(4 ** (_CORE // 2))
    digits = [kmers // 4 ** (_CORE // 2 - 1 - j) % 4 for j in range(_CORE // 2)]
    halves = np.split(core, 2, axis=1)
    return np.array([sum(half[digit, j] for j, digit in enumerate(digits)) for half in halves])


@njit(cache=True, nogil=True)
@no_type_check
def _best_z(halves, up, spread, variance_floor):
    """Highest z over thresholds of the score, of all k-mers together that reach the threshold."""
    highest = halves[0].max() + halves[1].max()
    step = highest / _BINS  # scores below zero are no sites
    if step <= 0:
        return 0.0
    ups, spreads = np.zeros(_BINS + 1), np.zeros(_BINS + 1)
    for first in range(halves.shape[1]):
        if halves[0, first] + halves[1].max() < 0:
            continue
        for second in range(halves.shape[1]):
            score = halves[0, first] + halves[1, second]
            if score >= 0:
                bin_ = int(score / step)
                kmer = first * halves.shape[1] + second
                ups[bin_] += up[kmer]
                spreads[bin_] += spread[kmer]
    best, total, variance = 0.0, 0.0, variance_floor
    for bin_ in range(_BINS, -1, -1):
        total += ups[bin_]
        variance += spreads[bin_]
        best = max(best, total / np.sqrt(variance))
    return best
