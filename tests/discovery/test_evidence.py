"""Evidence: held-out, honest where there is nothing, one entry for one motif."""

import numpy as np
import pytest

from motiflens.discovery.discover import discover
from motiflens.discovery.evidence import assess_motifs
from motiflens.discovery.families import families
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import encode, reverse_complement

SITE, OTHER = "TGACTCAGCA", "CCACGTGGTC"


@pytest.fixture(scope="module")
def made():
    """600 sequences of 100: SITE in half of the positives, OTHER in half of all; discovery and evidence."""
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
    found = discover(codes, positive)
    return codes, positive, truth, found, assess_motifs(found, codes, positive)


def test_the_planted_motif_alone_is_supported(made):
    result = made[4]
    assert [e.motif.consensus in (SITE, "TGCTGAGTCA") for e in result.supported] == [True]
    assert all(e.reason and not e.supported for e in result.not_supported)


def test_counts_are_those_of_sequences_held_out(made):
    codes, _, truth, _, result = made
    test = result.supported[0].held_out
    assert (test.positives, test.negatives) == (300, 300)
    assert test.positives_with == pytest.approx(np.count_nonzero(truth >= 0), abs=3)
    assert test.negatives_with <= 3
    assert test.p <= test.q < 1e-20
    assert result.supported[0].tested_on == "held-out halves"
    assert len(codes) == test.positives + test.negatives


def test_places_and_hits_are_where_it_was_planted(made):
    codes, positive, truth, _, result = made
    one = result.supported[0]
    assert sum(one.per_sequence) == positive.sum()
    assert one.per_sequence[1] == pytest.approx(np.count_nonzero(truth >= 0), abs=5)
    assert sum(one.position_counts[: 50 // one.position_bin]) >= 0.97 * sum(one.position_counts)
    best = {int(s): int(p) for s, p in zip(result.hits.sequence, result.hits.start, strict=True)}
    agree = [best.get(i) == truth[i] for i in np.flatnonzero(truth >= 0)]
    assert np.mean(agree) > 0.97
    assert (result.hits.end <= codes.shape[1]).all()


def test_motifs_that_are_not_supported_have_a_reason(made):
    assert all(one.reason for one in made[4].not_supported)
    assert not any(one.reason for one in made[4].supported)
    assert made[3].explained_sequences == 0


def test_the_same_input_gives_the_same_evidence(made):
    codes, positive, _, found, result = made
    again = assess_motifs(found, codes, positive)
    assert [e.held_out for e in again.supported] == [e.held_out for e in result.supported]


@pytest.mark.parametrize("seed", range(6))
def test_labels_without_meaning_support_nothing(made, seed):
    labels = np.random.default_rng(seed).permutation(made[1])
    found = discover(made[0], labels)
    assert assess_motifs(found, made[0], labels).supported == ()


def test_a_difference_of_composition_is_no_motif():
    rng = np.random.default_rng(0)
    rich = rng.choice(4, (300, 100), p=[0.2, 0.3, 0.3, 0.2])
    poor = rng.choice(4, (300, 100), p=[0.3, 0.2, 0.2, 0.3])
    codes, positive = np.concatenate((rich, poor)).astype(np.uint8), np.arange(600) < 300
    assert assess_motifs(discover(codes, positive), codes, positive).supported == ()


def test_a_long_motif_is_reported_once():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (600, 100)).astype(np.uint8)
    matrix = rng.dirichlet(np.full(4, 0.15), 18)
    for i in range(180):
        at = rng.integers(0, 82)
        codes[i, at : at + 18] = [rng.choice(4, p=p) for p in matrix]
    positive = np.arange(600) < 300
    assert len(assess_motifs(discover(codes, positive), codes, positive).supported) == 1


def test_one_family_is_no_replication():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (400, 100)).astype(np.uint8)
    codes[:15, 20:80] = codes[0, 20:80]  # fifteen copies of one gene, all positive
    positive = np.arange(400) < 200
    assert len(np.unique(families(codes)[:15])) == 1
    assert assess_motifs(discover(codes, positive), codes, positive).supported == ()


def test_a_database_motif_needs_less_evidence():
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, (600, 100)).astype(np.uint8)
    for i in range(18):
        at = rng.integers(0, 90)
        codes[i, at : at + 10] = encode([SITE])[0]
    positive = np.arange(600) < 300
    database = [Motif.from_consensus(SITE, name="here")]
    result = assess_motifs(discover(codes, positive, database=database), codes, positive)
    assert [e.tested_on for e in result.supported] == ["known motif here"]
    assert result.supported[0].held_out.positives_with >= 18
