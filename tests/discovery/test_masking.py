"""Masking: what a class's own motifs displace is not typical of the other class."""

import numpy as np

from motiflens.discovery.discover import discover
from motiflens.discovery.masking import mask_equally
from motiflens.sequence.alphabet import N, encode

WORD = "TGACTCAGCAGC"


def crowded(*, n=1500, length=48, seed=0):
    """2n random sequences; two thirds of the first n, the positives, hold the word twice."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (2 * n, length)).astype(np.uint8)
    site = encode([WORD])[0]
    for i in np.flatnonzero(rng.random(n) < 2 / 3):
        for at in (rng.integers(0, 12), rng.integers(24, 36)):
            codes[i, at : at + len(site)] = site
    return codes, np.arange(2 * n) < n


def test_both_classes_keep_as_many_letters_and_no_site():
    codes, positive = crowded()
    found = discover(codes, positive, strands="forward")
    free = mask_equally(codes, positive, [one.hits for one in found.motifs], seed=0)
    assert free.dtype == codes.dtype
    assert ((free == codes) | (free == N)).all()
    left = (free != N).mean(1)
    np.testing.assert_allclose(left[positive].mean(), left[~positive].mean(), atol=0.01)
    core = encode([found.motifs[0].motif.consensus])[0]
    assert 2 * (2 / 3) * len(core) / codes.shape[1] < 1 - left.mean()
    windows = np.lib.stride_tricks.sliding_window_view(free, len(core), axis=1)
    assert not (windows == core).all(2).any()


def test_without_motifs_nothing_is_masked():
    codes, positive = crowded(n=20)
    free = mask_equally(codes, positive, (), seed=0)
    np.testing.assert_array_equal(free, codes)


def test_words_of_the_background_are_as_frequent_in_both_classes():
    codes, positive = crowded()
    found = discover(codes, positive, strands="forward").motifs[:1]
    free = mask_equally(codes, positive, [one.hits for one in found], seed=0)
    site = encode([WORD])[0]
    own = {tuple(site[i : i + 3]) for i in range(len(site) - 2)}
    excess = []
    for seen in (codes, free):
        words = np.lib.stride_tricks.sliding_window_view(seen, 3, axis=1)
        index = np.where((words == N).any(2), 64, words @ np.array([16, 4, 1]))
        others = [w for w in range(64) if (w // 16, w // 4 % 4, w % 4) not in own]
        share = [np.isin(index[inside], others).mean() for inside in (~positive, positive)]
        excess.append(share[0] / share[1])
    assert excess[0] > 1.3
    assert abs(excess[1] - 1) < 0.1  # the matrix has ten of the word's twelve letters
