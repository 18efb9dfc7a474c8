"""Whether a known matrix tells the classes apart: every site counts by its likelihood, and no cut need be chosen.

A sequence with one site somewhere is T = mean over windows of P(window | motif) / P(window | background) times as
probable as one without. If a share r of the positives have a site more than the negatives, log(1 - r + r T) is what a
sequence says about its label (Neyman & Pearson 1933); its sum over the positives is the statistic, and the labels that
composition expects give its distribution.
"""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float64
from numba import njit
from scipy.special import log_ndtr

from motiflens.discovery.refine import Labelled, with_n
from motiflens.motifs._kernels import site_odds
from motiflens.motifs.scores import UNITS_PER_BIT

SHARE = 0.1  # of the positives that are thought to have a site more
_NEWTON = 50


def label_evidence(data: Labelled, scores: np.ndarray) -> Float64[np.ndarray, " n"]:
    """What each sequence says about its label (log likelihood ratio), less the mean that composition expects.

    scores (4, width) log-odds in 1/100 bit; windows below 0 are no sites.
    """
    odds = 2.0 ** (np.arange(max(int(scores.max(0).sum()), 0) + 1) / UNITS_PER_BIT)
    mean = site_odds(data.codes, data.offsets, with_n(scores), with_n(scores[::-1, ::-1]), odds, data.both)
    says = np.log1p(SHARE / (1 - SHARE) * mean)
    spread = data.expected * (1 - data.expected)
    return np.asarray(says - (spread * says).sum() / spread.sum())


def z_scores(
    says: Float64[np.ndarray, "m n"], labels: Bool[np.ndarray, "d n"], expected: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, "m d"]:
    """Sum over the positives of each set of labels, in standard deviations from its mean."""
    spread = np.sqrt(says**2 @ (expected * (1 - expected)))
    return np.asarray(says @ (labels - expected).T / np.maximum(spread, 1e-12)[:, None])


def log_tail_of(
    says: Float64[np.ndarray, " n"], positive: Bool[np.ndarray, " n"], expected: Float64[np.ndarray, " n"]
) -> float:
    """Natural log of the chance of so high a sum over the positives; 0 where it is not above its mean.

    Labels are independent with probabilities `expected`; saddlepoint approximation (Barndorff-Nielsen 1986, Biometrika
    73:307), which a few rare strong sites do not mislead as they do the normal distribution.
    """
    r, w = _saddlepoint(says, float(says[positive].sum()), expected)
    if r <= 0:
        return 0.0
    return min(0.0, float(log_ndtr(-(r + math.log(w / r) / r)))) if r > 1e-3 else math.log(0.5)


@njit(cache=True, nogil=True)
@no_type_check
def _saddlepoint(says, total, expected):
    """Signed root of the deviance, and the saddlepoint in standard deviations; zeros where `total` is below its mean.

    Newton's steps within a bracket that doubles.
    """
    t, low, high = 0.0, 0.0, math.inf
    for _ in range(_NEWTON):
        cumulant, mean, variance = 0.0, 0.0, 1e-300
        for i in range(len(says)):
            up = expected[i] * math.exp(min(t * says[i], 700.0))
            share = up / (1 - expected[i] + up)
            cumulant += math.log(1 - expected[i] + up)
            mean += share * says[i]
            variance += share * (1 - share) * says[i] ** 2
        spread, gap = math.sqrt(variance), total - mean
        if t == 0.0 and gap <= 0:
            return 0.0, 0.0
        if abs(gap) < 1e-6 * spread:
            break
        low, high = (t, high) if gap > 0 else (low, t)
        t = min(t + gap / variance, 2 * low + 10 / spread)
        if not low < t < high:
            t = 0.5 * (low + high)
    return math.sqrt(max(2 * (t * total - cumulant), 0.0)), t * spread
