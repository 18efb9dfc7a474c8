"""Sequences with class labels, and how probable composition alone makes each label."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from motiflens.discovery.composition import expected_labels
from motiflens.discovery.position_windows import PositionWindow, position_windows
from motiflens.motifs.scan import concatenate
from motiflens.motifs.scores import estimate_background
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes, Strands


@dataclass(frozen=True, kw_only=True)
class LabelledSequences:
    """Sequences of one length, end to end, with their labels.

    Attributes:
        codes: letters of all sequences; those of sequence i at offsets[i]..offsets[i + 1].
        offsets: where each sequence begins, and the end of the last.
        positive: whether each sequence belongs to the target class.
        expected: probability of being positive that composition alone gives each sequence.
        background: frequencies of A, C, G, T.
        strands: strands that sites may lie on.
        position_windows: windows in which motifs at a fixed place are sought.
    """

    codes: UInt8[np.ndarray, " total"]
    offsets: Int64[np.ndarray, " bounds"]
    positive: Bool[np.ndarray, " n"]
    expected: Float64[np.ndarray, " n"]
    background: Float64[np.ndarray, "4"]
    strands: Strands
    position_windows: tuple[PositionWindow, ...] = ()

    def __len__(self) -> int:
        return len(self.positive)

    @property
    def both_strands(self) -> bool:
        """Whether sites may lie on either strand, as compiled functions take it."""
        return self.strands == "both"

    @property
    def weights(self) -> Float64[np.ndarray, " n"]:
        """1 for a positive, minus its odds for a negative: chance sites of both classes cancel in sums."""
        return np.where(self.positive, 1.0, -self.expected / (1 - self.expected))

    def within(self, window: PositionWindow | None) -> "LabelledSequences":
        """Return the sequences cropped to a position window; unchanged without one."""
        if window is None:
            return self
        n, (start, end) = len(self), window
        codes = np.ascontiguousarray(self.codes.reshape(n, -1)[:, start:end]).reshape(-1)
        return replace(self, codes=codes, offsets=np.arange(n + 1) * (end - start), position_windows=())

    def take(self, rows: Bool[np.ndarray, " n"]) -> "LabelledSequences":
        """Return the sequences at `rows`; expected labels and background stay those of all sequences."""
        joined = concatenate(self.codes.reshape(len(self), -1)[rows])
        return replace(
            self,
            codes=joined.codes,
            offsets=joined.offsets,
            positive=self.positive[rows],
            expected=self.expected[rows],
        )

    def masked(self, positions: Bool[np.ndarray, " total"]) -> "LabelledSequences":
        """Return the sequences with N at `positions` of `codes`."""
        codes = self.codes.copy()
        codes[positions] = N
        return replace(self, codes=codes)

    def with_classes_exchanged(self) -> "LabelledSequences":
        """Return the sequences with the other class as the target class."""
        return replace(self, positive=~self.positive, expected=1 - self.expected)


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
