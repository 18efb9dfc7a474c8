import numpy as np
import pytest

from motiflens.motifs.composition import tilted_weights


def test_weights_give_the_composition_and_are_the_most_even_ones() -> None:
    columns = np.random.default_rng(0).dirichlet(np.full(4, 0.2), 500).T
    composition = np.array([0.4, 0.15, 0.15, 0.3])
    weights = tilted_weights(columns, composition)
    assert weights.sum() == pytest.approx(1)
    assert columns @ weights == pytest.approx(composition, abs=1e-5)
    # Exponential in the bases: what a linear fit of their logarithms leaves is rounding.
    rest = np.linalg.lstsq(columns.T, np.log(weights), rcond=None)[1]
    assert rest.item() < 1e-12


def test_the_mean_composition_leaves_all_weights_equal() -> None:
    columns = np.random.default_rng(1).dirichlet(np.full(4, 0.5), 50).T
    assert tilted_weights(columns, columns.mean(axis=1)) == pytest.approx(np.full(50, 0.02))
