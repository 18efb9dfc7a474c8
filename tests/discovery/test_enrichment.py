"""The test of a motif against scipy."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, nchypergeom_fisher

from motiflens.discovery.enrichment import enrichment_test
from motiflens.motifs.statistics import log_enrichment_tail

TABLES = st.tuples(*[st.integers(1, 40)] * 4)


@given(TABLES)
def test_without_composition_it_is_fishers_exact_test(table):
    a, b, c, d = table
    log_p = log_enrichment_tail(a, hits=a + c, positives=a + b, total=a + b + c + d)
    assert np.exp(log_p) == pytest.approx(fisher_exact([[a, b], [c, d]], alternative="greater").pvalue, rel=1e-7)


@given(TABLES, st.floats(0.2, 5))
def test_given_composition_it_is_noncentral(table, odds):
    a, b, c, d = table
    log_p = log_enrichment_tail(a, hits=a + c, positives=a + b, total=a + b + c + d, odds=odds)
    expected = nchypergeom_fisher(a + b + c + d, a + b, a + c, odds).sf(a - 1)
    assert np.exp(log_p) == pytest.approx(expected, rel=1e-4, abs=1e-12)


def test_odds_that_round_to_one_are_one():
    """As of shuffles, whose composition is that of their sequences to the last digit but one."""
    site = np.arange(200) < 60
    expected = np.where(site, 0.5 + 1e-8, 0.5)
    assert enrichment_test(site, np.arange(200) % 3 > 0, expected).odds == 1


def test_perfect_separation_is_as_probable_as_one_labelling():
    n = 15
    site = np.arange(2 * n) < n
    test = enrichment_test(site, site, np.full(2 * n, 0.5))
    assert test.p == pytest.approx(1 / comb(2 * n, n))


def test_a_counter_example_weakens_the_evidence():
    positive = np.arange(30) < 15
    ps = []
    for false in range(4):
        site = positive.copy()
        site[15 : 15 + false] = True
        ps.append(enrichment_test(site, positive, np.full(30, 0.5)).log_p)
    assert ps == sorted(ps)


def test_only_the_rows_given_count():
    site = np.array([True, True, False, False, True, False])
    positive = np.array([True, False, True, False, True, False])
    test = enrichment_test(site, positive, np.full(6, 0.5), rows=np.arange(6) < 4)
    assert (test.positives_with, test.positives, test.negatives_with, test.negatives) == (1, 2, 1, 2)
    assert test.fold == 1
