import numpy as np
import pytest
from scipy.stats import hypergeom

from motiflens.discovery.grammar import Pair, motif_pairs
from motiflens.motifs.scan import Hits
from motiflens.shapes import Strands

LENGTH = 60
WIDTHS = (6, 5)


def hits_of(sites: list[tuple[int, int, int, int]]) -> Hits:
    """Hits of (motif, sequence, start, strand), in the order that scanning gives."""
    sites = sorted(sites)
    motif, sequence, start, strand = np.array(sites).T
    return Hits(
        sequence=sequence,
        start=start,
        end=start + np.array(WIDTHS)[motif],
        strand=strand.astype(np.int8),
        motif=motif,
        score=np.ones(len(sites)),
        p=np.full(len(sites), 1e-5),
        q=np.full(len(sites), 1e-3),
        tests=np.full(2, 1000),
        unreachable=np.zeros(2, bool),
    )


def by_motif(sites: list[tuple[int, int, int, int]]) -> list[Hits]:
    """The sites of each motif by itself."""
    hits = hits_of(sites)
    return [hits.take(hits.motif == motif) for motif in np.unique(hits.motif)]


def random_sites(rng: np.random.Generator, n: int, *, strands: Strands) -> list[tuple[int, int, int, int]]:
    signs = (1, -1) if strands == "both" else (1,)
    return [(m, s, int(rng.integers(0, 50)), int(rng.choice(signs))) for m in (0, 1) for s in range(n)]


def named(a: tuple[int, int, int, int], b: tuple[int, int, int, int], strands: Strands) -> tuple[str, int] | None:
    """Arrangement and gap of two sites of different motifs, by hand."""
    if a[2] < b[2]:
        gap, text = b[2] - a[2] - WIDTHS[a[0]], ("a>" if a[3] > 0 else "a<") + " " + ("b>" if b[3] > 0 else "b<")
    else:
        gap, text = a[2] - b[2] - WIDTHS[b[0]], ("b>" if b[3] > 0 else "b<") + " " + ("a>" if a[3] > 0 else "a<")
    if gap < 0:
        return None
    if strands == "both" and a[3] < 0:  # read from the other strand
        flipped = {">": "<", "<": ">"}
        text = " ".join(word[0] + flipped[word[1]] for word in reversed(text.split()))
    return text, gap


def pair_of_both(hits: list[Hits], *, rows: np.ndarray, strands: Strands) -> Pair:
    """The pair of the two motifs."""
    return next(p for p in motif_pairs(hits, rows=rows, length=LENGTH, strands=strands) if p.a != p.b)


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_counts_and_chance_are_those_of_a_naive_count(strands):
    rng = np.random.default_rng(3)
    n = 40
    sites = random_sites(rng, n, strands=strands)
    sites += [(1, s, sites[s][2] + 9, 1) for s in range(8) if sites[s][2] < 40]
    sites = sorted(set(sites))
    found = pair_of_both(by_motif(sites), rows=np.arange(n), strands=strands)
    assert found.spacing is not None
    counts, chance = np.zeros(LENGTH), np.zeros(LENGTH)
    of_b = [s for s in sites if s[0] == 1]
    # All p are equal: of overlapping sites, those of the first motif are left out.
    of_a = [
        a for a in sites if a[0] == 0 and not any(a[1] == b[1] and -WIDTHS[0] < a[2] - b[2] < WIDTHS[1] for b in of_b)
    ]
    for a in of_a:
        for b in of_b:
            at = named(a, b, strands)
            if at and at[0] == found.spacing.arrangement:
                counts[at[1]] += a[1] == b[1]
                chance[at[1]] += 1 / n
    np.testing.assert_array_equal(found.spacing.counts, counts)
    np.testing.assert_allclose(found.spacing.expected, chance, atol=1e-3)


def test_one_stretch_of_dna_is_not_two_motifs():
    rng = np.random.default_rng(0)
    sites = [(0, s, int(rng.integers(0, 40)), 1) for s in range(40)]
    sites += [(1, s, sites[s][2] + 1, 1) for s in range(40)]  # the same stretches, shifted by one
    found = pair_of_both(by_motif(sites), rows=np.arange(80), strands="forward")
    assert (found.with_a, found.with_b, found.with_both) == (0, 40, 0)
    assert found.p == 1


def test_a_fixed_spacing_is_found_and_only_that():
    rng = np.random.default_rng(0)
    n = 120
    sites = [(0, s, int(rng.integers(0, 20)), 1) for s in range(n)]
    sites += [(1, s, sites[s][2] + 6 + 17, 1) for s in range(0, n, 2)]
    first, *others = motif_pairs(by_motif(sites), rows=np.arange(n), length=LENGTH, strands="forward")
    assert (first.a, first.b) == (0, 1)
    assert first.spacing is not None
    assert (first.spacing.arrangement, first.spacing.gap) == ("a> b>", (17, 17))
    assert first.spacing.observed == 60
    assert first.spacing.q < 1e-20
    assert all(o.spacing is None or o.spacing.q > 0.05 for o in others)


def test_on_both_strands_a_pair_is_read_from_its_first_motif():
    rng = np.random.default_rng(1)
    sites = []
    for s in range(100):
        x = int(rng.integers(0, 30))
        if s % 2:
            sites += [(0, s, x, 1), (1, s, x + 6 + 4, -1)]
        else:  # the same, flipped round
            sites += [(1, s, x, 1), (0, s, x + 5 + 4, -1)]
    first = motif_pairs(by_motif(sites), rows=np.arange(100), length=LENGTH, strands="both")[0]
    assert first.spacing is not None
    assert (first.spacing.arrangement, first.spacing.gap, first.spacing.observed) == ("a> b<", (4, 4), 100)


def test_independent_sites_have_no_grammar():
    small = 0
    for seed in range(40):
        sites = random_sites(np.random.default_rng(seed), 100, strands="both")
        small += any(
            p.spacing and p.spacing.p < 0.05
            for p in motif_pairs(by_motif(sites), rows=np.arange(100), length=LENGTH, strands="both")
        )
    assert small <= 8  # 40 x 3 pairs; Bonferroni keeps each below 5 %


def test_positions_that_both_motifs_like_are_no_spacing():
    # Both stand at fixed places, in different sequences: 10 letters apart, and never together.
    n = 200
    sites = [(0, s, 10, 1) for s in range(0, n, 2)] + [(1, s, 26, 1) for s in range(1, n, 2)]
    sites += [(1, s, 26, 1) for s in range(0, n, 4)]
    found = pair_of_both(by_motif(sites), rows=np.arange(n), strands="forward")
    assert found.with_both == 50
    assert found.expected_both == pytest.approx(75)
    assert found.p > 0.99
    assert found.spacing is None or found.spacing.p == 1


def test_together_more_often_than_by_chance():
    n = 100
    sites = [(0, s, 3 + s % 7, 1) for s in range(30)] + [(1, s, 30 + s % 11, 1) for s in range(30)]
    found = pair_of_both(by_motif(sites), rows=np.arange(n), strands="forward")
    assert found.q < 1e-20
    assert (found.a, found.b) == (0, 1)


def test_other_sequences_are_left_out_and_no_hits_are_no_pairs():
    sites = [(0, s, 3, 1) for s in range(10)]
    assert motif_pairs(by_motif(sites), rows=np.arange(10, 20), length=LENGTH, strands="both") == []
    assert motif_pairs(by_motif(sites), rows=np.arange(5), length=LENGTH, strands="both")[0].with_a == 5


def test_a_motif_with_itself_has_distances_but_no_co_occurrence():
    sites = [(0, s, 5, 1) for s in range(30)] + [(0, s, 30, 1) for s in range(12)] + [(1, s, 45, 1) for s in range(20)]
    pairs = motif_pairs(by_motif(sites), rows=np.arange(60), length=LENGTH, strands="forward")
    own = next(pair for pair in pairs if pair.a == pair.b == 0)
    assert (own.with_a, own.with_b, own.with_both) == (30, 30, 12)
    assert own.p is own.q is own.expected_both is None
    both = next(pair for pair in pairs if pair.a != pair.b)
    assert both.p == both.q == hypergeom.sf(19, 60, 30, 20)  # the only pair that is tested for it
