"""The additive model's linear terms: position-wise and k-mer logistic regression, ridge strength by validation."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from motiflens.model.additive import AdditiveNetwork
from motiflens.sequence.alphabet import one_hot
from motiflens.sequence.kmers import kmer_counts
from motiflens.shapes import Codes
from motiflens.training.loop import TrainingData
from motiflens.training.start import reverse_complement_words

_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)  # inverse ridge penalties per unit of the scaled features
_LARGEST_DESIGN = 200_000_000  # entries of the dense position design; beyond, a subsample is fitted
_LARGEST_COUNTS = 60_000  # sequences of the k-mer design
_ENOUGH_FOR_CHOICE = 10_000  # sequences for the choice of the penalty

Design = Callable[[Codes], Any]


@dataclass(frozen=True, kw_only=True)
class LinearFit:
    """Inverse ridge penalties of the two terms, and the intercepts (heads,) that their weights go with."""

    strengths: tuple[float, float]
    intercepts: tuple[np.ndarray, np.ndarray]


def fit_linear_terms(network: AdditiveNetwork, data: TrainingData) -> LinearFit:
    """Fit the weights of the position and k-mer terms, in place, each alone on the labels of the training data."""
    fits = []
    for design, rows in _designs(data, network.kmer.k):
        x, y = design(data.codes[:rows]), data.labels[:rows]
        fits.append(_scaled(x, y, _choice(design, data, x).strength))
    return _written(network, fits, both=data.both_strands)


def linear_loss(data: TrainingData, k: int) -> float:
    """Validation loss of the better of the two regressions, on letters at their positions and on words of up to k."""
    return min(
        _choice(design, data, design(data.codes[: min(rows, _ENOUGH_FOR_CHOICE)])).loss
        for design, rows in _designs(data, k)
    )


def refit_linear_terms(network: AdditiveNetwork, data: TrainingData, fit: LinearFit) -> None:
    """Fit the terms again on all data with the penalties found, in place.

    `bias` moves with the intercepts, so that the mix stays calibrated.
    """
    joined = data.with_validation()
    fits = []
    for (design, rows), strength in zip(_designs(joined, network.kmer.k), fit.strengths, strict=True):
        # The last rows are the validation data: of many, they are among those that are taken.
        fits.append(_scaled(design(joined.codes[-rows:]), joined.labels[-rows:], strength))
    again = _written(network, fits, both=data.both_strands)
    for mix, new, old in zip(network.mix[1:], again.intercepts, fit.intercepts, strict=True):
        network.bias.data += mix * torch.from_numpy(new - old).to(network.bias)


def _designs(data: TrainingData, k: int) -> list[tuple[Design, int]]:
    """Features of the position and of the k-mer term, each with the number of sequences that it is fitted on."""
    substrings = _substrings(k)

    def letters(codes: Codes) -> Any:
        x = one_hot(codes)
        return (x + x[:, ::-1, ::-1] if data.both_strands else x).reshape(len(codes), -1)

    def words(codes: Codes) -> scipy.sparse.csr_array:
        counts = kmer_counts(codes, [k], canonical=False).matrix
        if data.both_strands:
            counts = counts + counts[:, reverse_complement_words(k)]
        return (counts @ substrings).tocsr()

    n, length = data.codes.shape
    return [(letters, min(n, _LARGEST_DESIGN // (4 * length))), (words, min(n, _LARGEST_COUNTS))]


def _written(network: AdditiveNetwork, fits: "Sequence[_Regression]", *, both: bool) -> LinearFit:
    """The fits as the network's weights."""
    position, words = fits
    strands = 2 if both else 1  # the features are sums over the strands, the logit is a mean
    letters = position.weights.reshape(network.heads, 4, network.length)
    network.position.weight.data = torch.from_numpy(letters * strands)
    table = (_substrings(network.kmer.k) @ words.weights.T).T * strands
    network.kmer.weight.data = torch.from_numpy(np.ascontiguousarray(table, dtype=np.float32))
    return LinearFit(strengths=(position.strength, words.strength), intercepts=(position.intercept, words.intercept))


def _substrings(k: int) -> scipy.sparse.csr_array:
    """(4^k, 4 + ... + 4^k): how often each shorter word stands in each k-mer, as a share of its k-j+1 places.

    Regressing on the shorter words too, and folding their weights into the table of k-mers, lets rare k-mers borrow
    from their relatives.
    """
    index = np.arange(4**k)
    blocks = []
    for j in range(1, k + 1):
        places = k - j + 1
        columns = np.concatenate([(index // 4 ** (places - 1 - at)) % 4**j for at in range(places)])
        values = np.full(len(columns), 1 / places, np.float32)
        blocks.append(scipy.sparse.csr_array((values, (np.tile(index, places), columns)), shape=(4**k, 4**j)))
    return scipy.sparse.hstack(blocks).tocsr()


@dataclass(frozen=True, kw_only=True)
class _Regression:
    """Weights (heads, features) on the unscaled features, intercept (heads,), inverse penalty."""

    weights: np.ndarray
    intercept: np.ndarray
    strength: float


class _Choice(NamedTuple):
    """An inverse penalty, and the validation loss with it."""

    strength: float
    loss: float


def _choice(design: Design, data: TrainingData, x: Any) -> _Choice:
    """The penalty that suits the validation data best; x is the design of the first training sequences."""
    some = min(x.shape[0], _ENOUGH_FOR_CHOICE)
    x_validation = design(data.validation_codes[:_ENOUGH_FOR_CHOICE])
    y_validation = data.validation_labels[:_ENOUGH_FOR_CHOICE]
    scaler = scipy.sparse.diags_array(_scale(x))
    scaled, x_validation = x[:some] @ scaler, x_validation @ scaler
    best = _Choice(_STRENGTHS[0], np.inf)
    classes = np.unique(data.labels)
    for strength in _STRENGTHS:
        guess = _regression(scaled, data.labels[:some], strength).predict_proba(x_validation)
        found = log_loss(y_validation, guess, labels=classes)
        if found >= best.loss:
            break
        best = _Choice(strength, found)
    return best


def _scaled(x: Any, y: np.ndarray, strength: float) -> _Regression:
    scale = _scale(x)
    found = _regression(x @ scipy.sparse.diags_array(scale), y, strength)
    return _Regression(
        weights=(found.coef_ * scale).astype(np.float32),
        intercept=found.intercept_.astype(np.float32),
        strength=strength,
    )


def _scale(x: Any) -> np.ndarray:
    return (1 / np.maximum(_deviation(x), 1e-3) / np.sqrt(x.shape[1] / 100)).astype(np.float32)


def _deviation(x: Any) -> np.ndarray:
    if scipy.sparse.issparse(x):
        mean = np.asarray(x.mean(0)).ravel()
        return np.sqrt(np.maximum(np.asarray(x.multiply(x).mean(0)).ravel() - mean**2, 0))
    return x.std(0)


def _regression(x: Any, y: np.ndarray, strength: float) -> LogisticRegression:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the validation loss judges, not the gradient
        return LogisticRegression(C=strength, max_iter=100).fit(x, y)
