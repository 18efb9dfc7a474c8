"""Exact p-values of motif scores: the distribution of a log-odds score over the words of a Markov background."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32

from motiflens.motifs._kernels import count_pairs, score_masses
from motiflens.motifs.motif import Motif

#: Log-odds are rounded to 1/100 bit. Scores are then integers: sums are exact, and so is their distribution.
UNITS_PER_BIT = 100

IntegerScores = Int32[np.ndarray, "4 width"]


@dataclass(frozen=True, kw_only=True)
class Background:
    """Where words come from by chance: letters (4,), and for a first-order chain transitions (4, 4).

    Row a of `transitions` holds the probabilities of A, C, G, T after base a.
    """

    letters: Float64[np.ndarray, "4"]
    transitions: Float64[np.ndarray, "4 4"] | None = None

    @property
    def strand_symmetric(self) -> bool:
        """Whether words and their reverse complements are equally probable for certain."""
        return self.transitions is None and bool(np.array_equal(self.letters, self.letters[::-1]))


UNIFORM_BACKGROUND = Background(letters=np.full(4, 0.25))


def estimate_background(codes: np.ndarray, *, order: int = 0, both_strands: bool = True) -> Background:
    """Background of order 0 or 1 with the (di)nucleotide frequencies of `codes` (length,) or (n, length).

    N and what borders on it is left out; every count starts at 1. With `both_strands` a word counts as its reverse
    complement too.
    """
    letters = 1.0 + np.array([np.count_nonzero(codes == base) for base in range(4)])
    if both_strands:
        letters += letters[::-1]
    letters /= letters.sum()
    if order == 0:
        return Background(letters=letters)
    if order != 1:
        raise ValueError(f"a background has order 0 or 1, not {order}")
    counts = 1.0 + count_pairs(np.atleast_2d(codes))[:4, :4]
    if both_strands:
        counts += counts[::-1, ::-1].T
    return Background(letters=letters, transitions=counts / counts.sum(1, keepdims=True))


def integer_scores(motif: Motif, background: Background) -> IntegerScores:
    """Log-odds of the motif in units of 1/100 bit, rounded."""
    return np.ascontiguousarray(np.rint(motif.pwm(background.letters) * UNITS_PER_BIT), np.int32)


@dataclass(frozen=True, kw_only=True)
class ScoreDistribution:
    """P(score >= lowest + i) = survival[i], in units of 1/100 bit."""

    lowest: int
    survival: Float64[np.ndarray, " scores"]

    def p_values(self, scores: np.ndarray) -> np.ndarray:
        """Probability that a background word scores at least this; `scores` are attainable integers."""
        return self.survival[scores - self.lowest]

    def threshold(self, p: float) -> int:
        """The lowest score with a p-value <= p; one above the highest attainable score if there is none."""
        return self.lowest + int(np.searchsorted(-self.survival, -p))


def score_distribution(scores: IntegerScores, background: Background) -> ScoreDistribution:
    """Exact distribution of the score of a background word, by dynamic programming over the columns.

    Staden 1989, CABIOS 5:89; Touzet & Varré 2007, Algorithms Mol Biol 2:15.
    """
    steps = background.letters[None, :] if background.transitions is None else background.transitions
    lowest = scores.min(0)
    masses = score_masses(scores - lowest, background.letters, steps).sum(0)
    return ScoreDistribution(lowest=int(lowest.sum()), survival=np.minimum(np.cumsum(masses[::-1])[::-1], 1.0))
