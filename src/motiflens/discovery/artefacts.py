"""Artefacts of shuffled negatives: what real DNA has more of than its dinucleotide shuffles without being a motif.

Real DNA has words of three letters that its dinucleotides do not explain. A motif that stands out against shuffles, and
nearly as much in random sequences with the trinucleotides of the real ones, is such a word.
"""

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.result import FoundMotif
from motiflens.discovery.sites import find_sites
from motiflens.motifs.scores import UNITS_PER_BIT
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes, Strands

_PSEUDOCOUNT = 0.02
_DRAWS = 5


def share_explained_by_trinucleotides(
    found: FoundMotif, codes: Codes, positive: Bool[np.ndarray, " n"], *, strands: Strands, seed: int
) -> float:
    """Return the share of a motif's excess over shuffled negatives that random trinucleotides have too, at most 1.

    Args:
        found: the motif.
        codes: sequences.
        positive: which of them are real; the others are shuffles.
        strands: strands that sites may lie on.
        seed: seed of the random sequences.
    """
    site = found.hits.in_sequences(len(codes))
    real, shuffled = site[positive].mean(), site[~positive].mean()
    masked = np.where(found.hits.covered(codes.shape), N, codes)  # or the motif's own letters would explain it
    shares = []
    for draw in range(_DRAWS):
        random = random_trinucleotides(codes[positive], counted=masked[positive], seed=seed + draw)
        hits, _ = find_sites(
            random,
            found.motif,
            threshold=int(np.floor(found.cut * UNITS_PER_BIT)),
            window=found.position_window,
            background=found.background,
            strands=strands,
        )
        shares.append((hits.in_sequences(len(random)).mean() - shuffled) / max(real - shuffled, 1e-9))
    return float(np.clip(np.mean(shares), 0, 1))


def random_trinucleotides(codes: Codes, *, counted: Codes, seed: int) -> Codes:
    """Return random sequences, each by the second-order Markov chain of its row in `counted`; N of `codes` stays."""
    rng = np.random.default_rng(seed)
    n, length = codes.shape
    rows = np.arange(n)
    known = (counted[:, 2:] < N) & (counted[:, 1:-1] < N) & (counted[:, :-2] < N)
    context = (counted[:, :-2] & 3) * 4 + (counted[:, 1:-1] & 3)
    counts = np.full((n, 16, 4), _PSEUDOCOUNT)
    np.add.at(counts, (rows[:, None], context, counted[:, 2:] & 3), known)
    cumulative = counts.cumsum(2)
    cumulative /= cumulative[:, :, -1:]
    out = np.where(codes < N, codes, 0).astype(np.uint8)
    for position in range(2, length):
        here = cumulative[rows, out[:, position - 2] * 4 + out[:, position - 1]]
        out[:, position] = (rng.random((n, 1)) >= here[:, :3]).sum(1)
    return np.where(codes < N, out, codes).astype(codes.dtype)
