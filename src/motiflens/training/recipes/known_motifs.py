"""Known motifs that filters of numbers start from: the group of organisms whose motifs tell most, and which of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from torch.nn.functional import conv1d

from motiflens.model.codes import one_hot, reverse_complement
from motiflens.model.targets import Numbers
from motiflens.motifs.database import Entry, load_database
from motiflens.motifs.motif import UNIFORM, without_zeros
from motiflens.sequence.kmers import kmer_presence
from motiflens.shapes import Codes, MotifMatrix, Strands, Truth
from motiflens.training.task import TrainingData
from motiflens.training.training_config import KnownMotifs, TrainingConfig

GROUPS = tuple(group for group in get_args(KnownMotifs) if group not in ("auto", "none"))
_JUDGED, _RANKED = 2_000, 5_000  # sequences that choose the group, and its motifs
_MOST = 64  # motifs that filters are chosen from
_K = 6
_PSEUDOCOUNT = 0.04
_NO_SITE = 1e-3  # occupancy that says nothing: the best site has 1
_OWN = 0.2  # share of a feature's variance that those chosen before must have left
_NOISE = 3.0  # variance of a target that no feature explains, over what all explain
_BATCH = 250


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownMotif:
    """Log-odds (4, width) in nats of a motif whose sites raise (sign 1) or lower (-1) the logit of index `output`."""

    name: str
    log_odds: MotifMatrix
    output: int
    sign: int


def chosen_known_motifs(settings: TrainingConfig, data: TrainingData) -> tuple[TrainingConfig, list[str]]:
    """Return the settings with `known_motifs` "auto" replaced by a group of organisms or "none", and notes on why.

    Each half of the sequences predicts the other by a ridge on the sites of all motifs of a group, or on k-mers. Only
    where both strands are read: in aligned sequences a place tells more than a motif anywhere.
    """
    if settings.known_motifs != "auto":
        return settings, []
    if not isinstance(data.output, Numbers) or data.strands == "forward":
        return settings.model_copy(update={"known_motifs": "none"}), []
    codes, truth = data.codes[:_JUDGED], standardised_truth(data.labels[:_JUDGED])
    entries = load_database().entries
    features = _occupancies(codes, [log_odds(entry) for entry in entries], data.strands)
    found = {"none": _foretold(_kmers(codes, data.strands), truth)}
    for group in GROUPS:
        found[group] = _foretold(features[:, np.array([_belongs(entry, group) for entry in entries])], truth)
    best = max(found, key=lambda group: found[group])
    if best == "none":
        return settings.model_copy(update={"known_motifs": "none"}), []
    others = max(value for group, value in found.items() if group not in (best, "none"))
    note = (
        f"filters start from known motifs of {best}: the sites of all of them predict held-out sequences with a "
        f"correlation of {found[best]:.2f}, those of other groups at most {others:.2f}, k-mers {found['none']:.2f}"
    )
    return settings.model_copy(update={"known_motifs": best}), [note]


def telling_motifs(
    codes: Codes, labels: Truth, *, group: str, strands: Strands, widest: int, count: int = _MOST
) -> list[KnownMotif]:
    """Return motifs of a group, each the one that tells most beyond those before, targets in turn."""
    entries = [entry for entry in load_database(taxa=[group]).entries if entry.motif.width <= widest]
    matrices = [log_odds(entry) for entry in entries]
    features = _occupancies(codes[:_RANKED], matrices, strands)
    truth = standardised_truth(labels[:_RANKED])
    return [
        KnownMotif(name=entries[i].motif.name, log_odds=matrices[i], output=output, sign=sign)
        for i, output, sign in pursued(features, truth, count=count)
    ]


def log_odds(entry: Entry) -> MotifMatrix:
    """Return natural log-odds over equal shares of the letters."""
    return np.log(without_zeros(entry.motif.probabilities, UNIFORM, pseudocount=_PSEUDOCOUNT) / UNIFORM[:, None])


def standardised_truth(labels: Truth) -> np.ndarray:
    """Return each target's values with mean 0 and variance 1; what is missing is at the mean."""
    there = np.ma.masked_invalid(labels)
    return _standardised((there - there.mean(0)).filled(0))


def pursued(features: np.ndarray, truth: np.ndarray, *, count: int) -> Iterator[tuple[int, int, int]]:
    """Yield feature, target and sign by orthogonal matching pursuit (Pati et al. 1993), targets in turn.

    Each is the feature whose own part, what those before it do not explain, has the largest correlation with what is
    left of the target.
    """
    own, left = features.astype(np.float32), truth.astype(np.float32)
    start = (own**2).sum(0)
    for step in range(min(count, features.shape[1])):
        output = step % truth.shape[1]
        size = (own**2).sum(0)
        found = np.where(size > _OWN * start, own.T @ left[:, output] / np.sqrt(np.maximum(size, 1e-9)), 0)
        i = int(np.abs(found).argmax())
        if not found[i]:
            return
        yield i, output, 1 if found[i] > 0 else -1
        direction = own[:, i] / np.sqrt(size[i])
        own = own - np.outer(direction, direction @ own)
        left = left - np.outer(direction, direction @ left)


def _foretold(features: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean correlation of targets with what a ridge on one half of the sequences says of the other."""
    kernel = features @ features.T / features.shape[1]
    first = np.arange(len(truth)) % 2 == 0
    found = []
    for half in (first, ~first):
        own = kernel[np.ix_(half, half)] + _NOISE * np.eye(half.sum())
        predicted = kernel[np.ix_(~half, half)] @ np.linalg.solve(own, truth[half])
        both = _standardised(predicted) * _standardised(truth[~half])
        found.append(both.mean())
    return float(np.mean(found))


def _belongs(entry: Entry, group: str) -> bool:
    return not entry.taxa or group in entry.taxa.split(", ")


def _kmers(codes: Codes, strands: Strands) -> np.ndarray:
    return _standardised(kmer_presence(codes, _K, strands).astype(np.float32))


def _occupancies(codes: Codes, matrices: Sequence[np.ndarray], strands: Strands) -> np.ndarray:
    """Return (n, motifs): the logarithm of each motif's summed odds, those of its best site being 1; standardised."""
    found = np.full((len(codes), len(matrices)), _NO_SITE, np.float32)
    widths = np.array([matrix.shape[1] for matrix in matrices])
    for start in range(0, len(codes), _BATCH):
        batch = torch.from_numpy(np.array(codes[start : start + _BATCH]))  # a copy of what may be mapped read-only
        views = [one_hot(view) for view in ((batch, reverse_complement(batch)) if strands == "both" else (batch,))]
        for width in np.unique(widths[widths <= codes.shape[1]]):
            columns = np.flatnonzero(widths == width)
            filters = torch.from_numpy(np.stack([matrices[i] for i in columns.tolist()]).astype(np.float32))
            best = -filters.amax(1).sum(1)
            for view in views:
                found[start : start + _BATCH, columns] += conv1d(view, filters, best).exp().sum(2).numpy()
    return _standardised(np.log(found))


def _standardised(features: np.ndarray) -> np.ndarray:
    features = features - features.mean(0)
    return features / (features.std(0) + 1e-6)
