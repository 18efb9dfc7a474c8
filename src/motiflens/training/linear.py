"""The additive model's linear terms: position-wise and k-mer logistic regression, ridge strength by validation."""

import warnings
from collections.abc import Callable
from typing import Any

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
_ENOUGH_FOR_CHOICE = 10_000  # sequences for the choice of the penalty

Design = Callable[[Codes], Any]


def fit_linear_terms(network: AdditiveNetwork, data: TrainingData) -> None:
    """Fit the weights of the position and k-mer terms, in place, each alone on the labels."""
    heads = network.heads
    rows = min(len(data.codes), _LARGEST_DESIGN // (4 * network.length))
    weights = _best_regression(lambda codes: one_hot(codes).reshape(len(codes), -1), data, rows)
    network.position.weight.data = torch.from_numpy(weights.reshape(heads, 4, network.length))

    substrings = _substrings(network.kmer.k)

    def words(codes: Codes) -> scipy.sparse.csr_array:
        counts = kmer_counts(codes, [network.kmer.k], canonical=False).matrix
        if data.both_strands:
            counts = counts + counts[:, reverse_complement_words(network.kmer.k)]
        return (counts @ substrings).tocsr()

    weights = _best_regression(words, data, min(len(data.codes), 60_000))
    table = (substrings @ weights.T).T * (2 if data.both_strands else 1)
    network.kmer.weight.data = torch.from_numpy(np.ascontiguousarray(table, dtype=np.float32))


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


def _best_regression(design: Design, data: TrainingData, rows: int) -> np.ndarray:
    """Weights (heads, features) of the logistic regression whose penalty suits the validation data best."""
    some = min(rows, _ENOUGH_FOR_CHOICE)
    x, y = design(data.codes[:rows]), data.labels[:rows]
    x_validation = design(data.validation_codes[:_ENOUGH_FOR_CHOICE])
    y_validation = data.validation_labels[:_ENOUGH_FOR_CHOICE]
    scale = 1 / np.maximum(_deviation(x), 1e-3) / np.sqrt(x.shape[1] / 100)
    scaler = scipy.sparse.diags_array(scale.astype(np.float32))
    x, x_validation = x @ scaler, x_validation @ scaler
    best, loss = None, np.inf
    classes = np.unique(data.labels)
    for strength in _STRENGTHS:
        candidate = _regression(x[:some], y[:some], strength)
        found = log_loss(y_validation, candidate.predict_proba(x_validation), labels=classes)
        if found >= loss:
            break
        best, loss, chosen = candidate, found, strength
    assert best is not None
    if some < rows:
        best = _regression(x, y, chosen)
    return (best.coef_ * scale).astype(np.float32)


def _deviation(x: Any) -> np.ndarray:
    if scipy.sparse.issparse(x):
        mean = np.asarray(x.mean(0)).ravel()
        return np.sqrt(np.maximum(np.asarray(x.multiply(x).mean(0)).ravel() - mean**2, 0))
    return x.std(0)


def _regression(x: Any, y: np.ndarray, strength: float) -> LogisticRegression:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the validation loss judges, not the gradient
        return LogisticRegression(C=strength, max_iter=100).fit(x, y)
