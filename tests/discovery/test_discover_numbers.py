"""Motifs that raise or lower a number, in sequences whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from motiflens.discovery.composition import expected_numbers
from motiflens.discovery.config import RefineConfig, SearchConfig
from motiflens.discovery.cuts import best_cut_of_numbers
from motiflens.discovery.discover_numbers import discover_numbers, first_half
from motiflens.discovery.families import families
from motiflens.discovery.measured import expected_by_other_half, measure_sequences
from motiflens.discovery.number_test import NumberTest
from motiflens.discovery.refine import refine, seed_matrix
from motiflens.discovery.search import _unmixed
from motiflens.errors import InputError
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import encode, reverse_complement
from motiflens.simulation.activity import ActivityConfig, ActivityMotif, simulate_activity

UP, DOWN = "TGACTCAT", "GGCATTCC"


@pytest.fixture(scope="module")
def planted():
    """Sequences, numbers, and which hold the motif that raises them by 1.5 and the one that lowers them by 1."""
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, (1200, 60)).astype(np.uint8)
    holds = {word: rng.random(1200) < 0.25 for word in (UP, DOWN)}
    for word, start in ((UP, 5), (DOWN, 35)):
        letters = encode([word])[0]
        for row in np.flatnonzero(holds[word]):
            at = start + int(rng.integers(12))
            codes[row, at : at + 8] = letters if rng.random() < 0.5 else reverse_complement(letters)
    values = 3 + 1.5 * holds[UP] - 1.0 * holds[DOWN] + rng.normal(size=1200)
    return codes, values, holds


@pytest.fixture(scope="module")
def found(planted):
    codes, values, _ = planted
    return discover_numbers(codes, np.where(np.arange(1200) % 40 == 7, np.nan, values), seed=0)


def test_both_motifs_are_found_with_sign_effect_and_sites_and_nothing_else(planted, found):
    codes, _, holds = planted
    assert len(found.supported) == 2
    raising, lowering = found.supported
    for one, word, direction, effect in ((raising, UP, "for", 1.5), (lowering, DOWN, "against", -1.0)):
        assert one.direction == direction
        assert one.motif.consensus in word or one.motif.reverse_complement().consensus in word
        assert one.test.interval[0] < effect < one.test.interval[1]
        assert np.mean(one.hits.in_sequences(len(codes)) == holds[word]) > 0.97


def test_the_test_is_of_sequences_that_were_measured_and_not_learned_from(planted, found):
    codes, _, _ = planted
    halves = {True, False}
    for one in found.supported:
        unmeasured = np.arange(1200) % 40 == 7
        assert one.test.n_with + one.test.n_without == (one.tested & ~unmeasured).sum()
        assert 550 < one.tested.sum() < 650
        site = one.hits.in_sequences(len(codes))
        assert one.test.n_with == (site & one.tested & ~unmeasured).sum()
        halves.discard(bool(one.tested[0]))


def test_permuted_numbers_have_no_motif(planted):
    codes, values, _ = planted
    assert not discover_numbers(codes, np.random.default_rng(0).permutation(values), seed=0).supported


def test_numbers_that_composition_makes_have_no_motif():
    rng = np.random.default_rng(4)
    gc = rng.uniform(0.2, 0.8, 1000)
    codes = np.where(
        rng.random((1000, 60)) < gc[:, None], rng.integers(1, 3, (1000, 60)), 3 * rng.integers(0, 2, (1000, 60))
    )
    codes = codes.astype(np.uint8)
    values = -8 * (((codes == 1) | (codes == 2)).mean(1) - 0.5) ** 2 + 0.1 * rng.normal(size=1000)
    assert not discover_numbers(codes, values, seed=0).supported


def test_composition_is_a_ridge_on_letters_their_squares_and_dinucleotides():
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, (800, 40)).astype(np.uint8)
    values = 5 * (codes == 0).mean(1) + 0.05 * rng.normal(size=800)
    learned = np.arange(800) < 400
    expected = expected_numbers(codes, np.where(learned, values, np.nan), strands="forward", learned=learned)
    assert np.corrcoef(expected[~learned], values[~learned])[0, 1] > 0.9
    noise = rng.normal(size=800)
    assert expected_numbers(codes, noise, strands="forward", learned=learned).std() < 0.2


def test_what_composition_makes_of_a_number_is_learned_from_the_other_half():
    rng = np.random.default_rng(6)
    codes = rng.integers(0, 4, (300, 40)).astype(np.uint8)
    values = 5 * (codes == 0).mean(1)
    first = np.arange(300) % 2 == 0
    one = expected_by_other_half(codes, values, first, strands="both")
    changed = np.where(first, values**3, values)
    other = expected_by_other_half(codes, changed, first, strands="both")
    assert np.corrcoef(one[first], other[first])[0, 1] == pytest.approx(1)
    assert np.corrcoef(one[~first], other[~first])[0, 1] < 1 - 1e-6


def test_the_size_of_compositions_part_is_that_where_it_is_tested():
    """It leaves nothing that goes with it; where numbers go the other way than learned, there is none."""
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 4, (300, 40)).astype(np.uint8)
    values = 5 * (codes == 0).mean(1) + rng.normal(0, 0.2, 300)
    learned = np.arange(300) < 150
    for size in (1.3, 0.5, -1.0):
        numbers = np.where(learned, values, size * values)
        expected = expected_numbers(codes, numbers, strands="forward", learned=learned)[~learned]
        assert np.cov(expected, numbers[~learned] - expected)[0, 1] == pytest.approx(0, abs=1e-9)
        assert (np.ptp(expected) > 0) == (size > 0)


def test_the_best_cut_is_that_of_all_cuts():
    rng = np.random.default_rng(7)
    values = rng.normal(size=150)
    values[::9] = np.nan
    scores = (rng.integers(0, 40, 150) + 4 * np.nan_to_num(values)).astype(np.int32)
    data = measure_sequences(np.zeros((150, 10), np.uint8), values, strands="forward")
    found = data.best_cut(scores, min_sites=8)
    known = np.isfinite(values)

    def z(cut: int) -> float:
        hits = (scores >= cut) & known
        k, n = hits.sum(), known.sum()
        if k < 8 or k * (1 - k / n) < 0.5:
            return -np.inf
        return (data.residual[hits].sum() - 0.5) / np.sqrt(k * (1 - k / n))

    best = max(np.unique(scores), key=z)
    assert z(found.threshold) == pytest.approx(z(best))


@pytest.mark.parametrize(
    ("values", "middle"),
    [([0, 0, 0, 4], 1), ([0, 0, 1], 1 / 3), ([*range(30), 1000, np.nan], 15)],
)
def test_the_middle_parts_the_numbers(values, middle):
    values = np.array(values, float)
    assert NumberTest.of(values).middle(values) == pytest.approx(middle)


def test_normal_scores_follow_the_direction_and_leave_out_what_was_not_measured():
    values = np.array([1.0, np.nan, 3.0, 2.0] * 5)
    codes = np.random.default_rng(8).integers(0, 4, (20, 12)).astype(np.uint8)
    up, down = (measure_sequences(codes, values, strands="forward", raises=raises) for raises in (True, False))
    assert (up.residual[1::4] == 0).all()
    assert up.residual[2] > up.residual[3] > up.residual[0]
    assert np.allclose(up.residual, -down.residual)
    part = up.take(np.arange(20) < 8)
    assert len(part) == 8
    assert np.array_equal(part.values, values[:8], equal_nan=True)


def test_the_effect_of_a_motif_is_taken_off():
    rng = np.random.default_rng(9)
    site = rng.random(400) < 0.5
    values = rng.normal(size=400) + 5 * site
    data = measure_sequences(rng.integers(0, 4, (400, 20)).astype(np.uint8), values, strands="forward")
    assert data.test(site).p < 1e-20
    assert data.without_effect(site).test(site).p > 0.2


def test_with_the_effect_of_a_motif_goes_what_composition_had_of_it():
    rng = np.random.default_rng(8)
    codes = rng.integers(0, 4, (4000, 40)).astype(np.uint8)
    site, real = rng.random(4000) < 0.3, rng.normal(size=4000)
    by_motif = 0.4 * site + 0.3 * rng.normal(size=4000)  # letters of the motif, taken for causes
    data = measure_sequences(codes, 2.0 * site + 0.1 * by_motif + rng.normal(size=4000), strands="forward")
    left = replace(data, expected=by_motif).without_effect(site)
    x = np.column_stack((np.ones(4000), site, by_motif))
    _, effect, share = np.linalg.lstsq(x, data.values, rcond=None)[0]
    np.testing.assert_allclose(left.expected, share * by_motif)
    np.testing.assert_allclose(left.explained, effect * site)
    data = replace(data, values=data.values + real, expected=real)
    np.testing.assert_allclose(data.without_effect(site).expected, real, atol=0.2)


@pytest.mark.parametrize(("words", "effects"), [(("CACGTGAC", "TGACTCA"), (1.5, 2.0)), (("TGASTCA",), (2.0,))])
def test_a_mixture_is_two_motifs_where_these_explain_more(words, effects):
    made = simulate_activity(
        ActivityConfig(
            n=4000,
            length=60,
            motifs=tuple(ActivityMotif(consensus=w, effects=(e,)) for w, e in zip(words, effects, strict=True)),
            targets=("activity",),
        ),
        seed=1,
    )
    data = measure_sequences(made.dataset.codes, made.dataset.values[:, 0], strands="both")
    start = seed_matrix(encode(["CACGTGACTCA"])[0], data.background)
    mixture = refine(start, data, source="kmers", config=RefineConfig())
    parts = _unmixed(mixture, data, SearchConfig())
    found = [Motif(name="", probabilities=part.probabilities) for part in parts]
    names = {one.consensus for one in found} | {one.reverse_complement().consensus for one in found}
    assert len(parts) == len(words)
    assert all(word in names for word in words if len(words) > 1)


def test_halves_keep_families_whole_and_have_as_many_high_numbers():
    rng = np.random.default_rng(10)
    codes = np.repeat(rng.integers(0, 4, (100, 40)).astype(np.uint8), 2, axis=0)
    values = rng.normal(size=200)
    first = first_half(codes, values, seed=0)
    family = families(codes)
    assert all(len(set(first[family == one])) == 1 for one in np.unique(family))
    high = values > np.median(values)
    assert abs((high & first).sum() - (high & ~first).sum()) <= 2


@pytest.mark.parametrize("values", [np.full(20, np.nan), np.ones(20)])
def test_numbers_that_are_missing_or_equal_are_refused(values):
    with pytest.raises(InputError, match="different numbers"):
        discover_numbers(np.zeros((20, 10), np.uint8), values)


def test_halves_have_as_many_with_a_label_that_most_have():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (200, 40)).astype(np.uint8)
    values = (np.arange(200) < 150).astype(float)
    first = first_half(codes, values, seed=0)
    assert abs(values[first].sum() - values[~first].sum()) <= 1


def test_with_many_zeros_a_few_sites_are_not_the_best_cut():
    """Of 5 % ones, 5 of 5 are .05 ** 5 = 3e-7, and 15 of 60 less; their means are 9.5 and 7.3 standard errors off."""
    ones = np.zeros(1000, bool)
    ones[:5] = ones[20:30] = ones[100:135] = True
    residual = (ones - ones.mean()) / ones.std()
    scores = np.where(np.arange(1000) < 5, 900, np.where(np.arange(1000) < 60, 500, 100)).astype(np.int32)
    plain, skewed = (
        best_cut_of_numbers(scores, residual, np.ones(1000), min_sites=3, skewed=skewed) for skewed in (False, True)
    )
    assert (plain.threshold, plain.hits) == (900, 5)
    assert (skewed.threshold, skewed.hits) == (500, 60)
    assert skewed.log_p == pytest.approx(np.log(binom.sf(14, 60, 0.05)), abs=2)
