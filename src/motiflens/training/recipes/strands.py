"""Which strands to read: whether orientation tells of the truth, and whether a regression gains by knowing it."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple

import numpy as np
import scipy.sparse
from jaxtyping import Float32, Float64
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold

from motiflens.model.output import ClassOutput
from motiflens.sequence.kmers import kmer_counts, positional_kmers, reverse_complement_kmers
from motiflens.shapes import Codes, Strands, Targets, Truth
from motiflens.training.task import Selected, Task

_SIZES = (4, 5, 6, 7)  # of the k-mers that are counted
_SYMMETRIC = (20, 60, 200)  # features that both strands share, to try
_ORIENTED = (5, 20, 60)  # features of one strand, to try beside the best number of those
_FEWEST = 5  # sequences that a feature must stand in, to be told from chance
_STRENGTHS = (0.01, 0.03, 0.1)  # inverse ridge penalties of standardised features, to try
_MAX_STEPS = 100  # of the solver
_FOLDS = 5
_TEST_SIZE = 6  # of the k-mers whose orientation is tested
_TURNS = 499
_TOP = 20  # features of the statistic
_LEVEL = 0.005
_ENOUGH = 5_000  # sequences to compare the readings on
_ENOUGH_LETTERS = 2_000_000  # of longer ones fewer,
_FEW = 500  # but not fewer than these


@dataclass(frozen=True, kw_only=True)
class StrandEvidence:
    """What speaks for reading one strand.

    `p_value` is that of orientation, `both` and `forward` are cross-validated losses (`loss`) of regressions that read
    both strands alike, or the forward strand, and `standard_error` is that of their difference.
    """

    loss: str
    p_value: float
    both: float
    forward: float
    standard_error: float

    @property
    def choice(self) -> Strands:
        """The forward strand where orientation is no chance and lowers the loss, else both."""
        return "forward" if self.p_value < _LEVEL and self.forward < self.both else "both"

    def note(self) -> str:
        """Return the choice, the evidence for it, and what the other would have meant."""
        otherwise = {
            "forward": "--strands both would have counted matches on the other strand alike",
            "both": "--strands forward would have learned each motif once a strand",
        }[self.choice]
        sites = "show an orientation" if self.p_value < _LEVEL else "show no orientation"
        losses = f"{self.both:.4f} where both strands count alike, {self.forward:.4f} where not"
        gap = f"difference {self.forward - self.both:+.4f}, standard error {self.standard_error:.4f}"
        return (
            f"strands: {self.choice}; the sequences {sites} (p {self.p_value:.3f}, turning them round at random), "
            f"{self.loss} of cross-validated regressions {losses} ({gap}); {otherwise}"
        )


def select_strands(task: Task) -> Selected:
    """Choose the strands by `strand_evidence`, in seconds.

    A network would do as a judge only after a full training, for it learns both strands more slowly.
    """
    data = task.data
    n = min(_ENOUGH, max(_FEW, _ENOUGH_LETTERS // data.codes.shape[1]))
    codes, labels = (
        np.concatenate((given[:n], held[: max(0, n - len(given))]))
        for given, held in ((data.codes, data.validation_codes), (data.labels, data.validation_labels))
    )
    if isinstance(data.output, ClassOutput):
        if np.unique(labels, return_counts=True)[1].min() < _FOLDS:
            return _selected(task, "both", f"strands: both, for fewer than {_FOLDS} sequences of a class show nothing")
    else:
        labels = _standard(labels[:, ~np.isnan(labels).all(0)])
    evidence = strand_evidence(codes, labels, heard=task.compute.heard)
    return _selected(task, evidence.choice, evidence.note())


def _selected(task: Task, strands: Strands, note: str) -> Selected:
    return Selected(replace(task, data=replace(task.data, strands=strands)), [note])


def strand_evidence(codes: Codes, labels: Truth, *, heard: Callable[[float], None] = lambda _: None) -> StrandEvidence:
    """Test whether orientation tells of the truth, and compare regressions that know it with some that do not.

    Features are counts of k-mers and the letters at their positions. Their sums over the two strands are what a model
    knows that reads both; one that reads the forward strand has the differences as well. As the second regression
    contains the first, with the penalty that suits that one best, the paired difference of their losses shows what
    orientation is worth, and little of the chance that two unrelated fits would add. What is left of chance, sites
    that happen to lie on one strand more often than on the other, is what the test is for.

    Args:
        codes: sequences.
        labels: class indices, of each class five at least; or rows of numbers, standardised, NaN where missing.
        heard: hears the share of the regressions that is done.
    """
    tried = count(1)

    def losses(numbers: tuple[int, int], strength: float) -> Float64[np.ndarray, " n"]:
        found = _held_out_losses(folds, labels, numbers, strength=strength)
        heard(next(tried) / (len(_SYMMETRIC) * len(_STRENGTHS) + len(_ORIENTED)))
        return found

    sums, differences = _features(codes, _SIZES)
    folds = [
        _Fold(
            rows=rows,
            held_out=held_out,
            shared=_most_different(sums, labels, rows, number=_SYMMETRIC[-1]),
            oriented=_most_different(differences, labels, rows, number=_ORIENTED[-1]),
        )
        for rows, held_out in (StratifiedKFold if labels.ndim == 1 else KFold)(_FOLDS).split(codes, labels)
    ]
    symmetric = {(number, strength): losses((number, 0), strength) for number in _SYMMETRIC for strength in _STRENGTHS}
    best, both = min(symmetric.items(), key=lambda item: float(item[1].mean()))
    forward = min((losses((best[0], number), best[1]) for number in _ORIENTED), key=np.mean)
    return StrandEvidence(
        loss="log loss" if labels.ndim == 1 else "squared error",
        p_value=orientation_p_value(codes, labels),
        both=float(both.mean()),
        forward=float(forward.mean()),
        standard_error=float((forward - both).std() / np.sqrt(len(labels))),
    )


def orientation_p_value(codes: Codes, labels: Truth) -> float:
    """Return the p-value of the hypothesis that of each truth a sequence is as likely as its reverse complement.

    If so, turning any of the sequences round changes nothing: the differences of its features over the strands change
    their sign. The statistic is the sum of the 20 largest squared z-scores of these differences between a class and
    the rest, or with a number; it is compared with 499 random choices of the sequences that are turned.
    """
    x = _features(codes, (_TEST_SIZE,))[1]
    x = x[:, np.bincount(x.nonzero()[1], minlength=x.shape[1]) >= _FEWEST]
    turned = np.random.default_rng(0).choice(np.array([-1.0, 1.0], np.float32), (_TURNS + 1, len(labels)))
    turned[0] = 1
    power = x.multiply(x).mean(0)
    largest = np.zeros((_TURNS + 1, x.shape[1]), np.float32)
    for weights in _contrasts(labels):
        gaps = (x.T @ (turned * weights.astype(np.float32)).T).T
        largest = np.maximum(largest, gaps**2 / (power * (weights**2).sum()))
    top = np.sort(largest, axis=1)[:, -_TOP:].sum(1)
    return float((top >= top[0]).mean())


def _contrasts(truth: Truth) -> Iterator[Float64[np.ndarray, " n"]]:
    """Yield weights of the sequences: of a class against the rest, or of a number against its mean."""
    if truth.ndim == 1:
        for label in np.unique(truth):
            inside = truth == label
            yield np.where(inside, 1 / inside.sum(), -1 / (~inside).sum())
        return
    for column in truth.T:
        centred = np.nan_to_num(column - np.nanmean(column))
        if centred.any():
            yield centred / np.linalg.norm(centred)


def _standard(truth: Targets) -> Targets:
    """Return targets with mean 0 and variance 1, those that do not vary 0."""
    centred = truth - np.nanmean(truth, axis=0)
    return centred / np.maximum(np.nanstd(truth, axis=0), 1e-12)


class _Fold(NamedTuple):
    """Rows to learn from, rows to predict, and features of all rows, the most different first."""

    rows: np.ndarray
    held_out: np.ndarray
    shared: Float32[np.ndarray, "n features"]
    oriented: Float32[np.ndarray, "n features"]


def _features(codes: Codes, sizes: tuple[int, ...]) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array]:
    """Return each feature's sum and difference over the strands, (n, features) both.

    Of a feature and its reverse complement, which have the same sum and opposite differences, one is kept.
    """
    fitting = [k for k in sizes if k <= codes.shape[1]]
    found = [(kmer_counts(codes, [k], canonical=False).matrix, reverse_complement_kmers(k)) for k in fitting]
    letters = positional_kmers(codes, (1,))
    found.append((letters, np.arange(letters.shape[1])[::-1]))  # base by base, each from the first position to the last
    sums, differences = [], []
    for x, partner in found:
        kept = np.flatnonzero(np.arange(len(partner)) <= partner)
        one, other = x[:, kept], x[:, partner[kept]]
        sums.append(one + other)
        differences.append(one - other)
    return scipy.sparse.hstack(sums, format="csr"), scipy.sparse.hstack(differences, format="csr")


def _most_different(
    x: scipy.sparse.csr_array, labels: Truth, rows: np.ndarray, *, number: int
) -> Float32[np.ndarray, "n features"]:
    """Return the `number` columns of x that tell most of the truth, in `rows`, by Student's t; the best first.

    They are standardised by their deviation there.
    """
    part, known = x[rows], labels[rows]
    mean = part.mean(0)
    deviation = np.sqrt(np.maximum(part.multiply(part).mean(0) - mean**2, 0))
    t = np.zeros(x.shape[1])
    for weights in _contrasts(known):
        t = np.maximum(t, np.abs(weights @ part) / np.linalg.norm(weights))
    usable = (np.bincount(part.nonzero()[1], minlength=x.shape[1]) >= _FEWEST) & (deviation > 0)
    t[usable] /= deviation[usable]
    columns = np.argsort(-np.where(usable, t, 0), kind="stable")[: min(number, usable.sum())]
    return (x[:, columns].toarray() / deviation[columns]).astype(np.float32)


def _held_out_losses(
    folds: list[_Fold], labels: Truth, numbers: tuple[int, int], *, strength: float
) -> Float64[np.ndarray, " n"]:
    """Return the loss of each sequence by a regression on the other folds, with so many features of either kind."""
    losses = np.zeros(len(labels))
    for fold in folds:
        x = np.hstack((fold.shared[:, : numbers[0]], fold.oriented[:, : numbers[1]]))
        held = fold.held_out
        if labels.ndim == 2:
            # What is missing is the mean, 0, to learn from, and has no error.
            model = Ridge(alpha=1 / strength).fit(x[fold.rows], np.nan_to_num(labels[fold.rows]))
            losses[held] = np.nan_to_num(labels[held] - model.predict(x[held]).reshape(labels[held].shape)) ** 2 @ (
                np.full(labels.shape[1], 1 / labels.shape[1])
            )
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the loss judges, not the gradient
            classifier = LogisticRegression(C=strength, max_iter=_MAX_STEPS).fit(x[fold.rows], labels[fold.rows])
        p = classifier.predict_proba(x[held])
        own = np.searchsorted(classifier.classes_, labels[held])
        losses[held] = -np.log(np.maximum(p[np.arange(len(p)), own], np.finfo(np.float32).tiny))
    return losses
