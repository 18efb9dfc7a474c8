"""Chimeras: a matrix whose sites are of two motifs is split into the two.

Letters of a matrix are independent, so that TATAAA and TGTCAA together read TRTMAA, and the mixture may look more
enriched than either. A mixture of two matrices is fitted to the sites (expectation maximisation;
Bailey & Elkan 1994, ISMB 2:28) and compared by the Bayesian information criterion.
"""

import numpy as np
from jaxtyping import Bool, Float64, UInt8

from motiflens.discovery.refine import Candidate
from motiflens.discovery.sequences import SearchedSequences
from motiflens.sequence.alphabet import reverse_complement
from motiflens.shapes import MotifMatrix

_MAX_ROUNDS = 50
_MIN_SHARE = 0.1
_PSEUDOCOUNT = 0.5
_DIFFERENT = 0.2  # of a letter's probability


def aligned_sites(candidate: Candidate, data: SearchedSequences) -> UInt8[np.ndarray, "sites width"]:
    """Return the letters of a candidate's sites, on the motif's strand."""
    rows, starts, strands = candidate.sites
    width = candidate.probabilities.shape[1]
    letters = data.codes[(data.offsets[rows] + starts[rows])[:, None] + np.arange(width)]
    reverse = strands[rows] < 0
    letters[reverse] = reverse_complement(letters[reverse])
    return letters


def assigned_positions(
    candidate: Candidate, data: SearchedSequences, matrices: tuple[MotifMatrix, MotifMatrix]
) -> tuple[Bool[np.ndarray, " total"], Bool[np.ndarray, " total"]]:
    """Return which positions lie under sites of the first matrix rather than the second, and the other way round."""
    letters = aligned_sites(candidate, data)
    onehot = (letters[:, :, None] == np.arange(4)).astype(float)
    of_first = np.subtract(*(_log_likelihood(onehot, matrix) for matrix in matrices)) > 0
    rows, starts, _ = candidate.sites
    places = (data.offsets[rows] + starts[rows])[:, None] + np.arange(letters.shape[1])
    first, second = np.zeros(len(data.codes), bool), np.zeros(len(data.codes), bool)
    first[places[of_first]], second[places[~of_first]] = True, True
    return first, second


def two_components(letters: UInt8[np.ndarray, "sites width"]) -> tuple[MotifMatrix, MotifMatrix] | None:
    """Return two matrices that explain sites better than one, the more frequent first; None where one suffices."""
    sites = len(letters)
    onehot = (letters[:, :, None] == np.arange(4)).astype(float)
    if sites < 2 / _MIN_SHARE:
        return None
    responsibility = _first_guess(onehot)
    before = -np.inf
    for _ in range(_MAX_ROUNDS):
        shares = np.array([responsibility.mean(), 1 - responsibility.mean()]).clip(1e-6)
        matrices = [_counted(onehot, weight) for weight in (responsibility, 1 - responsibility)]
        logs = np.stack([_log_likelihood(onehot, m) + np.log(s) for m, s in zip(matrices, shares, strict=True)])
        total = np.logaddexp(*logs)
        responsibility = np.exp(logs[0] - total)
        if total.sum() - before < 1e-3:
            break
        before = total.sum()
    alone = _log_likelihood(onehot, _counted(onehot, np.ones(sites))).sum()
    # Columns that the two share cost nothing; those that differ also cost the choice among all columns.
    differing = int((np.abs(matrices[0] - matrices[1]).max(0) > _DIFFERENT).sum())
    penalty = 0.5 * np.log(sites) * (3 * differing + 1) + differing * np.log(letters.shape[1])
    if total.sum() - alone <= penalty or shares.min() < _MIN_SHARE:
        return None
    first, second = (matrices[i] for i in np.argsort(-shares))
    return first, second


def _first_guess(onehot: Float64[np.ndarray, "sites width 4"]) -> Float64[np.ndarray, " sites"]:
    """Sites by the letter that tells most about the letters of the other columns."""
    sites, width, _ = onehot.shape
    flat = onehot.reshape(sites, -1)
    centred = flat - flat.mean(0)
    covariance = centred.T @ centred / sites
    for column in range(width):
        covariance[4 * column : 4 * column + 4, 4 * column : 4 * column + 4] = 0
    return np.clip(flat[:, int((covariance**2).sum(1).argmax())], 0.1, 0.9)


def _counted(onehot: np.ndarray, weight: np.ndarray) -> np.ndarray:
    counts = np.einsum("swb,s->bw", onehot, weight) + _PSEUDOCOUNT
    return np.asarray(counts / counts.sum(0))


def _log_likelihood(onehot: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return np.einsum("swb,bw->s", onehot, np.log(matrix))
