"""The rank test and the effect of a motif on a number, against scipy."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, mannwhitneyu, nchypergeom_fisher, pearson3, permutation_test, ttest_ind

from motiflens.discovery.association import association_test
from motiflens.discovery.config import EvidenceConfig
from motiflens.discovery.given_others import effects_given_others
from motiflens.discovery.number_test import NumberTest
from motiflens.discovery.permutation import log_tail


@given(seed=st.integers(0, 10_000), raises=st.booleans(), decimals=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_p_and_interval_are_those_of_scipy(seed, raises, decimals):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 200))
    site = rng.random(n) < 0.4
    site[:2], site[2:4] = True, False
    values = (rng.normal(size=n) + 0.3 * site).round(decimals)  # few decimals: ties
    values[rng.random(n) < 0.1] = np.nan
    values[:4] = rng.normal(size=4)
    assume(NumberTest.of(values).name == "rank sum")
    expected = rng.normal(size=n).round(decimals)
    found = association_test(site, values, expected, raises=raises)
    known = np.isfinite(values)
    left = values - expected
    inside, outside = left[known & site], left[known & ~site]
    side = "greater" if raises else "less"
    ranks = mannwhitneyu(inside, outside, alternative=side, method="asymptotic")
    assert found.p == pytest.approx(ranks.pvalue, rel=1e-9)
    assert found.superiority == pytest.approx(ranks.statistic / (len(inside) * len(outside)))
    interval = ttest_ind(inside, outside, equal_var=False).confidence_interval()
    assert found.interval == pytest.approx((interval.low, interval.high))
    assert found.effect == pytest.approx(inside.mean() - outside.mean())
    assert (found.n_with, found.n_without) == (len(inside), len(outside))


def zeros_and_counts(rng: np.random.Generator, n: int, share: float) -> np.ndarray:
    """Logarithms of counts, a share of them 0."""
    return np.log(np.where(rng.random(n) < share, 0, rng.poisson(5, n) + 1) + 0.5)


@given(seed=st.integers(0, 10_000), raises=st.booleans(), share=st.sampled_from((0.3, 0.6, 0.9)))
@settings(max_examples=40, deadline=None)
def test_numbers_that_many_share_are_permuted(seed, raises, share):
    rng = np.random.default_rng(seed)
    site = rng.random(300) < 0.2
    values, expected = zeros_and_counts(rng, 300, share), rng.normal(size=300)
    found = association_test(site, values, expected, raises=raises)
    assert found.name == "permutation"
    left = (values - expected) * (1 if raises else -1)
    n, k = 300, site.sum()
    third = k * (n - k) * (n - 2 * k) / (n * (n - 1) * (n - 2)) * ((left - left.mean()) ** 3).sum()
    spread = np.sqrt(k * (n - k) / n * left.var(ddof=1))
    z = (left[site].sum() - k * left.mean()) / spread
    assert found.p == pytest.approx(pearson3.sf(z, max(third / spread**3, 0)), rel=1e-6)
    assert found.superiority == pytest.approx(
        mannwhitneyu(values[site], values[~site]).statistic / (site.sum() * (~site).sum())
    )
    assert found.effect == pytest.approx((values - expected)[site].mean() - (values - expected)[~site].mean())


@pytest.mark.parametrize("raises", [True, False])
def test_the_curve_is_that_of_all_permutations(raises):
    rng = np.random.default_rng(5)
    values, site = zeros_and_counts(rng, 400, 0.85), np.arange(400) < 24
    values[:6] += 2
    drawn = permutation_test(
        (values[site], values[~site]), lambda x, y, axis: x.mean(axis) - y.mean(axis), vectorized=True,
        n_resamples=40_000, alternative="greater" if raises else "less", rng=0,
    )  # fmt: skip
    found = association_test(site, values, np.zeros(400), raises=raises)
    assert found.p == pytest.approx(drawn.pvalue, rel=0.15)


def test_sites_that_lower_zeros_err_on_the_safe_side():
    rng = np.random.default_rng(6)
    values, site = zeros_and_counts(rng, 400, 0.6), np.arange(400) < 40
    values[np.flatnonzero(site)[:12]] = values.min()
    drawn = permutation_test(
        (values[site], values[~site]), lambda x, y, axis: x.mean(axis) - y.mean(axis), vectorized=True,
        n_resamples=40_000, alternative="less", rng=0,
    )  # fmt: skip
    assert drawn.pvalue < 0.03
    p = association_test(site, values, np.zeros(400), raises=False).p
    assert 0.9 * drawn.pvalue <= p <= 2 * drawn.pvalue


NO_EFFECT = {
    "half zeros": lambda rng, n: zeros_and_counts(rng, n, 0.5),
    "zeros": lambda rng, n: zeros_and_counts(rng, n, 0.8),
    "rare counts": lambda rng, n: zeros_and_counts(rng, n, 0.95),
    "five levels": lambda rng, n: rng.integers(1, 6, n).astype(float),
    "small counts": lambda rng, n: np.log(rng.poisson(5, n) + 0.5),
}


@pytest.mark.parametrize("kind", NO_EFFECT)
@pytest.mark.parametrize("exposed", [False, True])
def test_of_shared_numbers_the_tests_err_as_often_as_they_say(kind, exposed):
    """The words go with composition, the numbers with nothing. By ranks up to a half had p below .05."""
    rng = np.random.default_rng(4)
    gc = rng.uniform(0.3, 0.7, 600)
    expected = 0.2 * (gc - 0.5)
    tests = []
    for i in range(400):
        values = NO_EFFECT[kind](rng, 600)
        assert NumberTest.of(values).name == "permutation"
        rates = values - exposed * rng.normal(0, 0.1, 600)
        site = rng.random(600) < gc
        tests.append(association_test(site, rates, expected, raises=bool(i % 2), by=NumberTest(name="permutation")))
    assert np.mean([test.p < 0.05 for test in tests]) < 0.08
    assert np.mean([test.p < 0.005 for test in tests]) < 0.015


@given(seed=st.integers(0, 10_000), raises=st.booleans())
@settings(max_examples=40, deadline=None)
def test_labels_are_counted_given_composition(seed, raises):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 200))
    site = rng.random(n) < 0.4
    site[:2], site[2:4] = True, False
    values = (rng.random(n) < 0.1 + 0.3 * site).astype(float)
    expected = rng.uniform(0.05, 0.6, n)
    found = association_test(site, values, expected, raises=raises)
    with_site, without = expected[site].mean(), expected[~site].mean()
    odds = with_site / (1 - with_site) / (without / (1 - without))
    one = values == (1 if raises else 0)
    law = nchypergeom_fisher(n, int(one.sum()), int(site.sum()), odds if raises else 1 / odds)
    tail = range(int((one & site).sum()), min(int(one.sum()), int(site.sum())) + 1)
    assert found.p == pytest.approx(min(1.0, law.pmf(tail).sum()), rel=1e-6)
    assert found.effect == pytest.approx((values - expected)[site].mean() - (values - expected)[~site].mean())
    even = association_test(site, values, np.zeros(n), raises=raises)
    table = [[(one & site).sum(), (one & ~site).sum()], [(~one & site).sum(), (~one & ~site).sum()]]
    assert even.p == pytest.approx(fisher_exact(table, alternative="greater").pvalue)


@pytest.mark.parametrize("raises", [True, False])
def test_of_a_rare_label_the_tests_err_as_often_as_they_say(raises):
    """The words go with composition, the label with nothing. By ranks half had p below .05."""
    rng = np.random.default_rng(3)
    gc = rng.uniform(0.3, 0.7, 600)
    expected = 0.05 + 0.05 * (gc - 0.5)
    label = np.arange(600.0) < 30
    tests = (
        association_test(rng.random(600) < gc, rng.permutation(label).astype(float), expected, raises=raises)
        for _ in range(400)
    )
    assert np.mean([test.p < 0.05 for test in tests]) < 0.07


def test_tails_too_small_for_a_number_keep_their_logarithm():
    values = np.arange(20_000.0)
    found = association_test(values >= 10_000, values, np.zeros(20_000))
    assert found.p == 0
    assert -16_000 < found.log_p < -5_000
    assert association_test(values >= 10_000, values, np.zeros(20_000), raises=False).p == pytest.approx(1)


def test_tails_of_skewed_numbers_keep_their_logarithm():
    values = np.where(np.arange(20_000) < 4000, 1 + np.arange(20_000) % 3, 0) + 0.5
    site = np.arange(20_000) < 3500
    found = association_test(site, values, np.zeros(20_000))
    assert found.p == 0
    weaker = association_test(site | (np.arange(20_000) > 19_000), values, np.zeros(20_000))
    assert -20_000 < found.log_p < weaker.log_p < -700
    # mpmath.log(mpmath.gammainc(a, x, mpmath.inf, regularized=True))
    assert log_tail(np.array([150.0, 3.0]), np.array([0.2, 2.0])) == pytest.approx([-1228.672245, -4.0], rel=1e-4)
    assert association_test(site, values, np.zeros(20_000), raises=False).p == pytest.approx(1)


def test_without_sites_or_without_others_nothing_is_found():
    for site in (np.zeros(30, bool), np.ones(30, bool)):
        found = association_test(site, np.arange(30.0), np.zeros(30))
        assert found.log_p == 0
        assert found.too_small(window=None, config=EvidenceConfig())


def test_an_effect_must_be_clear_of_0_and_point_where_the_motif_does():
    rng = np.random.default_rng(0)
    site = np.arange(400) < 100
    values = rng.normal(size=400) + 1.0 * site
    rising, falling = (association_test(site, values, np.zeros(400), raises=raises) for raises in (True, False))
    assert rising.too_small(window=None, config=EvidenceConfig()) == ""
    assert "clear of 0" in falling.too_small(window=None, config=EvidenceConfig())


def test_slopes_are_those_of_least_squares_and_their_intervals_those_of_the_sandwich():
    rng = np.random.default_rng(1)
    n = 500
    sites = rng.random((n, 3)) < (0.2, 0.4, 0.5)
    expected = rng.normal(size=n)
    values = sites @ (2.0, -1.0, 0.5) + 0.3 * expected + rng.normal(size=n) * (1 + sites[:, 0])
    values[:20] = np.nan
    found = effects_given_others(sites, values, expected)
    x = np.column_stack((np.ones(n), sites, expected))[20:]
    slopes, *_ = np.linalg.lstsq(x, values[20:], rcond=None)
    residual = values[20:] - x @ slopes
    bread = np.linalg.inv(x.T @ x)
    errors = np.sqrt(np.diag(bread @ (x.T * residual**2) @ x @ bread) * (n - 20) / (n - 20 - 5))
    for motif, one in enumerate(found, 1):
        assert one.mean == pytest.approx(slopes[motif])
        assert (one.low, one.high) == pytest.approx(
            (slopes[motif] - 1.959964 * errors[motif], slopes[motif] + 1.959964 * errors[motif]), rel=1e-5
        )
        assert one.n == n - 20


def test_a_motif_that_others_determine_has_no_slope():
    sites = np.array([[1, 1], [0, 0], [1, 1], [0, 0]] * 10, bool)
    first, second = effects_given_others(sites, np.arange(40.0), np.zeros(40))
    assert np.isfinite(first.mean)
    assert np.isnan(second.mean)
