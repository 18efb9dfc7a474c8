"""Intervals in record ids, in every spelling that tools write; overlaps against pairwise comparison."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.sequence.coordinates import Interval, MergedIntervals, parse_interval, parse_intervals


@pytest.mark.parametrize(
    ("record_id", "expected"),
    [
        ("chr1:100-160", ("chr1", 100, 160, False)),
        ("chr1:100-160(+)", ("chr1", 100, 160, False)),
        ("chr1:100-160(-)", ("chr1", 100, 160, True)),
        ("chr1:100-160(.)", ("chr1", 100, 160, False)),
        ("chr1_100_160", ("chr1", 100, 160, False)),
        ("chr1:100_160(-)", ("chr1", 100, 160, True)),
        ("peak7::chr1:100-160", ("chr1", 100, 160, False)),
        ("peak_7::2L:100-160(-)", ("2L", 100, 160, True)),
        ("a::b::chr1:100-160", ("chr1", 100, 160, False)),
        ("::chr1:100-160", ("chr1", 100, 160, False)),
        ("chrUn_KI270742v1:0-60", ("chrUn_KI270742v1", 0, 60, False)),
        ("chrUn_KI270742v1_0_60", ("chrUn_KI270742v1", 0, 60, False)),
        ("peak7:chr1:100-160", None),
        ("chr1", None),
        ("chr1:100", None),
        ("chr1:a-b", None),
        (":100-160", None),
        ("chr 1:100-160", None),
        ("chr1:100-160(+)x", None),
        ("chr1:100-160\n", None),
        ("chr1:١-٢", None),
        ("", None),
    ],
)
def test_intervals_in_record_ids(record_id: str, expected: tuple[str, int, int, bool] | None) -> None:
    found = parse_interval(record_id)
    assert found == (
        expected and Interval(chromosome=expected[0], start=expected[1], end=expected[2], reverse=expected[3])
    )
    assert parse_intervals([record_id, "?"]) == [found, None]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (100, 160, (100, 160)),
        (101, 160, (100, 160)),
        (1, 60, (0, 60)),
        (0, 59, None),
        (100, 161, None),
        (160, 100, None),
    ],
)
def test_a_start_may_be_counted_from_0_or_from_1(start: int, end: int, expected: tuple[int, int] | None) -> None:
    found = Interval(chromosome="chr1", start=start, end=end, reverse=True).fitted_to(60)
    assert (found and (found.chromosome, found.start, found.end, found.reverse)) == (
        expected and ("chr1", *expected, True)
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=8), st.integers(1, 9))
def test_overlaps_are_those_of_pairwise_comparison(intervals: list[tuple[int, int]], width: int) -> None:
    start = np.array([s for s, _ in intervals], np.int64)
    end = np.array([s + n for s, n in intervals], np.int64)
    windows = np.arange(70)
    naive = [any(s < w + width and w < e for s, e in zip(start, end, strict=True)) for w in windows]
    merged = MergedIntervals.of(start, end)
    assert merged.overlap(windows, windows + width).tolist() == naive
    assert (merged.start[1:] > merged.end[:-1]).all()
