"""What logits mean, with two classes and with several, against scipy, scikit-learn and PyTorch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import expit, logit, softmax
from sklearn.metrics import accuracy_score, log_loss

from motiflens.model.output import Binary, Multiclass, Output, output_for

TWO, THREE = ("no", "yes"), ("a", "b", "c")
BOTH = pytest.mark.parametrize("output", [Binary(TWO), Multiclass(THREE)], ids=["binary", "multiclass"])


def sample(output: Output, n: int = 40, *, size: float = 2.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random logits and labels."""
    rng = np.random.default_rng(seed)
    return size * rng.normal(size=(n, output.n_outputs)), rng.integers(len(output.classes), size=n)


def expected_probabilities(output: Output, logits: np.ndarray) -> np.ndarray:
    if output.n_outputs > 1:
        return softmax(logits, axis=1)
    return np.hstack((1 - expit(logits), expit(logits)))


def test_the_number_of_classes_decides():
    assert output_for(TWO) == Binary(TWO)
    assert output_for(THREE) == Multiclass(THREE)
    assert (Binary(TWO).task, Binary(TWO).n_outputs, Binary(TWO).positive, Binary(TWO).explained) == (
        "binary", 1, "yes", (1,),
    )  # fmt: skip
    several = Multiclass(THREE)
    assert (several.task, several.n_outputs, several.positive, several.explained) == ("multiclass", 3, None, (0, 1, 2))


@BOTH
def test_the_loss_is_the_log_loss(output):
    logits, labels = sample(output)
    summed = log_loss(labels, expected_probabilities(output, logits), normalize=False)
    tensors = torch.from_numpy(logits), torch.from_numpy(labels)
    assert float(output.loss(*tensors, reduction="sum")) == pytest.approx(summed)
    assert float(output.loss(*tensors)) == pytest.approx(summed / 40)
    each = output.loss(*tensors, reduction="none")
    assert each.shape == (40,)
    assert float(each[7]) == pytest.approx(-np.log(expected_probabilities(output, logits)[7, labels[7]]))
    assert output.loss_gradient(logits, labels)[0].sum() == pytest.approx(summed)


@BOTH
def test_the_gradient_is_the_losses(output):
    logits, labels = sample(output, 12)
    _, found = output.loss_gradient(logits, labels)
    assert found.shape == logits.shape

    def loss(flat: np.ndarray) -> float:
        return float(output.loss_gradient(flat.reshape(logits.shape), labels)[0].sum())

    np.testing.assert_allclose(found, approx_fprime(logits.ravel(), loss).reshape(logits.shape), atol=1e-5)
    tensor = torch.from_numpy(logits).requires_grad_()
    output.loss(tensor, torch.from_numpy(labels), reduction="sum").backward()
    np.testing.assert_allclose(found, tensor.grad, atol=1e-12)


@BOTH
def test_extreme_logits_have_a_finite_loss(output):
    logits = np.full((2, output.n_outputs), -900.0)
    logits[0, 0] = 900
    labels = np.array([len(output.classes) - 1, 0])
    loss, gradient = output.loss_gradient(logits, labels)
    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()
    assert np.isfinite(output.log_odds(logits)).all()
    assert np.isfinite(output.values(logits)).all()


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities(output, dtype):
    logits, _ = sample(output)
    found = output.values(logits.astype(dtype))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected_probabilities(output, logits), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-6)


def test_small_probabilities_keep_their_digits():
    binary = Binary(TWO).values(np.array([[0.0], [2.0], [30.0], [-200.0]]))
    expected = [[0.5, 0.5], [0.1192029, 0.8807971], [np.exp(-30), 1], [1, np.exp(-200)]]
    np.testing.assert_allclose(binary, expected, rtol=1e-5)
    logits = np.array([[1.0, 2.0, 3.0]], np.float32)
    expected = np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum()
    np.testing.assert_allclose(Multiclass(THREE).values(logits)[0], expected, rtol=1e-6)


@BOTH
def test_log_odds_are_of_each_class_against_the_rest(output):
    logits, _ = sample(output)
    np.testing.assert_allclose(output.log_odds(logits), logit(expected_probabilities(output, logits)), rtol=1e-9)


@BOTH
def test_the_predicted_class_is_the_most_probable(output):
    logits, labels = sample(output)
    expected = expected_probabilities(output, logits).argmax(1)
    np.testing.assert_array_equal(output.predicted(logits), expected)
    right = output.score(torch.from_numpy(logits), torch.from_numpy(labels)).sum()
    assert right == accuracy_score(labels, expected, normalize=False)
    targets = output.default_targets(logits)
    np.testing.assert_array_equal(targets, np.ones(40) if output.task == "binary" else expected)


@BOTH
def test_target_logits_do_not_see_a_shift_that_probabilities_do_not(output):
    logits, _ = sample(output)
    weights = output.target_weights()
    assert weights.shape == (len(output.classes), output.n_outputs)
    towards = logits @ weights.T
    np.testing.assert_allclose(towards.sum(1), 0, atol=1e-12)
    if output.task == "binary":
        np.testing.assert_array_equal(towards, output.log_odds(logits))
    else:
        np.testing.assert_allclose((logits + 5) @ weights.T, towards, atol=1e-12)
        log_probabilities = np.log(expected_probabilities(output, logits))
        np.testing.assert_allclose(towards, log_probabilities - log_probabilities.mean(1, keepdims=True), atol=1e-12)


@settings(deadline=None)
@given(st.lists(st.floats(-20, 20), min_size=2, max_size=5))
def test_logits_of_log_probabilities_give_them_back(by_class):
    output = output_for(tuple("abcde"[: len(by_class)]))
    logits = output.logits_of(np.array(by_class))
    np.testing.assert_allclose(output.values(logits[None])[0], softmax(by_class), rtol=1e-6, atol=1e-12)


def test_one_against_the_rest():
    labels = np.array([0, 2, 1, 2])
    ((index, inside),) = Binary(TWO).one_vs_rest(labels % 2)
    assert index == 1
    np.testing.assert_array_equal(inside, [False, False, True, False])
    by_class = dict(Multiclass(THREE).one_vs_rest(labels))
    assert list(by_class) == [0, 1, 2]
    np.testing.assert_array_equal(by_class[2], [False, True, False, True])
    np.testing.assert_array_equal(Binary(TWO).truth_by_logit(labels % 2), [[0], [0], [1], [0]])
    np.testing.assert_array_equal(Multiclass(THREE).truth_by_logit(labels), np.eye(3)[labels])
