"""Baselines of numbers: ridge regressions on GC content, k-mers, letters by position, and one motif."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool, Float64, Shaped
from sklearn.linear_model import PoissonRegressor
from threadpoolctl import threadpool_limits

from motiflens.data.counts import as_numbers, exposure_of, mean_rates
from motiflens.data.dataset import TargetDataset
from motiflens.discovery.number_test import share_numbers
from motiflens.errors import InputError
from motiflens.evaluation.baselines import CHUNK, Featurizer, gc_content, kmer_features, position_features
from motiflens.evaluation.ridge import FOLDS, Ridge, fit_chosen_ridge, fit_ridge
from motiflens.evaluation.single_motif import find_best_value_motif
from motiflens.shapes import Codes, Strands

FIT_LIMIT = 20_000  # sequences: more hardly move a few thousand weights
_LEAST_RATE = 1e-12

Values = Float64[np.ndarray, "n targets"]


@dataclass(frozen=True, kw_only=True)
class NumberBaseline:
    """Ridge regressions on simple features of a sequence, one for each target.

    Of counts, `scales` has intercept and slope of a Poisson regression of each on what its ridge predicts.
    """

    name: str
    features: tuple[Featurizer, ...]
    ridges: tuple[Ridge, ...]
    scales: tuple[tuple[float, float], ...] | None = None

    def predict(self, codes: Codes) -> Values:
        """Return values of each target; of counts, the rate at an exposure of 1."""
        starts = range(0, max(len(codes), 1), CHUNK)
        values = np.concatenate([self._part(codes[start : start + CHUNK]) for start in starts])
        if self.scales is None:
            return values
        intercepts, slopes = np.array(self.scales).T
        return np.exp(intercepts + slopes * values)

    def _part(self, codes: Codes) -> Values:
        known: dict[int, object] = {}
        columns = []
        for function, ridge in zip(self.features, self.ridges, strict=True):
            x = known.setdefault(id(function), function(codes))
            columns.append(ridge.predict(x)[:, 0])
        return np.stack(columns, axis=1)


def fit_number_baselines(
    dataset: TargetDataset,
    split: Shaped[np.ndarray, " n"],
    *,
    strands: Strands,
    seed: int,
    counts: bool = False,
) -> dict[str, NumberBaseline]:
    """Fit the four baselines on the training and validation sequences, at most 20,000 of them.

    - `gc_content`: the fraction of G and C.
    - `kmer_ridge`: log(1 + count) of the k-mers of 1 to 6 letters; with `strands` "both" a k-mer and its reverse
      complement are one feature.
    - `position_ridge`: one-hot letters by position, forward strand.
    - `best_single_motif`: the score of the strongest match of the one motif whose scores correlate best.

    The penalty is chosen by squared error in a 3-fold cross-validation. Validation sequences are used too, since they
    tune nothing else: a baseline should be hard to beat. Of counts the ridges see logarithms of rates, of small ones
    Pearson residuals, and what they predict out of fold is made a rate by a Poisson regression with the exposure.

    Raises:
        InputError: A target has fewer than ten values to train on.
    """
    rows = np.flatnonzero((split == "train") | (split == "val"))
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:FIT_LIMIT])
    codes, values = dataset.codes[rows], _to_fit(dataset, rows, counts=counts)
    known = np.isfinite(values)
    for name, n in zip(dataset.targets, known.sum(axis=0).tolist(), strict=True):
        if n < 10:
            raise InputError(f"target {name} has {n} training sequences: the baselines need ten at least")
    general: Mapping[str, Featurizer] = {
        "gc_content": gc_content,
        "kmer_ridge": partial(kmer_features, canonical=strands == "both"),
        "position_ridge": position_features,
    }
    rates = None
    if counts:
        rates = _Rates(counts=dataset.values[rows], exposure=exposure_of(dataset.offset, len(dataset))[rows])
    task = _Task(codes=codes, values=values, known=known, folds=_folds(len(rows), seed), rates=rates)
    with threadpool_limits(1):
        found = {
            name: task.baseline(name, (function,) * values.shape[1], task.fit(function))
            for name, function in general.items()
        }
        motifs = [
            find_best_value_motif(codes[there], column[there], strands=strands, seed=seed)
            for column, there in zip(values.T, known.T, strict=True)
        ]
        ridges = tuple(task.fit_column(function, column) for column, function in enumerate(motifs))
        found["best_single_motif"] = task.baseline("best_single_motif", tuple(motifs), ridges)
    return found


def exposure_alone(
    dataset: TargetDataset, split: Shaped[np.ndarray, " n"], test: TargetDataset
) -> Float64[np.ndarray, "m targets"]:
    """Return what the exposure alone makes of the counts of `test`, at the rates of training and validation."""
    rows = (split == "train") | (split == "val")
    rates = mean_rates(dataset.values[rows], exposure_of(dataset.offset, len(dataset))[rows])
    return exposure_of(test.offset, len(test)) * rates


@dataclass(frozen=True, kw_only=True)
class _Rates:
    """Counts, and the exposure that they are by."""

    counts: Values
    exposure: Float64[np.ndarray, "n 1"]

    def scale(self, column: int, rows: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
        """Intercept and slope of the Poisson regression of a count on what is predicted of it."""
        counts, exposure = self.counts[rows, column], self.exposure[rows, 0]
        mean, spread = counts.sum() / exposure.sum(), predicted.std()
        if not mean or not spread:
            return float(np.log(max(mean, _LEAST_RATE))), 0.0
        x = ((predicted - predicted.mean()) / spread)[:, None]
        fitted = PoissonRegressor(alpha=0, max_iter=1000)
        fitted.fit(x, counts / (exposure * mean), sample_weight=exposure / exposure.mean())
        slope = float(fitted.coef_[0]) / spread
        if slope <= 0:  # it says nothing of sequences that it has not seen
            return float(np.log(mean)), 0.0
        return float(np.log(mean) + fitted.intercept_ - slope * predicted.mean()), slope


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What every baseline is fitted to."""

    codes: Codes
    values: Values
    known: Bool[np.ndarray, "n targets"]
    folds: np.ndarray
    rates: _Rates | None

    def baseline(self, name: str, features: tuple[Featurizer, ...], ridges: tuple[Ridge, ...]) -> NumberBaseline:
        """The baseline of these ridges; of counts, with what makes their predictions rates."""
        scales = None
        if self.rates is not None:
            scales = tuple(self._scale(i, *one, self.rates) for i, one in enumerate(zip(features, ridges, strict=True)))
        return NumberBaseline(name=name, features=features, ridges=ridges, scales=scales)

    def _scale(self, column: int, function: Featurizer, ridge: Ridge, rates: _Rates) -> tuple[float, float]:
        rows = np.flatnonzero(self.known[:, column])
        x, y, folds = function(self.codes[rows]), self.values[rows][:, [column]], self.folds[rows]
        predicted = np.zeros(len(rows))
        for fold in np.unique(folds):
            held = folds == fold
            predicted[held] = fit_ridge(x[~held], y[~held], penalty=ridge.penalty).predict(x[held])[:, 0]
        return rates.scale(column, rows, predicted)

    def fit(self, function: Featurizer) -> tuple[Ridge, ...]:
        """Fit all targets: those that are measured in the same sequences at once."""
        x = function(self.codes)
        ridges: dict[int, Ridge] = {}
        for pattern in np.unique(self.known, axis=1).T:
            rows = np.flatnonzero(pattern)
            columns = np.flatnonzero((self.known == pattern[:, None]).all(axis=0))
            fitted = fit_chosen_ridge(x[rows], self.values[np.ix_(rows, columns)], self.folds[rows])
            for place, column in enumerate(columns.tolist()):
                ridges[column] = Ridge(
                    weights=fitted.weights[:, [place]], bias=fitted.bias[[place]], penalty=fitted.penalty
                )
        return tuple(ridges[column] for column in range(self.values.shape[1]))

    def fit_column(self, function: Featurizer, column: int) -> Ridge:
        """Fit one target."""
        rows = np.flatnonzero(self.known[:, column])
        return fit_chosen_ridge(function(self.codes[rows]), self.values[rows][:, [column]], self.folds[rows])


def _to_fit(dataset: TargetDataset, rows: np.ndarray, *, counts: bool) -> Values:
    """Return the values; of counts, the logarithms of their rates, of small ones their Pearson residuals."""
    values = dataset.values[rows]
    if not counts:
        return values
    return as_numbers(values, exposure_of(dataset.offset, len(dataset))[rows], small=share_numbers(values))


def _folds(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.arange(n) % FOLDS)
