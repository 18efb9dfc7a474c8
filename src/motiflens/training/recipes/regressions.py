"""Ridge regressions on sparse features: logistic ones of classes and labels, by squares of numbers."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss

from motiflens.model.targets import Numbers, TargetOutput
from motiflens.shapes import Truth
from motiflens.training.task import TrainingData

_MAX_STEPS = 100  # of the logistic solver
_RIDGE_STEPS, _RIDGE_TOLERANCE = 300, 1e-4  # of conjugate gradients


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Features x (n, features), sparse, with the truth, and weights and offsets where there are any."""

    x: Any
    truth: Truth
    weights: Float64[np.ndarray, " n"] | None = None
    offset: Float64[np.ndarray, " n"] | None = None

    @classmethod
    def of(cls, data: TrainingData, rows: slice, x: Any) -> "Sample":
        """Return rows of the training data with their features."""
        weights, offset = (None if v is None else v[rows] for v in (data.weights, data.offset))
        return cls(x=x, truth=data.labels[rows], weights=weights, offset=offset)

    @classmethod
    def of_validation(cls, data: TrainingData, rows: slice, x: Any) -> "Sample":
        """Return rows of the validation data with their features."""
        weights, offset = (None if v is None else v[rows] for v in (data.validation_weights, data.validation_offset))
        return cls(x=x, truth=data.validation_labels[rows], weights=weights, offset=offset)


@dataclass(frozen=True, kw_only=True)
class Regression:
    """Weights (n_outputs, features), intercept (n_outputs,), and inverse penalties: one, or one a target."""

    weights: np.ndarray
    intercept: np.ndarray
    strengths: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Inverse penalties, one or one a target, and the validation loss with them."""

    strengths: tuple[float, ...]
    loss: float


def choose_strengths(data: TrainingData, sample: Sample, held: Sample, *, strengths: Sequence[float]) -> Choice:
    """Return the inverse penalties, of rising ones, before the first that does not lower the loss of `held`."""
    if isinstance(data.output, TargetOutput):
        chosen = [
            _first_fall(_target_losses(data.output, sample, held, target=target, strengths=strengths))
            for target in range(len(data.output.names))
        ]
        losses = sum(choice.loss for choice in chosen) / len(chosen)
        return Choice(strengths=tuple(choice.strengths[0] for choice in chosen), loss=losses)
    return _first_fall(_class_losses(sample, held, classes=np.unique(data.labels), strengths=strengths))


def fit_regression(data: TrainingData, sample: Sample, *, strengths: Sequence[float]) -> Regression:
    """Return the regression with inverse ridge penalties as `choose_strengths` returns them.

    Of classes and labels an inverse penalty is scikit-learn's C. Of numbers it is the expected ratio of signal to
    noise, whatever the number of sequences and features: the penalty is the variance of all features together over it.
    """
    output = data.output
    if isinstance(output, TargetOutput):
        fits = [_of_target(output, sample, target=i, strength=strength) for i, strength in enumerate(strengths)]
        weights, intercepts = (np.stack(parts) for parts in zip(*fits, strict=True))
    else:
        model = LogisticRegression(C=strengths[0], max_iter=_MAX_STEPS)
        found = _quietly(model, sample.x, sample.truth)
        weights, intercepts = found.coef_, found.intercept_
    return Regression(
        weights=weights.astype(np.float32), intercept=intercepts.astype(np.float32), strengths=tuple(strengths)
    )


def _first_fall(losses: Iterator[tuple[float, float]]) -> Choice:
    """Return the last of (strength, loss) whose loss falls."""
    best = Choice(strengths=(), loss=np.inf)
    for strength, loss in losses:
        if loss >= best.loss:
            break
        best = Choice(strengths=(strength,), loss=loss)
    return best


def _class_losses(
    sample: Sample, held: Sample, *, classes: np.ndarray, strengths: Sequence[float]
) -> Iterator[tuple[float, float]]:
    model = LogisticRegression(max_iter=_MAX_STEPS, warm_start=True)
    for strength in strengths:
        _quietly(model.set_params(C=strength), sample.x, sample.truth)
        yield strength, float(log_loss(held.truth, model.predict_proba(held.x), labels=classes))


def _target_losses(
    output: TargetOutput, sample: Sample, held: Sample, *, target: int, strengths: Sequence[float]
) -> Iterator[tuple[float, float]]:
    truth = np.full_like(held.truth, np.nan)
    truth[:, target] = held.truth[:, target]
    weights = np.ones(len(truth)) if held.weights is None else held.weights
    total = weights[~np.isnan(truth[:, target])].sum()
    if not total:  # nothing to choose by
        yield strengths[len(strengths) // 2], 0.0
        return
    weights = weights / total
    for strength in strengths:
        coefficients, intercept = _of_target(output, sample, target=target, strength=strength)
        logits = np.zeros_like(truth)
        logits[:, target] = held.x @ coefficients + intercept + (0 if held.offset is None else held.offset)
        yield strength, float(weights @ output.loss_gradient(logits, truth)[0]) * len(output.names)


def _of_target(output: TargetOutput, sample: Sample, *, target: int, strength: float) -> tuple[np.ndarray, float]:
    """Return weights (features,) and intercept of one target's logit."""
    there = np.flatnonzero(~np.isnan(sample.truth[:, target]))
    x = sample.x[there]
    weights = None if sample.weights is None else sample.weights[there]
    if isinstance(output, Numbers):
        y = output.logits_of(np.where(np.isnan(sample.truth), 0, sample.truth))[there, target]
        y = y if sample.offset is None else y - sample.offset[there]
        variance = float((x.multiply(x).mean(0) - np.square(x.mean(0))).sum())
        model = Ridge(
            alpha=max(variance, 1e-9) / strength, solver="sparse_cg", max_iter=_RIDGE_STEPS, tol=_RIDGE_TOLERANCE
        )
        found = _quietly(model, x, y, weights)
        return found.coef_, float(found.intercept_)
    y = sample.truth[there, target].astype(int)
    if np.ptp(y) == 0:  # one answer alone: its odds, with half a sequence more of either
        return np.zeros(x.shape[1]), float(np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5)))
    found = _quietly(LogisticRegression(C=strength, max_iter=_MAX_STEPS), x, y, weights)
    return found.coef_[0], float(found.intercept_[0])


def _quietly(model: Any, x: Any, y: np.ndarray, weights: np.ndarray | None = None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the validation loss judges, not the gradient
        return model.fit(x, y, weights)
