"""Score distributions against the enumeration of every k-mer."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.motifs.motif import UNIFORM, Motif
from motiflens.motifs.scores import (
    UNITS_PER_BIT,
    ScoreDistribution,
    estimate_background,
    integer_scores,
    score_distribution,
)
from motiflens.sequence.alphabet import encode, encode_letters
from motiflens.shapes import Strands


def random_motif(rng: np.random.Generator, width: int) -> Motif:
    return Motif(name="m", probabilities=rng.dirichlet(np.full(4, 0.4), width).T)


def enumerated(scores: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score and probability of each of the 4 ** width k-mers."""
    totals, chances = [], []
    for kmer in product(range(4), repeat=scores.shape[1]):
        totals.append(sum(int(scores[base, j]) for j, base in enumerate(kmer)))
        chances.append(np.prod(background[list(kmer)]))
    return np.array(totals), np.array(chances)


@pytest.mark.parametrize("width", [1, 2, 3, 5, 6])
def test_p_values_are_those_of_enumeration(width: int) -> None:
    rng = np.random.default_rng(width)
    background = rng.dirichlet(np.full(4, 5.0))
    scores = integer_scores(random_motif(rng, width).probabilities, background)
    totals, chances = enumerated(scores, background)
    distribution = score_distribution(scores, background)
    for score in np.unique(totals):
        assert distribution.p_values(np.array([score]))[0] == pytest.approx(chances[totals >= score].sum(), rel=1e-9)
    assert distribution.lowest == totals.min()
    assert distribution.lowest + len(distribution.survival) - 1 == totals.max()


@given(st.integers(0, 10**6), st.integers(1, 25), st.floats(1e-12, 1))
@settings(deadline=None, max_examples=60)
def test_survival_falls_from_one_and_threshold_inverts_it(seed: int, width: int, p: float) -> None:
    rng = np.random.default_rng(seed)
    background = rng.dirichlet(np.full(4, 5.0))
    distribution = score_distribution(integer_scores(random_motif(rng, width).probabilities, background), background)
    survival = distribution.survival
    assert survival[0] == pytest.approx(1, abs=1e-12)
    assert (np.diff(survival) <= 0).all()
    assert survival[-1] > 0
    threshold = distribution.threshold(p) - distribution.lowest
    assert threshold == len(survival) or survival[threshold] <= p
    assert threshold == 0 or survival[threshold - 1] > p


def test_threshold_that_no_kmer_reaches_lies_above_the_best_score() -> None:
    tata = Motif(name="m", probabilities=np.eye(4)[:, [3, 0, 3, 0, 0, 0]])
    distribution = score_distribution(integer_scores(tata.probabilities, UNIFORM), UNIFORM)
    best = distribution.lowest + len(distribution.survival) - 1
    assert best == 6 * round(UNITS_PER_BIT * np.log2(0.9925 / 0.25))
    assert distribution.threshold(0.25**6) == distribution.threshold(0.001) <= best
    assert distribution.threshold(1e-4) == best + 1


def test_strands_of_a_symmetric_background_share_one_distribution() -> None:
    rng = np.random.default_rng(1)
    symmetric = estimate_background(rng.integers(0, 4, 999, dtype=np.uint8))
    scores = integer_scores(random_motif(rng, 7).probabilities, symmetric)

    def survival(matrix: np.ndarray) -> ScoreDistribution:
        return score_distribution(np.ascontiguousarray(matrix), symmetric)

    np.testing.assert_allclose(survival(scores).survival, survival(scores[::-1, ::-1]).survival, rtol=1e-9)


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_background_counts_letters_without_n(strands: Strands) -> None:
    sequences = ["ACGTTNNACA", "TTTTTTTGNA"]
    counts = np.array([1.0 + sum(text.count(base) for text in sequences) for base in "ACGT"])
    if strands == "both":
        counts += counts[::-1]
    np.testing.assert_allclose(estimate_background(encode(sequences), strands=strands), counts / counts.sum())


def test_background_of_one_long_sequence_and_of_none() -> None:
    np.testing.assert_array_equal(estimate_background(np.empty(0, np.uint8)), np.full(4, 0.25))
    assert estimate_background(encode_letters("A" * 96), strands="forward")[0] == 0.97
