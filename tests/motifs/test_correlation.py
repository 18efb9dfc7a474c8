"""Correlation of matrices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.motifs.correlation import are_one, matrix_correlation
from motiflens.motifs.motif import Motif


@given(seed=st.integers(0, 10_000), shift=st.integers(0, 3))
@settings(deadline=None, max_examples=30)
def test_a_matrix_correlates_with_its_shifted_copy_on_the_other_strand(seed, shift):
    matrix = np.random.default_rng(seed).dirichlet(np.full(4, 0.2), 10).T
    copy = np.hstack((np.full((4, shift), 0.25), matrix[::-1, ::-1]))
    assert matrix_correlation(matrix, copy, strands="both") == pytest.approx(1, abs=1e-6)
    assert matrix_correlation(matrix, copy, strands="forward") <= 1 + 1e-9


@pytest.mark.parametrize(
    ("a", "b", "one"),
    [
        ("TATCTGGGCA", "TGGGCAACAT", False),  # the end of one is the beginning of the other
        ("TATCTGGGCA", "ATGTTGCCCA", False),  # the same on the other strand
        ("GGGCAACA", "TGGGCAACAT", True),  # one within the other
        ("TGGGCAACA", "GGGCAACAT", True),  # shifted by a letter
        ("TGGGCAACAT", "TGGGCAACGT", True),
    ],
)
def test_motifs_that_share_ends_alone_are_two(a, b, one):
    matrices = (Motif.from_consensus(word).probabilities for word in (a, b))
    assert are_one(*matrices, least=0.75, strands="both") is one


def test_a_matrix_of_no_information_is_one_with_none():
    flat = np.full((4, 8), 0.25)
    assert not are_one(flat, Motif.from_consensus("TGGGCAAC").probabilities, least=0.75, strands="both")
