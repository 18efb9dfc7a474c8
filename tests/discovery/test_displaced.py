import numpy as np

from motiflens.discovery.discover import discover
from motiflens.discovery.displaced import without_displaced
from motiflens.discovery.evidence import Evidence, assess_motifs

WORDS = {0: "ACGTGACC", 1: "TTGCAAGC"}
PLACE = 30


def three_classes(*, own_word: bool) -> tuple[np.ndarray, np.ndarray]:
    """Two classes with a word each at a fixed place, and a third with none, or with one of its own."""
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, (900, 60)).astype(np.uint8)
    labels = np.repeat([0, 1, 2], 300)
    # A word that is common about a place, where the other classes have theirs.
    for row in range(900):
        if rng.random() < 0.5:
            at = rng.integers(PLACE - 2, PLACE + 5)
            codes[row, at : at + 5] = [2, 2, 3, 3, 2]
    for label, word in WORDS.items():
        codes[labels == label, PLACE : PLACE + 8] = ["ACGT".index(x) for x in word]
    if own_word:
        for row in np.flatnonzero(labels == 2)[::2]:
            codes[row, 8:16] = ["ACGT".index(x) for x in "GATTACAG"]
    return codes, labels


def found(codes: np.ndarray, labels: np.ndarray) -> list[Evidence]:
    out = []
    for target in range(3):
        discovery = discover(codes, labels == target, strands="forward")
        out.append(assess_motifs(discovery, codes, labels == target))
    return out


def test_what_other_classes_motifs_displace_is_no_motif_of_the_rest():
    codes, labels = three_classes(own_word=False)
    before = found(codes, labels)
    assert before[2].supported, "the displaced word looks like a motif of the third class"
    after = without_displaced(before, labels, [0, 1, 2])
    assert [len(one.supported) > 0 for one in after] == [True, True, False]
    moved = [m for m in after[2].not_supported if "occupy its place" in m.reason]
    assert len(moved) == len(before[2].supported)
    assert after[2].hits is None


def test_a_motif_of_its_own_stays_with_its_hits():
    codes, labels = three_classes(own_word=True)
    after = without_displaced(found(codes, labels), labels, [0, 1, 2])[2]
    assert [m.motif.consensus for m in after.supported if "GATTACA" in m.motif.consensus]
    assert after.hits is not None
    assert set(after.hits.motif.tolist()) == set(range(len(after.supported)))
    own = next(i for i, m in enumerate(after.supported) if "GATTACA" in m.motif.consensus)
    rows = set(after.hits.sequence[after.hits.motif == own].tolist())
    assert len(rows & set(np.flatnonzero(labels == 2)[::2].tolist())) >= 140
