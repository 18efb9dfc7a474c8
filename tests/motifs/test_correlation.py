"""Correlation of matrices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.motifs.correlation import matrix_correlation


@given(seed=st.integers(0, 10_000), shift=st.integers(0, 3))
@settings(deadline=None, max_examples=30)
def test_a_matrix_correlates_with_its_shifted_copy_on_the_other_strand(seed, shift):
    matrix = np.random.default_rng(seed).dirichlet(np.full(4, 0.2), 10).T
    copy = np.hstack((np.full((4, shift), 0.25), matrix[::-1, ::-1]))
    assert matrix_correlation(matrix, copy, strands="both") == pytest.approx(1, abs=1e-6)
    assert matrix_correlation(matrix, copy, strands="forward") <= 1 + 1e-9
