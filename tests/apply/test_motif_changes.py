"""Motifs that change at a variant: best matches against a naive scan, and the words for what happens."""

import numpy as np
import pytest

from motiflens.apply.variants.motif_changes import KnownSite, MotifWatch, cut_of
from motiflens.apply.variants.motif_words import settled, settled_column, told
from motiflens.apply.variants.windows import Windows
from motiflens.motifs.motif import UNIFORM, Motif
from motiflens.motifs.scan import scan
from motiflens.motifs.scores import integer_scores, with_n_row
from motiflens.sequence.alphabet import encode

ETS = KnownSite(name="ETS, family", motif=Motif.from_consensus("CCGGAAGT"), cut=9.0)


def windows(*pairs):
    rows = []
    for first, second in pairs:
        same = 0
        while first[same] == second[same]:
            same += 1
        end = 0
        while first[-1 - end] == second[-1 - end] and same + end < len(first):
            end += 1
        rows.append([same, len(first) - end])
    spans = np.array(rows)
    return Windows(
        rows=np.arange(len(pairs)),
        first=encode([a for a, _ in pairs]),
        second=encode([b for _, b in pairs]),
        first_span=spans,
        second_span=spans,
    )


def watch(*sites, strands="both", min_bits=1.0):
    return MotifWatch(sites, background=UNIFORM, strands=strands, min_bits=min_bits)


def test_gained_lost_stronger_weaker():
    site, broken, near = "AACCGGAAGTAA", "AACCGGTAGTAA", "AACCGGAAGGAA"
    weak = KnownSite(name="ETS, family", motif=ETS.motif, cut=4.0)
    found = watch(ETS).changes(windows((broken, site), (site, broken)))
    assert [[str(change).split(":")[:2] for change in some] for some in found] == [
        [["gained", "ETS_family"]],
        [["lost", "ETS_family"]],
    ]
    assert found[0][0].delta == -found[1][0].delta > 4
    words = [some[0].word for some in watch(weak).changes(windows((near, site), (site, near)))]
    assert words == ["stronger", "weaker"]
    assert watch(weak, min_bits=20.0).changes(windows((near, site))) == [()]
    assert watch().changes(windows((near, site))) == [()]


def test_a_weak_site_waits_for_the_models_consent():
    strong, weak, nothing = "AACCGGAAGTAA", "AACCGGAAGGAA", "AACCGGTTGGAA"
    site = KnownSite(name="ETS", motif=ETS.motif, cut=9.0, weak=4.0, target="bound")
    made, broken, better = watch(site).changes(windows((nothing, weak), (weak, nothing), (weak, strong)))
    assert [(some[0].word, some[0].agreeing) for some in (made, broken, better)] == [
        ("gained", ("bound", 1)),
        ("lost", ("bound", -1)),
        ("gained", None),
    ]
    against = KnownSite(name="ETS", motif=ETS.motif, cut=9.0, weak=4.0, target="bound", raises=False)
    assert watch(against).changes(windows((nothing, weak)))[0][0].agreeing == ("bound", -1)
    assert told(better, np.array([-1.0]), ("bound",)) == (str(better[0]),)
    assert told(made, np.array([-1.0]), ("bound",)) == ()
    assert told(made, np.array([1.0]), ("other",)) == ()  # two classes, and the other one is explained
    assert told(made, np.array([1.0, 2.0]), ("x", "y")) == ()
    texts = told((*made, *better), np.array([-1.0, 1.0]), ("other", "bound"))
    assert settled(texts, np.array([0.0, 0.05]), agreement=0.05) == [str(made[0]), str(better[0])]
    for p in (np.array([0.0, 0.06]), None):
        assert settled(texts, p, agreement=0.05) == [str(better[0])]
    column = ["&".join(texts), "", str(better[0])]
    p = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    assert settled_column(column, p, agreement=0.05) == [str(better[0]), "", str(better[0])]


def test_a_site_elsewhere_in_the_window_changes_nothing():
    assert watch(ETS).changes(windows(("CCGGAAGTTTTTTTTATTTT", "CCGGAAGTTTTTTTTCTTTT"))) == [()]


def test_the_other_strand():
    pair = ("AAACTTCCAGAA", "AAACTTCCGGAA")
    assert watch(ETS).changes(windows(pair))[0][0].word == "gained"
    assert watch(ETS, strands="forward").changes(windows(pair)) == [()]


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_best_matches_against_every_window(strands):
    rng = np.random.default_rng(0)
    background = np.array([0.3, 0.2, 0.2, 0.3])
    motifs = [Motif(name=f"m{w}", probabilities=rng.dirichlet(np.full(4, 0.4), w).T) for w in (3, 7, 11)]
    sites = [KnownSite(name=m.name, motif=m, cut=2.0) for m in motifs]
    first, second = rng.integers(0, 4, (2, 60, 30)).astype(np.uint8)
    spans = np.sort(rng.integers(0, 31, (2, 60, 2)), axis=2)
    some = Windows(rows=np.arange(60), first=first, second=second, first_span=spans[0], second_span=spans[1])
    found = MotifWatch(sites, background=background, strands=strands, min_bits=0.5).changes(some)
    for row in range(60):
        expected = {}
        for motif in motifs:
            best = [
                naive(m[row], s[row], motif, background, strands) for m, s in ((first, spans[0]), (second, spans[1]))
            ]
            was, now = (value >= 200 for value in best)
            if was != now or (was and abs(best[1] - best[0]) >= 50):
                word = ("stronger" if best[1] > best[0] else "weaker") if was and now else "gained" if now else "lost"
                expected[motif.name] = word
        assert {change.name: change.word for change in found[row]} == expected


def naive(codes, span, motif, background, strands):
    matrix = with_n_row(integer_scores(motif.probabilities, background))
    turned = with_n_row(integer_scores(motif.probabilities, background)[::-1, ::-1])
    best = -(1 << 24)
    for start in range(len(codes) - motif.width + 1):
        end = start + motif.width
        sees = start < span[1] and end > span[0] if span[0] < span[1] else start < span[0] < end
        if sees:
            for m in (matrix, turned)[: 1 + (strands == "both")]:
                best = max(best, int(sum(m[codes[start + j], j] for j in range(motif.width))))
    return best


def test_the_cut_of_a_motif_file_is_that_of_a_scan():
    cut = cut_of(ETS.motif, UNIFORM, p_value=1e-3)
    codes = np.random.default_rng(0).integers(0, 4, (1, 20_000)).astype(np.uint8)
    hits = scan(codes, [ETS.motif], p_threshold=1e-3, background=UNIFORM)
    assert hits.score.min() >= cut
    assert cut_of(Motif.from_consensus("AC"), UNIFORM, p_value=1e-4) == float("inf")
