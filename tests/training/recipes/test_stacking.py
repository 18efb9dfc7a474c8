"""The weights of a mix against a search without gradients."""

import numpy as np
import pytest
from scipy.optimize import minimize

from motiflens.model.output import output_for
from motiflens.training.recipes.stacking import Columns, Mix, best_mix

PRIOR = 2.0


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_best_mix_against_a_search_without_gradients(n_outputs):
    rng = np.random.default_rng(n_outputs)
    classes = max(n_outputs, 2)
    labels = np.arange(90) % classes
    signal = np.where(labels == 1, 1.0, -1.0)[:, None] if n_outputs == 1 else 2 * np.eye(3)[labels]
    columns = np.stack([signal + rng.normal(size=(90, n_outputs)) * s for s in (1, 2, 9)], 1)
    towards = np.array([1.0, 0.0, 0.0])
    start = Mix(weights=np.repeat(towards[:, None], n_outputs, 1), bias=np.zeros(n_outputs))
    given = Columns(terms=columns, truth=labels)
    found = best_mix(given, output=output_for(tuple("abc"[:classes])), start=start, prior=PRIOR)

    def loss(parameters: np.ndarray) -> float:
        logits = np.tensordot(columns, np.abs(parameters[:3]), (1, 0)) + parameters[3:]
        full = np.hstack((np.zeros((90, 1)), logits)) if n_outputs == 1 else logits
        p = np.exp(full - full.max(1, keepdims=True))
        cross = -np.log((p / p.sum(1, keepdims=True))[np.arange(90), labels]).sum()
        return cross + PRIOR * ((np.abs(parameters[:3]) - towards) ** 2).sum()

    first = np.concatenate((towards, start.bias))
    best = minimize(loss, first, method="Nelder-Mead", options={"maxiter": 20_000, "xatol": 1e-8, "fatol": 1e-10})
    assert loss(np.concatenate((found.weights[:, 0], found.bias))) == pytest.approx(best.fun, abs=1e-4)
    assert (found.weights >= 0).all()
