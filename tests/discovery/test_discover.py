"""Discovery: what was planted comes out, from k-mers, from contributions, at a fixed place."""

import numpy as np
import pytest
from planted_kmers import planted

from motiflens.discovery.config import DiscoveryConfig, KnownMotifConfig
from motiflens.discovery.discover import discover
from motiflens.discovery.labelled import label_sequences
from motiflens.discovery.side_search import _known_seeds
from motiflens.errors import InputError
from motiflens.motifs.correlation import matrix_correlation
from motiflens.motifs.database import load_database
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import encode, reverse_complement


def consensi(discovery):
    return [m.motif.consensus for m in discovery.motifs]


def test_a_planted_kmer_is_the_first_motif_with_its_sites():
    codes, positive, starts = planted("TGACTCAGCA")
    first = discover(codes, positive).motifs[0]
    assert first.motif.consensus in ("TGACTCAGCA", "TGCTGAGTCA")
    assert first.source == "kmers"
    assert first.status == "supported"
    planted_rows = np.flatnonzero(starts >= 0)
    assert len(np.setxor1d(planted_rows, first.hits.sequence)) <= 3  # chance sites one letter off
    assert np.count_nonzero(starts[first.hits.sequence] == first.hits.start) >= len(planted_rows) - 1


def test_the_same_input_gives_the_same_motifs():
    codes, positive, _ = planted("TGACTCA", share=0.3)
    first, second = discover(codes, positive), discover(codes, positive)
    assert consensi(first) == consensi(second)
    for a, b in zip(first.motifs, second.motifs, strict=True):
        assert np.array_equal(a.motif.probabilities, b.motif.probabilities)


def test_four_letters_in_short_oriented_sequences():
    codes, positive, _ = planted("CAAT", n=800, length=60, share=0.5, oriented=True)
    assert consensi(discover(codes, positive, strands="forward"))[0] == "CAAT"


def test_what_the_other_class_holds_argues_against():
    codes, positive, _ = planted("TGACTCAGCA")
    found = discover(codes, ~positive, directions=("for", "against")).motifs[0]
    assert found.direction == "against"
    assert found.motif.consensus in ("TGACTCAGCA", "TGCTGAGTCA")
    assert not (~positive)[found.hits.sequence].any()


def test_every_motif_has_the_sites_that_it_was_tested_by():
    codes, positive, _ = planted("TGACTCAGCA", length=60)
    codes[1::2, 5:9] = encode(["CCGG"])[0]
    for found in discover(codes, positive, directions=("for", "against")).motifs:
        inside = positive if found.direction == "for" else ~positive
        with_site = np.unique(found.hits.sequence)
        assert found.test.positives_with == (inside & found.tested)[with_site].sum()
        assert found.hits.score.min(initial=np.inf) >= found.cut
        assert len(with_site)


def test_a_motif_at_a_fixed_place_is_sought_there():
    codes, positive, _ = planted("TATAAT", n=400, share=0.3, at=40, oriented=True)
    first = discover(codes, positive, strands="forward").motifs[0]
    assert first.motif.consensus == "TATAAT"
    assert first.position_window is not None
    assert first.position_window[0] <= 40
    assert first.position_window[1] >= 46
    assert abs(first.hits.start - 40).max() < 20


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


def test_contributions_give_the_motif_its_matrix_its_seqlets_and_its_fraction():
    codes, positive, starts = planted("TGACTCAGCA")
    result = discover(codes, positive, contributions(codes, starts, "TGACTCAGCA"))
    first = result.motifs[0]
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


def test_a_search_tells_how_far_it_is():
    codes, positive, _ = planted("TGACTCAGCA")
    heard = []
    discover(codes, positive, directions=("for", "against"), heard=heard.append)
    assert heard == sorted(heard)
    assert heard[0] < 0.2
    assert (heard[len(heard) // 2 - 1], heard[-1]) == (0.5, 1.0)


def test_a_single_class_is_an_error():
    with pytest.raises(InputError, match="inside and outside"):
        discover(np.zeros((20, 50), np.uint8), np.ones(20, bool))


def test_a_database_motif_too_rare_for_kmers_is_a_seed():
    codes, positive, starts = planted("TGACTCAGCA", share=0.05)
    database = [Motif.from_consensus("TGACTCAGCA", name="here"), Motif.from_consensus("GGGGATTTCC", name="elsewhere")]
    found = [
        m
        for m in discover(codes, positive, database=database, config=DiscoveryConfig(workers=1)).motifs
        if m.status == "supported"
    ]
    assert [m.source for m in found] == ["database"]
    assert found[0].q < 0.01
    assert set(found[0].hits.sequence) >= set(np.flatnonzero(starts >= 0))


def test_a_strong_factor_does_not_take_all_known_seeds():
    """Of AP-1's many matrices one is a seed, and RFX7's, weaker and degenerate, another."""
    rng = np.random.default_rng(0)
    motifs = {entry.motif.name: entry.motif for entry in load_database(taxa=["vertebrates"]).entries}
    codes = rng.choice(4, size=(1200, 100), p=[0.32, 0.18, 0.18, 0.32]).astype(np.uint8)
    positive = np.arange(1200) < 600
    for name, share, start in (("Jun", 0.4, 10), ("RFX7", 0.3, 60)):
        for row in np.flatnonzero(positive & (rng.random(1200) < share)):
            drawn = [rng.choice(4, p=column / column.sum()) for column in motifs[name].probabilities.T]
            codes[row, start : start + len(drawn)] = drawn
    data = label_sequences(codes, positive, strands="both")
    seeds = [seed.probabilities for seed in _known_seeds(data, list(motifs.values()), DiscoveryConfig())]
    alike = [
        [matrix_correlation(a, motifs[name].probabilities, strands="both") for a in seeds] for name in ("Jun", "RFX7")
    ]
    assert sum(one > 0.9 for one in alike[0]) == 1
    assert max(alike[1]) > 0.9


def test_motifs_that_share_six_letters_are_two():
    """Together they read TDTCTGGGCAACA, and at a cut that takes TGGGCA for a site the rarer one is nowhere."""
    rng = np.random.default_rng(4)
    codes, positive = rng.integers(0, 4, (1_000, 100)).astype(np.uint8), np.arange(1_000) < 500
    words = ("TATCTGGGCA", "TGGGCAACAT")
    for word, share in zip(encode(words), (0.2, 0.4), strict=True):
        for row in np.flatnonzero(positive & (rng.random(1_000) < share)):
            site = np.where(rng.random(len(word)) < 0.05, rng.integers(0, 4, len(word)), word)
            start = rng.integers(100 - len(word) + 1)
            codes[row, start : start + len(word)] = site if rng.random() < 0.5 else reverse_complement(site)
    found = [one.motif for one in discover(codes, positive).motifs if one.status == "supported"]
    either = [{one.consensus, one.reverse_complement().consensus} for one in found]
    assert len(found) == 2
    assert all(any(word in names for names in either) for word in words)


def test_motifs_whose_matrices_are_much_alike_are_two():
    """TACAAAGTA and AACAATGG correlate by .66, and read WACAAWGK together."""
    rng = np.random.default_rng(1)
    motifs = {entry.motif.name: entry.motif.probabilities for entry in load_database(taxa=["vertebrates"]).entries}
    codes, positive = rng.integers(0, 4, (3_000, 100)).astype(np.uint8), np.arange(3_000) < 1_500
    for name, first in (("Dmrt1", 10), ("Sox5", 60)):
        matrix = motifs[name] / motifs[name].sum(0)
        for row in np.flatnonzero(positive & (rng.random(3_000) < 0.5)):
            site = np.array([rng.choice(4, p=column) for column in matrix.T], np.uint8)
            start = first + rng.integers(20)
            codes[row, start : start + len(site)] = site if rng.random() < 0.5 else reverse_complement(site)
    found = [one.motif.probabilities for one in discover(codes, positive).motifs if one.status == "supported"]
    for name in ("Dmrt1", "Sox5"):
        assert max(matrix_correlation(one, motifs[name], strands="both") for one in found) > 0.95


def test_a_known_motif_confirms_by_all_sequences_what_few_of_them_could_test():
    """A new motif that a half of few sequences just confirms is no reason not to ask the database's by all of them."""
    codes, positive, _ = planted("TGACTCAGCA", n=30, share=0.7)
    database = [Motif.from_consensus("TGACTCAGCA", name="here"), Motif.from_consensus("GGGGATTTCC", name="elsewhere")]
    hiding = DiscoveryConfig(known_motifs=KnownMotifConfig(max_hidden_q=1.0))
    (hidden,) = discover(codes, positive, database=database, config=hiding).supported
    (motif,) = discover(codes, positive, database=database).supported
    assert (hidden.source, motif.source) == ("kmers", "database")
    assert hidden.test.positives < motif.test.positives == 30
    assert motif.test.p < hidden.test.p / 100
