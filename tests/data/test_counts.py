"""Counts as numbers: what remains when the exposure is taken off."""

import numpy as np
import pytest

from motiflens.data.counts import as_numbers, exposure_of, log_rates, pearson_residuals


def test_pearson_residuals_by_hand():
    counts = np.array([[4.0], [0.0], [2.0], [np.nan]])
    exposure = np.array([[1.0], [2.0], [3.0], [9.0]])  # one count an exposure of 1
    np.testing.assert_allclose(pearson_residuals(counts, exposure)[:3, 0], [3, -np.sqrt(2), -1 / np.sqrt(3)])
    assert np.isnan(pearson_residuals(counts, exposure)[3, 0])


@pytest.mark.parametrize("rate", [0.05, 0.5, 20.0])
def test_only_residuals_of_small_counts_are_free_of_the_exposure(rate):
    rng = np.random.default_rng(0)
    exposure = np.repeat([[1.0], [2.0]], 20_000, axis=0)
    counts = rng.poisson(rate * exposure).astype(float)
    deep = np.arange(40_000) >= 20_000
    for numbers, free in ((pearson_residuals(counts, exposure), True), (log_rates(counts, exposure), rate > 10)):
        difference = numbers[deep].mean() - numbers[~deep].mean()
        error = np.sqrt(numbers[deep].var() / 20_000 + numbers[~deep].var() / 20_000)
        assert (abs(difference) < 4 * error) == free


def test_each_target_is_compared_as_its_counts_allow():
    counts, exposure = np.array([[0.0, 900.0], [1.0, 50.0]]), exposure_of(np.log([1.0, 4.0]), 2)
    found = as_numbers(counts, exposure, small=np.array([True, False]))
    np.testing.assert_allclose(found[:, 0], pearson_residuals(counts, exposure)[:, 0])
    np.testing.assert_allclose(found[:, 1], np.log([900.5, 50.5 / 4]))
    assert (exposure_of(None, 2) == 1).all()
