"""A word that is frequent only where other classes have their motifs' places free says nothing."""

import numpy as np
import pytest

from motiflens.discovery.sites import find_sites
from motiflens.motifs.motif import Motif
from motiflens.run.schema.motifs import MotifEntry
from motiflens.sequence.alphabet import encode
from motiflens.workflow.displaced import without_displaced
from motiflens.workflow.motif_input import MotifInput
from motiflens.workflow.placed import Placed

WINDOW = (15, 35)


@pytest.fixture(scope="module")
def data():
    """Most donors and acceptors hold their word at 20, and "neither" what comes there by chance: AC in one of 16."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (1500, 50)).astype(np.uint8)
    labels = np.arange(1500) // 500
    codes[:400, 20:28] = encode(["GGTAAGTG"])[0]
    codes[500:900, 20:28] = encode(["TTTTTCAG"])[0]
    codes[1000::3, 24:28] = encode(["CCCC"])[0]  # in a third of "neither": a motif of its own
    return MotifInput(
        codes=codes,
        labels=labels,
        classes=("donor", "acceptor", "neither"),
        ids=np.array([f"s{i}" for i in range(1500)]),
        held_out=np.zeros(1500, bool),
        contributions={},
    )


def placed(data, word, target, *, window=WINDOW):
    motif, group = Motif.from_consensus(word), data.classes.index(target)
    hits, _ = find_sites(
        data.codes, motif, threshold=190 * len(word), window=window, background=np.full(4, 0.25), strands="forward"
    )
    entry = MotifEntry.model_construct(target=target, status="supported", position_window=window, reason="")
    return Placed(entry=entry, hits=hits, tested=np.ones(1500, bool), group=group, index=0, parent=None)


def statuses(motifs, data):
    return [one.entry.status for one in without_displaced(motifs, data)]


def test_what_others_displace_is_unsupported_and_an_own_motif_is_not(data):
    strong = [placed(data, "GGTAAGTG", "donor"), placed(data, "TTTTTCAG", "acceptor")]
    chance, own = placed(data, "AC", "neither"), placed(data, "CCCC", "neither")
    assert statuses([*strong, chance, own], data) == ["supported", "supported", "unsupported", "supported"]
    assert "occupy its place" in without_displaced([*strong, chance], data)[2].entry.reason


def test_weaker_motifs_other_places_and_motifs_found_anywhere_displace_nothing(data):
    strong = [placed(data, "GGTAAGTG", "donor"), placed(data, "TTTTTCAG", "acceptor")]
    chance = placed(data, "AC", "neither")
    assert statuses([chance, *strong], data)[0] == "supported"
    assert statuses([*strong, placed(data, "AC", "neither", window=None)], data)[2] == "supported"
