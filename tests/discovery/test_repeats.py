"""Repeats and low complexity are told from motifs."""

import numpy as np
import pytest

from motiflens.discovery.config import RepeatConfig
from motiflens.discovery.repeats import low_complexity_reason, periodic, share_of_copies, soft_masked_reason
from motiflens.discovery.sites import find_sites
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import encode, reverse_complement

UNIFORM = np.full(4, 0.25)


@pytest.mark.parametrize(
    ("consensus", "period"),
    [
        ("AAAAAAA", 1),
        ("CACACACA", 2),
        ("TATAWAW", 0),
        ("CGCCGCC", 0),
        ("CAGCAGCAGC", 3),
        ("TGACTCA", 0),
        ("CCGCCC", 0),
        ("TATAAA", 0),
        ("CACGTG", 0),
        ("GGGCGGGGC", 0),
        ("AAAA", 0),
        ("GGAAGGAAGGA", 4),
        ("TTAGGGTTAGGGTT", 6),
        ("AGGTCAAGGTCA", 0),  # two units are a dimer
    ],
)
def test_a_matrix_that_repeats_a_unit_is_no_motif(consensus, period):
    assert periodic(Motif.from_consensus(consensus).probabilities, RepeatConfig()) == period


def share(codes, word):
    hits, _ = find_sites(
        codes, Motif.from_consensus(word), threshold=1300, window=None, background=UNIFORM, strands="both"
    )
    assert len(hits) > 40
    return share_of_copies(hits, codes, config=RepeatConfig())


def planted(element, *, divergence=0.0, composition=None):
    """200 random sequences of 120; every second one holds the element, on either strand, with some letters changed."""
    rng = np.random.default_rng(0)
    codes = rng.choice(4, (200, 120), p=composition).astype(np.uint8)
    for i in range(0, 200, 2):
        copy = np.where(rng.random(len(element)) < divergence, rng.integers(0, 4, len(element)), element)
        copy = copy.astype(np.uint8)
        at = rng.integers(0, 120 - len(element) + 1)
        codes[i, at : at + len(element)] = copy if i % 4 else reverse_complement(copy)
    return codes


def reason_of(codes, word):
    motif = Motif.from_consensus(word)
    hits, _ = find_sites(codes, motif, threshold=1300, window=None, background=UNIFORM, strands="both")
    return low_complexity_reason(motif.probabilities, hits, codes, config=RepeatConfig())


def test_a_repeated_unit_is_a_microsatellite_where_it_goes_on_beyond_the_sites():
    site = encode(["CCGCCGCCGCC"])[0]
    assert reason_of(planted(site), "CCGCCGCCGCC") == ""
    assert reason_of(planted(site), "CCGCCGCC") == ""  # what the matrix lacks of the site goes on no further
    assert reason_of(planted(np.tile(encode(["CCG"])[0], 12)), "CCGCCGCCGCC").endswith("a microsatellite, CCG repeated")
    assert reason_of(planted(np.tile(encode(["CA"])[0], 15)), "CACACACACA").endswith("a microsatellite, CA repeated")


@pytest.mark.parametrize("unit", ["GGAA", "AAAAG", "TTAGGG"])
def test_units_of_four_letters_and_more_go_on_where_they_are_seen_to(unit):
    tract, word = np.tile(encode([unit])[0], 7), (3 * unit)[:16]
    assert reason_of(planted(tract), word).endswith(f"a microsatellite, {unit} repeated")
    assert reason_of(planted(encode([word])[0]), word) == ""
    assert reason_of(planted(tract)[:20], word) == ""  # too few to tell from sites of dimers


def test_a_third_copy_at_some_sites_of_a_dimer_makes_no_microsatellite():
    two, three = (planted(np.tile(encode(["CGAAAC"])[0], copies)) for copies in (2, 3))
    mixed = np.concatenate([two, two, three])
    assert reason_of(mixed, "CGAAACCGAAACNN") == ""


def test_the_unit_is_of_all_columns():
    """One whose first letter is doubtful repeats no AA."""
    motif = Motif.from_consensus("CACACACACA")
    motif.probabilities[:, 0] = 0.45, 0.35, 0.1, 0.1
    codes = planted(np.tile(encode(["CA"])[0], 10))
    hits, _ = find_sites(codes, motif, threshold=1300, window=None, background=UNIFORM, strands="both")
    assert low_complexity_reason(motif.probabilities, hits, codes, config=RepeatConfig()).endswith("CA repeated")


def test_sequences_that_end_with_their_sites_do_not_tell_where_a_unit_ends():
    codes = np.tile(encode(["CACACACACACA"])[0], (200, 1))
    assert reason_of(codes, "CACACACACA").endswith("a microsatellite, CA repeated")


def test_runs_of_one_letter_and_few_sites_are_of_low_complexity_wherever_they_end():
    assert reason_of(planted(encode(["AAAAAAAAAA"])[0]), "AAAAAAAAAA").startswith("low complexity")
    assert reason_of(planted(encode(["CCGCCGCCGCC"])[0])[:90], "CCGCCGCCGCC").startswith("low complexity")


def test_sites_in_unrelated_sequences_have_no_partners():
    word = encode(["TGACTCAGCA"])[0]
    assert share(planted(word), "TGACTCAGCA") == 0
    assert share(planted(word, composition=[0.1, 0.4, 0.4, 0.1]), "TGACTCAGCA") < 0.1


def test_sites_in_copies_of_one_element_have():
    rng = np.random.default_rng(1)
    element = rng.integers(0, 4, 80).astype(np.uint8)
    element[35:45] = encode(["TGACTCAGCA"])[0]
    codes = planted(element, divergence=0.1)
    assert share(codes, "TGACTCAGCA") > 0.6


def test_families_of_genes_are_no_repeat():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 4, (240, 120)).astype(np.uint8)
    codes[:, 50:60] = encode(["TGACTCAGCA"])[0]
    for start in range(0, 240, 4):  # sixty families of four near copies
        codes[start + 1 : start + 4] = np.where(rng.random((3, 120)) < 0.1, codes[start + 1 : start + 4], codes[start])
    assert share(codes, "TGACTCAGCA") < 0.05


def soft_masked(*, at_sites, elsewhere, by_class=False):
    """The reason for a motif in every second sequence, a share of whose letters is masked besides its sites."""
    codes = planted(encode(["TGACTCAGCA"])[0])
    hits, _ = find_sites(
        codes, Motif.from_consensus("TGACTCAGCA"), threshold=1300, window=None, background=UNIFORM, strands="both"
    )
    mask = np.repeat(np.random.default_rng(1).random((200, 12)) < elsewhere, 10, axis=1)
    mask[hits.covered(codes.shape)] = at_sites
    group = np.arange(200) % 2
    if by_class:
        mask = np.repeat((group == 0)[:, None], 120, axis=1)
    return soft_masked_reason(hits, mask, group, config=RepeatConfig())


def test_sites_that_the_file_marks_as_repeats():
    assert "100% of its sites are soft-masked in the file, as 3" in soft_masked(at_sites=True, elsewhere=0.3)
    assert soft_masked(at_sites=False, elsewhere=0.3) == ""
    assert soft_masked(at_sites=True, elsewhere=0.9) == ""  # as most letters are
    assert soft_masked(at_sites=True, elsewhere=0.3, by_class=True) == ""  # one file in lower case
