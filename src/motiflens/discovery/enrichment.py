"""The test of a motif: how many sequences of either class have a site, given what composition explains."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float64

from motiflens.discovery.config import EvidenceConfig, KnownMotifConfig
from motiflens.discovery.position_windows import PositionWindow
from motiflens.motifs.statistics import log_enrichment_tail

_ROUNDING = 1e-6  # of odds; shuffles have their sequences' dinucleotides, so that composition says nothing


@dataclass(frozen=True, kw_only=True)
class EnrichmentTest:
    """Sequences with a site among those tested, and the chance of as many in the target class.

    Attributes:
        positives_with: sequences of the target class with a site.
        positives: sequences of the target class.
        negatives_with: other sequences with a site.
        negatives: other sequences.
        odds: odds of the target class that composition gives the sequences with a site, over those that it gives the
            sequences without one; 1 where composition explains nothing.
        log_p: natural log of the one-sided p-value (Fisher's exact test, noncentral where `odds` is not 1).
    """

    positives_with: int
    positives: int
    negatives_with: int
    negatives: int
    odds: float
    log_p: float

    #: What a motif that passes is, in one word.
    finding: ClassVar[str] = "enriched"

    @property
    def p(self) -> float:
        """The p-value; 0 where it is too small for a floating-point number."""
        return math.exp(self.log_p)

    @property
    def fold(self) -> float:
        """Fraction of the target class with a site over that of the others; infinite where these have none."""
        inside = self.positives_with / max(self.positives, 1)
        outside = self.negatives_with / max(self.negatives, 1)
        return inside / outside if outside else math.inf if inside else 0.0

    def too_small(self, *, window: PositionWindow | None, config: EvidenceConfig) -> str:
        """Return why the difference between the classes is too small to matter; empty where it is not."""
        fold = config.min_fold if window is None else config.min_fold_in_window
        if self.fold >= fold:
            return ""
        inside, outside = self.positives_with / max(self.positives, 1), self.negatives_with / max(self.negatives, 1)
        return f"{inside:.0%} of the target class and {outside:.0%} of the others have it: less than {fold:g} times"

    def counts_as_known(self, config: KnownMotifConfig) -> bool:
        """Return whether a motif of the database has the sites and the difference that are asked of it."""
        return self.positives_with >= config.min_sites and self.fold >= config.min_fold * self.odds


def enrichment_test(
    site: Bool[np.ndarray, " n"],
    positive: Bool[np.ndarray, " n"],
    expected: Float64[np.ndarray, " n"],
    *,
    rows: Bool[np.ndarray, " n"] | None = None,
) -> EnrichmentTest:
    """Test whether sequences with a site are positive more often than composition explains.

    Args:
        site: whether each sequence has a site.
        positive: whether each belongs to the target class.
        expected: probability of being positive that composition alone gives each.
        rows: sequences that are tested; all by default.
    """
    if rows is not None:
        site, positive, expected = site[rows], positive[rows], expected[rows]
    hits, positives = int(site.sum()), int(positive.sum())
    found = int((site & positive).sum())
    odds = 1.0
    if 0 < hits < len(site):
        with_site, without = expected[site].mean(), expected[~site].mean()
        odds = float(with_site / (1 - with_site) / (without / (1 - without)))
        odds = 1.0 if abs(odds - 1) < _ROUNDING else odds
    log_p = log_enrichment_tail(found, hits=hits, positives=positives, total=len(site), odds=odds)
    return EnrichmentTest(
        positives_with=found,
        positives=positives,
        negatives_with=hits - found,
        negatives=len(site) - positives,
        odds=odds,
        log_p=log_p,
    )
