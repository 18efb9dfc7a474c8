"""Position windows cover the sequences at any length, and lie where letters differ."""

import numpy as np
import pytest

from motiflens.discovery.config import PositionWindowConfig
from motiflens.discovery.discover import discover
from motiflens.discovery.position_windows import position_windows
from motiflens.sequence.alphabet import encode


def random(n, length, seed=0):
    return np.random.default_rng(seed).integers(0, 4, (n, length)).astype(np.uint8), np.arange(n) < n // 2


@pytest.mark.parametrize("length", [21, 60, 81, 160, 300, 1000, 10_000])
def test_windows_cover_the_sequence_and_are_few(length):
    found = position_windows(*random(40, length))
    covered = np.zeros(length, bool)
    for start, end in found:
        assert 0 <= start < end <= length
        covered[start:end] = True
    assert covered.all()
    assert len(found) <= 7 + PositionWindowConfig().max_narrow


def test_very_short_sequences_have_none():
    assert position_windows(*random(40, 15)) == ()


def test_narrow_windows_lie_where_letters_differ_and_nowhere_else():
    codes, positive = random(400, 1000)
    assert all(end - start > 40 for start, end in position_windows(codes, positive))
    codes[:150, 617:620] = encode(["CAG"])[0]
    narrow = [w for w in position_windows(codes, positive) if w[1] - w[0] == 40]
    assert narrow
    assert all(start <= 620 and end >= 617 for start, end in narrow)


def test_a_short_motif_at_a_place_of_long_sequences_is_found_there():
    codes, positive = random(600, 800)
    for i in range(300):
        if i % 10:
            codes[i, 500:504] = encode(["CAGG"])[0]
    first = discover(codes, positive, strands="forward").motifs[0]
    assert first.status == "supported"
    assert first.position_window is not None
    assert np.bincount(first.hits.start).argmax() in range(497, 502)
