"""Features of the additive model's linear terms, and how much of the data is fitted with which penalties."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse

from motiflens.model.targets import Numbers
from motiflens.sequence.alphabet import reverse_complement
from motiflens.sequence.kmers import kmer_counts, positional_kmers, reverse_complement_kmers
from motiflens.shapes import Codes
from motiflens.training.task import TrainingData

_LARGEST_POSITIONAL = 80_000_000  # positional k-mers in a design; beyond, a subsample is fitted
_ENOUGH_POSITIONAL = 10_000_000  # positional k-mers for the choice of the penalty
_ENOUGH = 10_000  # sequences for it
_RATIOS = (0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.6, 4.0, 10.0)  # of signal to noise, to try
_LARGEST_COUNTED = 60_000  # sequences of the k-mer design


@dataclass(frozen=True, kw_only=True)
class Design:
    """`features` of codes, a sparse (n, features), for `rows` sequences at most; inverse ridge penalties to try.

    Penalties are per unit of the features, or where these are `standardised`, of their standard deviations, and are
    chosen on `choice_rows` sequences at most.
    """

    features: Callable[[Codes], Any]
    rows: int
    choice_rows: int
    strengths: tuple[float, ...]
    standardised: bool

    def scale(self, x: Any) -> np.ndarray | None:
        """What each of the features x (n, features) is multiplied by; None: nothing."""
        if not self.standardised:
            return None
        mean = np.asarray(x.mean(0)).ravel()
        deviation = np.sqrt(np.maximum(np.asarray(x.multiply(x).mean(0)).ravel() - mean**2, 0))
        return (1 / np.maximum(deviation, 1e-3) / np.sqrt(x.shape[1] / 100)).astype(np.float32)


def positional_design(data: TrainingData, k: int) -> Design:
    """Return the design of k-mers of up to k letters, each at its position, summed over the strands that are read.

    Not standardised: a rare k-mer must not weigh as much as a letter.
    """
    each = (2 if data.strands == "both" else 1) * k * data.codes.shape[1]
    sizes = range(1, k + 1)

    def features(codes: Codes) -> scipy.sparse.csr_array:
        x = positional_kmers(codes, sizes)
        return x + positional_kmers(reverse_complement(codes), sizes) if data.strands == "both" else x

    return Design(
        features=features,
        rows=max(1, _LARGEST_POSITIONAL // each),
        choice_rows=max(1, min(_ENOUGH, _ENOUGH_POSITIONAL // each)),
        strengths=_strengths(data, (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0)),
        standardised=False,
    )


def kmer_design(data: TrainingData, k: int) -> Design:
    """Return the design of counts of k-mers of up to k letters, as shares of the k-mers that contain them."""
    shares = substrings(k)

    def features(codes: Codes) -> scipy.sparse.csr_array:
        counts = kmer_counts(codes, [k], canonical=False).matrix
        if data.strands == "both":
            counts = counts + counts[:, reverse_complement_kmers(k)]
        return (counts @ shares).tocsr()

    return Design(
        features=features,
        rows=_LARGEST_COUNTED,
        choice_rows=_ENOUGH,
        strengths=_strengths(data, (1e-3, 1e-2, 1e-1, 1.0)),
        standardised=True,
    )


def _strengths(data: TrainingData, logistic: tuple[float, ...]) -> tuple[float, ...]:
    """Return the inverse penalties to try: of numbers, ratios of signal to noise."""
    return _RATIOS if isinstance(data.output, Numbers) else logistic


def substrings(k: int) -> scipy.sparse.csr_array:
    """(4^k, 4 + ... + 4^k): Return how often each shorter k-mer stands in each k-mer, as a share of its k-j+1 places.

    Regressing on the shorter ones too, and folding their weights into the table of k-mers, lets rare k-mers borrow
    from their relatives.
    """
    index = np.arange(4**k)
    blocks = []
    for j in range(1, k + 1):
        places = k - j + 1
        columns = np.concatenate([(index // 4 ** (places - 1 - at)) % 4**j for at in range(places)])
        values = np.full(len(columns), 1 / places, np.float32)
        blocks.append(scipy.sparse.csr_array((values, (np.tile(index, places), columns)), shape=(4**k, 4**j)))
    return scipy.sparse.hstack(blocks).tocsr()
