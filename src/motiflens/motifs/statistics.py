"""Tails of distributions, and corrections for many tests."""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Float64
from scipy.special import gammaln, logsumexp

from motiflens.compiled.jit import njit


def benjamini_hochberg(p: Float64[np.ndarray, " n"], *, tests: int | None = None) -> Float64[np.ndarray, " n"]:
    """Return q-values of p-values, monotone in p and at most 1 (Benjamini & Hochberg 1995).

    Args:
        p: p-values in any order.
        tests: number of tests made, where `p` holds only the smallest of their p-values; the q-values are then those
            of the full procedure or, where a p-value left out would lower them, above.
    """
    order = np.argsort(p, kind="stable")
    ranked = p[order] * (len(p) if tests is None else tests) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q


def log_enrichment_tail(found: int, *, hits: int, positives: int, total: int, odds: float = 1.0) -> float:
    """Return the natural log of the chance that at least `found` of `hits` draws are positives.

    Fisher's exact test, one-sided; with `odds` other than 1, the tail of Fisher's noncentral hypergeometric
    distribution (Fisher 1935, JRSS 98:39; McCullagh & Nelder 1989, section 7.3).

    Args:
        found: positives with a site.
        hits: sequences with a site.
        positives: sequences of the target class.
        total: all sequences.
        odds: odds of being positive of a sequence with a site over those of one without, as far as something else
            than the motif (composition) explains them.
    """
    support = np.arange(max(0, hits - (total - positives)), min(hits, positives) + 1)
    log_weights = (
        -gammaln(support + 1)
        - gammaln(positives - support + 1)
        - gammaln(hits - support + 1)
        - gammaln(total - positives - hits + support + 1)
        + support * math.log(odds)
    )
    tail = log_weights[support >= found]
    return min(0.0, float(logsumexp(tail) - logsumexp(log_weights))) if len(tail) else -math.inf


@njit(cache=True, nogil=True)
@no_type_check
def log_binomial_tail(successes, trials, rate, worse_than=0.0):
    """Return the natural log of P(X >= successes), X ~ Binomial(trials, rate); 0 for successes not above the mean.

    0 also where a cheap bound shows that the tail is no smaller than exp(worse_than): the tail is at least
    exp(-trials KL) / sqrt(2 trials) (Ash 1965, Information Theory, lemma 4.7.2).
    """
    if successes <= trials * rate or successes == 0 or rate >= 1:
        return 0.0
    if rate <= 0:
        return -1e9
    observed = successes / trials
    bound = -successes * math.log(observed / rate)
    if successes < trials:
        bound -= (trials - successes) * math.log((1 - observed) / (1 - rate))
    if bound > worse_than + 0.5 * math.log(2.0 * trials):
        return 0.0
    term = (
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        + successes * math.log(rate)
        + (trials - successes) * math.log(1 - rate)
    )
    total, ratio, x = 1.0, 1.0, successes
    odds = rate / (1 - rate)
    while x < trials:
        ratio *= (trials - x) / (x + 1) * odds
        total += ratio
        if ratio < 1e-10 * total:
            break
        x += 1
    return min(0.0, term + math.log(total))
