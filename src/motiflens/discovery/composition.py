"""What composition alone makes of labels and numbers, which a motif must surpass."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64
from scipy.optimize import minimize_scalar

from motiflens.sequence.kmers import kmer_counts
from motiflens.shapes import Codes, Strands

_RIDGE = 1.0
_MAX_STEPS = 15
_EXTREME = 4.0  # log-odds; no sequence is nearly certain by composition
_RAREST = 1e-4
_MIN_LEARNED = 10
_LARGEST_SIZE = 2.0  # of composition's part, where it is tested, over that where it was learned


def expected_labels(
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    *,
    strands: Strands,
    learned: Bool[np.ndarray, " n"] | None = None,
) -> Float64[np.ndarray, " n"]:
    """Return the probability of being positive, by ridge logistic regression on mono- and dinucleotide frequencies.

    Newton's method.

    Args:
        codes: sequences.
        positive: whether each belongs to the target class.
        strands: with "both", a dinucleotide and its reverse complement are counted together.
        learned: sequences whose labels the regression is fitted to; all by default.
    """
    features = composition_features(codes, strands=strands).frequencies
    learned = np.ones(len(codes), bool) if learned is None else learned
    rate = float(np.clip(positive[learned].mean(), _RAREST, 1 - _RAREST))
    folds = _folds(positive, learned)
    held_out = np.zeros(len(codes))
    for fold, rest in (folds, folds[::-1]):
        held_out[fold] = _logits(features, positive, rest, rate)[fold]
    shrinkage = _slope(held_out[learned], positive[learned], rate)
    deviation = np.clip(shrinkage * _logits(features, positive, learned, rate), -_EXTREME, _EXTREME)
    return np.asarray(1 / (1 + np.exp(-deviation - np.log(rate / (1 - rate)))))


def expected_numbers(
    codes: Codes, values: Float64[np.ndarray, " n"], *, strands: Strands, learned: Bool[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Return what composition makes of the number of each sequence, by ridge regression.

    The frequencies of letters enter with their squares too: an optimum of the GC content is composition. Of sequences
    that it is not learned from, its size, one slope, is that of their own numbers: motifs are tested on them beside it.

    Args:
        codes: sequences.
        values: number of each; those that are not `learned` may be NaN.
        strands: with "both", a dinucleotide and its reverse complement are counted together.
        learned: sequences whose numbers the regression is fitted to.
    """
    found = composition_features(codes, strands=strands)
    letters = found.frequencies[:, [len(name) == 1 for name in found.kmers]]
    features = np.hstack((found.frequencies, letters**2))
    if learned.sum() < _MIN_LEARNED:
        return np.full(len(codes), values[learned].mean() if learned.any() else 0.0)
    mean = float(values[learned].mean())
    even = np.zeros(len(codes), bool)
    even[np.flatnonzero(learned)[::2]] = True
    held_out = np.zeros(len(codes))
    for fold, rest in ((even, learned & ~even), (learned & ~even, even)):
        held_out[fold] = _ridge(features, values, rest)[fold] - values[rest].mean()
    centred = values[learned] - mean
    norm = float((held_out[learned] ** 2).sum())
    borne_out = float(np.clip(held_out[learned] @ centred / norm, 0, 1)) if norm > 0 else 0.0
    deviation = borne_out * (_ridge(features, values, learned) - mean)
    tested = np.isfinite(values) & ~learned
    if tested.sum() >= _MIN_LEARNED:
        deviation[~learned] *= _size(deviation[tested], values[tested])
    return mean + deviation


def _size(deviation: np.ndarray, values: np.ndarray) -> float:
    """Return the slope of numbers on what composition, learned elsewhere, makes of them.

    A regression learned from few sequences is too flat. What it leaves would go with every motif of its letters.
    """
    centred = deviation - deviation.mean()
    norm = float(centred @ centred)
    return float(np.clip(centred @ values / norm, 0, _LARGEST_SIZE)) if norm > 0 else 1.0


def _ridge(features: np.ndarray, values: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """Predictions for all sequences by a ridge regression on the `learned` ones, within the range of its own there."""
    scale = np.maximum(features[learned].std(0), 1e-9)
    x = (features - features[learned].mean(0)) / scale
    own, mean = x[learned], values[learned].mean()
    weights = np.linalg.solve(own.T @ own + _RIDGE * np.eye(x.shape[1]), own.T @ (values[learned] - mean))
    fitted = x @ weights
    return np.asarray(mean + np.clip(fitted, fitted[learned].min(), fitted[learned].max()))


def _folds(positive: np.ndarray, learned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every second sequence of either class, and the others; whatever the order of a file, both have both classes."""
    even = np.zeros(len(positive), bool)
    for of_class in (positive, ~positive):
        even[np.flatnonzero(of_class & learned)[::2]] = True
    return learned & even, learned & ~even


def _logits(features: np.ndarray, positive: np.ndarray, learned: np.ndarray, rate: float) -> np.ndarray:
    """Log-odds of all sequences by a regression on the `learned` ones, less those of the `rate` of positives."""
    if positive[learned].all() or not positive[learned].any():
        return np.zeros(len(positive))
    scale = np.maximum(features[learned].std(0), 1e-9)
    x = np.hstack((np.ones((len(features), 1)), (features - features[learned].mean(0)) / scale))
    weights = _logistic_regression(x[learned], positive[learned])
    return np.clip(x @ weights, -30, 30) - np.log(rate / (1 - rate))


def _slope(logits: np.ndarray, positive: np.ndarray, rate: float) -> float:
    """How much of held-out log-odds the labels bear out, 0 to 1: on few sequences a regression sees ghosts."""

    def loss(slope: float) -> float:
        total = slope * logits + np.log(rate / (1 - rate))
        return float((np.logaddexp(0, total) - positive * total).sum())

    return float(minimize_scalar(loss, bounds=(0, 1), method="bounded").x)


class Composition(NamedTuple):
    """Frequencies of letters and dinucleotides, (n, features), and what each is of."""

    frequencies: Float64[np.ndarray, "n features"]
    kmers: tuple[str, ...]


def composition_features(codes: Codes, *, strands: Strands) -> Composition:
    """Return the frequencies that composition is judged by."""
    counted = kmer_counts(codes, (1, 2), canonical=strands == "both")
    counts = counted.matrix.toarray().astype(float)
    return Composition(counts / np.maximum(counts.sum(1, keepdims=True), 1), tuple(counted.names))


def _logistic_regression(x: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Weights of the columns of x, the first of them the intercept."""
    penalty = np.full(x.shape[1], _RIDGE)
    penalty[0] = 1e-9
    weights = np.zeros(x.shape[1])
    for _ in range(_MAX_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (positive - p) - penalty * weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return weights
