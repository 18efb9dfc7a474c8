"""Discovery: what was planted comes out, from words, contributions, at a fixed place; its parts against oracles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from motiflens.discovery.config import BandConfig, DiscoveryConfig, SeqletConfig, WordConfig
from motiflens.discovery.discover import bands, discover
from motiflens.discovery.gapped_kmers import enriched_words, unlike
from motiflens.discovery.refine import (
    Labelled,
    best_cut,
    best_sites,
    integer_log_odds,
    log_binomial_tail,
    site_mask,
    with_n,
)
from motiflens.discovery.seqlets import call_seqlets, observed_contributions
from motiflens.errors import InputError
from motiflens.motifs.correlation import alike
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import concatenate
from motiflens.sequence.alphabet import decode, encode, reverse_complement

UNIFORM = np.full(4, 0.25)


def planted(word, *, n=300, length=80, share=0.5, at=None, both=True, seed=0):
    """2n random sequences, the first n positive, `share` of which hold the word; and where."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (2 * n, length)).astype(np.uint8)
    site = encode([word])[0]
    starts = np.full(2 * n, -1)
    for i in np.flatnonzero(rng.random(n) < share):
        starts[i] = rng.integers(0, length - len(site) + 1) if at is None else at
        codes[i, starts[i] : starts[i] + len(site)] = reverse_complement(site) if both and rng.random() < 0.5 else site
    return codes, np.arange(2 * n) < n, starts


def consensi(discovery):
    return [m.motif.consensus for m in discovery.motifs]


def labelled(codes, positive, *, both=True):
    joined = concatenate(codes)
    expected = np.full(len(codes), positive.mean())
    return Labelled(
        codes=joined.codes, offsets=joined.offsets, positive=positive, expected=expected, letters=UNIFORM, both=both
    )


def test_a_planted_word_is_the_first_motif_with_its_sites():
    codes, positive, starts = planted("TGACTCAGCA")
    first = discover(codes, positive).motifs[0]
    assert first.motif.consensus in ("TGACTCAGCA", "TGCTGAGTCA")
    assert first.sources == ("words",)
    planted_rows = np.flatnonzero(starts >= 0)
    assert len(np.setxor1d(planted_rows, first.site_rows)) <= 2  # chance sites one letter off
    assert np.count_nonzero(starts[first.site_rows] == first.site_starts) >= len(planted_rows) - 1


def test_the_same_input_gives_the_same_motifs():
    codes, positive, _ = planted("TGACTCA", share=0.3)
    first, second = discover(codes, positive), discover(codes, positive)
    assert consensi(first) == consensi(second)
    for a, b in zip(first.motifs, second.motifs, strict=True):
        assert np.array_equal(a.motif.probabilities, b.motif.probabilities)


def test_four_letters_in_short_oriented_sequences():
    codes, positive, _ = planted("CAAT", n=800, length=60, share=0.5, both=False)
    assert consensi(discover(codes, positive, strands="forward"))[0] == "CAAT"


def test_what_the_other_class_holds_argues_against():
    codes, positive, _ = planted("TGACTCAGCA")
    found = discover(codes, ~positive, directions=("for", "against")).motifs[0]
    assert found.direction == "against"
    assert found.motif.consensus in ("TGACTCAGCA", "TGCTGAGTCA")
    assert not (~positive)[found.site_rows].any()


def test_a_motif_at_a_fixed_place_is_sought_there():
    codes, positive, _ = planted("TATAAT", n=400, share=0.3, at=40, both=False)
    first = discover(codes, positive, strands="forward").motifs[0]
    assert first.motif.consensus == "TATAAT"
    assert first.band is not None
    assert first.band[0] <= 40
    assert first.band[1] >= 46
    assert abs(first.site_starts - 40).max() < 20


def test_bands_cover_the_sequence():
    assert bands(2000, BandConfig()) == ()
    assert bands(15, BandConfig()) == ()
    for length in range(21, 301):
        found = bands(length, BandConfig())
        covered = np.zeros(length, bool)
        for start, end in found:
            covered[start:end] = True
        assert covered.all()
        assert found[-1][1] == length


def contributions(codes, starts, word, *, size=1.0, noise=0.02, seed=1):
    """Hypothetical contributions of a model that knows the word where it was planted, on either strand."""
    rng = np.random.default_rng(seed)
    hypothetical = rng.normal(0, noise, (len(codes), 4, codes.shape[1])).astype(np.float32)
    site = encode([word])[0]
    for i in np.flatnonzero(starts >= 0):
        window = codes[i, starts[i] : starts[i] + len(site)]
        here = site if np.array_equal(window, site) else reverse_complement(site)
        hypothetical[i, here, starts[i] + np.arange(len(site))] += size
    return hypothetical - hypothetical.mean(1, keepdims=True)


def test_contributions_give_the_motif_its_matrix_its_seqlets_and_its_share():
    codes, positive, starts = planted("TGACTCAGCA")
    result = discover(codes, positive, contributions(codes, starts, "TGACTCAGCA"))
    first = result.motifs[0]
    assert "contributions" in first.sources
    assert first.contribution_fraction > 0.9
    assert first.seqlets >= 0.95 * np.count_nonzero(starts >= 0)
    assert result.explained_sequences == len(codes)
    assert result.clusters >= 1
    matrix = first.motif.contributions
    assert matrix.shape == first.motif.probabilities.shape
    assert np.array_equal(matrix.argmax(0), first.motif.probabilities.argmax(0))
    assert matrix.max(0).mean() == pytest.approx(0.75, abs=0.05)  # 1 less the mean over the bases


def test_contributions_may_cover_some_of_the_sequences():
    codes, positive, starts = planted("TGACTCAGCA")
    rows = np.arange(0, len(codes), 3)
    result = discover(codes, positive, contributions(codes, starts, "TGACTCAGCA")[rows], rows=rows)
    assert result.explained_sequences == len(rows)
    assert result.motifs[0].contribution_fraction > 0.9
    assert abs(result.motifs[0].motif.sites - np.count_nonzero(starts >= 0)) <= 2


def test_noise_has_no_seqlets():
    rng = np.random.default_rng(0)
    found = call_seqlets(rng.normal(size=(200, 100)).astype(np.float32), direction="for", config=SeqletConfig())
    assert len(found) <= 2


@pytest.mark.parametrize(("direction", "sign"), [("for", 1), ("against", -1)])
def test_seqlets_lie_where_the_contributions_do(direction, sign):
    values = np.random.default_rng(0).normal(0, 0.1, (100, 80)).astype(np.float32)
    values[:50, 30:39] += sign
    found = call_seqlets(values, direction=direction, config=SeqletConfig(width=9))
    strong = np.abs(found.total) > 5
    assert np.array_equal(found.row[strong], np.arange(50))
    assert (found.start[strong] == 30).all()
    assert (np.sign(found.total) == sign).all()
    assert len(found) <= 55


def test_observed_contributions_follow_the_letters_and_skip_n():
    codes = encode(["ACGTN"])
    hypothetical = np.arange(20, dtype=np.float32).reshape(1, 4, 5)
    assert observed_contributions(hypothetical, codes).tolist() == [[0, 6, 12, 18, 0]]


def test_a_single_class_is_an_error():
    with pytest.raises(InputError, match="inside and outside"):
        discover(np.zeros((20, 50), np.uint8), np.ones(20, bool))


@given(trials=st.integers(1, 400), share=st.floats(0.02, 0.98), data=st.data())
@settings(deadline=None, max_examples=200)
def test_the_binomial_tail_is_scipys(trials, share, data):
    successes = data.draw(st.integers(0, trials))
    terms = stats.binom.logpmf(np.arange(successes, trials + 1), trials, share)
    expected = special.logsumexp(terms) if successes > trials * share else 0.0
    assert log_binomial_tail(successes, trials, share) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_best_cut_is_that_of_all_cuts():
    rng = np.random.default_rng(0)
    positive = rng.random(200) < 0.5
    scores = (rng.integers(0, 50, 200) + 8 * positive).astype(np.int32)
    data = labelled(np.zeros((200, 10), np.uint8), positive)
    found = best_cut(scores, data, least=8)
    tails = []
    for cut in np.unique(scores):
        hit = scores >= cut
        if 8 <= hit.sum() <= 100:
            tails.append((stats.binom.logsf((hit & positive).sum() - 1, hit.sum(), positive.mean()), cut))
    assert found.log_p <= min(tails)[0] + 1e-9
    assert found.hits == np.count_nonzero(scores >= found.cut)
    assert found.positives == np.count_nonzero((scores >= found.cut) & positive)


def test_masked_sites_are_those_that_a_plain_scan_finds():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, (30, 60)).astype(np.uint8)
    scores = integer_log_odds(rng.dirichlet(np.full(4, 0.3), 6).T, UNIFORM)
    turned = scores[::-1, ::-1]
    cut = 300
    expected = np.zeros(codes.shape, bool)
    for i, row in enumerate(codes):
        for p in range(10, 45):
            window = row[p : p + 6]
            if (window < 4).all() and max(m[window, np.arange(6)].sum() for m in (scores, turned)) >= cut:
                expected[i, p : p + 6] = True
    joined = concatenate(codes)
    mask = site_mask(joined.codes, joined.offsets, with_n(scores), with_n(turned), cut, True, 10, 50)
    assert expected.any()
    assert np.array_equal(mask.reshape(codes.shape), expected)


def test_best_sites_in_a_band_have_their_places_in_the_sequence():
    codes, positive, starts = planted("TGACTCAGCA", share=1.0, at=33, both=False)
    data = labelled(codes, positive, both=False)
    scores = integer_log_odds(Motif.from_consensus("TGACTCAGCA").probabilities, UNIFORM)
    _, found, _ = best_sites(data, scores, (20, 50))
    assert (found[positive] == 33).all()
    assert (starts[positive] == 33).all()


def test_words_are_counted_by_sequence_and_on_both_strands():
    codes, positive, _ = planted("ACGTTGCA", n=100, share=0.8)
    data = labelled(codes, positive)
    config = WordConfig(shapes=((5, (6,)),), dyads=(), kept=20)
    residual, variance = positive - data.expected, np.full(len(codes), 0.25)
    found = enriched_words(
        data.codes, data.offsets, residual=residual, variance=variance, both=True, config=config, workers=1
    )
    text = [decode(row) for row in codes]
    for word in found[:5]:
        columns = word.columns()
        pieces = [columns, np.where(columns[::-1] > 3, 4, 3 - columns[::-1])]
        holds = np.array([any(_holds(encode([t])[0], piece) for piece in pieces) for t in text])
        up, spread = residual[holds].sum(), variance[holds].sum()
        z = (up - 0.5) / np.sqrt(spread * (1 - spread / variance.sum()) + config.variance_floor)
        assert word.z == pytest.approx(z, rel=1e-3)


def _holds(row, piece):
    return any(all(c > 3 or row[p + i] == c for i, c in enumerate(piece)) for p in range(len(row) - len(piece) + 1))


def test_shifted_words_are_alike():
    codes, positive, _ = planted("ACGTTGCAAC", n=100, share=0.9)
    data = labelled(codes, positive)
    found = enriched_words(
        data.codes,
        data.offsets,
        residual=positive - data.expected,
        variance=np.full(len(codes), 0.25),
        both=True,
        config=WordConfig(shapes=((6, (6,)),), dyads=()),
        workers=2,
    )
    strong = [word for word in found if word.z > 5]
    assert len(strong) > 3
    assert len(unlike(strong, 10, both=True)) <= 2


@given(seed=st.integers(0, 10_000), shift=st.integers(0, 3))
@settings(deadline=None, max_examples=30)
def test_a_matrix_is_like_its_shifted_copy_on_the_other_strand(seed, shift):
    matrix = np.random.default_rng(seed).dirichlet(np.full(4, 0.2), 10).T
    copy = np.hstack((np.full((4, shift), 0.25), matrix[::-1, ::-1]))
    assert alike(matrix, copy, both=True) == pytest.approx(1, abs=1e-6)
    assert alike(matrix, copy, both=False) <= 1 + 1e-9


def test_a_known_motif_too_rare_for_words_is_a_seed():
    codes, positive, starts = planted("TGACTCAGCA", share=0.05)
    known = [Motif.from_consensus("TGACTCAGCA", name="here"), Motif.from_consensus("GGGGATTTCC", name="elsewhere")]
    found = [m for m in discover(codes, positive, known=known, config=DiscoveryConfig(workers=1)).motifs if m.known]
    assert [m.known.motif.name for m in found] == ["here"]
    assert found[0].known.q < 0.01
    assert set(found[0].site_rows) >= set(np.flatnonzero(starts >= 0))
