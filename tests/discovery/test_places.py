"""Where sites matter most: against scipy's rank test, and where there is nothing to find."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm, rankdata

from motiflens.discovery.config import PlaceConfig
from motiflens.discovery.number_test import NumberTest
from motiflens.discovery.places import _deviations, _parts, place_of
from motiflens.motifs.scan import Hits

LENGTH, WIDTH, N = 120, 8, 1200
FIRST = np.arange(N) % 2 == 0
TESTS = (NumberTest(name="rank sum"), NumberTest(name="permutation"))


def sites(rng: np.random.Generator) -> Hits:
    """One site in each of 900 sequences, two in 200 of them."""
    sequence = np.sort(np.concatenate((np.arange(900), np.arange(200))))
    start = rng.integers(0, LENGTH - WIDTH + 1, len(sequence))
    start[1:][sequence[1:] == sequence[:-1]] = LENGTH - WIDTH  # the second of two: at the end
    fill = np.zeros(len(sequence))
    return Hits(
        sequence=sequence,
        start=start,
        end=start + WIDTH,
        strand=np.ones(len(sequence), np.int8),
        motif=np.zeros(len(sequence), np.int64),
        score=fill,
        p=fill,
        q=fill,
        tests=np.array([1]),
        unreachable=np.array([False]),
    )


def numbers(hits: Hits, rng: np.random.Generator, *, there: float, elsewhere: float) -> np.ndarray:
    """Values of sequences whose sites add more from 40 to 70."""
    inside = np.zeros(N, bool)
    inside[hits.sequence[(hits.start >= 40) & (hits.start < 60)]] = True
    some = hits.in_sequences(N)
    return np.where(inside, there, np.where(some, elsewhere, 0.0)) + rng.normal(size=N)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_place_of_a_planted_difference_is_found_and_tested_as_scipy_does(sign: int) -> None:
    rng = np.random.default_rng(3)
    hits = sites(rng)
    values = sign * numbers(hits, rng, there=1.5, elsewhere=0.3)
    values[::50] = np.nan
    expected = 0.2 * rng.normal(size=N)
    found = place_of(hits, values, expected, tested=~FIRST, chosen=FIRST, raises=sign > 0, by=TESTS[0], length=LENGTH)
    assert found is not None
    start, end = found.window
    assert 36 <= start < end <= 71
    assert end - start >= 10 + WIDTH - 1
    inside = np.zeros(N, bool)
    inside[hits.sequence[(hits.start >= start) & (hits.end <= end)]] = True
    some, left = hits.in_sequences(N), values - expected
    known = ~FIRST & np.isfinite(values)
    there, elsewhere, none = (left[known & rows] for rows in (inside, some & ~inside, ~some))
    p = mannwhitneyu(there, elsewhere, alternative="greater" if sign > 0 else "less", method="asymptotic").pvalue
    assert found.test.p == pytest.approx(p, rel=1e-9)
    assert found.test.effect == pytest.approx(there.mean() - elsewhere.mean())
    assert found.there.effect == pytest.approx(there.mean() - none.mean())
    assert found.elsewhere.effect == pytest.approx(elsewhere.mean() - none.mean())
    assert found.test.interval[0] < sign * 1.2 < found.test.interval[1]


@pytest.mark.parametrize("by", TESTS, ids=lambda by: by.name)
def test_what_is_tested_has_no_say_in_the_choice(by: NumberTest) -> None:
    rng = np.random.default_rng(4)
    hits = sites(rng)
    values = numbers(hits, rng, there=1.5, elsewhere=0.3)
    nothing = np.zeros(N)
    one = place_of(hits, values, nothing, tested=~FIRST, chosen=FIRST, raises=True, by=by, length=LENGTH)
    values[~FIRST] = rng.permutation(values[~FIRST])
    other = place_of(hits, values, nothing, tested=~FIRST, chosen=FIRST, raises=True, by=by, length=LENGTH)
    assert one is not None
    assert other is not None
    assert one.window == other.window
    assert other.test.p > 0.01 > one.test.p


@pytest.mark.parametrize("by", TESTS, ids=lambda by: by.name)
def test_sites_that_work_the_same_everywhere_have_no_place_more_often_than_the_error_rate(by: NumberTest) -> None:
    confirmed = chosen = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        hits = sites(rng)
        values = numbers(hits, rng, there=1.0, elsewhere=1.0)
        found = place_of(hits, values, np.zeros(N), tested=~FIRST, chosen=FIRST, raises=True, by=by, length=LENGTH)
        chosen += found is not None
        confirmed += found is not None and found.test.p < 0.05
    assert chosen <= 10  # 5 are expected at most
    assert confirmed <= 2


def test_rank_sums_are_those_of_scipy() -> None:
    rng = np.random.default_rng(5)
    begins = rng.random((200, 60)) < 0.05
    residual = rng.normal(size=200)
    windows = _parts(0, 60, PlaceConfig())
    assert min(end - start for start, end in windows) == 10
    assert max(end - start for start, end in windows) <= 45
    for (start, end), z in zip(windows, _deviations(begins, rankdata(residual), windows, least=20), strict=True):
        inside = begins[:, start:end].any(1)
        test = mannwhitneyu(
            residual[inside], residual[~inside], alternative="greater", use_continuity=False, method="asymptotic"
        )
        if min(inside.sum(), (~inside).sum()) < 20:
            assert z == 0
        else:
            assert z == pytest.approx(norm.isf(test.pvalue), rel=1e-6)


@pytest.mark.parametrize("by", TESTS, ids=lambda by: by.name)
def test_too_few_sites_or_too_short_sequences_have_no_place(by: NumberTest) -> None:
    rng = np.random.default_rng(6)
    hits = sites(rng)
    values, nothing = numbers(hits, rng, there=3.0, elsewhere=0.0), np.zeros(N)
    few = hits.take(hits.sequence < 30)
    assert place_of(few, values, nothing, tested=~FIRST, chosen=FIRST, raises=True, by=by, length=LENGTH) is None
    none = hits.take(hits.sequence < 0)
    assert place_of(none, values, nothing, tested=~FIRST, chosen=FIRST, raises=True, by=by, length=LENGTH) is None
    short = replace(hits, start=hits.start % 8, end=hits.start % 8 + WIDTH)
    assert place_of(short, values, nothing, tested=~FIRST, chosen=FIRST, raises=True, by=by, length=15) is None
