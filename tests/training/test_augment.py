"""Augmentation: what moves, what changes, and when it ends."""

from dataclasses import replace

import numpy as np
import pytest
import test_loop
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.training.augment import augmented, mutated, shifted
from motiflens.training.config import ADDITIVE_RECIPE


def letters(n: int, length: int, *, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 5, (n, length)).astype(np.uint8))


@settings(deadline=None)
@given(length=st.integers(1, 12), by=st.lists(st.integers(-15, 15), min_size=1, max_size=5))
def test_a_shift_moves_letters_and_leaves_n(length, by):
    codes = letters(len(by), length)
    found = shifted(codes, torch.tensor(by))
    for row, move in enumerate(by):
        padded = [4] * 15 + codes[row].tolist() + [4] * 15
        assert found[row].tolist() == padded[15 - move : 15 - move + length]


def test_a_mutation_is_another_base_and_n_stays():
    codes = letters(50, 40)
    places = torch.rand(50, 40) < 0.3
    turn = torch.randint(1, 4, (50, 40), dtype=torch.uint8)
    found = mutated(codes, places, turn)
    assert found.dtype == torch.uint8
    changed = found != codes
    assert (changed == (places & (codes < 4))).all()
    assert (found[codes < 4] < 4).all()


def test_shares_and_spans():
    codes = torch.zeros(4000, 50, dtype=torch.uint8)
    found = augmented(codes, shift=0, mutate=0.1)
    assert (found > 0).float().mean().item() == pytest.approx(0.1, abs=0.01)
    assert torch.bincount(found.flatten())[1:].min() > 0.3 * (found > 0).sum()
    moved = (augmented(codes, shift=3, mutate=0.0) == 4).sum(1)
    assert torch.bincount(moved).tolist() == pytest.approx([4000 / 7, *[8000 / 7] * 3], rel=0.2)
    assert augmented(codes, shift=0, mutate=0.0) is codes


def test_only_the_first_epochs_are_augmented(monkeypatch):
    seen = []

    def spy(codes, **options):
        seen.append(options)
        return codes

    monkeypatch.setattr("motiflens.training.loop.augmented", spy)
    recipe = ADDITIVE_RECIPE.model_copy(update={"epochs": 5, "shift": 2, "mutate": 0.1, "augmented_share": 0.6})
    test_loop.run("additive", recipe=recipe)
    assert seen == [{"shift": 2, "mutate": 0.1}] * 3 * 4  # batches


def test_augmented_training_is_repeatable_and_differs():
    options = {"shift": 2, "mutate": 0.05, "epochs": 2}
    first = test_loop.run("additive", **options)
    test_loop.assert_same(first, test_loop.run("additive", **options))
    assert test_loop.differ(first, test_loop.run("additive", epochs=2))


def test_several_classes_and_one_strand_are_augmented_too():
    on = replace(test_loop.data(both=False), both_strands=False)
    assert len(test_loop.run("additive", on=on, shift=1, epochs=1).history) == 1
