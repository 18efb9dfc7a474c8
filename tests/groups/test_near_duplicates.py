import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.groups.near_duplicates import DEFAULT, SEEDS, DuplicateIndex, Similarity, seed_for
from motiflens.sequence.alphabet import decode, encode, reverse_complement

STRANDS = st.sampled_from(["forward", "both"])
SEED = re.compile("xx.xxx.xx")  # of all data here: they are small


def naive_similar(a: str, b: str, rule: Similarity) -> bool:
    """Every diagonal, letter by letter; N matches nothing."""
    shorter = min(len(a) - a.count("N"), len(b) - b.count("N"))
    for shift in range(-len(a), len(b)):
        pairs = [(a[x], b[x + shift]) for x in range(len(a)) if 0 <= x + shift < len(b)]
        same = "".join("x" if s == t != "N" else "-" for s, t in pairs)
        known = sum("N" not in pair for pair in pairs)
        matches = same.count("x")
        if SEED.search(same) and 2 * known >= shorter and matches >= max(rule.matches, rule.identity * known):
            return True
    return False


def naive_near(codes: np.ndarray, rule: Similarity, *, strands: str) -> np.ndarray:
    """n x n: copies, or similar on the same or, with "both", on the other strand."""
    rows = [decode(row) for row in codes]
    others = [decode(reverse_complement(row)) for row in codes]
    near = np.eye(len(rows), dtype=bool)
    for i, j in combinations(range(len(rows)), 2):
        readings = [rows[j], *([others[j]] if strands == "both" else [])]
        near[i, j] = near[j, i] = any(rows[i] == other or naive_similar(rows[i], other, rule) for other in readings)
    return near


def closure(near: np.ndarray) -> np.ndarray:
    """The smallest record that is reached from each."""
    reach = near
    for _ in near:
        reach = reach @ reach
    return reach.argmax(axis=1)


def same_partition(left, right) -> bool:
    pairs = set(zip(left, right, strict=True))
    return len(pairs) == len(set(left)) == len(set(right))


@st.composite
def families(draw) -> np.ndarray:
    """Unrelated sequences and shifted, mutated, reversed or ambiguous relatives of them."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    length = draw(st.integers(34, 60))
    rows = list(rng.integers(0, 4, (draw(st.integers(1, 4)), length)).astype(np.uint8))
    for _ in range(draw(st.integers(0, 8))):
        row = rows[rng.integers(len(rows))].copy()
        shift = draw(st.integers(-length // 2 - 2, length // 2 + 2))
        fresh = rng.integers(0, 4, abs(shift)).astype(np.uint8)
        row = np.concatenate([row[shift:], fresh]) if shift >= 0 else np.concatenate([fresh, row[:shift]])
        changed = rng.random(length) < draw(st.sampled_from([0.0, 0.05, 0.15, 0.25]))
        row[changed] = rng.integers(0, 5, changed.sum())
        rows.append(reverse_complement(row) if draw(st.booleans()) else row)
    return np.array(rows)


@settings(deadline=None, max_examples=30)
@given(families(), STRANDS, st.sampled_from([DEFAULT, Similarity(identity=0.9), Similarity(matches=20)]))
def test_groups_are_those_of_every_diagonal_of_every_pair(codes, strands, rule):
    assert SEED.pattern == seed_for(*codes.shape).replace("1", "x").replace("0", ".")
    found = DuplicateIndex(codes, strands=strands).groups(rule)
    assert same_partition(found.tolist(), closure(naive_near(codes, rule, strands=strands)).tolist())


@settings(deadline=None, max_examples=30)
@given(families(), STRANDS, st.integers(0, 10**6))
def test_a_neighbour_is_named_where_every_diagonal_shows_one(codes, strands, seed):
    known = np.random.default_rng(seed).random(len(codes)) < 0.5
    nearest = DuplicateIndex(codes, strands=strands).nearest(known)
    near = naive_near(codes, DEFAULT, strands=strands)
    has = (near & known).any(axis=1) & ~known
    assert ((nearest >= 0) == has).all()
    rows = np.flatnonzero(nearest >= 0)
    assert known[nearest[rows]].all()
    assert near[rows, nearest[rows]].all()


def random_codes(n: int, length: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (n, length)).astype(np.uint8)


def test_unrelated_sequences_with_adapters_repeats_and_motifs_stay_apart():
    codes = random_codes(3000, 100)
    codes[:, :12] = encode(["ACGTTGCAACTG"])[0]
    codes[:, -12:] = encode(["GGATCCTTAAGC"])[0]
    codes[::3, 40:60] = encode(["CACACACACACACACACACA"])[0]
    codes[1::3, 30:48] = encode(["CCACCAGGGGGCGCTGCA"])[0]
    assert len(np.unique(DuplicateIndex(codes).groups())) == 3000


@pytest.mark.parametrize("members", [30, 3000])  # of few, all are compared; of many, neighbours
def test_a_family_is_one_group_however_large(members, monkeypatch):
    monkeypatch.setattr("motiflens.groups.near_duplicates._PAIRS", 1e5)
    rng = np.random.default_rng(1)
    ancestor = rng.integers(0, 4, 120).astype(np.uint8)
    family = np.repeat(ancestor[None], members, axis=0)
    changed = rng.random(family.shape) < 0.04
    family[changed] = rng.integers(0, 4, changed.sum())
    codes = np.concatenate([family, random_codes(500, 120)])
    groups = DuplicateIndex(codes).groups()
    assert len(np.unique(groups[:members])) == 1
    assert len(np.unique(groups[members:])) == 500
    known = np.arange(len(codes)) % 2 == 0
    assert (DuplicateIndex(codes).nearest(known)[1:members:2] >= 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_seeds_read_the_same_on_both_strands_and_none_is_its_own_complement(seed):
    assert SEEDS[seed] == SEEDS[seed][::-1]
    assert SEEDS[seed].count("1") % 2 == 1


@pytest.mark.parametrize(("seed", "least"), [(0, 1.0), (1, 1.0), (2, 0.98), (3, 0.92)])
def test_seeds_find_most_relatives_that_share_four_letters_of_five_in_a_hundred(seed, least, monkeypatch):
    monkeypatch.setattr("motiflens.groups.near_duplicates.SEEDS", SEEDS[seed:])
    rng, pairs = np.random.default_rng(seed), 1000
    codes = random_codes(pairs, 100)
    changed = np.argsort(rng.random(codes.shape), axis=1) < 20
    relatives = np.where(changed, (codes + rng.integers(1, 4, codes.shape)) % 4, codes).astype(np.uint8)
    turned = np.where(rng.random((pairs, 1)) < 0.5, reverse_complement(relatives), relatives)
    groups = DuplicateIndex(np.concatenate([codes, turned])).groups()
    assert (groups[:pairs] == groups[pairs:]).mean() >= least


def test_sequences_too_short_for_a_word_are_alike_as_copies_only():
    codes = encode(["ACG", "ACG", "CGT", "AAA"])
    assert same_partition(DuplicateIndex(codes).groups().tolist(), [0, 0, 0, 1])
    assert same_partition(DuplicateIndex(codes, strands="forward").groups().tolist(), [0, 0, 1, 2])
    assert DuplicateIndex(codes).nearest(np.array([True, False, False, False])).tolist() == [-1, 0, 0, -1]


def test_real_globin_donors_are_one_family():
    from motiflens.data.examples import load_splice

    data = load_splice()
    rows = [decode(row) for row in data.codes]
    globins = [i for i, row in enumerate(rows) if "GTGGATCCTGAGAAC" in row and data.labels[i] == 0]
    assert len(globins) > 10
    groups = DuplicateIndex(data.codes).groups()
    assert len(np.unique(groups[globins])) < len(globins) / 3
    assert np.bincount(groups).max() < 50
