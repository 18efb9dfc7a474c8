"""Adam with Keras' epsilon against the formula and against Keras."""

import copy
import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import pytest
import torch

from motiflens.training.keras_adam import keras_adam

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"  # Keras calling numpy 2
)

START = np.array([1.0, -2.0, 0.5, 0.0])
SIZES = np.array([1.0, 1e-3, 1e-6, 1e-8])  # gradients from far above epsilon to far below


def gradient(step: int) -> np.ndarray:
    return SIZES * np.random.default_rng(step).normal(1, 1, size=4)


def run(optimizer: torch.optim.Optimizer, weights: torch.Tensor, steps: range) -> np.ndarray:
    for step in steps:
        weights.grad = torch.tensor(gradient(step))
        optimizer.step()
    return weights.detach().numpy()


def parameter(values: np.ndarray = START) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor(values))


@pytest.mark.parametrize("fused", [False, True])
def test_steps_as_keras_does(fused):
    weights = parameter()
    found = run(keras_adam([weights], learning_rate=1e-2, epsilon=1e-7, fused=fused), weights, range(30))
    variable = keras.Variable(START, dtype="float32")
    theirs = keras.optimizers.Adam(learning_rate=1e-2, epsilon=1e-7)
    for step in range(30):
        theirs.apply([keras.ops.convert_to_tensor(gradient(step), dtype="float32")], [variable])
    np.testing.assert_allclose(found, keras.ops.convert_to_numpy(variable), rtol=0, atol=1e-5)


@pytest.mark.parametrize("fused", [False, True])
def test_steps_by_the_formula_which_is_not_pytorchs(fused):
    weights, other = parameter(), parameter()
    found = run(keras_adam([weights], learning_rate=1e-2, epsilon=1e-7, fused=fused), weights, range(30))
    pytorchs = run(torch.optim.Adam([other], lr=1e-2, eps=1e-7), other, range(30))
    expected, m, v = START.copy(), np.zeros(4), np.zeros(4)
    for step in range(30):
        m = 0.9 * m + 0.1 * gradient(step)
        v = 0.999 * v + 0.001 * gradient(step) ** 2
        t = step + 1
        expected -= 1e-2 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert np.abs(pytorchs - expected).max() > 1e-3


@pytest.mark.parametrize("fused", [False, True])
def test_goes_on_from_a_saved_state(fused):
    weights = parameter()
    optimizer = keras_adam([weights], learning_rate=1e-2, epsilon=1e-7, fused=fused)
    half = run(optimizer, weights, range(15)).copy()
    state = copy.deepcopy(optimizer.state_dict())
    whole = run(optimizer, weights, range(15, 30))
    again = parameter(half)
    resumed = keras_adam([again], learning_rate=1e-2, epsilon=1e-7, fused=fused)
    resumed.load_state_dict(state)
    assert np.array_equal(run(resumed, again, range(15, 30)), whole)
