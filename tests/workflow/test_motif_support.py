"""Which motifs the workflow keeps once the model has been asked."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from motiflens.discovery.discover import discover
from motiflens.discovery.evidence import assess_motifs
from motiflens.run.schema.motifs import Effect
from motiflens.sequence.alphabet import encode
from motiflens.workflow.find_motifs import _ClassMotifs, _confirmed_by_model, _strongest_first
from motiflens.workflow.motif_effects import ModelEffects


class Answers(ModelEffects):
    """One answer to every question."""

    def __init__(self, low: float, high: float) -> None:  # needs no model
        self.answer = Effect(mean=(low + high) / 2, low=low, high=high, n=10)
        self.asked: list[int | None] = []

    def insertion(self, motif, target, *, start):  # noqa: ARG002, the answer is the same for all
        self.asked.append(start)
        return self.answer


@cache
def found(*, fixed: bool) -> _ClassMotifs:
    """A word of one class, found by k-mers alone: at position 12, or anywhere and on both strands."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (600, 60)).astype(np.uint8)
    positive = np.arange(600) < 300
    for row in np.flatnonzero(positive)[::2]:
        at, word = (12, "GACT") if fixed else (rng.integers(0, 50), "GATTACAG")  # short: only its place tells it
        codes[row, at : at + len(word)] = encode([word])[0]
    discovery = discover(codes, positive, strands="forward" if fixed else "both")
    return _ClassMotifs(target="yes", discovery=discovery, evidence=assess_motifs(discovery, codes, positive))


@pytest.mark.parametrize(
    ("low", "high", "kept"), [(0.2, 0.4, True), (-0.1, 0.5, False), (0.05, 0.09, False), (-0.5, -0.2, False)]
)
def test_a_word_at_a_fixed_place_needs_the_models_word_too(low, high, kept):
    before, effects = found(fixed=True), Answers(low, high)
    assert [m.found.position_window is not None for m in before.evidence.supported] == [True]
    after = _confirmed_by_model(before, effects).evidence
    assert bool(after.supported) == kept
    assert (after.hits is not None) == kept
    assert abs(effects.asked[0] - 12) <= 2
    if not kept:
        assert "moves the model by less" in after.not_supported[0].reason


def test_a_motif_without_a_place_needs_none():
    before, effects = found(fixed=False), Answers(-0.5, 0.5)
    after = _confirmed_by_model(before, effects).evidence
    assert effects.asked == []
    assert after.supported == before.evidence.supported


def test_motifs_stand_in_the_order_of_their_held_out_p():
    one = found(fixed=False).evidence.supported[0]

    def motif(p: float, log_p: float):
        return replace(one, found=replace(one.found, log_p=log_p), held_out=replace(one.held_out, p=p))

    first = (motif(1e-9, -900.0), motif(0.0, -800.0))
    second = (motif(1e-20, -1.0), motif(0.0, -850.0))
    assert _strongest_first([first, second]) == [(1, 1), (0, 1), (1, 0), (0, 0)]
