"""Sequences with a number each, and what composition alone makes of it."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float64, Int32
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from motiflens.discovery.association import AssociationTest, association_test
from motiflens.discovery.composition import expected_numbers
from motiflens.discovery.config import KnownMotifConfig
from motiflens.discovery.cuts import Enrichment, best_cut_of_numbers
from motiflens.discovery.number_test import NumberTest
from motiflens.discovery.permutation import log_tail, skewness_of_sums
from motiflens.discovery.position_windows import position_windows
from motiflens.discovery.sequences import SearchedSequences
from motiflens.motifs.scan import concatenate
from motiflens.motifs.scores import estimate_background
from motiflens.shapes import Codes, Strands

_INFORMATIVE = 0.2  # correlation with composition from which it may hide a motif


@dataclass(frozen=True, kw_only=True)
class MeasuredSequences(SearchedSequences):
    """Sequences with a number each; `expected` is what composition alone makes of it.

    The search sees the numbers by their ranks, as normal scores (van der Waerden), so that outliers do not lead it;
    where many sequences share a number, standardised.

    Attributes:
        values: number of each sequence, in its own units; NaN where it was not measured.
        raises: whether motifs that raise the number are sought; else those that lower it.
        by: the test that the numbers are for.
        explained: effects of the motifs found so far, in the same units.
    """

    subtracts_effects: ClassVar[bool] = True

    values: Float64[np.ndarray, " n"]
    raises: bool
    by: NumberTest
    explained: Float64[np.ndarray, " n"]

    @cached_property
    def known(self) -> Bool[np.ndarray, " n"]:
        """Which sequences were measured."""
        return np.isfinite(self.values)

    @cached_property
    def _scores(self) -> Float64[np.ndarray, " n"]:
        left = (self.values - self.expected - self.explained)[self.known] * (1 if self.raises else -1)
        left = left / self.by.spread(self.expected)[self.known]
        scores = np.zeros(len(self))
        if self.by.name != "rank sum":
            scores[self.known] = (left - left.mean()) / (left.std() or 1.0)
        elif len(left):
            scores[self.known] = ndtri((rankdata(left) - 0.5) / len(left))
        return scores

    @property
    def residual(self) -> Float64[np.ndarray, " n"]:
        return self._scores

    @property
    def variance(self) -> Float64[np.ndarray, " n"]:
        return self.known.astype(float)

    @property
    def weights(self) -> Float64[np.ndarray, " n"]:
        return self._scores

    @property
    def speaking(self) -> Bool[np.ndarray, " n"]:
        return np.asarray(self._scores > 0)

    def best_cut(self, scores: Int32[np.ndarray, " n"], *, min_sites: int) -> Enrichment:
        skewed = self.by.name == "permutation"
        return best_cut_of_numbers(scores, self.residual, self.variance, min_sites=min_sites, skewed=skewed)

    def test(self, site: Bool[np.ndarray, " n"], *, rows: Bool[np.ndarray, " n"] | None = None) -> AssociationTest:
        values, expected = self.values, self.expected
        if self.by.name == "Fisher":  # what motifs explain is no part of a label
            expected = expected + self.explained
        else:
            values = values - self.explained
        return association_test(site, values, expected, raises=self.raises, rows=rows, by=self.by)

    def plain_test(self, site: Bool[np.ndarray, " n"], *, rows: Bool[np.ndarray, " n"]) -> AssociationTest:
        nothing = np.zeros(len(self))
        return association_test(site, self.values, nothing, raises=self.raises, rows=rows, by=self.by)

    def mean_smallest_p(
        self, sites: Bool[np.ndarray, "motifs n"], *, rng: np.random.Generator, config: KnownMotifConfig
    ) -> float:
        """Numbers, composition taken off, are permuted among all sequences that have one."""
        sites = sites[:, self.known].astype(np.float32)
        scores = self.residual[self.known]
        permuted = np.array([rng.permutation(scores) for _ in range(config.permutations)]).astype(np.float32)
        hits, total = sites.sum(1), max(sites.shape[1], 1)
        spread = np.sqrt(np.maximum(hits * (1 - hits / total), 1e-9))
        z = np.where(hits[:, None] >= config.min_sites, sites @ permuted.T / spread[:, None], 0.0)
        if self.by.name == "rank sum":
            return float(ndtr(-z.max(0)).mean())
        skewness = skewness_of_sums(scores, hits.astype(np.int64))
        return float(np.exp(log_tail(z.astype(np.float64), skewness[:, None]).min(0)).mean())

    @property
    def composition_hides(self) -> bool:
        known, expected = self.values[self.known], self.expected[self.known]
        return bool(expected.std() > 0 and np.corrcoef(known, expected)[0, 1] >= _INFORMATIVE)

    def flat(self) -> "MeasuredSequences":
        return replace(self, expected=np.zeros(len(self)), position_windows=())

    def number_with(self, site: Bool[np.ndarray, " n"]) -> int:
        """Those that were measured."""
        return int((site & self.known).sum())

    def composition_reason(self, frequencies: Float64[np.ndarray, "n features"], names: tuple[str, ...]) -> str:
        centred = frequencies[self.known] - frequencies[self.known].mean(0)
        values = self.values[self.known] - self.values[self.known].mean()
        norms = np.sqrt((centred**2).sum(0) * (values**2).sum())
        correlations = centred.T @ values / np.maximum(norms, 1e-12)
        best = int(np.argmax(np.abs(correlations)))
        return f"the frequency of {names[best]} alone correlates with the number by {correlations[best]:.2f}"

    def without_effect(self, site: Bool[np.ndarray, " n"]) -> "MeasuredSequences":
        """Take off the difference of the means of sequences with and without a site, and its part of composition's.

        Composition was learned with the motif in the sequences, so that it takes letters like the motif's for causes;
        left as it is, it would make motifs of the words that lack them.
        """
        groups = [rows for rows in (site & self.known, ~site & self.known) if rows.any()]
        if len(groups) < 2:
            return self
        left = self.values - self.explained
        expected = _share_of_composition(left, self.expected, groups) * self.expected
        inside, outside = ((left - expected)[rows].mean() for rows in groups)
        return replace(self, explained=self.explained + np.where(site, inside - outside, 0.0), expected=expected)

    def _measured(self, rows: Bool[np.ndarray, " n"]) -> dict[str, Any]:
        return {"values": self.values[rows], "explained": self.explained[rows], "by": self.by.in_rows(rows)}


def _share_of_composition(values: np.ndarray, expected: np.ndarray, groups: list[np.ndarray]) -> float:
    """What is left of composition's part: the slope of the numbers on what it expects, within groups of sequences."""
    pairs = [(values[rows] - values[rows].mean(), expected[rows] - expected[rows].mean()) for rows in groups]
    size = sum(float(x @ x) for _, x in pairs)
    slope = sum(float(y @ x) for y, x in pairs) / size if size > 0 else 1.0
    return min(max(slope, 0.0), 1.0)


def measure_sequences(
    codes: Codes,
    values: Float64[np.ndarray, " n"],
    *,
    strands: Strands,
    raises: bool = True,
    learned: Bool[np.ndarray, " n"] | None = None,
    by: NumberTest | None = None,
) -> MeasuredSequences:
    """Join sequences with their numbers, what composition makes of these, their background and position windows.

    Args:
        codes: sequences.
        values: number of each; NaN where it was not measured.
        strands: strands that sites may lie on.
        raises: whether motifs that raise the number are sought; else those that lower it.
        learned: sequences whose numbers may be looked at, for composition and windows; all by default.
        by: the test that the numbers are for; by default the one that suits them.
    """
    joined = concatenate(codes)
    seen = np.isfinite(values) if learned is None else learned & np.isfinite(values)
    by = by or NumberTest.of(values)
    high = values[seen] > by.middle(values[seen]) if seen.any() else np.zeros(0, bool)
    return MeasuredSequences(
        codes=joined.codes,
        offsets=joined.offsets,
        values=values,
        raises=raises,
        by=by,
        explained=np.zeros(len(codes)),
        expected=expected_numbers(codes, values, strands=strands, learned=seen),
        background=estimate_background(codes, strands=strands),
        strands=strands,
        position_windows=() if strands == "both" else position_windows(codes[seen], high),
    )


def expected_by_other_half(
    codes: Codes, values: Float64[np.ndarray, " n"], first: Bool[np.ndarray, " n"], *, strands: Strands
) -> Float64[np.ndarray, " n"]:
    """Return what composition makes of each number, as learned from the half that the sequence is not in."""
    known = np.isfinite(values)
    by_first, by_second = (
        expected_numbers(codes, values, strands=strands, learned=half & known) for half in (first, ~first)
    )
    return np.where(first, by_second, by_first)
