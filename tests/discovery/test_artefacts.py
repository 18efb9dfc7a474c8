"""What shuffled negatives lack: trinucleotides that dinucleotides do not explain."""

import numpy as np

from motiflens.discovery.artefacts import random_trinucleotides, share_explained_by_trinucleotides
from motiflens.discovery.discover import discover
from motiflens.sequence.alphabet import N, encode
from motiflens.sequence.shuffle import dinucleotide_shuffle


def trinucleotides(codes):
    windows = codes[:, :-2].astype(int) * 16 + codes[:, 1:-1] * 4 + codes[:, 2:]
    return np.bincount(windows.ravel(), minlength=64) / windows.size


def test_random_sequences_have_the_trinucleotides_of_their_originals():
    rng = np.random.default_rng(0)
    codes = rng.choice(4, (300, 300), p=[0.4, 0.1, 0.2, 0.3]).astype(np.uint8)
    codes[:, 2::7] = codes[:, 1:-1:7] ^ 1  # words of three that are not random
    np.testing.assert_allclose(
        trinucleotides(random_trinucleotides(codes, counted=codes, seed=0)), trinucleotides(codes), atol=0.004
    )


def test_n_stays_and_the_seed_decides():
    codes = np.random.default_rng(0).integers(0, 5, (20, 50)).astype(np.uint8)
    once, again = (
        random_trinucleotides(codes, counted=codes, seed=1),
        random_trinucleotides(codes, counted=codes, seed=1),
    )
    assert np.array_equal(once, again)
    assert np.array_equal(once == N, codes == N)
    assert not np.array_equal(once, random_trinucleotides(codes, counted=codes, seed=2))


def test_a_motif_is_not_explained():
    rng = np.random.default_rng(3)
    real = rng.integers(0, 4, (400, 100)).astype(np.uint8)
    for i in range(0, 400, 2):
        at = rng.integers(0, 90)
        real[i, at : at + 10] = encode(["TGACTCAGCA"])[0]
    codes = np.concatenate((real, dinucleotide_shuffle(real, seed=0)))
    positive = np.arange(800) < 400
    found = discover(codes, positive).supported[0]
    share = share_explained_by_trinucleotides(found, codes, positive, strands="both", seed=0)
    assert share <= 0.1


def test_words_of_three_letters_are():
    rng = np.random.default_rng(3)
    real = rng.integers(0, 4, (400, 120)).astype(np.uint8)
    for i in range(400):  # many triplets AGG where dinucleotides alone would make fewer
        for at in rng.choice(39, 8, replace=False) * 3:
            real[i, at : at + 3] = encode(["AGG"])[0]
    codes = np.concatenate((real, dinucleotide_shuffle(real, seed=0)))
    positive = np.arange(800) < 400
    strongest = discover(codes, positive, strands="forward").motifs[0]
    share = share_explained_by_trinucleotides(strongest, codes, positive, strands="forward", seed=0)
    assert share > 0.15
