"""The two components of mixed sites are found, and one motif is left alone."""

import numpy as np

from motiflens.discovery.mixture import two_components
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import encode


def drawn(consensus, n, *, noise, seed):
    """n sites of a consensus with some letters changed."""
    rng = np.random.default_rng(seed)
    letters = np.repeat(encode([consensus]), n, axis=0)
    return np.where(rng.random(letters.shape) < noise, rng.integers(0, 4, letters.shape), letters).astype(np.uint8)


def consensi(parts):
    return [Motif(name="", probabilities=part).consensus for part in parts]


def test_two_words_are_two_components_the_more_frequent_first():
    sites = np.concatenate((drawn("TATAAA", 60, noise=0.03, seed=0), drawn("TGTCAA", 40, noise=0.03, seed=1)))
    parts = two_components(np.random.default_rng(2).permutation(sites))
    assert parts is not None
    assert consensi(parts) == ["TATAAA", "TGTCAA"]


def test_independent_columns_are_one_motif():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        sites = np.stack([rng.choice(4, 150, p=rng.dirichlet(np.full(4, 0.4))) for _ in range(8)], 1)
        assert two_components(sites.astype(np.uint8)) is None


def test_few_sites_tell_nothing():
    sites = (drawn("TATAAA", 6, noise=0, seed=0), drawn("TGTCAA", 6, noise=0, seed=1))
    assert two_components(np.concatenate(sites)) is None
