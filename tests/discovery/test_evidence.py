"""Evidence: held-out, honest where there is nothing, one entry for one motif."""

import json

import numpy as np
import pytest

from motiflens.discovery.config import KnownConfig
from motiflens.discovery.discover import discover
from motiflens.discovery.evidence import evidence
from motiflens.discovery.families import families, halves
from motiflens.discovery.known_motifs import enriched_known
from motiflens.discovery.refine import Labelled
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import concatenate
from motiflens.sequence.alphabet import encode, reverse_complement

WORD, DECOY = "TGACTCAGCA", "CCACGTGGTC"


@pytest.fixture(scope="module")
def made():
    """600 sequences of 100: WORD in half of the positives, DECOY in half of all; discovery and evidence."""
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, (600, 100)).astype(np.uint8)
    positive = np.arange(600) < 300
    truth = np.full(600, -1)
    for i in range(600):
        if positive[i] and rng.random() < 0.5:
            truth[i] = rng.integers(0, 40)
            site = encode([WORD])[0]
            codes[i, truth[i] : truth[i] + 10] = site if rng.random() < 0.5 else reverse_complement(site)
        if rng.random() < 0.5:
            at = rng.integers(50, 90)
            codes[i, at : at + 10] = encode([DECOY])[0]
    found = discover(codes, positive)
    return codes, positive, truth, found, evidence(found, codes, positive)


def test_the_planted_motif_alone_is_supported(made):
    result = made[4]
    assert [e.motif.consensus in (WORD, "TGCTGAGTCA") for e in result.supported] == [True]
    assert all(e.reason and not e.supported for e in result.not_supported)


def test_counts_are_those_of_sequences_held_out(made):
    codes, _, truth, _, result = made
    test = result.supported[0].held_out
    assert (test.positives, test.negatives) == (300, 300)
    assert test.positives_with == pytest.approx(np.count_nonzero(truth >= 0), abs=3)
    assert test.negatives_with <= 3
    assert test.p <= test.q < 1e-20
    assert result.supported[0].basis == "held-out halves"
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


def test_the_record_is_the_entry_of_motifs_json(made):
    entry = json.loads(json.dumps(made[4].supported[0].record("bound")))
    assert entry["target"] == "bound"
    assert entry["direction"] == "for"
    assert np.allclose(np.sum(entry["probabilities"], axis=0), 1)
    assert set(entry["enrichment"]) == {"positives_with", "positives", "negatives_with", "negatives", "p", "q"}
    assert set(entry["per_sequence"]) == {"0", "1", "2", "3+"}
    assert len(entry["positions"]["counts"]) == len(entry["positions"]["others"])
    assert all("reason" in e.record("bound") for e in made[4].not_supported)
    assert json.loads(json.dumps(made[3].record()))["explained_sequences"] == 0


def test_the_same_input_gives_the_same_evidence(made):
    codes, positive, _, found, result = made
    again = evidence(found, codes, positive)
    assert [e.held_out for e in again.supported] == [e.held_out for e in result.supported]


@pytest.mark.parametrize("seed", range(6))
def test_labels_without_meaning_support_nothing(made, seed):
    labels = np.random.default_rng(seed).permutation(made[1])
    found = discover(made[0], labels)
    assert evidence(found, made[0], labels).supported == ()


def test_a_difference_of_composition_is_no_motif():
    rng = np.random.default_rng(0)
    rich = rng.choice(4, (300, 100), p=[0.2, 0.3, 0.3, 0.2])
    poor = rng.choice(4, (300, 100), p=[0.3, 0.2, 0.2, 0.3])
    codes, positive = np.concatenate((rich, poor)).astype(np.uint8), np.arange(600) < 300
    assert evidence(discover(codes, positive), codes, positive).supported == ()


def test_a_long_motif_is_reported_once():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (600, 100)).astype(np.uint8)
    matrix = rng.dirichlet(np.full(4, 0.15), 18)
    for i in range(180):
        at = rng.integers(0, 82)
        codes[i, at : at + 18] = [rng.choice(4, p=p) for p in matrix]
    positive = np.arange(600) < 300
    assert len(evidence(discover(codes, positive), codes, positive).supported) == 1


def test_one_family_is_no_replication():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (400, 100)).astype(np.uint8)
    codes[:15, 20:80] = codes[0, 20:80]  # fifteen copies of one gene, all positive
    positive = np.arange(400) < 200
    assert len(np.unique(families(codes)[:15])) == 1
    assert evidence(discover(codes, positive), codes, positive).supported == ()


def test_halves_keep_families_whole_and_classes_even():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 150, 400)
    positive = rng.random(400) < 0.3
    first = halves(positive, group, seed=1)
    assert all(len(np.unique(first[group == g])) == 1 for g in np.unique(group))
    assert abs(first[positive].mean() - 0.5) < 0.05
    assert abs(first[~positive].mean() - 0.5) < 0.05
    assert not np.array_equal(first, halves(positive, group, seed=2))


def test_random_sequences_and_n_have_no_family():
    codes = np.random.default_rng(0).integers(0, 4, (200, 100)).astype(np.uint8)
    codes[:, 60:] = 4
    assert len(np.unique(families(codes))) == 200


def test_known_motifs_by_chance_are_as_many_as_stated():
    rng = np.random.default_rng(0)
    known = [Motif(name=str(i), probabilities=rng.dirichlet(np.full(4, 0.3), 9).T) for i in range(40)]
    rejected = 0
    for _ in range(40):
        joined = concatenate(rng.integers(0, 4, (200, 60)).astype(np.uint8))
        data = Labelled(
            codes=joined.codes,
            offsets=joined.offsets,
            positive=rng.random(200) < 0.5,
            expected=np.full(200, 0.5),
            letters=np.full(4, 0.25),
            both=True,
        )
        rejected += bool(enriched_known(data, known, seed=0, config=KnownConfig(q_limit=0.2)))
    assert rejected <= 15  # 8 expected, 99.5 % of draws below this


def test_known_motifs_are_tested_where_composition_says_nothing_and_classes_come_in_order():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (600, 60)).astype(np.uint8)
    for i in range(150):
        codes[i, 20:30] = encode([WORD])[0]
    joined = concatenate(codes)
    data = Labelled(
        codes=joined.codes,
        offsets=joined.offsets,
        positive=np.arange(600) < 300,
        expected=np.full(600, 0.5),  # as with shuffled negatives
        letters=np.full(4, 0.25),
        both=True,
    )
    known = [Motif.from_consensus(word, name=word) for word in (WORD, DECOY, "GATTACAGAT")]
    found = enriched_known(data, known, seed=0, config=KnownConfig())
    assert [one.motif.name for one in found] == [WORD]
    assert found[0].q < 1e-20


def test_a_known_motif_needs_less_evidence():
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, (600, 100)).astype(np.uint8)
    for i in range(18):
        at = rng.integers(0, 90)
        codes[i, at : at + 10] = encode([WORD])[0]
    positive = np.arange(600) < 300
    known = [Motif.from_consensus(WORD, name="here")]
    result = evidence(discover(codes, positive, known=known), codes, positive)
    assert [e.basis for e in result.supported] == ["known motif here"]
    assert result.supported[0].held_out.positives_with >= 18
