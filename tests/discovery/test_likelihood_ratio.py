"""The likelihood ratio of a known matrix against sums over windows and over all labels, written out."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.discovery.labelled import LabelledSequences
from motiflens.discovery.likelihood_ratio import SHARE, label_log_ratios, log_ratio_p, z_scores
from motiflens.motifs.scan import concatenate
from motiflens.motifs.scores import integer_scores
from motiflens.shapes import Strands

BACKGROUND = np.array([0.3, 0.2, 0.2, 0.3])


def labelled(
    codes: np.ndarray, positive: np.ndarray, expected: np.ndarray, *, strands: Strands = "both"
) -> LabelledSequences:
    joined = concatenate(codes)
    return LabelledSequences(
        codes=joined.codes,
        offsets=joined.offsets,
        positive=positive,
        expected=expected,
        background=BACKGROUND,
        strands=strands,
    )


def ratios_by_hand(codes: np.ndarray, scores: np.ndarray, expected: np.ndarray, *, strands: Strands) -> np.ndarray:
    width, out = scores.shape[1], []
    for row in codes:
        views = [row, np.where(row < 4, 3 - row, 4)[::-1]] if strands == "both" else [row]
        odds = []
        for view in views:
            for start in range(len(row) - width + 1):
                window = view[start : start + width]
                total = sum(scores[c, j] for j, c in enumerate(window)) if (window < 4).all() else -1
                odds.append(2 ** (total / 100) if total >= 0 else 0.0)
        out.append(math.log(1 + SHARE / (1 - SHARE) * np.mean(odds)))
    spread = expected * (1 - expected)
    return np.array(out) - (spread @ out) / spread.sum()


@pytest.mark.parametrize("strands", ["both", "forward"])
@given(seed=st.integers(0, 10_000), width=st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_the_log_ratio_is_of_the_mean_over_windows(strands: Strands, seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.choice(5, (6, 14), p=[0.28, 0.2, 0.2, 0.28, 0.04]).astype(np.uint8)
    expected = rng.uniform(0.2, 0.8, 6)
    scores = integer_scores(rng.dirichlet(np.full(4, 0.3), width).T, BACKGROUND)
    data = labelled(codes, np.arange(6) < 3, expected, strands=strands)
    by_hand = ratios_by_hand(codes, scores, expected, strands=strands)
    np.testing.assert_allclose(label_log_ratios(data, scores), by_hand, rtol=1e-9, atol=1e-12)


def test_sequences_shorter_than_the_matrix_have_no_log_ratio() -> None:
    data = labelled(np.zeros((4, 5), np.uint8), np.arange(4) < 2, np.full(4, 0.5))
    assert (label_log_ratios(data, integer_scores(np.eye(4)[[0] * 8].T, BACKGROUND)) == 0).all()


def tail_by_enumeration(ratios: np.ndarray, total: float, expected: np.ndarray) -> float:
    labels = np.array(list(itertools.product([False, True], repeat=len(ratios))))
    weights = np.where(labels, expected, 1 - expected).prod(1)
    return float(weights[labels @ ratios >= total - 1e-12].sum())


@pytest.mark.parametrize("seed", range(12))
def test_the_tail_is_that_of_all_labels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = rng.uniform(0.15, 0.85, 14)
    ratios = rng.exponential(1.0, 14)  # a few are large, as with rare sites
    ratios -= (expected * (1 - expected) * ratios).sum() / (expected * (1 - expected)).sum()
    positive = ratios > np.quantile(ratios, rng.uniform(0.3, 0.6))
    exact = math.log(tail_by_enumeration(ratios, ratios[positive].sum(), expected))
    assert exact < -2
    assert log_ratio_p(ratios, positive, expected) == pytest.approx(exact, abs=0.5)


def test_a_sum_below_its_mean_is_no_evidence() -> None:
    ratios = np.array([1.0, -1.0, 0.5, -0.5])
    assert log_ratio_p(ratios, ratios < 0, np.full(4, 0.5)) == 0
    assert log_ratio_p(np.zeros(4), ratios < 0, np.full(4, 0.5)) == 0


def test_p_values_are_uniform_where_labels_are_drawn() -> None:
    rng = np.random.default_rng(0)
    codes = rng.choice(4, (300, 60), p=BACKGROUND).astype(np.uint8)
    expected = np.full(300, 0.4)
    scores = integer_scores(rng.dirichlet(np.full(4, 0.2), 8).T, BACKGROUND)
    ratios = label_log_ratios(labelled(codes, np.zeros(300, bool), expected), scores)
    labels = rng.random((2000, 300)) < expected
    p = np.exp([log_ratio_p(ratios, row, expected) for row in labels])
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() == pytest.approx(level, rel=0.35)
    z = z_scores(ratios[None], labels, expected)[0]
    assert z.std() == pytest.approx(1, rel=0.06)
    assert np.corrcoef(z[p < 0.5], np.log(p[p < 0.5]))[0, 1] < -0.95
