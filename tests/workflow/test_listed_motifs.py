"""One list of the motifs of several numbers: none twice, none whose effect is another's, none lost that holds."""

import numpy as np
import pytest

from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import Hits
from motiflens.run.schema.motifs import MotifEntry, TargetEffect
from motiflens.workflow.listed_motifs import listed_once
from motiflens.workflow.measured_entry import Halves
from motiflens.workflow.measured_input import MeasuredInput
from motiflens.workflow.placed import Placed

N = 2000
RNG = np.random.default_rng(4)
FIRST = RNG.random(N) < 0.3
SECOND = np.where(FIRST, RNG.random(N) < 0.9, RNG.random(N) < 0.05)  # mostly beside the first
THIRD = RNG.random(N) < 0.3
WORDS = {"TGACTCAT": FIRST, "GGCATTCC": SECOND, "CACGTGAA": THIRD, "ATCCGTTC": SECOND}


def placed(word: str, *, number: str, log10_p: float, index: int, status: str = "supported", parent: int | None = None):
    rows = np.flatnonzero(WORDS[word])
    fill, none = np.zeros(len(rows)), np.zeros(len(rows), np.int64)
    hits = Hits(
        sequence=rows, start=none, end=none + 8, strand=np.ones(len(rows), np.int8), motif=none,
        score=fill, p=fill, q=fill, tests=np.array([1]), unreachable=np.array([False]),
    )  # fmt: skip
    entry = MotifEntry.model_construct(
        consensus=word,
        target=number,
        direction="for",
        probabilities=Motif.from_consensus(word).probabilities,
        position_window=None,
        effects=(TargetEffect.model_construct(target=number, log10_p=float(log10_p)),),
        status=status,
    )
    group = ("a", "b").index(number)
    return Placed(entry=entry, hits=hits, tested=np.ones(N, bool), group=group, index=index, parent=parent)


def listed(motifs, *, of_second: float) -> list[MotifEntry]:
    """Of numbers that the first and third raise, a, and that the second raises, b."""
    values = np.column_stack((1.5 * FIRST + THIRD, of_second * SECOND)) + RNG.normal(size=(N, 2))
    data = MeasuredInput(
        codes=np.zeros((N, 20), np.uint8), values=values, targets=("a", "b"), ids=np.arange(N).astype(str),
        held_out=np.zeros(N, bool), contributions={},
    )  # fmt: skip
    nothing = {name: np.zeros(N) for name in data.numbers}
    halves = Halves(first=np.zeros(N, bool), unseen=np.zeros(N, bool), expected=nothing)
    return [one.entry for one in listed_once(motifs, data, halves, strands="both")]


MOTIFS = [
    placed("TGACTCAT", number="a", log10_p=-90, index=0),
    placed("GGCATTCC", number="a", log10_p=-60, index=1),
    placed("CACGTGAA", number="a", log10_p=-50, index=2),
    placed("ATCCGTTC", number="a", log10_p=-2, index=3, status="echo", parent=1),
]


def test_an_effect_that_is_anothers_is_set_aside_and_names_have_no_gap():
    entries = listed(MOTIFS, of_second=0.0)
    shown = [(one.name, one.consensus, one.status) for one in entries]
    assert shown[:3] == [
        ("motif_1", "TGACTCAT", "supported"),
        ("motif_2", "CACGTGAA", "supported"),
        ("motif_3", "GGCATTCC", "unsupported"),
    ]
    assert "with the other motifs held constant, a site adds" in entries[2].reason
    assert entries[3].parent == "motif_3"


def test_of_no_motifs_none_are_listed():
    assert listed([], of_second=0.0) == []
    aside = placed("GGCATTCC", number="a", log10_p=-2, index=0, status="unsupported")
    assert [one.status for one in listed([aside], of_second=0.0)] == ["unsupported"]


@pytest.mark.parametrize(("effect", "status"), [(1.0, "supported"), (0.0, "unsupported")])
def test_a_motif_that_holds_for_another_number_is_listed_with_that(effect, status):
    again = placed("GGCATTCC", number="b", log10_p=-40, index=0)
    entries = listed([*MOTIFS, again], of_second=effect)
    (second,) = (one for one in entries if one.consensus == "GGCATTCC")
    assert second.status == status
    assert effect == 0 or second.target == "b"
    assert entries[-1].parent == second.name
