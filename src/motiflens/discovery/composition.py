"""Expected labels: how probable composition alone makes each label, which a motif must surpass."""

import numpy as np
from jaxtyping import Bool, Float64

from motiflens.sequence.kmers import kmer_counts
from motiflens.shapes import Codes, Strands

_RIDGE = 1.0
_MAX_STEPS = 15
_EXTREME = 0.02  # no sequence is nearly certain by composition


def expected_labels(codes: Codes, positive: Bool[np.ndarray, " n"], *, strands: Strands) -> Float64[np.ndarray, " n"]:
    """Return the probability of being positive, by ridge logistic regression on mono- and dinucleotide frequencies.

    With both strands, a dinucleotide and its reverse complement are counted together. Newton's method.
    """
    counts = kmer_counts(codes, (1, 2), canonical=strands == "both").matrix.toarray().astype(float)
    x = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    x = (x - x.mean(0)) / np.maximum(x.std(0), 1e-9)
    x = np.hstack((np.ones((len(x), 1)), x))
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
    return np.clip(1 / (1 + np.exp(-np.clip(x @ weights, -30, 30))), _EXTREME, 1 - _EXTREME)
