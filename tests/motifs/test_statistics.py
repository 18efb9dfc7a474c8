"""Tails against SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from motiflens.motifs.statistics import log_binomial_tail


@given(trials=st.integers(1, 400), rate=st.floats(0.02, 0.98), data=st.data())
@settings(deadline=None, max_examples=200)
def test_the_binomial_tail_is_scipys(trials, rate, data):
    successes = data.draw(st.integers(0, trials))
    terms = stats.binom.logpmf(np.arange(successes, trials + 1), trials, rate)
    expected = special.logsumexp(terms) if successes > trials * rate else 0.0
    assert log_binomial_tail(successes, trials, rate) == pytest.approx(expected, rel=1e-6, abs=1e-9)
