"""The additive model's linear terms: ridge regressions on k-mers at their positions and anywhere."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.shapes import Strands
from motiflens.training.recipes.design_matrices import Design, kmer_design, positional_design, substrings
from motiflens.training.task import TrainingData

_MAX_STEPS = 100  # of the solver


@dataclass(frozen=True, kw_only=True)
class LinearFit:
    """Inverse ridge penalties of the two terms, and the intercepts (n_outputs,) that their weights go with."""

    strengths: tuple[float, float]
    intercepts: tuple[np.ndarray, np.ndarray]


def fit_linear_terms(network: AdditiveNetwork, data: TrainingData) -> LinearFit:
    """Fit the weights of the position and k-mer terms, in place, each alone on the labels of the training data."""
    fits = []
    for design in _designs(network, data):
        x, y = design.features(data.codes[: design.rows]), data.labels[: design.rows]
        fits.append(_fitted(design, x, y, strength=_choice(design, data).strength))
    return _written(network, fits, strands=data.strands)


@dataclass(frozen=True, kw_only=True)
class RegressionLosses:
    """Validation losses of regressions on the letters at their positions, and on k-mers anywhere."""

    letters: float
    kmers: float


def regression_losses(data: TrainingData, k: int) -> RegressionLosses:
    """Return what letters at their positions tell, and what counts of k-mers of up to k letters do."""
    k = min(k, data.codes.shape[1])
    return RegressionLosses(
        letters=_choice(positional_design(data, 1), data).loss, kmers=_choice(kmer_design(data, k), data).loss
    )


def refit_linear_terms(network: AdditiveNetwork, data: TrainingData, fit: LinearFit) -> None:
    """Fit the terms again on all data with the penalties found, in place.

    `bias` moves with the intercepts, so that the mix stays calibrated.
    """
    joined = data.with_validation()
    fits = []
    for design, strength in zip(_designs(network, joined), fit.strengths, strict=True):
        # The last rows are the validation data: of many, they are among those that are taken.
        x, y = design.features(joined.codes[-design.rows :]), joined.labels[-design.rows :]
        fits.append(_fitted(design, x, y, strength=strength))
    again = _written(network, fits, strands=data.strands)
    for mix, new, old in zip(network.mix[1:], again.intercepts, fit.intercepts, strict=True):
        network.bias.data += mix * torch.from_numpy(new - old).to(network.bias)


def _designs(network: AdditiveNetwork, data: TrainingData) -> tuple[Design, Design]:
    return positional_design(data, network.position.k), kmer_design(data, network.kmer.k)


def _written(network: AdditiveNetwork, fits: "Sequence[_Regression]", *, strands: Strands) -> LinearFit:
    """The fits as the network's weights."""
    positional, anywhere = fits
    views = 2 if strands == "both" else 1  # the features are sums over the strands, the logit is a mean
    first = 0
    for weight in network.position.weights:
        _, number, length = weight.shape
        block = positional.weights[:, first : first + number * length].reshape(weight.shape)
        weight.data = torch.from_numpy(block * views)
        first += number * length
    table = (substrings(network.kmer.k) @ anywhere.weights.T).T * views
    network.kmer.weight.data = torch.from_numpy(np.ascontiguousarray(table, dtype=np.float32))
    return LinearFit(
        strengths=(positional.strength, anywhere.strength), intercepts=(positional.intercept, anywhere.intercept)
    )


@dataclass(frozen=True, kw_only=True)
class _Regression:
    """Weights (n_outputs, features) on the unscaled features, intercept (n_outputs,), inverse penalty."""

    weights: np.ndarray
    intercept: np.ndarray
    strength: float


class _Choice(NamedTuple):
    """An inverse penalty, and the validation loss with it."""

    strength: float
    loss: float


def _choice(design: Design, data: TrainingData) -> _Choice:
    """The penalty that suits the validation data best."""
    n = design.choice_rows
    x, y = design.features(data.codes[:n]), data.labels[:n]
    x_validation, y_validation = design.features(data.validation_codes[:n]), data.validation_labels[:n]
    scale = design.scale(x)
    x, x_validation = _scaled(x, scale), _scaled(x_validation, scale)
    best = _Choice(design.strengths[0], np.inf)
    classes = np.unique(data.labels)
    model = LogisticRegression(max_iter=_MAX_STEPS, warm_start=True)
    for strength in design.strengths:
        _regress(model.set_params(C=strength), x, y)
        found = log_loss(y_validation, model.predict_proba(x_validation), labels=classes)
        if found >= best.loss:
            break
        best = _Choice(strength, found)
    return best


def _fitted(design: Design, x: Any, y: np.ndarray, *, strength: float) -> _Regression:
    scale = design.scale(x)
    found = _regress(LogisticRegression(C=strength, max_iter=_MAX_STEPS), _scaled(x, scale), y)
    return _Regression(
        weights=(found.coef_ if scale is None else found.coef_ * scale).astype(np.float32),
        intercept=found.intercept_.astype(np.float32),
        strength=strength,
    )


def _scaled(x: Any, scale: np.ndarray | None) -> Any:
    return x if scale is None else x @ scipy.sparse.diags_array(scale)


def _regress(model: LogisticRegression, x: Any, y: np.ndarray) -> LogisticRegression:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the validation loss judges, not the gradient
        return model.fit(x, y)
