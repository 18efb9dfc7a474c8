"""Ridges of numbers against the normal equations, those of labels against scikit-learn, and penalties by hand."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from motiflens.model.output import Output
from motiflens.model.targets import ManyLabels, Numbers
from motiflens.training.recipes.regressions import Sample, choose_strengths, fit_regression
from motiflens.training.recipes.stacking import Columns, Mix, best_mix
from motiflens.training.task import TrainingData

NAMES = ("a", "b")
NUMBERS = Numbers(NAMES, centre=(5.0, -1.0), scale=(2.0, 0.1))


def data_for(output: Output) -> TrainingData:
    codes, truth = np.zeros((1, 1), np.uint8), np.zeros((1, 2))
    return TrainingData(
        codes=codes,
        labels=truth,
        validation_codes=codes,
        validation_labels=truth,
        class_weights=np.ones(0),
        output=output,
        strands="forward",
    )


def sample(n: int = 120, *, labels: bool = False, seed: int = 0) -> Sample:
    """Sparse features, of which two tell of the first target and one of the second; a fifth is missing."""
    rng = np.random.default_rng(seed)
    x = rng.poisson(0.5, (n, 7)).astype(np.float32)
    signal = np.stack((x[:, 0] - x[:, 1], x[:, 2]), 1) + rng.normal(size=(n, 2))
    truth = (signal > 0.5).astype(float) if labels else signal * [2.0, 0.1] + np.array([5.0, -1.0])
    truth[rng.random((n, 2)) < 0.2] = np.nan
    return Sample(x=scipy.sparse.csr_array(x), truth=truth, weights=rng.uniform(0.5, 1.5, n))


def by_normal_equations(given: Sample, target: int, strength: float) -> tuple[np.ndarray, float]:
    """Weights and intercept of the weighted ridge in standard units."""
    there = ~np.isnan(given.truth[:, target])
    x, weights = given.x.toarray()[there].astype(float), given.weights[there]
    y = (given.truth[there, target] - NUMBERS.centre[target]) / NUMBERS.scale[target]
    share = weights / weights.sum()
    centred, shifted = x - share @ x, y - share @ y
    penalty = x.var(0).sum() / strength
    found = np.linalg.solve((centred.T * weights) @ centred + penalty * np.eye(7), centred.T @ (weights * shifted))
    return found, float(share @ y - share @ x @ found)


def test_the_ridge_of_numbers_solves_the_normal_equations():
    given = sample()
    found = fit_regression(data_for(NUMBERS), given, strengths=(0.3, 2.0))
    for target, strength in enumerate((0.3, 2.0)):
        weights, intercept = by_normal_equations(given, target, strength)
        np.testing.assert_allclose(found.weights[target], weights, atol=1e-3)
        assert found.intercept[target] == pytest.approx(intercept, abs=1e-3)


def test_each_target_has_the_penalty_that_suits_its_validation_data():
    given, held, strengths = sample(60), sample(60, seed=1), (0.01, 0.1, 1.0, 10.0)
    found = choose_strengths(data_for(NUMBERS), given, held, strengths=strengths)
    losses = []
    for target in range(2):
        there = ~np.isnan(held.truth[:, target])
        y = (held.truth[there, target] - NUMBERS.centre[target]) / NUMBERS.scale[target]
        by_strength = []
        for strength in strengths:
            weights, intercept = by_normal_equations(given, target, strength)
            errors = (held.x.toarray()[there] @ weights + intercept - y) ** 2
            by_strength.append(np.average(errors, weights=held.weights[there]))
        first_rise = next((i for i in range(1, 4) if by_strength[i] >= by_strength[i - 1]), 4)
        assert found.strengths[target] == strengths[first_rise - 1]
        losses.append(by_strength[first_rise - 1])
    assert found.loss == pytest.approx(np.mean(losses), rel=1e-3)


def test_each_label_has_a_logistic_regression_of_what_is_known():
    given = sample(labels=True)
    found = fit_regression(data_for(ManyLabels(NAMES)), given, strengths=(0.5, 0.5))
    for target in range(2):
        there = ~np.isnan(given.truth[:, target])
        oracle = LogisticRegression(C=0.5, max_iter=1000)
        oracle.fit(given.x.toarray()[there], given.truth[there, target], given.weights[there])
        np.testing.assert_allclose(found.weights[target], oracle.coef_[0], atol=2e-3)


def test_a_label_with_one_answer_has_its_odds_alone():
    given = sample(labels=True)
    given.truth[:, 1] = 1
    found = fit_regression(data_for(ManyLabels(NAMES)), given, strengths=(0.5, 0.5))
    np.testing.assert_array_equal(found.weights[1], np.zeros(7))
    assert found.intercept[1] == pytest.approx(np.log(120.5 / 0.5))


def test_targets_are_mixed_each_on_its_own():
    """The first target is the first term, the second the second, whatever the rows without weight say."""
    rng = np.random.default_rng(0)
    terms = rng.normal(size=(300, 2, 2))
    truth = np.stack((3 * terms[:, 0, 0], 0.5 * terms[:, 1, 1]), 1) * [2.0, 0.1] + np.array([5.0, -1.0])
    truth[:150] = 99
    truth[200, 0] = np.nan
    columns = Columns(terms=terms, truth=truth, weights=np.repeat([1e-9, 1.0], 150))
    start = Mix(weights=np.zeros((2, 2)), bias=np.zeros(2))
    found = best_mix(columns, output=NUMBERS, start=start, prior=1e-6)
    np.testing.assert_allclose(found.weights, [[3, 0], [0, 0.5]], atol=1e-3)
    np.testing.assert_allclose(found.bias, 0, atol=1e-3)
