"""Database motifs: as many by chance as stated, and found where they were planted."""

import numpy as np

from motiflens.discovery.config import KnownMotifConfig
from motiflens.discovery.known_motifs import enriched_known_motifs
from motiflens.discovery.labelled import LabelledSequences
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import concatenate
from motiflens.sequence.alphabet import encode

SITE, OTHER = "TGACTCAGCA", "CCACGTGGTC"


def test_known_motifs_by_chance_are_as_many_as_stated():
    rng = np.random.default_rng(0)
    database = [Motif(name=str(i), probabilities=rng.dirichlet(np.full(4, 0.3), 9).T) for i in range(40)]
    rejected = 0
    for _ in range(40):
        joined = concatenate(rng.integers(0, 4, (200, 60)).astype(np.uint8))
        data = LabelledSequences(
            codes=joined.codes,
            offsets=joined.offsets,
            positive=rng.random(200) < 0.5,
            expected=np.full(200, 0.5),
            background=np.full(4, 0.25),
            strands="both",
        )
        rejected += bool(enriched_known_motifs(data, database, seed=0, config=KnownMotifConfig(max_q=0.2)))
    assert rejected <= 15  # 8 expected, 99.5 % of draws below this


def test_known_motifs_are_tested_where_composition_explains_nothing_and_classes_come_in_order():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (600, 60)).astype(np.uint8)
    for i in range(150):
        codes[i, 20:30] = encode([SITE])[0]
    joined = concatenate(codes)
    data = LabelledSequences(
        codes=joined.codes,
        offsets=joined.offsets,
        positive=np.arange(600) < 300,
        expected=np.full(600, 0.5),  # as with shuffled negatives
        background=np.full(4, 0.25),
        strands="both",
    )
    database = [Motif.from_consensus(site, name=site) for site in (SITE, OTHER, "GATTACAGAT")]
    found = enriched_known_motifs(data, database, seed=0, config=KnownMotifConfig())
    assert [one.motif.name for one in found] == [SITE]
    assert found[0].q < 1e-20
