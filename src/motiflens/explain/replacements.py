"""Edited copies of a few sequences: which letters are written where."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int64, UInt8

from motiflens.sequence.alphabet import N, reverse_complement
from motiflens.shapes import Codes


@dataclass(frozen=True, kw_only=True)
class Replacements:
    """Write words (m, width) over rows (m,) from starts (m,) on; an N keeps the letter there unless `literal`."""

    rows: Int64[np.ndarray, " m"]
    starts: Int64[np.ndarray, " m"]
    words: UInt8[np.ndarray, "m width"]
    literal: bool = False

    def resolved(self, codes: Codes) -> "Replacements":
        """The same edits with every letter spelled out."""
        if self.literal:
            return self
        there = codes[self.rows[:, None], self.starts[:, None] + np.arange(self.words.shape[1])]
        return replace(self, words=np.where(self.words == N, there, self.words), literal=True)

    def turned(self, codes: Codes) -> "tuple[Codes, Replacements]":
        """Sequences and edits as the other strand has them."""
        starts = codes.shape[1] - self.starts - self.words.shape[1]
        return reverse_complement(codes), replace(self, starts=starts, words=reverse_complement(self.words))

    def take(self, some: slice) -> "Replacements":
        """Some of the edits."""
        return replace(self, rows=self.rows[some], starts=self.starts[some], words=self.words[some])

    def apply(self, codes: Codes) -> UInt8[np.ndarray, "edits length"]:
        """The edited sequences."""
        edited = codes[self.rows]
        places = np.arange(len(edited))[:, None], self.starts[:, None] + np.arange(self.words.shape[1])
        edited[places] = self.resolved(codes).words
        return edited
