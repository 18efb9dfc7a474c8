"""Sequences with class labels, and how probable composition alone makes each label."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int32
from sklearn.metrics import roc_auc_score

from motiflens.discovery.composition import expected_labels
from motiflens.discovery.config import KnownMotifConfig
from motiflens.discovery.cuts import Enrichment, best_cut_of_classes
from motiflens.discovery.enrichment import EnrichmentTest, enrichment_test
from motiflens.discovery.position_windows import position_windows
from motiflens.discovery.sequences import SearchedSequences
from motiflens.motifs.scan import concatenate
from motiflens.motifs.scores import estimate_background
from motiflens.shapes import Codes, Strands

_INFORMATIVE = 0.6  # AUROC of composition alone from which it may hide a motif
_HIGHEST = 5
_SAME_COMPOSITION = 4  # decimals of the expected label


@dataclass(frozen=True, kw_only=True)
class LabelledSequences(SearchedSequences):
    """Sequences with class labels; `expected` is the probability of the target class by composition alone.

    Attributes:
        positive: whether each sequence belongs to the target class.
    """

    positive: Bool[np.ndarray, " n"]

    @property
    def residual(self) -> Float64[np.ndarray, " n"]:
        return np.asarray(self.positive - self.expected)

    @property
    def variance(self) -> Float64[np.ndarray, " n"]:
        return self.expected * (1 - self.expected)

    @property
    def weights(self) -> Float64[np.ndarray, " n"]:
        """1 for a positive, minus its odds for a negative."""
        return np.where(self.positive, 1.0, -self.expected / (1 - self.expected))

    @property
    def speaking(self) -> Bool[np.ndarray, " n"]:
        return self.positive

    def best_cut(self, scores: Int32[np.ndarray, " n"], *, min_sites: int) -> Enrichment:
        return best_cut_of_classes(scores, self.positive, self.expected, min_sites=min_sites)

    def test(self, site: Bool[np.ndarray, " n"], *, rows: Bool[np.ndarray, " n"] | None = None) -> EnrichmentTest:
        return enrichment_test(site, self.positive, self.expected, rows=rows)

    def plain_test(self, site: Bool[np.ndarray, " n"], *, rows: Bool[np.ndarray, " n"]) -> EnrichmentTest:
        return enrichment_test(site, self.positive, np.full(len(site), 0.5), rows=rows)

    def mean_smallest_p(
        self, sites: Bool[np.ndarray, "motifs n"], *, rng: np.random.Generator, config: KnownMotifConfig
    ) -> float:
        """Labels are permuted among sequences of like composition."""
        labels = np.array([self._permuted(rng, config.block_size) for _ in range(config.permutations)])
        counts = sites.astype(np.float32) @ labels.T.astype(np.float32)
        expected = sites @ self.expected
        spread = np.sqrt(sites @ (self.expected * (1 - self.expected)) + 1e-9)
        z = (counts - expected[:, None]) / spread[:, None]
        highest = np.argsort(-z, axis=0)[:_HIGHEST]  # the smallest p is among the highest z
        smallest = [
            min(enrichment_test(sites[i], permuted, self.expected).p for i in best)
            for best, permuted in zip(highest.T, labels, strict=True)
        ]
        return float(np.mean(smallest))

    def _permuted(self, rng: np.random.Generator, block_size: int) -> Bool[np.ndarray, " n"]:
        """Labels permuted among sequences that composition makes about equally probable positives."""
        labels = self.positive.copy()
        # Equals in random order: shuffled negatives have their positives' composition, and files come class by class.
        order = rng.permutation(len(labels))
        order = order[np.argsort(self.expected[order].round(_SAME_COMPOSITION), kind="stable")]
        for rows in np.array_split(order, max(1, len(order) // block_size)):
            labels[rows] = rng.permutation(labels[rows])
        return labels

    @property
    def composition_hides(self) -> bool:
        return bool(roc_auc_score(self.positive, self.expected) >= _INFORMATIVE)

    def flat(self) -> "LabelledSequences":
        rate = np.clip(self.positive.mean(), 0.02, 0.98)
        return replace(self, expected=np.full(len(self), rate), position_windows=())

    def with_classes_exchanged(self) -> "LabelledSequences":
        """Return the sequences with the other class as the target class."""
        return replace(self, positive=~self.positive, expected=1 - self.expected)

    def number_with(self, site: Bool[np.ndarray, " n"]) -> int:
        """Those of the target class."""
        return int((site & self.positive).sum())

    def composition_reason(self, frequencies: Float64[np.ndarray, "n features"], names: tuple[str, ...]) -> str:
        aurocs = np.array([roc_auc_score(self.positive, column) for column in frequencies.T])
        best = int(np.argmax(np.abs(aurocs - 0.5)))
        auroc = max(aurocs[best], 1 - aurocs[best])
        return f"the frequency of {names[best]} alone reaches AUROC {auroc:.2f}"

    def _measured(self, rows: Bool[np.ndarray, " n"]) -> dict[str, Any]:
        return {"positive": self.positive[rows]}


def label_sequences(
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    *,
    strands: Strands,
    learned: Bool[np.ndarray, " n"] | None = None,
) -> LabelledSequences:
    """Join sequences with their labels, their expected labels, their background and their position windows.

    Args:
        codes: sequences.
        positive: whether each belongs to the target class.
        strands: strands that sites may lie on.
        learned: sequences whose labels may be looked at, for composition and windows; all by default.
    """
    joined = concatenate(codes)
    seen = np.ones(len(codes), bool) if learned is None else learned
    return LabelledSequences(
        codes=joined.codes,
        offsets=joined.offsets,
        positive=positive,
        expected=expected_labels(codes, positive, strands=strands, learned=seen),
        background=estimate_background(codes, strands=strands),
        strands=strands,
        position_windows=() if strands == "both" else position_windows(codes[seen], positive[seen]),
    )
