"""Numbers and several labels against PyTorch's losses, finite differences and hand-computed cases."""

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.optimize import approx_fprime
from scipy.special import expit
from torch.nn import functional

from motiflens.model.targets import ManyLabels, Numbers, TargetOutput

NAMES = ("leaf", "proto")
SQUARES = Numbers(NAMES, centre=(2.0, -3.0), scale=(0.5, 4.0))
COUNTS = Numbers(NAMES, loss_name="poisson", centre=(1.0, 2.0), scale=(3.0, 7.0))
LABELS = ManyLabels(NAMES)
ALL = pytest.mark.parametrize("output", [SQUARES, COUNTS, LABELS], ids=["squares", "counts", "labels"])


def sample(output: TargetOutput, n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Random logits, and targets of which some are missing; the last row has none."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(n, 2))
    drawn = {"poisson": rng.poisson(4, (n, 2)), "mse": rng.normal(size=(n, 2)) * 3}
    truth = drawn[output.loss_name] if isinstance(output, Numbers) else rng.integers(2, size=(n, 2))
    truth = truth.astype(float)
    truth[::4, 0] = np.nan
    truth[-1] = np.nan
    return logits, truth


def cells(output: TargetOutput, logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Loss by cell, by PyTorch in target units."""
    given, known = torch.from_numpy(logits), torch.from_numpy(truth)
    if output is SQUARES:
        value = given * torch.tensor([0.5, 4.0]) + torch.tensor([2.0, -3.0])
        return (functional.mse_loss(value, known, reduction="none") / torch.tensor([0.25, 16.0])).numpy()
    if output is COUNTS:
        log_rate = given + torch.tensor([1.0, 2.0])
        return (functional.poisson_nll_loss(log_rate, known, reduction="none") / torch.tensor([3.0, 7.0])).numpy()
    return functional.binary_cross_entropy_with_logits(given, known, reduction="none").numpy()


@ALL
def test_the_loss_counts_what_is_there(output):
    logits, truth = sample(output)
    expected = np.nansum(cells(output, logits, truth), axis=1) / 2
    tensors = torch.from_numpy(logits), torch.from_numpy(truth)
    np.testing.assert_allclose(output.loss(*tensors, reduction="none"), expected, rtol=1e-6)
    assert float(output.loss(*tensors)) == pytest.approx(expected.mean())
    assert float(output.loss(*tensors, reduction="sum")) == pytest.approx(expected.sum())
    np.testing.assert_allclose(output.loss_gradient(logits, truth)[0], expected, rtol=1e-6)


@ALL
def test_the_gradient_is_the_losses(output):
    logits, truth = sample(output, 9)
    _, found = output.loss_gradient(logits, truth)

    def loss(flat: np.ndarray) -> float:
        return float(output.loss_gradient(flat.reshape(logits.shape), truth)[0].sum())

    np.testing.assert_allclose(found, approx_fprime(logits.ravel(), loss).reshape(logits.shape), atol=1e-5)
    tensor = torch.from_numpy(logits).requires_grad_()
    output.loss(tensor, torch.from_numpy(truth), reduction="sum").backward()
    np.testing.assert_allclose(found, tensor.grad, atol=1e-12)
    assert (found[np.isnan(truth)] == 0).all()


def test_values_and_what_is_explained_are_in_target_units():
    logits, _ = sample(SQUARES)
    np.testing.assert_allclose(SQUARES.values(logits), logits * np.array([0.5, 4.0]) + np.array([2.0, -3.0]))
    explained = logits @ SQUARES.target_weights().T + SQUARES.target_centres()
    np.testing.assert_allclose(explained, SQUARES.values(logits))
    np.testing.assert_allclose(COUNTS.values(logits), np.exp(logits + np.array([1.0, 2.0])))
    explained = logits @ COUNTS.target_weights().T + COUNTS.target_centres()
    np.testing.assert_allclose(np.exp(explained), COUNTS.values(logits))
    np.testing.assert_allclose(LABELS.values(logits), expit(logits))
    assert (SQUARES.unit, COUNTS.unit, LABELS.unit) == ("target units", "log target units", "logits")
    assert SQUARES.values(logits.astype(np.float32)).dtype == np.float32


def test_the_score_of_labels_is_the_share_that_is_right():
    logits = torch.tensor([[2.0, -1.0], [2.0, -1.0], [0.5, 0.5]])
    truth = torch.tensor([[1.0, 1.0], [1.0, torch.nan], [torch.nan, torch.nan]])
    found = LABELS.score(logits, truth)
    assert found[:2].tolist() == [0.5, 1.0]
    assert found[2].isnan()
    assert SQUARES.score_name is None


@ALL
def test_extreme_logits_have_a_finite_loss(output):
    logits = np.array([[900.0, -900.0]])
    truth = np.array([[1.0, 0.0]])
    loss, gradient = output.loss_gradient(logits, truth)
    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()
    assert np.isfinite(output.values(logits)).all()
    assert torch.isfinite(output.loss(torch.from_numpy(logits), torch.from_numpy(truth)))


def test_the_interval_of_numbers_has_spread_and_noise():
    output = Numbers(("a",), centre=(1.0,), scale=(2.0,), noise=(0.7,))
    members = np.random.default_rng(1).normal(size=(5, 6, 1))
    low, high = output.interval(members, confidence=0.95)
    values = 1 + 2 * members
    variance = values.var(0, ddof=1) * 1.2 + 0.49
    expected = stats.norm.interval(0.95, values.mean(0), np.sqrt(variance))
    np.testing.assert_allclose((low, high), expected)
    low, high = output.interval(members[:1], confidence=0.95)
    np.testing.assert_allclose(high - low, 2 * stats.norm.ppf(0.975) * 0.7)
    counts = Numbers(("a",), loss_name="poisson", centre=(1.0,), noise=(0.7,))
    low, high = counts.interval(members[:1], confidence=0.95)
    np.testing.assert_allclose(np.log(high / low), 2 * stats.norm.ppf(0.975) * 0.7)
    assert np.isnan(Numbers(("a",)).interval(members, confidence=0.95)).all()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Numbers(()), "one or more"),
        (lambda: Numbers(("a", "a")), "different names"),
        (lambda: ManyLabels(("a", "a")), "different names"),
        (lambda: Numbers(NAMES, centre=(1.0,)), "one number for each of 2"),
        (lambda: Numbers(NAMES, scale=(1.0, 0.0)), "above 0"),
        (lambda: Numbers(NAMES, centre=(1.0, float("nan"))), "finite"),
    ],
)
def test_what_makes_no_sense_is_refused(make, reason):
    with pytest.raises(ValueError, match=reason):
        make()
