"""Known motifs that filters start from: a choice of one group of organisms, by how well their sites predict."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import get_args

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import conv2d

from motiflens.model.codes import one_hot, reverse_complement
from motiflens.model.output import ClassOutput, Output
from motiflens.model.targets import Numbers
from motiflens.motifs.database import Entry, load_database
from motiflens.motifs.motif import UNIFORM, without_zeros
from motiflens.sequence.kmers import kmer_presence
from motiflens.shapes import Codes, MotifMatrix, Strands, Truth
from motiflens.training.task import TrainingData
from motiflens.training.training_config import KnownMotifs, TrainingConfig

GROUPS = tuple(group for group in get_args(KnownMotifs) if group not in ("auto", "none"))
NARROWEST = 8  # filter that holds a known motif
_FEW = 4_000  # numbers; more of them teach what their motifs look like
_LETTERS = 400_000  # of sequences that choose the group, but
_FEWEST, _MOST = 500, 2_000  # at least and at most so many
_MOTIF_LETTERS, _MOTIF_MOST = 2_000_000, 8_000  # the same of those that choose its motifs
_LOOKS = ((1, 1), (4, 2))  # times so many letters and sequences: few first, more only where no group does in these
_CHOSEN = 64  # motifs, of which the first that fit are taken
_K = 6
_PSEUDOCOUNT = 0.04
_NO_SITE = 1e-3  # summed odds that say nothing: those of the best site are 1
_LEAST_OWN = 0.2  # share of its variance that a feature must have beside those before it
_NOISE_TO_SIGNAL = 3.0  # what a ridge expects: variance of a target that no feature explains, over what all do
_STANDARD_ERRORS = 2.0  # between correlations that differ
_NO_CHANCE = 3.0  # standard errors of the best of six correlations in six groups that tell something
_TIMES_PLACES = 2.0  # what a motif anywhere must tell, over what letters at their places do
_PURSUED = (1, 2, 4, 8, 16)  # features of a pursuit that may tell more than all
_SURE = 3.5  # standard deviations of a motif that tells: for even classes the best of 1,000 has them by chance 1 in 6
_PREFERRED: KnownMotifs = "vertebrates"  # with by far the most motifs
_BATCH_LETTERS = 25_000
_FAST = torch.channels_last  # two thirds of the time of conv1d


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownMotif:
    """Log-odds (4, width) in nats of a motif whose sites raise (sign 1) or lower (-1) the logit of index `output`."""

    name: str
    log_odds: MotifMatrix
    output: int
    sign: int

    def reverse_complement(self) -> "KnownMotif":
        """Return the motif the other way round."""
        return replace(self, log_odds=self.log_odds[::-1, ::-1].copy())


def chosen_known_motifs(
    settings: TrainingConfig, data: TrainingData, *, widest: int
) -> tuple[TrainingConfig, list[str]]:
    """Return the settings with `known_motifs` "auto" replaced by a group of organisms or "none", and notes on why.

    Each half of up to 2,000 sequences predicts the other by a ridge on the sites of the motifs of a group, or on
    k-mers, all or few of them. A group must predict more than chance, and no worse than k-mers; vertebrates are taken
    unless another predicts better. Differences up to two standard errors count as none. If no group does, up to 4,000
    sequences are asked. Where one strand is read, they are asked only if k-mers told nothing, any difference to k-mers
    counts, and a group must predict twice as well as letters at their places: if not, sequences are aligned, and a
    place tells more than a motif anywhere. Of numbers only few are asked, and none that are read on one strand.

    Args:
        widest: width of the widest filter; no wider motif counts.
    """
    none = settings.model_copy(update={"known_motifs": "none"})
    if widest < NARROWEST:
        asked = settings.known_motifs in GROUPS
        why = f"filters do not start from known motifs of {settings.known_motifs}: no filter has {NARROWEST} letters"
        return none, [why] if asked else []
    if settings.known_motifs != "auto":
        return settings, []
    oriented = data.strands == "forward"
    if isinstance(data.output, Numbers) and (oriented or len(data.codes) > _FEW):
        return none, []
    for letters, sequences in _LOOKS:
        told = _told(data, widest=widest, letters=letters * _LETTERS, most=sequences * _MOST)
        if told.good or told.n == len(data.codes) or (oriented and not told.nothing):
            break
    if not told.good:
        return none, []
    best = max(told.good, key=lambda group: told.groups[group] + _margin(told.n) * (group == _PREFERRED))
    others = max(told.groups[group] for group in GROUPS if group != best)
    note = (
        f"filters start from known motifs of {best}: their sites predict left-out halves of {told.n:,} "
        f"training sequences with a correlation of {told.groups[best]:.2f}, those of other groups with at most "
        f"{others:.2f}, k-mers with {told.kmers:.2f}"
        f"{f', letters at their places with {told.places:.2f}' if oriented else ''} "
        f"(differences {'between groups ' if oriented else ''}up to {_margin(told.n):.2f} count as none)"
    )
    return settings.model_copy(update={"known_motifs": best}), [note]


@dataclass(frozen=True, kw_only=True)
class _Told:
    """How well halves of n sequences are predicted that were left out: by k-mers, letters at places, known motifs.

    `good` are the groups of known motifs that may be taken; they are not asked where none could.
    """

    n: int
    kmers: float
    places: float
    groups: Mapping[KnownMotifs, float]
    good: Sequence[KnownMotifs]

    @property
    def nothing(self) -> bool:
        """Whether k-mers and letters at places predict no more than chance."""
        return bool(max(self.kmers, self.places) < _chance(self.n))


def _told(data: TrainingData, *, widest: int, letters: int, most: int) -> _Told:
    """Ask at most so many sequences, and about so many letters of them."""
    rows = _telling_rows(data.output, data.labels, min(most, max(_FEWEST, letters // data.codes.shape[1])))
    codes, truth = data.codes[rows], data.output.truth_by_logit(data.labels[rows])
    n, oriented = len(codes), data.strands == "forward"
    kmers = _best_correlation(kmer_presence(codes, _K, data.strands), truth)
    places = _best_correlation(codes[:, :, None] == np.arange(4), truth) if oriented else 0.0
    least = max(_chance(n), kmers if oriented else kmers - _margin(n), _TIMES_PLACES * places)
    if least >= 1:  # spares seconds
        return _Told(n=n, kmers=kmers, places=places, groups={}, good=())
    known = _known(widest, data.strands)
    features = _log_occupancies(codes, [matrix for _, matrix in known], data.strands)
    groups = {
        group: _best_correlation(features[:, [entry.is_of([group]) for entry, _ in known]], truth) for group in GROUPS
    }
    good = [group for group in GROUPS if groups[group] >= least]
    return _Told(n=n, kmers=kmers, places=places, groups=groups, good=good)


def _margin(n: int) -> float:
    """Return the difference of two correlations of n sequences up to which they count as equal."""
    return _STANDARD_ERRORS / float(np.sqrt(n))


def _chance(n: int) -> float:
    """Return the correlation of n sequences below which nothing is told."""
    return _NO_CHANCE / float(np.sqrt(n))


def informative_motifs(
    codes: Codes, labels: Truth, *, output: Output, group: str, widest: int, strands: Strands, count: int = _CHOSEN
) -> list[KnownMotif]:
    """Return at most `count` motifs, each the one that predicts best what those before leave, targets in turn.

    Where one strand is read, a motif stands for itself in the orientation that it has here.
    """
    rows = _telling_rows(output, labels, min(_MOTIF_MOST, max(_FEWEST, _MOTIF_LETTERS // codes.shape[1])))
    known = [(entry, matrix) for entry, matrix in _known(widest, strands) if entry.is_of([group])]
    features = _log_occupancies(codes[rows], [matrix for _, matrix in known], strands)
    truth = output.truth_by_logit(labels[rows])
    return [
        KnownMotif(name=known[i][0].motif.name, log_odds=known[i][1], output=logit, sign=1 if z > 0 else -1)
        for i, logit, z in _telling(features, truth, count=count)
    ]


def _telling_rows(output: Output, labels: Truth, most: int) -> np.ndarray:
    """Return at most so many rows, of classes as many of each as there are: few of a rare one would come by chance."""
    if not isinstance(output, ClassOutput):
        return np.arange(min(most, len(labels)))
    of_class = pd.Series(labels).groupby(labels).cumcount().to_numpy()
    return np.sort(np.argsort(of_class, kind="stable")[:most])


@cache
def _known(widest: int, strands: Strands) -> tuple[tuple[Entry, MotifMatrix], ...]:
    """JASPAR's motifs that are no wider, with their log-odds; in either orientation where one strand is read."""
    known = [(entry, log_odds(entry)) for entry in load_database().entries if entry.motif.width <= widest]
    turned = [(entry, matrix[::-1, ::-1].copy()) for entry, matrix in known] if strands == "forward" else []
    return tuple(known + turned)


def log_odds(entry: Entry) -> MotifMatrix:
    """Return natural log-odds over equal shares of the letters."""
    return np.log(without_zeros(entry.motif.probabilities, UNIFORM, pseudocount=_PSEUDOCOUNT) / UNIFORM[:, None])


def standardised_truth(labels: Truth) -> np.ndarray:
    """Return each target's values with mean 0 and variance 1; what is missing is at the mean."""
    there = np.ma.masked_invalid(labels)
    return _standardised((there - there.mean(0)).filled(0))


def matching_pursuit(
    features: np.ndarray, truth: np.ndarray, *, count: int, least: float = 0.0
) -> Iterator[tuple[int, int, float]]:
    """Yield feature, target and z-score by orthogonal matching pursuit (Pati et al. 1993), targets that vary in turn.

    Each is the feature whose own part, what those before it do not explain, has the largest correlation with what is
    left of the target. A target without a z-score above `least` has no further turn, and takes nothing from others.
    """
    own, left = features.astype(np.float32), truth.astype(np.float32)
    variance = (own**2).sum(0)
    size = variance.copy()
    outputs = deque(np.flatnonzero(truth.any(0)).tolist())
    steps = min(count, features.shape[1])
    while outputs and steps:
        output = outputs.popleft()
        deviation = np.sqrt(np.maximum((left[:, output] ** 2).mean(), 1e-9))
        z = own.T @ left[:, output] / np.sqrt(np.maximum(size, 1e-9)) / deviation
        z[size <= _LEAST_OWN * variance] = 0
        i = int(np.abs(z).argmax())
        if abs(z[i]) <= least:
            continue
        yield i, output, float(z[i])
        outputs.append(output)
        steps -= 1
        direction = own[:, i] / np.sqrt(size[i])
        shared = direction @ own
        own -= np.outer(direction, shared)
        size -= shared**2
        left = left - np.outer(direction, direction @ left)


def _best_correlation(features: np.ndarray, truth: np.ndarray) -> float:
    """Return how well all features (n, ...), or few of them, predict left-out halves, whichever do better."""
    standard = _standardised(features.reshape(len(features), -1).astype(np.float32))
    return max(_held_out_correlation(standard, truth), _correlation_of_few(standard, truth))


def _held_out_correlation(features: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean correlation of targets with what a ridge on one half of the sequences says of the other."""
    return float(np.mean([_correlation_from(half, features, truth) for half in _halves(len(truth))]))


def _halves(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two halves drawn at random, the same for all: in a file whose classes take turns every other row is of one."""
    first = np.random.default_rng(0).permutation(n) % 2 == 0
    return first, ~first


def _correlation_from(half: np.ndarray, features: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean correlation of targets with what a ridge on `half` of the sequences says of the others."""
    standard, there = standardised_truth(truth), ~np.isnan(truth)
    learned, n_features = features[half], features.shape[1]
    if n_features < len(learned):  # the same either way
        own = learned.T @ learned + _NOISE_TO_SIGNAL * n_features * np.eye(n_features)
        predicted = features[~half] @ np.linalg.solve(own, learned.T @ standard[half])
    else:
        own = learned @ learned.T + _NOISE_TO_SIGNAL * n_features * np.eye(len(learned))
        predicted = features[~half] @ (learned.T @ np.linalg.solve(own, standard[half]))
    found = []
    for target in np.flatnonzero(standard.any(0)):
        rows = there[~half, target]
        if rows.sum() < 2:
            continue
        pair = [_standardised(x[rows, target, None]) for x in (predicted, standard[~half])]
        found.append((pair[0] * pair[1]).sum() / rows.sum())
    return float(np.mean(found)) if found else 0.0


def _telling(features: np.ndarray, truth: np.ndarray, *, count: int) -> list[tuple[int, int, float]]:
    """Return the steps of a pursuit that are worth taking: all, or where few tell those that are unlikely to be chance.

    Where few factors bind, further motifs are noise that filters would learn; where many matter, no few of them predict
    as well as the whole group, which predicts more than chance.
    """
    few, whole = _correlation_of_few(features, truth), _held_out_correlation(features, truth)
    many = whole >= max(few - 1 / np.sqrt(len(truth)), _chance(len(truth)))
    return list(matching_pursuit(features, standardised_truth(truth), count=count, least=0.0 if many else _SURE))


def _correlation_of_few(features: np.ndarray, truth: np.ndarray) -> float:
    """Return how well the best of so many features as `_PURSUED` says predict left-out halves, chosen in the other."""
    found = np.zeros(len(_PURSUED))
    for half in _halves(len(truth)):
        path = [i for i, *_ in matching_pursuit(features[half], standardised_truth(truth[half]), count=max(_PURSUED))]
        if path:
            found += [_correlation_from(half, features[:, path[:count]], truth) / 2 for count in _PURSUED]
    return float(found.max())


def _log_occupancies(codes: Codes, matrices: Sequence[np.ndarray], strands: Strands) -> np.ndarray:
    """Return (n, motifs), standardised: the logarithm of a motif's odds, summed over positions and strands.

    The odds of the best site are 1. A motif that is longer than the sequences says nothing.
    """
    found = np.full((len(codes), len(matrices)), _NO_SITE, np.float32)
    widths = np.array([matrix.shape[1] for matrix in matrices])
    size = max(1, _BATCH_LETTERS // codes.shape[1])
    for start in range(0, len(codes), size):
        batch = torch.from_numpy(np.array(codes[start : start + size]))  # a copy of what may be mapped read-only
        read = (batch, reverse_complement(batch)) if strands == "both" else (batch,)
        views = [one_hot(view).unsqueeze(2).to(memory_format=_FAST) for view in read]
        for width in np.unique(widths[widths <= codes.shape[1]]):
            columns = np.flatnonzero(widths == width)
            filters = torch.from_numpy(np.stack([matrices[i] for i in columns.tolist()]).astype(np.float32))
            best = -filters.amax(1).sum(1)
            wide = filters.unsqueeze(2).to(memory_format=_FAST)
            for view in views:
                found[start : start + size, columns] += conv2d(view, wide, best).exp_().sum((2, 3)).numpy()
    return _standardised(np.log(found))


def _standardised(features: np.ndarray) -> np.ndarray:
    centred = features - features.mean(0, dtype=np.float64).astype(features.dtype)
    return centred / (centred.std(0) + 1e-6)
