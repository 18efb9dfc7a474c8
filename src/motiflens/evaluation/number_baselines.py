"""Baselines of numbers: ridge regressions on GC content, k-mers, letters by position, and one motif."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool, Float64, Shaped
from threadpoolctl import threadpool_limits

from motiflens.data.dataset import TargetDataset
from motiflens.errors import InputError
from motiflens.evaluation.baselines import CHUNK, Featurizer, gc_content, kmer_features, position_features
from motiflens.evaluation.ridge import FOLDS, Ridge, fit_chosen_ridge
from motiflens.evaluation.single_motif import find_best_value_motif
from motiflens.shapes import Codes, Strands

FIT_LIMIT = 20_000  # sequences: more hardly move a few thousand weights
_PSEUDOCOUNT = 0.5

Values = Float64[np.ndarray, "n targets"]


@dataclass(frozen=True, kw_only=True)
class NumberBaseline:
    """Ridge regressions on simple features of a sequence, one for each target; of counts, of their logarithms."""

    name: str
    features: tuple[Featurizer, ...]
    ridges: tuple[Ridge, ...]
    counts: bool = False

    def predict(self, codes: Codes) -> Values:
        """Return values of each target; of counts, the rate at an exposure of 1."""
        starts = range(0, max(len(codes), 1), CHUNK)
        values = np.concatenate([self._part(codes[start : start + CHUNK]) for start in starts])
        return np.exp(values) if self.counts else values

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
    tune nothing else: a baseline should be hard to beat.

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
    task = _Task(codes=codes, values=values, known=known, folds=_folds(len(rows), seed))
    with threadpool_limits(1):
        found = {
            name: NumberBaseline(
                name=name, features=(function,) * values.shape[1], ridges=task.fit(function), counts=counts
            )
            for name, function in general.items()
        }
        motifs = [
            find_best_value_motif(codes[there], column[there], strands=strands, seed=seed)
            for column, there in zip(values.T, known.T, strict=True)
        ]
        found["best_single_motif"] = NumberBaseline(
            name="best_single_motif",
            features=tuple(motifs),
            ridges=tuple(task.fit_column(function, column) for column, function in enumerate(motifs)),
            counts=counts,
        )
    return found


def mean_rates(dataset: TargetDataset, split: Shaped[np.ndarray, " n"]) -> Float64[np.ndarray, "1 targets"]:
    """Return the rate of each count over the training and validation sequences: counts by exposure.

    Times the exposure, it is what the exposure alone makes of a count.
    """
    rows = (split == "train") | (split == "val")
    values, exposure = dataset.values[rows], np.ones(int(rows.sum()))
    if dataset.offset is not None:
        exposure = np.exp(dataset.offset[rows])
    return np.nansum(values, axis=0, keepdims=True) / (exposure[:, None] * np.isfinite(values)).sum(0, keepdims=True)


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What every baseline is fitted to."""

    codes: Codes
    values: Values
    known: Bool[np.ndarray, "n targets"]
    folds: np.ndarray

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
    """Return the values; of counts, the logarithms of their rates."""
    values = dataset.values[rows]
    if not counts:
        return values
    offset = 0.0 if dataset.offset is None else dataset.offset[rows, None]
    return np.log(values + _PSEUDOCOUNT) - offset


def _folds(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.arange(n) % FOLDS)
