"""Families of related sequences, and halves that keep them whole."""

import numpy as np

from motiflens.discovery.families import families, halves


def test_halves_keep_families_whole_and_classes_even():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 150, 400)
    positive = rng.random(400) < 0.3
    first = halves(positive, group, seed=1)
    assert all(len(np.unique(first[group == g])) == 1 for g in np.unique(group))
    assert abs(first[positive].mean() - 0.5) < 0.05
    assert abs(first[~positive].mean() - 0.5) < 0.05
    assert not np.array_equal(first, halves(positive, group, seed=2))


def test_random_sequences_and_n_have_no_family():
    codes = np.random.default_rng(0).integers(0, 4, (200, 100)).astype(np.uint8)
    codes[:, 60:] = 4
    assert len(np.unique(families(codes))) == 200
