"""Parts of labelled sequences are what slicing gives."""

import numpy as np

from motiflens.discovery.labelled import label_sequences


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
