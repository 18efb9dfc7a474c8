"""The sequences of one direction, as they are searched and as motifs are tested on them."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.labelled import LabelledSequences, label_sequences
from motiflens.discovery.seqlets import Direction
from motiflens.shapes import Codes, Strands


@dataclass(frozen=True, kw_only=True)
class Side:
    """The sequences of one direction: "against", the classes are exchanged and the sites of motifs "for" are masked.

    Attributes:
        direction: the direction.
        codes: the sequences, unmasked.
        first: which sequences are in the first half; the others are in the second.
        halves: the sequences as searched, with composition and position windows learned from the first half, and from
            the second.
        searched: the same with the expected labels that a test may use: of each half, as learned from the other.
        shown: the same, unmasked: what is shown of a motif is counted in them.
    """

    direction: Direction
    codes: Codes
    first: Bool[np.ndarray, " n"]
    halves: tuple[LabelledSequences, LabelledSequences]
    searched: LabelledSequences
    shown: LabelledSequences

    @classmethod
    def of(
        cls,
        codes: Codes,
        positive: Bool[np.ndarray, " n"],
        first: Bool[np.ndarray, " n"],
        *,
        strands: Strands,
        direction: Direction = "for",
        masked: Codes | None = None,
    ) -> "Side":
        """Return the side of sequences that are searched as `masked`, if given."""
        target = positive if direction == "for" else ~positive
        shown = halves = _halves(codes, target, first, strands)
        if masked is not None:
            # One background for all, so that a score is the same wherever it is computed.
            one, other = (
                replace(half, background=shown[0].background) for half in _halves(masked, target, first, strands)
            )
            halves = (one, other)
        return cls(
            direction=direction,
            codes=codes,
            first=first,
            halves=halves,
            searched=_with_labels_of_other_half(halves, first),
            shown=_with_labels_of_other_half(shown, first),
        )


def _halves(
    codes: np.ndarray, target: np.ndarray, first: np.ndarray, strands: Strands
) -> tuple[LabelledSequences, LabelledSequences]:
    one, other = (label_sequences(codes, target, strands=strands, learned=half) for half in (first, ~first))
    return one, other


def _with_labels_of_other_half(
    halves: tuple[LabelledSequences, LabelledSequences], first: np.ndarray
) -> LabelledSequences:
    return replace(halves[0], expected=np.where(first, halves[1].expected, halves[0].expected))
