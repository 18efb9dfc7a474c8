"""The sequences of one direction, as they are searched and as motifs are tested on them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.seqlets import Direction
from motiflens.discovery.sequences import SearchedSequences
from motiflens.shapes import Codes

#: Joins codes with what is measured; composition and position windows are learned from the rows of the mask.
Measured = Callable[[Codes, Bool[np.ndarray, " n"]], SearchedSequences]


@dataclass(frozen=True, kw_only=True)
class Side:
    """The sequences of one direction: "against", what is measured is turned round and sites "for" are masked.

    Attributes:
        direction: the direction.
        codes: the sequences, unmasked.
        first: which sequences are in the first half; the others are in the second.
        measured: joins codes with what is measured.
        halves: the sequences as searched, with composition and position windows learned from the first half, and from
            the second.
        searched: the same with what a test may expect of them: of each half, as learned from the other.
        shown: the same, unmasked: what is shown of a motif is counted in them.
    """

    direction: Direction
    codes: Codes
    first: Bool[np.ndarray, " n"]
    measured: Measured
    halves: tuple[SearchedSequences, SearchedSequences]
    searched: SearchedSequences
    shown: SearchedSequences

    @classmethod
    def of(
        cls,
        codes: Codes,
        first: Bool[np.ndarray, " n"],
        measured: Measured,
        *,
        direction: Direction = "for",
        masked: Codes | None = None,
    ) -> "Side":
        """Return the side of sequences that are searched as `masked`, if given."""
        shown = halves = _halves(codes, first, measured)
        if masked is not None:
            # One background for all, so that a score is the same wherever it is computed.
            one, other = (replace(half, background=shown[0].background) for half in _halves(masked, first, measured))
            halves = (one, other)
        return cls(
            direction=direction,
            codes=codes,
            first=first,
            measured=measured,
            halves=halves,
            searched=_as_other_half_expects(halves, first),
            shown=_as_other_half_expects(shown, first),
        )

    def without_effects(self, sites: list[Bool[np.ndarray, " n"]]) -> "Side":
        """Return the side, searched without the effects of motifs that the given sequences have sites of."""
        one, other = self.halves
        searched = self.searched
        for site in sites:
            one, other = one.without_effect(site), other.without_effect(site)
            searched = searched.without_effect(site)
        return replace(self, halves=(one, other), searched=searched)


def _halves(codes: np.ndarray, first: np.ndarray, measured: Measured) -> tuple[SearchedSequences, SearchedSequences]:
    return measured(codes, first), measured(codes, ~first)


def _as_other_half_expects(halves: tuple[SearchedSequences, SearchedSequences], first: np.ndarray) -> SearchedSequences:
    return replace(halves[0], expected=np.where(first, halves[1].expected, halves[0].expected))
