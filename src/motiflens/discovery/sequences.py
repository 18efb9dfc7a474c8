"""Sequences with something measured about each, classes or numbers, as the search for motifs sees them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64, UInt8

from motiflens.discovery.association import AssociationTest
from motiflens.discovery.config import KnownMotifConfig
from motiflens.discovery.cuts import Enrichment
from motiflens.discovery.enrichment import EnrichmentTest
from motiflens.discovery.position_windows import PositionWindow
from motiflens.motifs.scan import concatenate
from motiflens.sequence.alphabet import N
from motiflens.shapes import Strands

#: The test of a motif: of classes, or of numbers.
MotifTest = EnrichmentTest | AssociationTest
#: Not typing.Self, which the check of shapes knows only where it sees whole classes.
_Sequences = TypeVar("_Sequences", bound="SearchedSequences")


@dataclass(frozen=True, kw_only=True)
class SearchedSequences(ABC):
    """Sequences of one length, end to end, with what is measured.

    Attributes:
        codes: letters of all sequences; those of sequence i at offsets[i]..offsets[i + 1].
        offsets: where each sequence begins, and the end of the last.
        expected: what composition alone makes of each: the probability of the target class, or the number.
        background: frequencies of A, C, G, T.
        strands: strands that sites may lie on.
        position_windows: windows in which motifs at a fixed place are sought.
    """

    codes: UInt8[np.ndarray, " total"]
    offsets: Int64[np.ndarray, " bounds"]
    expected: Float64[np.ndarray, " n"]
    background: Float64[np.ndarray, "4"]
    strands: Strands
    position_windows: tuple[PositionWindow, ...] = ()

    #: Whether the effect of a motif that is found is taken out of what is measured.
    subtracts_effects: ClassVar[bool] = False

    def __len__(self) -> int:
        return len(self.expected)

    @property
    def both_strands(self) -> bool:
        """Whether sites may lie on either strand, as compiled functions take it."""
        return self.strands == "both"

    @property
    @abstractmethod
    def residual(self) -> Float64[np.ndarray, " n"]:
        """How far each sequence is above what is expected."""

    @property
    @abstractmethod
    def variance(self) -> Float64[np.ndarray, " n"]:
        """Variance of each residual."""

    @property
    @abstractmethod
    def weights(self) -> Float64[np.ndarray, " n"]:
        """What a site in each sequence counts: positive where it speaks for a motif; chance sites cancel in sums."""

    @property
    @abstractmethod
    def speaking(self) -> Bool[np.ndarray, " n"]:
        """Which sequences speak for a motif."""

    @abstractmethod
    def best_cut(self, scores: Int32[np.ndarray, " n"], *, min_sites: int) -> Enrichment:
        """Return the most significant threshold of the best scores of the sequences."""

    @abstractmethod
    def test(self, site: Bool[np.ndarray, " n"], *, rows: Bool[np.ndarray, " n"] | None = None) -> MotifTest:
        """Return the test of sequences with a site among `rows`, all by default, given composition."""

    @abstractmethod
    def plain_test(self, site: Bool[np.ndarray, " n"], *, rows: Bool[np.ndarray, " n"]) -> MotifTest:
        """Return the same test as if composition explained nothing."""

    @abstractmethod
    def mean_smallest_p(
        self, sites: Bool[np.ndarray, "motifs n"], *, rng: np.random.Generator, config: KnownMotifConfig
    ) -> float:
        """Return the mean over permutations of the motifs' smallest p: the inverse of their effective number."""

    @property
    @abstractmethod
    def composition_hides(self) -> bool:
        """Whether composition explains so much that it may hide a motif."""

    @abstractmethod
    def flat(self: _Sequences) -> _Sequences:
        """Return the sequences as if composition explained nothing, to be searched anywhere."""

    @abstractmethod
    def number_with(self, site: Bool[np.ndarray, " n"]) -> int:
        """Return the number of sequences with a site that a motif is said to have."""

    @abstractmethod
    def composition_reason(self, frequencies: Float64[np.ndarray, "n features"], names: tuple[str, ...]) -> str:
        """Return which part of composition explains most, in words."""

    def without_effect(self: _Sequences, site: Bool[np.ndarray, " n"]) -> _Sequences:  # noqa: ARG002, classes have none
        """Return the sequences without the effect of a motif that some of them have a site of."""
        return self

    def within(self: _Sequences, window: PositionWindow | None) -> _Sequences:
        """Return the sequences cropped to a position window; unchanged without one."""
        if window is None:
            return self
        n, (start, end) = len(self), window
        codes = np.ascontiguousarray(self.codes.reshape(n, -1)[:, start:end]).reshape(-1)
        return replace(self, codes=codes, offsets=np.arange(n + 1) * (end - start), position_windows=())

    def take(self: _Sequences, rows: Bool[np.ndarray, " n"]) -> _Sequences:
        """Return the sequences at `rows`; what is expected and the background stay those of all sequences."""
        joined = concatenate(self.codes.reshape(len(self), -1)[rows])
        return replace(
            self, codes=joined.codes, offsets=joined.offsets, expected=self.expected[rows], **self._measured(rows)
        )

    @abstractmethod
    def _measured(self, rows: Bool[np.ndarray, " n"]) -> dict[str, Any]:
        """The other fields that have an entry a sequence, at `rows`."""

    def masked(self: _Sequences, positions: Bool[np.ndarray, " total"]) -> _Sequences:
        """Return the sequences with N at `positions` of `codes`."""
        codes = self.codes.copy()
        codes[positions] = N
        return replace(self, codes=codes)
