"""Whether a known matrix distinguishes the classes: each site counts by its likelihood, and no threshold is chosen.

A sequence with one site somewhere is T = mean over windows of P(window | motif) / P(window | background) times as
probable as one without. If a share r of the positives have a site more than the negatives, log(1 - r + r T) is the
log likelihood ratio of the sequence's label (Neyman & Pearson 1933); its sum over the positives is the statistic, and
the expected labels give its distribution.
"""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float64
from scipy.special import log_ndtr

from motiflens.compiled.jit import njit
from motiflens.discovery.labelled import LabelledSequences
from motiflens.motifs._kernels import site_odds
from motiflens.motifs.scores import UNITS_PER_BIT, IntegerScores, with_n_row

SHARE = 0.1  # of the positives that are assumed to have a site more
_MAX_STEPS = 50


def label_log_ratios(data: LabelledSequences, scores: IntegerScores) -> Float64[np.ndarray, " n"]:
    """Return the log likelihood ratio of each sequence's label, less its mean under the expected labels.

    Windows that score below 0 are no sites.
    """
    odds = 2.0 ** (np.arange(max(int(scores.max(0).sum()), 0) + 1) / UNITS_PER_BIT)
    forward, reverse = with_n_row(scores), with_n_row(scores[::-1, ::-1])
    mean = site_odds(data.codes, data.offsets, forward, reverse, odds, data.both_strands)
    ratios = np.log1p(SHARE / (1 - SHARE) * mean)
    spread = data.expected * (1 - data.expected)
    return np.asarray(ratios - (spread * ratios).sum() / spread.sum())


def z_scores(
    ratios: Float64[np.ndarray, "m n"], labels: Bool[np.ndarray, "d n"], expected: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, "m d"]:
    """Return the sum over the positives of each set of labels, in standard deviations from its mean."""
    spread = np.sqrt(ratios**2 @ (expected * (1 - expected)))
    return np.asarray(ratios @ (labels - expected).T / np.maximum(spread, 1e-12)[:, None])


def log_ratio_p(
    ratios: Float64[np.ndarray, " n"], positive: Bool[np.ndarray, " n"], expected: Float64[np.ndarray, " n"]
) -> float:
    """Return the natural log of the chance of so high a sum over the positives; 0 where it is not above its mean.

    Labels are independent with probabilities `expected`. Saddlepoint approximation (Barndorff-Nielsen 1986, Biometrika
    73:307), which a few rare strong sites do not mislead as they do the normal distribution.
    """
    r, w = _saddlepoint(ratios, float(ratios[positive].sum()), expected)
    if r <= 0:
        return 0.0
    return min(0.0, float(log_ndtr(-(r + math.log(w / r) / r)))) if r > 1e-3 else math.log(0.5)


@njit(cache=True, nogil=True)
@no_type_check
def _saddlepoint(ratios, total, expected):
    """Signed root of the deviance, and the saddlepoint in standard deviations; zeros where `total` is below its mean.

    Newton's method within a bracket that doubles.
    """
    t, low, high = 0.0, 0.0, math.inf
    for _ in range(_MAX_STEPS):
        cumulant, mean, variance = 0.0, 0.0, 1e-300
        for i in range(len(ratios)):
            up = expected[i] * math.exp(min(t * ratios[i], 700.0))
            share = up / (1 - expected[i] + up)
            cumulant += math.log(1 - expected[i] + up)
            mean += share * ratios[i]
            variance += share * (1 - share) * ratios[i] ** 2
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
