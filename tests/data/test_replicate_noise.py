"""What the mean of replicates is worth, where their noise differs by sequence."""

import numpy as np
import pytest
from scipy.special import polygamma

from motiflens.data.replicates import _inverse_trigamma, noise_weights


def repeated(n: int, deviations: np.ndarray, *, replicates: int = 3, seed: int = 0) -> np.ndarray:
    """(n, 1, replicates): a signal of deviation 1 with noise of its own for each row."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(n, 1, 1))
    return truth + deviations[:, None, None] * rng.normal(size=(n, 1, replicates))


LOUD = np.arange(2000) % 2 == 1
DEVIATIONS = np.where(LOUD, 2.0, 0.3)


@pytest.mark.parametrize("replicates", [2, 3, 6])
def test_loud_rows_count_less(replicates):
    weights = noise_weights(repeated(2000, DEVIATIONS, replicates=replicates))
    assert weights.mean() == pytest.approx(1)
    best = 1 / (DEVIATIONS**2 / replicates + 0.5)
    assert np.corrcoef(weights, best)[0, 1] > {2: 0.55, 3: 0.7, 6: 0.85}[replicates]
    assert weights[~LOUD].mean() > 1.3 * weights[LOUD].mean()


def test_weighted_means_are_better():
    """The point of it: the mean of the truth, which every row measures, is known better."""
    errors = []
    for seed in range(20):
        given = repeated(2000, DEVIATIONS, seed=seed) * 1.0
        given -= given.mean(2, keepdims=True)  # nothing but noise is left
        noisy = given[:, 0] + np.random.default_rng(seed).normal(size=(2000, 1)) * DEVIATIONS[:, None]
        weights = noise_weights(repeated(2000, DEVIATIONS, seed=seed))
        errors.append((noisy.mean() ** 2, np.average(noisy.mean(1), weights=weights) ** 2))
    plain, weighted = np.mean(errors, axis=0)
    assert weighted < 0.8 * plain


def test_the_unit_does_not_matter():
    given = repeated(2000, DEVIATIONS)
    shifted = 1000 * given + 5 + np.array([0.0, 300.0, -200.0])  # replicates may differ in level
    np.testing.assert_allclose(noise_weights(shifted), noise_weights(given), rtol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_noise_of_one_size_is_no_reason(seed):
    assert noise_weights(repeated(1000, np.ones(1000), seed=seed)) is None


def test_few_rows_say_nothing():
    assert noise_weights(repeated(2000, DEVIATIONS)[:99]) is None


def test_missing_replicates():
    given = repeated(2000, DEVIATIONS)
    given[0, 0, 1:] = np.nan
    given[1, 0] = np.nan
    weights = noise_weights(given)
    assert np.isfinite(weights).all()
    assert (weights > 0).all()
    two = np.concatenate((given, repeated(2000, np.ones(2000), seed=1)), axis=1)
    np.testing.assert_allclose(noise_weights(two), weights)  # the noise of the second target is of one size


def test_replicates_that_agree_to_the_last_digit():
    assert noise_weights(np.repeat(np.random.default_rng(0).normal(size=(500, 1, 1)), 2, axis=2)) is None


@pytest.mark.parametrize("value", [1e-3, 0.1, 1.0, 30.0])
def test_inverse_trigamma(value):
    assert polygamma(1, _inverse_trigamma(value)) == pytest.approx(value)
