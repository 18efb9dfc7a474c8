"""Motifs that the mask of the file shows to be repeats are set aside, and only supported ones."""

import numpy as np

from motiflens.discovery.sites import find_sites
from motiflens.motifs.motif import Motif
from motiflens.run.schema.motifs import MotifEntry
from motiflens.sequence.alphabet import encode
from motiflens.workflow.placed import Placed
from motiflens.workflow.soft_masked import without_soft_masked

GROUP = np.zeros(100, np.int64)


def placed(codes, word, status="supported"):
    hits, _ = find_sites(
        codes, Motif.from_consensus(word), threshold=1300, window=None, background=np.full(4, 0.25), strands="forward"
    )
    entry = MotifEntry.model_construct(status=status, reason="as it was")
    return Placed(entry=entry, hits=hits, tested=np.ones(100, bool), group=0, index=0, parent=None)


def test_only_supported_motifs_in_masked_letters_change():
    codes = np.random.default_rng(0).integers(0, 4, (100, 80)).astype(np.uint8)
    codes[:, 10:18], codes[:, 50:58] = encode(["TGACTCAG"])[0], encode(["GGATAACC"])[0]
    mask = np.zeros((100, 80), bool)
    mask[:, 5:25] = True
    motifs = [placed(codes, "TGACTCAG"), placed(codes, "GGATAACC"), placed(codes, "TGACTCAG", "echo")]
    found = without_soft_masked(motifs, mask, GROUP)
    assert [one.entry.status for one in found] == ["repeat", "supported", "echo"]
    assert found[0].entry.reason == "a repeat: 100% of its sites are soft-masked in the file, as 25% of the letters are"
    assert [one.entry.reason for one in found[1:]] == ["as it was", "as it was"]
    assert without_soft_masked(motifs, None, GROUP) == motifs
