"""Baselines: logistic regressions on GC content, k-mers, letters by position, and one motif."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float64, Int64, Shaped
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from motiflens.data.dataset import Dataset
from motiflens.errors import InputError
from motiflens.evaluation.single_motif import find_best_motifs
from motiflens.model.output import ClassOutput, output_for
from motiflens.sequence.alphabet import count_gc, count_valid
from motiflens.sequence.kmers import kmer_counts, positional_kmers
from motiflens.shapes import Codes, Labels, Scores, Strands

KMER_LENGTHS = range(1, 7)
STRENGTHS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0)  # C of scikit-learn, strongest penalty first
CHOICE_FOLDS = 3
TOLERANCE = 0.002  # in AUROC
CHOICE_LIMIT = 10_000  # sequences that choose C
FIT_LIMIT = 100_000  # sequences of the final fit: some 12 kB each in k-mer counts, where 3,000 weights are settled
CHUNK = 20_000  # sequences that are predicted at a time
MAX_ITERATIONS = 1000

Features: TypeAlias = Any  # (n, features): an array, or a sparse array of scipy
Featurizer: TypeAlias = Callable[[Codes], Features]


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A fitted logistic regression on simple features of a sequence."""

    name: str
    features: Featurizer
    model: LogisticRegression
    converged: bool

    def predict_proba(self, codes: Codes) -> Float64[np.ndarray, "n classes"]:
        """Return the probability of each class, in the order of the data set."""
        starts = range(0, max(len(codes), 1), CHUNK)
        parts = [self.model.predict_proba(self.features(codes[start : start + CHUNK])) for start in starts]
        return np.concatenate(parts).astype(np.float64)


def fit_baselines(
    dataset: Dataset,
    split: Shaped[np.ndarray, " n"],
    *,
    strands: Strands,
    seed: int,
) -> dict[str, Baseline]:
    """Fit the four baselines on the training and validation sequences, at most 100,000 of them.

    - `gc_content`: the fraction of G and C.
    - `kmer_logistic_regression`: log(1 + count) of the k-mers of 1 to 6 letters; with `strands` "both" a k-mer and its
      reverse complement are one feature.
    - `position_logistic_regression`: one-hot letters by position, forward strand.
    - `best_single_motif`: the score of the strongest match of the one motif that separates the classes best.

    The L2 penalty is chosen by AUROC in a 3-fold cross-validation over at most 10,000 sequences. Validation sequences
    are used too, since they tune nothing else: a baseline should be hard to beat.

    Args:
        dataset: The whole data set.
        split: "train", "val" or "test" of each sequence.
        strands: Whether a sequence and its reverse complement are the same to a baseline.
        seed: Seed of subsamples and folds.

    Returns:
        The fitted baselines by name.

    Raises:
        InputError: A class has fewer than two sequences to train on.
    """
    rows = np.flatnonzero((split == "train") | (split == "val"))
    rows = rows[_stratified_rows(dataset.labels[rows], limit=FIT_LIMIT, seed=seed)]
    codes, labels = dataset.codes[rows], dataset.labels[rows]
    sizes = np.bincount(labels, minlength=len(dataset.classes))
    if sizes.min() < 2:
        name = dataset.classes[int(sizes.argmin())]
        raise InputError(f"class {name} has {sizes.min()} training sequences: the baselines need two at least")
    output = output_for(dataset.classes)
    features: dict[str, Featurizer] = {
        "gc_content": gc_content,
        "kmer_logistic_regression": partial(kmer_features, canonical=strands == "both"),
        "position_logistic_regression": position_features,
        "best_single_motif": find_best_motifs(codes, labels, output=output, strands=strands, seed=seed),
    }
    task = _Task(codes=codes, labels=labels, output=output, seed=seed)
    return {name: _fit(name, function, task) for name, function in features.items()}


def gc_content(codes: Codes) -> Float64[np.ndarray, "n 1"]:
    """Return ten times the fraction of G and C among letters other than N; 5 where all are N.

    The factor keeps the coefficient small, so that the penalty hardly matters.
    """
    valid = count_valid(codes)
    return np.where(valid > 0, 10 * count_gc(codes) / np.maximum(valid, 1), 5.0)[:, None]


def kmer_features(codes: Codes, *, canonical: bool) -> sparse.csr_array:
    """Return log(1 + count) of the k-mers of 1 to 6 letters, (n, k-mers).

    Compared with raw counts the AUROC is better, and the solver needs fewer steps.
    """
    return kmer_counts(codes, KMER_LENGTHS, canonical=canonical).matrix.log1p()


def position_features(codes: Codes) -> sparse.csr_array:
    """Return the one-hot letters (n, 4 * length), the four of a position side by side; N is four zeros."""
    length = codes.shape[1]
    by_position = positional_kmers(codes, [1])[:, np.arange(4 * length).reshape(4, length).T.ravel()]
    by_position.sort_indices()
    return by_position


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What every baseline is fitted to."""

    codes: Codes
    labels: Labels
    output: ClassOutput
    seed: int


@contextmanager
def _quiet_solver() -> Iterator[None]:
    """Silence warnings about convergence (`Baseline.converged` has it) and use one BLAS thread.

    Sparse products use no BLAS; idle BLAS threads spin, which costs minutes on a busy machine.
    """
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _fit(name: str, features: Featurizer, task: _Task) -> Baseline:
    x = features(task.codes)
    model = LogisticRegression(C=_choose_strength(x, task), max_iter=MAX_ITERATIONS)
    with _quiet_solver():
        model.fit(x, task.labels)
    return Baseline(name=name, features=features, model=model, converged=bool(model.n_iter_.max() < MAX_ITERATIONS))


def _choose_strength(x: Features, task: _Task) -> float:
    """Return the largest C whose cross-validated AUROC is within .002 of the best.

    AUROC, because the verdict compares it; the largest C, because a small one ranks as well but pulls all
    probabilities to the middle. The search ends when two values in a row fall behind the best.
    """
    rows = _stratified_rows(task.labels, limit=CHOICE_LIMIT, seed=task.seed)
    x, labels = x[rows], task.labels[rows]
    n_folds = min(CHOICE_FOLDS, int(np.bincount(labels).min()))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=task.seed)
    parts = [(x[fit], labels[fit], x[held], labels[held]) for fit, held in folds.split(labels, labels)]
    models = [LogisticRegression(max_iter=MAX_ITERATIONS, warm_start=True) for _ in parts]
    found: list[float] = []
    for strength in STRENGTHS:
        with _quiet_solver():
            fitted = [m.set_params(C=strength).fit(x, y) for m, (x, y, _, _) in zip(models, parts, strict=True)]
        aurocs = [_auroc(y, m.predict_proba(x), task.output) for m, (_, _, x, y) in zip(fitted, parts, strict=True)]
        found.append(float(np.mean(aurocs)))
        if max(found[-2:]) < max(found) - TOLERANCE:
            break
    return max(c for c, auroc in zip(STRENGTHS, found, strict=False) if auroc >= max(found) - TOLERANCE)


def _stratified_rows(labels: Labels, *, limit: int, seed: int) -> Int64[np.ndarray, " rows"]:
    """Return at most about `limit` rows, classes in proportion but none below one sequence a fold."""
    if len(labels) <= limit:
        return np.arange(len(labels))
    share, rng = limit / len(labels), np.random.default_rng(seed)
    members = [rng.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    return np.sort(np.concatenate([rows[: max(CHOICE_FOLDS, round(share * len(rows)))] for rows in members]))


def _auroc(labels: Labels, probabilities: Scores, output: ClassOutput) -> float:
    one_vs_rest = output.one_vs_rest(labels)
    return float(np.mean([roc_auc_score(positive, probabilities[:, index]) for index, positive in one_vs_rest]))
