"""Integer log-odds scores, and the exact distribution of a score over random sequences of the background."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32, Int64, UInt8

from motiflens.motifs._kernels import ABSENT, score_masses
from motiflens.motifs.motif import log_odds
from motiflens.shapes import MotifMatrix, Strands

#: Log-odds are rounded to 1/100 bit. Scores are then integers: sums are exact, and so is their distribution.
UNITS_PER_BIT = 100

IntegerScores = Int32[np.ndarray, "4 width"]


def estimate_background(codes: UInt8[np.ndarray, "..."], *, strands: Strands = "both") -> Float64[np.ndarray, "4"]:
    """Return the frequencies of A, C, G, T in `codes`, N left out, every count started at 1.

    With both strands, a letter and its complement have equal frequencies.
    """
    counts = 1.0 + np.array([np.count_nonzero(codes == base) for base in range(4)])
    if strands == "both":
        counts += counts[::-1]
    return counts / counts.sum()


def integer_scores(probabilities: MotifMatrix, background: Float64[np.ndarray, "4"]) -> IntegerScores:
    """Return the log-odds of a motif's matrix against the background in units of 1/100 bit, rounded."""
    return np.ascontiguousarray(np.rint(log_odds(probabilities, background) * UNITS_PER_BIT), np.int32)


def with_n_row(scores: Int32[np.ndarray, "4 width"]) -> Int32[np.ndarray, "5 width"]:
    """Return the scores with a row for N, so low that no window with an N is a hit."""
    return np.vstack((scores, np.full((1, scores.shape[1]), ABSENT, np.int32)))


@dataclass(frozen=True, kw_only=True)
class ScoreDistribution:
    """P(score >= lowest + i) = survival[i], in units of 1/100 bit."""

    lowest: int
    survival: Float64[np.ndarray, " scores"]

    def p_values(self, scores: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Return the probability that a random window scores at least this, for attainable integer scores."""
        return self.survival[scores - self.lowest]

    def threshold(self, p: float) -> int:
        """Return the lowest score with a p-value <= p; one above the highest attainable score if there is none."""
        return self.lowest + int(np.searchsorted(-self.survival, -p))


def score_distribution(scores: IntegerScores, background: Float64[np.ndarray, "4"]) -> ScoreDistribution:
    """Return the exact distribution of the score of a random window, by dynamic programming over the columns.

    Staden 1989, CABIOS 5:89; Touzet & Varré 2007, Algorithms Mol Biol 2:15.
    """
    lowest = scores.min(0)
    masses = score_masses(scores - lowest, background)
    return ScoreDistribution(lowest=int(lowest.sum()), survival=np.minimum(np.cumsum(masses[::-1])[::-1], 1.0))
