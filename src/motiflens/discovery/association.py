"""The test of a motif with numbers: are sequences with a site higher, or lower, than composition explains?

Composition's expectation is taken off every number. Sequences with and without a site are compared by the rank sum
test of Mann & Whitney (1947, Annals of Mathematical Statistics 18:50), which outliers do not move, by its normal
approximation with corrections for ties and for continuity. The effect is the difference of the two means in the units
of the numbers, with the interval of Welch (1947, Biometrika 34:28), which lets the two spread differently.

Where sequences share numbers, such as the zeros of counts, what composition makes of them would rank them. There the
test is of the mean, among those of all ways to draw as many sequences (`permutation`). Labels, 0 or 1, are counted, as
classes are: Fisher's exact test, noncentral by the odds that composition makes of both groups.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float64
from scipy.special import log_ndtr
from scipy.stats import rankdata, t

from motiflens.discovery.config import EvidenceConfig, KnownMotifConfig
from motiflens.discovery.enrichment import enrichment_test
from motiflens.discovery.number_test import NumberTest, TestName
from motiflens.discovery.permutation import log_p_of_sum
from motiflens.discovery.position_windows import PositionWindow

_CONTINUITY = 0.5
_RAREST = 1e-4  # that composition makes a label


@dataclass(frozen=True, kw_only=True)
class AssociationTest:
    """Numbers of sequences with and without a site, among those tested.

    Attributes:
        n_with: sequences with a site that have a number.
        n_without: sequences without one that have a number.
        mean_with: their mean as measured.
        mean_without: that of the others.
        sd_with: their standard deviation, what composition explains taken off.
        sd_without: that of the others.
        by_composition: the difference of the means that composition alone explains.
        spread: standard deviation of all numbers tested.
        superiority: chance that a sequence with a site is above one without, composition taken off; a tie is half. Of
            numbers that many share, as measured.
        name: name of the test: by ranks, of numbers that many share by permutation, of labels Fisher's.
        raises: whether the test is that sequences with a site are higher; else that they are lower.
        log_p: natural log of the one-sided p-value.
    """

    n_with: int
    n_without: int
    mean_with: float
    mean_without: float
    sd_with: float
    sd_without: float
    by_composition: float
    spread: float
    superiority: float
    name: TestName
    raises: bool
    log_p: float

    #: What a motif that passes is, in one word.
    finding: ClassVar[str] = "associated"

    @property
    def p(self) -> float:
        """The p-value; 0 where it is too small for a floating-point number."""
        return math.exp(self.log_p)

    @property
    def effect(self) -> float:
        """What a site adds, in the units of the numbers, beyond composition."""
        return self.mean_with - self.mean_without - self.by_composition

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the effect; infinite where a group has fewer than two sequences."""
        if min(self.n_with, self.n_without) < 2:
            return -math.inf, math.inf
        a, b = self.sd_with**2 / self.n_with, self.sd_without**2 / self.n_without
        if a + b == 0:
            return self.effect, self.effect
        freedom = (a + b) ** 2 / (a**2 / (self.n_with - 1) + b**2 / (self.n_without - 1))
        half = float(t.isf(0.025, freedom)) * math.sqrt(a + b)
        return self.effect - half, self.effect + half

    def too_small(self, *, window: PositionWindow | None, config: EvidenceConfig) -> str:
        """Return why the effect is too small to matter, or not clear of 0; empty where it is neither."""
        sign = 1 if self.raises else -1
        low, high = self.interval
        share = config.min_effect if window is None else config.min_effect_in_window
        smallest = share * self.spread
        if sign * self.effect < smallest or min(sign * low, sign * high) <= 0:
            return (
                f"sequences with a site differ by {self.effect:+.3g} ({low:+.3g} to {high:+.3g}): the interval must be "
                f"clear of 0, and the effect at least {share:g} standard deviations ({smallest:.3g})"
            )
        return ""

    def counts_as_known(self, config: KnownMotifConfig) -> bool:
        """Return whether a motif of the database has the sites and the effect that are asked of it."""
        sign = 1 if self.raises else -1
        return self.n_with >= config.min_sites and sign * self.effect >= config.min_effect * self.spread


def association_test(
    site: Bool[np.ndarray, " n"],
    values: Float64[np.ndarray, " n"],
    expected: Float64[np.ndarray, " n"],
    *,
    raises: bool = True,
    rows: Bool[np.ndarray, " n"] | None = None,
    by: NumberTest | None = None,
) -> AssociationTest:
    """Test whether sequences with a site are higher, or lower, than composition explains.

    Args:
        site: whether each sequence has a site.
        values: number of each sequence; NaN where it was not measured, which leaves it out.
        expected: what composition alone makes of each, in the same units.
        raises: whether the motif is to raise the number.
        rows: sequences that are tested; all by default.
        by: the test; by default the one that suits the values.
    """
    by = by or NumberTest.of(values)
    known = np.isfinite(values)
    known = known if rows is None else known & rows
    site, values, expected, by = site[known], values[known], expected[known], by.in_rows(known)
    residual = values - expected
    inside, outside = values[site], values[~site]
    m, n = len(inside), len(outside)
    superiority, log_p = 0.5, 0.0
    if m and n and by.name == "Fisher":
        superiority, log_p = _labels_counted(values, expected, site, raises=raises)
    elif m and n and by.name == "permutation":
        superiority, _ = _rank_sum(values, site, raises=raises)
        left = residual / by.spread(expected) * (1 if raises else -1)
        log_p = log_p_of_sum(left, left[site])
    elif m and n:
        superiority, log_p = _rank_sum(residual, site, raises=raises)
    return AssociationTest(
        n_with=m,
        n_without=n,
        mean_with=_mean(inside),
        mean_without=_mean(outside),
        sd_with=_deviation(residual[site]),
        sd_without=_deviation(residual[~site]),
        by_composition=_mean(expected[site]) - _mean(expected[~site]) if m and n else 0.0,
        spread=_deviation(values),
        superiority=superiority,
        name=by.name,
        raises=raises,
        log_p=log_p,
    )


def _labels_counted(values: np.ndarray, expected: np.ndarray, site: np.ndarray, *, raises: bool) -> tuple[float, float]:
    """The chance that one with a site is above one without, and the log of the one-sided p-value, of labels."""
    residual = values - expected
    superiority = 0.5 + (residual[site].mean() - residual[~site].mean()) / 2
    with_site, without = (np.clip(expected[rows].mean(), _RAREST, 1 - _RAREST) for rows in (site, ~site))
    share = np.where(site, with_site, without)
    test = enrichment_test(site, (values == 1) == raises, share if raises else 1 - share)
    return float(superiority), test.log_p


def _rank_sum(residual: np.ndarray, site: np.ndarray, *, raises: bool) -> tuple[float, float]:
    """The chance that one with a site is above one without, and the log of the one-sided p-value."""
    m, total = int(site.sum()), len(site)
    n = total - m
    ranks = rankdata(residual)
    u = float(ranks[site].sum()) - m * (m + 1) / 2
    times = np.unique(residual, return_counts=True)[1].astype(float)
    ties = float((times**3 - times).sum()) / (total * (total - 1))
    spread = math.sqrt(m * n / 12 * (total + 1 - ties))
    off = (u - m * n / 2) * (1 if raises else -1) - _CONTINUITY
    return u / (m * n), float(log_ndtr(-off / spread)) if spread > 0 else 0.0


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0


def _deviation(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0
