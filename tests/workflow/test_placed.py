"""A motif that several classes share is listed once."""

from functools import partial

import numpy as np
import pytest

from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import Hits
from motiflens.run.schema.motifs import MotifEntry
from motiflens.workflow.find_motifs import _is_shared
from motiflens.workflow.placed import Placed, named_once

NONE = np.zeros(0, np.int64)
HITS = Hits(
    sequence=NONE, start=NONE, end=NONE, strand=np.zeros(0, np.int8), motif=NONE, score=np.zeros(0), p=np.zeros(0),
    q=np.zeros(0), tests=np.array([1]), unreachable=np.array([False]),
)  # fmt: skip


def placed(word: str, group: int, status: str, *, index: int = 0, parent: int | None = None) -> Placed:
    entry = MotifEntry.model_construct(
        consensus=word, status=status, probabilities=Motif.from_consensus(word).probabilities, position_window=None
    )
    return Placed(entry=entry, hits=HITS, tested=np.ones(1, bool), group=group, index=index, parent=parent)


@pytest.mark.parametrize("status", ["shared", "unsupported"])
def test_a_motif_that_classes_share_is_listed_once(status):
    """Reverse complements; what lived off the second lives off the first."""
    motifs = [
        placed("TGACGTGG", 0, "shared"),
        placed("CCACGTCA", 1, status),
        placed("GGGGCGGA", 1, "supported", index=1),
        placed("CCACG", 1, "echo", index=2, parent=0),
    ]
    found = [one.entry for one in named_once(motifs, partial(_is_shared, strands="both"))]
    assert [(one.name, one.consensus, one.parent) for one in found] == [
        ("motif_1", "TGACGTGG", ""),
        ("motif_2", "GGGGCGGA", ""),
        ("motif_3", "CCACG", "motif_1"),
    ]


@pytest.mark.parametrize(
    ("word", "first", "second", "strands"),
    [
        ("CCACGTCA", "shared", "shared", "forward"),
        ("CCACGTCA", "supported", "shared", "both"),
        ("CCACGTCA", "shared", "supported", "both"),
        ("CATTCCGA", "shared", "shared", "both"),
    ],
)
def test_others_are_listed_each(word, first, second, strands):
    motifs = [placed("TGACGTGG", 0, first), placed(word, 1, second)]
    assert len(named_once(motifs, partial(_is_shared, strands=strands))) == 2
