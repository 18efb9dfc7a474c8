"""Evidence: held out, about the matrix shown, honest where there is nothing, one entry for one motif."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from motiflens.discovery.discover import discover
from motiflens.discovery.families import families
from motiflens.discovery.sites import find_sites
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import encode, reverse_complement

SITE, OTHER = "TGACTCAGCA", "CCACGTGGTC"


@pytest.fixture(scope="module")
def made():
    """600 sequences of 100: SITE in half of the positives, OTHER in half of all; and what is discovered."""
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, (600, 100)).astype(np.uint8)
    positive = np.arange(600) < 300
    truth = np.full(600, -1)
    for i in range(600):
        if positive[i] and rng.random() < 0.5:
            truth[i] = rng.integers(0, 40)
            site = encode([SITE])[0]
            codes[i, truth[i] : truth[i] + 10] = site if rng.random() < 0.5 else reverse_complement(site)
        if rng.random() < 0.5:
            at = rng.integers(50, 90)
            codes[i, at : at + 10] = encode([OTHER])[0]
    return codes, positive, truth, discover(codes, positive)


def test_the_planted_motif_alone_is_supported(made):
    assert [one.motif.consensus in (SITE, "TGCTGAGTCA") for one in made[3].supported] == [True]
    assert all(bool(one.reason) == (one.status != "supported") for one in made[3].motifs)


def test_the_test_is_of_the_sites_in_sequences_that_the_matrix_was_not_learned_from(made):
    _, positive, truth, result = made
    one = result.supported[0]
    assert one.tested.sum() == pytest.approx(300, abs=2)
    held_out = np.unique(one.hits.sequence[one.tested[one.hits.sequence]])
    assert one.test.positives_with == positive[held_out].sum()
    assert one.test.negatives_with == (~positive)[held_out].sum()
    assert one.test.positives_with == pytest.approx(np.count_nonzero(truth[one.tested] >= 0), abs=3)
    assert one.test.p <= one.q < 1e-10
    assert one.replicated


def test_p_is_fishers_where_composition_explains_nothing():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (400, 60)).astype(np.uint8)
    for i in range(0, 200, 2):
        codes[i, 20:30] = encode([SITE])[0]
    # Each negative is its positive turned round: the same letters and the same dinucleotides but for their order.
    codes[200:] = rng.permuted(codes[:200], axis=1)
    found = discover(codes, np.arange(400) < 200, strands="forward").supported[0]
    test = found.test
    table = [
        [test.positives_with, test.positives - test.positives_with],
        [test.negatives_with, test.negatives - test.negatives_with],
    ]
    if test.odds == 1:
        assert test.p == pytest.approx(fisher_exact(table, alternative="greater").pvalue, rel=1e-6)
    assert 0.3 < test.odds < 3


def test_sites_are_where_it_was_planted(made):
    codes, _, truth, result = made
    one = result.supported[0]
    best = dict(zip(one.hits.sequence.tolist(), one.hits.start.tolist(), strict=True))
    assert np.mean([best.get(i) == truth[i] for i in np.flatnonzero(truth >= 0)]) > 0.97
    assert (one.hits.end <= codes.shape[1]).all()


def test_the_same_input_gives_the_same_evidence(made):
    codes, positive, _, found = made
    assert [one.test for one in discover(codes, positive).motifs] == [one.test for one in found.motifs]


@pytest.mark.parametrize("seed", range(6))
def test_labels_without_meaning_support_nothing(made, seed):
    labels = np.random.default_rng(seed).permutation(made[1])
    assert discover(made[0], labels).supported == ()


def test_a_difference_of_composition_is_no_motif():
    rng = np.random.default_rng(0)
    rich = rng.choice(4, (300, 100), p=[0.2, 0.3, 0.3, 0.2])
    poor = rng.choice(4, (300, 100), p=[0.3, 0.2, 0.2, 0.3])
    codes, positive = np.concatenate((rich, poor)).astype(np.uint8), np.arange(600) < 300
    assert discover(codes, positive).supported == ()


def test_a_long_motif_is_reported_once():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (600, 100)).astype(np.uint8)
    matrix = rng.dirichlet(np.full(4, 0.15), 18)
    for i in range(180):
        at = rng.integers(0, 82)
        codes[i, at : at + 18] = [rng.choice(4, p=p) for p in matrix]
    assert len(discover(codes, np.arange(600) < 300).supported) == 1


def test_one_family_is_no_replication():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (400, 100)).astype(np.uint8)
    codes[:15, 20:80] = codes[0, 20:80]  # fifteen copies of one gene, all positive
    positive = np.arange(400) < 200
    assert len(np.unique(families(codes)[:15])) == 1
    assert discover(codes, positive).supported == ()


def test_a_database_motif_needs_less_evidence_and_is_shown_as_it_is():
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, (600, 100)).astype(np.uint8)
    for i in range(18):
        at = rng.integers(0, 90)
        codes[i, at : at + 10] = encode([SITE])[0]
    known = Motif.from_consensus(SITE, name="here")
    (found,) = discover(codes, np.arange(600) < 300, database=[known]).supported
    assert found.source == "database"
    assert found.motif.consensus == SITE
    assert found.tested.all()
    assert found.test.positives_with >= 18


def test_two_motifs_that_a_matrix_would_mix_are_two():
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, (600, 60)).astype(np.uint8)
    for i in range(300):
        at = rng.integers(0, 54)
        codes[i, at : at + 6] = encode(["TATAAA" if i % 2 else "TGTCAA"])[0]
    mixed = Motif.from_consensus("TRTMAA", name="mixed")
    found = discover(codes, np.arange(600) < 300, database=[mixed], strands="forward").supported
    assert {one.motif.consensus for one in found} == {"TATAAA", "TGTCAA"}


def test_a_tract_that_composition_explains_is_listed_with_that_reason():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (600, 80)).astype(np.uint8)
    for i in range(127):
        length = rng.integers(14, 24)
        at = rng.integers(0, 80 - length)
        codes[i, at : at + length] = 0
    found = discover(codes, np.arange(600) < 300).motifs
    tract = next(one for one in found if set(one.motif.consensus) <= set("AT") and one.status != "unsupported")
    assert tract.status in ("repeat", "composition")
    assert tract.reason
    assert tract.test.p < 1e-6


def test_copies_of_one_stretch_are_a_repeat():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (600, 120)).astype(np.uint8)
    element = rng.integers(0, 4, 80).astype(np.uint8)
    for i in range(0, 300, 3):
        at = rng.integers(0, 40)
        copy = np.where(rng.random(80) < 0.12, rng.integers(0, 4, 80), element)  # 9 % of its letters differ
        codes[i, at : at + 80] = copy
    found = discover(codes, np.arange(600) < 300)
    assert found.supported == ()
    assert any(one.status == "repeat" and "copies of one stretch" in one.reason for one in found.motifs)


def test_sites_are_those_of_any_scanner_with_exact_scores():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 4, (50, 40)).astype(np.uint8)
    background = np.array([0.3, 0.2, 0.2, 0.3])
    motif = Motif(name="m", probabilities=rng.dirichlet(np.full(4, 0.5), 7).T)
    scores = np.log2((0.99 * motif.probabilities + 0.01 * background[:, None]) / background[:, None])
    hits, cut = find_sites(codes, motif, threshold=250, window=(5, 35), background=background, strands="forward")
    naive = {
        (row, start): score
        for row in range(50)
        for start in range(5, 35 - 7 + 1)
        if (score := scores[codes[row, start : start + 7], np.arange(7)].sum()) >= cut
    }
    listed = {(s, t): v for s, t, v in zip(hits.sequence.tolist(), hits.start.tolist(), hits.score, strict=True)}
    assert set(listed) <= set(naive)
    for (row, start), score in naive.items():  # those left out overlap a better one
        assert (row, start) in listed or any(
            r == row and abs(t - start) < 7 and other >= score for (r, t), other in listed.items()
        )
    for place, score in listed.items():
        assert score == pytest.approx(naive[place], abs=1e-9)
