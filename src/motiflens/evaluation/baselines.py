"""Simple models beside the network: what base composition, k-mers, letters in place and one motif explain alone."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
from jaxtyping import Float64
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from motiflens.data.dataset import Dataset
from motiflens.errors import InputError
from motiflens.evaluation.single_motif import find_best_motifs
from motiflens.sequence.alphabet import N, count_gc, count_valid
from motiflens.sequence.kmers import kmer_counts
from motiflens.shapes import Codes, Labels

KMER_LENGTHS = range(1, 7)
STRENGTHS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0)  # C of scikit-learn, strongest penalty first
CHOICE_FOLDS = 3
TOLERANCE = 0.002  # in AUROC
CHOICE_LIMIT = 10_000  # sequences that choose C
FIT_LIMIT = 100_000  # sequences of the final fit: some 12 kB each in k-mer counts, where 3,000 weights are settled
CHUNK = 20_000  # sequences that are predicted at a time
MAX_ITERATIONS = 1000

Features: TypeAlias = Any  # an array or a sparse array of scipy, (n, features)


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A fitted logistic regression on simple features of a sequence."""

    name: str
    features: Callable[[Codes], Features]
    model: LogisticRegression
    converged: bool

    def predict_proba(self, codes: Codes) -> Float64[np.ndarray, "n classes"]:
        """Probabilities of the data set's classes, in its order."""
        starts = range(0, max(len(codes), 1), CHUNK)
        parts = [self.model.predict_proba(self.features(codes[start : start + CHUNK])) for start in starts]
        return np.concatenate(parts).astype(np.float64)


def fit_baselines(
    dataset: Dataset,
    split: np.ndarray,
    *,
    strands: Literal["both", "forward"],
    seed: int,
) -> dict[str, Baseline]:
    """The four baselines, fitted on the sequences whose split (n,) is "train" or "val".

    Of more than 100,000 of these they take 100,000 at random, in the proportions of the classes.

    gc_content: the share of G and C. kmer_logistic_regression: counts of k = 1..6, log(1 + count), the two
    strands' k-mers merged for `strands` "both". position_logistic_regression: one-hot by position, forward strand.
    best_single_motif: the strongest match of the one motif (PWM) that tells the training classes apart best.
    The L2 penalty is chosen by AUROC in a 3-fold cross-validation over at most 10,000 of these sequences.
    Validation sequences are theirs too because they tune nothing else: a baseline should be hard to beat.
    Raises InputError if a class has fewer than two sequences to train on.
    """
    rows = np.flatnonzero((split == "train") | (split == "val"))
    rows = rows[_at_most(FIT_LIMIT, dataset.labels[rows], seed=seed)]
    codes, labels = dataset.codes[rows], dataset.labels[rows]
    sizes = np.bincount(labels, minlength=len(dataset.classes))
    if sizes.min() < 2:
        name = dataset.classes[int(sizes.argmin())]
        raise InputError(f"class {name} has {sizes.min()} training sequences: the baselines need two at least")
    features: dict[str, Callable[[Codes], Features]] = {
        "gc_content": gc_content,
        "kmer_logistic_regression": partial(kmer_features, canonical=strands == "both"),
        "position_logistic_regression": position_features,
    }
    k = len(dataset.classes)
    features["best_single_motif"] = find_best_motifs(codes, labels, classes=k, strands=strands, seed=seed)
    return {name: _fit(name, function, codes, labels, seed=seed) for name, function in features.items()}


def gc_content(codes: Codes) -> Float64[np.ndarray, "n 1"]:
    """Share of G and C among the letters that are not N, in tenths: a scale that the penalty hardly touches.

    Five, a half, where all letters are N.
    """
    valid = count_valid(codes)
    return np.where(valid > 0, 10 * count_gc(codes) / np.maximum(valid, 1), 5.0)[:, None]


def kmer_features(codes: Codes, *, canonical: bool) -> sparse.csr_array:
    """log(1 + count) of the k-mers of 1 to 6 letters: better than raw counts, and it converges in fewer steps."""
    return kmer_counts(codes, KMER_LENGTHS, canonical=canonical).matrix.log1p()


def position_features(codes: Codes) -> sparse.csr_array:
    """One-hot (n, 4 * length), position by position; N is four zeros."""
    length = codes.shape[1]
    called = codes != N
    columns = (4 * np.arange(length, dtype=np.int32) + codes)[called]
    ends = np.concatenate([[0], np.cumsum(called.sum(axis=1))])
    return sparse.csr_array((np.ones(len(columns), np.float32), columns, ends), shape=(len(codes), 4 * length))


@contextmanager
def _steady() -> Iterator[None]:
    """Fits without warnings about convergence (`Baseline.converged` tells) and on one BLAS thread.

    Sparse products use no BLAS; its threads would only wait for each other, for minutes on a busy machine.
    """
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _fit(name: str, features: Callable[[Codes], Features], codes: Codes, labels: Labels, *, seed: int) -> Baseline:
    x = features(codes)
    model = LogisticRegression(C=_choose_strength(x, labels, seed=seed), max_iter=MAX_ITERATIONS)
    with _steady():
        model.fit(x, labels)
    return Baseline(name=name, features=features, model=model, converged=bool(model.n_iter_.max() < MAX_ITERATIONS))


def _choose_strength(x: Features, labels: Labels, *, seed: int) -> float:
    """The largest C within .002 of the best cross-validated AUROC.

    AUROC, because it is what the verdict compares; the largest C, because one that is too small ranks as well but
    pulls all probabilities to the middle. The search ends where two steps in a row fall behind the best.
    """
    rows = _at_most(CHOICE_LIMIT, labels, seed=seed)
    x, labels = x[rows], labels[rows]
    folds = StratifiedKFold(min(CHOICE_FOLDS, int(np.bincount(labels).min())), shuffle=True, random_state=seed)
    parts = [(x[fit], labels[fit], x[held], labels[held]) for fit, held in folds.split(labels, labels)]
    models = [LogisticRegression(max_iter=MAX_ITERATIONS, warm_start=True) for _ in parts]
    found: list[float] = []
    for strength in STRENGTHS:
        with _steady():
            fitted = [m.set_params(C=strength).fit(x, y) for m, (x, y, _, _) in zip(models, parts, strict=True)]
        held = [_auroc(y, m.predict_proba(x)) for m, (_, _, x, y) in zip(fitted, parts, strict=True)]
        found.append(float(np.mean(held)))
        if max(found[-2:]) < max(found) - TOLERANCE:
            break
    return max(c for c, auroc in zip(STRENGTHS, found, strict=False) if auroc >= max(found) - TOLERANCE)


def _at_most(limit: int, labels: Labels, *, seed: int) -> np.ndarray:
    """Rows: all, or of more than `limit` a share of each class, which never falls below one sequence a fold."""
    if len(labels) <= limit:
        return np.arange(len(labels))
    share, rng = limit / len(labels), np.random.default_rng(seed)
    members = [rng.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    return np.sort(np.concatenate([rows[: max(CHOICE_FOLDS, round(share * len(rows)))] for rows in members]))


def _auroc(labels: Labels, probabilities: np.ndarray) -> float:
    return roc_auc_score(
        labels, probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities, multi_class="ovr"
    )
