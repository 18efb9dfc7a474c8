"""The cut of a matrix: the score from which sequences with a site differ most from the others."""

from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, Float64, Int32

from motiflens.compiled.jit import njit
from motiflens.discovery.permutation import log_tail, skewness_of_sums
from motiflens.motifs._kernels import ABSENT
from motiflens.motifs.statistics import log_binomial_tail

_CONTINUITY = 0.5


class Enrichment(NamedTuple):
    """The score threshold at which hits are most enriched: natural log of the tail, and the hits behind it.

    `positives` are hits in the target class, `expected` those that composition explains; of numbers, hits above what
    is expected, and half of the hits.
    """

    log_p: float
    threshold: int
    positives: int
    hits: int
    expected: float


NO_ENRICHMENT = Enrichment(0.0, 0, 0, 0, 0.0)


@njit(cache=True, nogil=True)
@no_type_check
def log_enrichment_p(positives, hits, expected, all_positives, sequences, all_expected, worse_than=0.0):
    """Return the log p-value of at least this many positives among the hits; composition predicts `expected`.

    Binomial in the hits or, where most sequences are hits, in the misses: the smaller side is nearer to independent
    draws. `worse_than` as for `log_binomial_tail`.
    """
    if 2 * hits <= sequences:
        return log_binomial_tail(positives, hits, expected / max(hits, 1), worse_than)
    misses = sequences - hits
    negatives = misses - (all_positives - positives)
    return log_binomial_tail(negatives, misses, 1 - (all_expected - expected) / max(misses, 1), worse_than)


@njit(cache=True, nogil=True)
@no_type_check
def _best_threshold(scores, order, positive, expected, min_hits, max_hits):
    """Threshold of the smallest tail over all thresholds that min_hits to max_hits sequences reach."""
    log_p, threshold, found, hits, chance = 0.0, 0, 0, 0, 0.0
    a, e = 0, 0.0
    n = len(order)
    all_a, all_e = positive.sum(), expected.sum()
    for rank in range(min(max_hits, n)):
        i = order[rank]
        a += positive[i]
        e += expected[i]
        k = rank + 1
        if k < min_hits or (k < n and scores[order[k]] == scores[i]) or a <= e:
            continue
        tail = log_enrichment_p(a, k, e, all_a, n, all_e, log_p)
        if tail < log_p:
            log_p, threshold, found, hits, chance = tail, scores[i], a, k, e
    return log_p, threshold, found, hits, chance


def best_cut_of_classes(
    scores: Int32[np.ndarray, " n"],
    positive: Bool[np.ndarray, " n"],
    expected: Float64[np.ndarray, " n"],
    *,
    min_sites: int,
) -> Enrichment:
    """Return the most significant threshold of best scores; a tail of 0 where none enriches positives."""
    order = np.argsort(-scores, kind="stable")
    present = int(np.count_nonzero(scores > ABSENT // 2))
    return Enrichment(*_best_threshold(scores, order, positive, expected, min_sites, present))


def best_cut_of_numbers(
    scores: Int32[np.ndarray, " n"],
    residual: Float64[np.ndarray, " n"],
    variance: Float64[np.ndarray, " n"],
    *,
    min_sites: int,
    skewed: bool = False,
) -> Enrichment:
    """Return the threshold above which standardised numbers are highest; a tail of 0 where they are above at none.

    The sum over k of n sequences has the variance of draws without replacement, k (1 - k / n).

    Args:
        scores: best score of each sequence.
        residual: number of each, of mean 0 and variance 1; 0 where there is none.
        variance: 1, or 0 where there is no number.
        min_sites: least number of sequences with a number and a site.
        skewed: whether the sum has the skewness of draws, too: with many zeros, cuts of few sites are then not the best
            by chance. Labels, which have longer tails by it than in truth, go without.
    """
    order = np.argsort(-scores, kind="stable")
    order = order[: int(np.count_nonzero(scores > ABSENT // 2))]
    if not len(order):
        return NO_ENRICHMENT
    ranked = scores[order]
    known = variance[order].cumsum()
    left = known * (1 - known / max(variance.sum(), 1.0))
    z = (residual[order].cumsum() - _CONTINUITY) / np.sqrt(np.maximum(left, 1e-9))
    last = np.append(ranked[1:] != ranked[:-1], True)
    z[~last | (known < min_sites) | (left < 0.5)] = -np.inf
    candidates = np.flatnonzero(z > 0)
    if not len(candidates):
        return NO_ENRICHMENT
    skewness = np.zeros(len(candidates))
    if skewed:
        skewness = skewness_of_sums(residual[variance > 0], known[candidates].astype(np.int64))
    tails = log_tail(z[candidates], skewness)
    best = int(candidates[np.argmin(tails)])
    above = int((residual[order[: best + 1]] > 0).sum())
    return Enrichment(float(tails.min()), int(ranked[best]), above, best + 1, (best + 1) / 2)
