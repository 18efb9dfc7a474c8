"""Score distributions against the enumeration of every word."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.motifs.motif import Motif
from motiflens.motifs.scores import (
    UNIFORM_BACKGROUND,
    UNITS_PER_BIT,
    Background,
    ScoreDistribution,
    estimate_background,
    integer_scores,
    score_distribution,
)
from motiflens.sequence.alphabet import encode, encode_letters


def random_motif(rng: np.random.Generator, width: int) -> Motif:
    return Motif(name="m", probabilities=rng.dirichlet(np.full(4, 0.4), width).T)


def random_background(rng: np.random.Generator, order: int) -> Background:
    letters = rng.dirichlet(np.full(4, 5.0))
    return Background(letters=letters, transitions=rng.dirichlet(np.full(4, 2.0), 4) if order else None)


def enumerated(scores: np.ndarray, background: Background) -> tuple[np.ndarray, np.ndarray]:
    """Score and probability of each of the 4 ** width words."""
    totals, chances = [], []
    for word in product(range(4), repeat=scores.shape[1]):
        totals.append(sum(int(scores[base, j]) for j, base in enumerate(word)))
        chance = background.letters[word[0]]
        for before, base in pairwise(word):
            chance *= (
                background.letters[base] if background.transitions is None else background.transitions[before, base]
            )
        chances.append(chance)
    return np.array(totals), np.array(chances)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 6])
def test_p_values_are_those_of_enumeration(width: int, order: int) -> None:
    rng = np.random.default_rng(10 * width + order)
    background = random_background(rng, order)
    scores = integer_scores(random_motif(rng, width), background)
    totals, chances = enumerated(scores, background)
    distribution = score_distribution(scores, background)
    for score in np.unique(totals):
        assert distribution.p_values(np.array([score]))[0] == pytest.approx(chances[totals >= score].sum(), rel=1e-9)
    assert distribution.lowest == totals.min()
    assert distribution.lowest + len(distribution.survival) - 1 == totals.max()


@given(st.integers(0, 10**6), st.integers(1, 25), st.sampled_from([0, 1]), st.floats(1e-12, 1))
@settings(deadline=None, max_examples=60)
def test_survival_falls_from_one_and_threshold_inverts_it(seed: int, width: int, order: int, p: float) -> None:
    rng = np.random.default_rng(seed)
    background = random_background(rng, order)
    distribution = score_distribution(integer_scores(random_motif(rng, width), background), background)
    survival = distribution.survival
    assert survival[0] == pytest.approx(1, abs=1e-12)
    assert (np.diff(survival) <= 0).all()
    assert survival[-1] > 0
    cut = distribution.threshold(p) - distribution.lowest
    assert cut == len(survival) or survival[cut] <= p
    assert cut == 0 or survival[cut - 1] > p


def test_threshold_no_word_reaches_lies_above_the_best_word() -> None:
    tata = Motif(name="m", probabilities=np.eye(4)[:, [3, 0, 3, 0, 0, 0]])
    distribution = score_distribution(integer_scores(tata, UNIFORM_BACKGROUND), UNIFORM_BACKGROUND)
    best = distribution.lowest + len(distribution.survival) - 1
    assert best == 6 * round(UNITS_PER_BIT * np.log2(0.9925 / 0.25))
    assert distribution.threshold(0.25**6) == distribution.threshold(0.001) <= best
    assert distribution.threshold(1e-4) == best + 1


def test_strands_of_a_symmetric_background_share_one_distribution() -> None:
    rng = np.random.default_rng(1)
    symmetric = estimate_background(rng.integers(0, 4, 999, dtype=np.uint8))
    assert symmetric.strand_symmetric
    assert not estimate_background(np.zeros(9, np.uint8), both_strands=False).strand_symmetric
    scores = integer_scores(random_motif(rng, 7), symmetric)

    def survival(matrix: np.ndarray) -> ScoreDistribution:
        return score_distribution(np.ascontiguousarray(matrix), symmetric)

    np.testing.assert_allclose(survival(scores).survival, survival(scores[::-1, ::-1]).survival, rtol=1e-9)


@pytest.mark.parametrize("both", [False, True])
def test_background_counts_letters_and_pairs_without_n(both: bool) -> None:
    sequences = ["ACGTTNNACA", "TTTTTTTGNA"]
    words = list(sequences)
    if both:
        words += [s[::-1].translate(str.maketrans("ACGT", "TGCA")) for s in sequences]
    letters = np.array([1 * (1 + both) + sum(word.count(base) for word in words) for base in "ACGT"])
    pairs = np.array(
        [[1 + both + sum(word[i : i + 2] == a + b for word in words for i in range(9)) for b in "ACGT"] for a in "ACGT"]
    )
    background = estimate_background(encode(sequences), order=1, both_strands=both)
    np.testing.assert_allclose(background.letters, letters / letters.sum())
    np.testing.assert_allclose(background.transitions, pairs / pairs.sum(1, keepdims=True))
    assert estimate_background(encode(sequences), both_strands=both).transitions is None


def test_background_of_one_long_sequence_and_of_none() -> None:
    np.testing.assert_array_equal(estimate_background(np.empty(0, np.uint8)).letters, np.full(4, 0.25))
    assert estimate_background(encode_letters("A" * 96), both_strands=False).letters[0] == 0.97


def test_background_of_higher_order_is_refused() -> None:
    with pytest.raises(ValueError, match="order 0 or 1, not 2"):
        estimate_background(np.zeros(4, np.uint8), order=2)
