"""Position windows cover the sequences; parts of labelled sequences are what slicing gives."""

import numpy as np

from motiflens.discovery.config import PositionWindowConfig
from motiflens.discovery.labelled import label_sequences, position_windows


def test_position_windows_cover_the_sequence():
    assert position_windows(2000, PositionWindowConfig()) == ()
    assert position_windows(15, PositionWindowConfig()) == ()
    for length in range(21, 301):
        found = position_windows(length, PositionWindowConfig())
        covered = np.zeros(length, bool)
        for start, end in found:
            covered[start:end] = True
        assert covered.all()
        assert found[-1][1] == length


def test_rows_windows_and_masks_are_those_of_plain_arrays():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (20, 30)).astype(np.uint8)
    positive = rng.random(20) < 0.5
    data, rows = label_sequences(codes, positive, strands="forward"), rng.random(20) < 0.5
    part = data.take(rows).within((5, 12))
    assert np.array_equal(part.codes.reshape(-1, 7), codes[rows, 5:12])
    assert np.array_equal(part.offsets, np.arange(rows.sum() + 1) * 7)
    assert np.array_equal(part.expected, data.expected[rows])
    assert np.array_equal(part.with_classes_exchanged().positive, ~positive[rows])
    assert np.array_equal(data.masked(data.codes == 0).codes, np.where(codes == 0, 4, codes).ravel())
