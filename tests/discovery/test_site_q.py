"""q-values of sites: a case by hand, what chance gives, and no order of the sites."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiflens.discovery.enrichment import enrichment_test
from motiflens.discovery.result import Discovery, FoundMotif
from motiflens.discovery.site_q import site_q_values, with_site_q
from motiflens.discovery.sites import find_sites
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import Hits
from motiflens.sequence.alphabet import encode


def hits(sequence, p):
    """Sites of one motif, at `p`."""
    count = len(sequence)
    place = np.zeros(count, np.int64)
    return Hits(
        sequence=np.array(sequence, np.int64),
        start=place,
        end=place + 5,
        strand=np.ones(count, np.int8),
        motif=place,
        score=-np.log2(np.array(p, float)),
        p=np.array(p, float),
        q=np.ones(count),
        tests=np.array([1]),
        unreachable=np.array([False]),
    )


def test_by_hand():
    """Ten sequences a class, ten windows each: eight sites in the first, the lowest at p = .01, one in the second."""
    group = np.repeat([0, 1], 10)
    p = [1e-4] * 4 + [0.01] * 4 + [0.01]
    q = site_q_values(hits([0, 1, 2, 3, 4, 5, 6, 7, 10], p), group, np.full(20, 10))
    one, ten = 1 - (1 - 1e-4) ** 10, 1 - 0.99**10
    without = (10 - 8 + 1) / (10 * (1 - ten))
    assert q[:4] == pytest.approx(without * 10 * one / 4)
    assert q[4:8] == pytest.approx(without * 10 * ten / 8)
    assert q[8] == pytest.approx(10 * ten)  # all of the second class may be without one: .956 expected, one found


def test_sequences_count_and_not_their_sites():
    group, windows = np.zeros(10, np.int64), np.full(10, 10)
    one = site_q_values(hits([0, 1], [1e-3, 1e-3]), group, windows)
    three = site_q_values(hits([0, 0, 1], [1e-3, 1e-3, 1e-3]), group, windows)
    assert set(three) == set(one)


@given(st.lists(st.tuples(st.integers(0, 29), st.floats(1e-30, 1.0)), min_size=1, max_size=40), st.randoms())
def test_better_sites_have_no_larger_q_whatever_their_order(sites, random):
    group = np.arange(30) % 3
    sequence, p = zip(*sites, strict=True)
    q = site_q_values(hits(sequence, p), group, np.full(30, 20))
    assert ((q > 0) & (q <= 1)).all()
    for label in range(3):
        mine = np.flatnonzero(group[list(sequence)] == label)
        order = mine[np.argsort(np.array(p)[mine])]
        assert (np.diff(q[order]) >= 0).all()
    turned = list(range(len(sites)))
    random.shuffle(turned)
    again = site_q_values(hits([sequence[i] for i in turned], [p[i] for i in turned]), group, np.full(30, 20))
    np.testing.assert_allclose(again, q[turned])


def test_filtered_at_five_per_cent_a_short_motif_keeps_the_sites_of_its_class_and_few_others():
    """CACGTG in 80 % of one class, at random elsewhere: over all windows together no site of six letters passes."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, (1000, 200)).astype(np.uint8)
    planted = rng.random(1000) < np.where(np.arange(1000) < 500, 0.8, 0.0)
    for row in np.flatnonzero(planted):
        at = rng.integers(0, 194)
        codes[row, at : at + 6] = encode(["CACGTG"])[0]
    motif = Motif.from_consensus("CACGTG")
    found, _ = find_sites(codes, motif, threshold=1100, window=None, background=np.full(4, 0.25), strands="forward")
    assert found.q.min() > 0.05
    q = site_q_values(found, np.arange(1000) // 500, np.full(1000, 195))
    kept = np.unique(found.sequence[q <= 0.05])
    with_site = np.unique(found.sequence)
    assert set(kept) == set(with_site[with_site < 500])
    assert (~planted[kept]).mean() < 0.05


def test_each_class_has_the_windows_of_its_own_lengths():
    """One class is five times as long; N are no windows, nor is what lies beyond a motif's place."""
    codes = np.zeros((20, 50), np.uint8)
    codes[10:, 10:] = 4
    group = np.repeat([0, 1], 10)
    sites = hits([0, 1, 10, 11], [1e-3] * 4)
    motif = Motif.from_consensus("CACGT")
    for place, strands, windows in ((None, "forward", (46, 6)), (None, "both", (92, 12)), ((0, 20), "both", (32, 12))):
        one = found(motif, sites, place)
        discovery = Discovery(
            motifs=(one,), background=np.full(4, 0.25), strands=strands, explained_sequences=0, seqlets_called=0,
            seqlets_kept=0, clusters=0, note="",
        )  # fmt: skip
        (got,) = with_site_q(discovery, codes, group).motifs
        expected = [
            min(1, 9 / (10 * (1 - chance))) * 10 * chance / 2
            for chance in (1 - 0.999 ** windows[0], 1 - 0.999 ** windows[1])
        ]
        assert got.hits.q == pytest.approx(np.repeat(expected, 2))


def found(motif, sites, place):
    """A motif of a discovery with these sites."""
    test = enrichment_test(np.arange(20) < 2, np.arange(20) < 10, np.full(20, 0.5), rows=np.ones(20, bool))
    return FoundMotif(
        motif=motif, direction="for", source="kmers", cut=1.0, background=np.full(4, 0.25), position_window=place,
        tested=np.ones(20, bool), test=test, q=0.01, replicated=False, hits=sites,
    )  # fmt: skip
