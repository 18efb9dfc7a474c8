"""Which motifs are supported once the other classes and the model have been asked."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import fisher_exact

from motiflens.discovery.discover import discover
from motiflens.discovery.result import FoundMotif
from motiflens.run.schema.motifs import Effect, MotifEffects
from motiflens.sequence.alphabet import encode
from motiflens.workflow.motif_effects import ModelEffects
from motiflens.workflow.motif_entry import motif_entry
from motiflens.workflow.motif_input import MotifInput


class Answers(ModelEffects):
    """One answer to every question."""

    model, seed = SimpleNamespace(strands="both"), 0

    def __init__(self, planted: tuple[float, float], erased: tuple[float, float] | None) -> None:  # needs no model
        self.answer = MotifEffects(insertion=effect(planted), ablation=None if erased is None else effect(erased))

    def of_motif(self, found, target, *, inside):  # noqa: ARG002, the answer is the same for all
        return self.answer


def effect(interval: tuple[float, float]) -> Effect:
    low, high = interval
    return Effect(mean=(low + high) / 2, low=low, high=high, n=10)


@cache
def data(classes: int = 2) -> MotifInput:
    """A word in half of the last class; with three classes, in as many of the second."""
    rng = np.random.default_rng(0)
    n = 300 * classes * (classes - 1)
    codes = rng.integers(0, 4, (n, 60)).astype(np.uint8)
    labels = np.arange(n) * classes // n
    for row in np.flatnonzero(labels >= 1)[::2]:
        at = rng.integers(0, 50)
        codes[row, at : at + 8] = encode(["GATTACAG"])[0]
    return MotifInput(
        codes=codes,
        labels=labels,
        classes=("a", "b", "c")[:classes],
        ids=np.array([f"s{i}" for i in range(n)]),
        held_out=np.zeros(n, bool),
        contributions={},
    )


@cache
def found(classes: int = 2) -> FoundMotif:
    given = data(classes)
    return discover(given.codes, given.labels == classes - 1).supported[0]


@pytest.mark.parametrize(
    ("planted", "erased", "status"),
    [
        ((0.2, 0.4), (-0.4, -0.2), "supported"),
        ((-0.1, 0.5), (-0.4, -0.2), "unused"),
        ((-0.5, -0.2), (0.1, 0.2), "unused"),
        ((0.2, 0.4), (-0.1, 0.1), "unused"),
        ((0.2, 0.4), None, "unused"),
        ((0.001, 0.007), (-0.4, -0.2), "unused"),  # +0.00 is nothing that a reader could use
    ],
)
def test_a_supported_motif_moves_the_model_its_way(planted, erased, status):
    entry = motif_entry(found(), target="b", data=data(), effects=Answers(planted, erased))
    assert entry.status == status
    assert bool(entry.reason) == (status != "supported")
    if status == "unused":
        assert f"{(planted[0] + planted[1]) / 2:+.2f}" in entry.reason


def test_a_motif_against_a_class_moves_it_the_other_way():
    against = replace(found(), direction="against")
    assert motif_entry(against, target="b", data=data(), effects=Answers((-1, -0.5), (0.1, 0.2))).status == "supported"
    assert motif_entry(against, target="b", data=data(), effects=Answers((0.5, 1), (-0.2, -0.1))).status == "unused"


def test_what_stands_in_the_shuffles_of_a_class_is_an_artefact_whatever_their_name():
    given = replace(data(), shuffles="b")
    entry = motif_entry(found(), target="b", data=given, effects=Answers((0.2, 0.4), (-0.4, -0.2)))
    assert entry.status == "artefact"
    assert "what real DNA avoids" in entry.reason
    entry = motif_entry(
        found(), target="b", data=replace(given, shuffles="a"), effects=Answers((0.2, 0.4), (-0.4, -0.2))
    )
    assert entry.status == "supported"


def test_a_motif_of_two_classes_speaks_for_neither():
    entry = motif_entry(found(3), target="c", data=data(3), effects=Answers((0.5, 1), (-1, -0.5)))
    assert entry.status == "shared"
    assert "not clearly more frequent than in b" in entry.reason
    assert "; more than in a (" in entry.reason
    given, site = data(3), np.zeros(1800, bool)
    site[found(3).hits.sequence] = True
    own = next(one for one in entry.against_each if one.name == "b")
    tested = found(3).tested
    table = [
        [(site & tested & (given.labels == c)).sum(), (~site & tested & (given.labels == c)).sum()] for c in (2, 1)
    ]
    assert own.p == pytest.approx(fisher_exact(table, alternative="greater").pvalue)
    assert own.with_site == table[1][0]


@pytest.mark.parametrize(("sequences", "status"), [(2, "supported"), (60, "shared")])
def test_a_class_of_too_few_sequences_to_tell_shares_no_motif(sequences, status):
    """None of two sequences of class a have it, p = .25 or so; of sixty of class b a tenth less than of class c."""
    given, motif = data(3), found(3)
    few = np.flatnonzero(given.labels == 1)[:sequences]
    labels = np.where(given.labels == 1, 0, given.labels)
    labels[few] = 1
    site = motif.hits.in_sequences(len(labels)) & ~(np.isin(np.arange(len(labels)), few) & (sequences == 2))
    kept = motif.hits.take(site[motif.hits.sequence] & ((given.labels != 1) | (labels == 1))[motif.hits.sequence])
    motif = replace(motif, hits=kept, tested=np.ones(len(labels), bool))
    entry = motif_entry(motif, target="c", data=replace(given, labels=labels), effects=Answers((0.5, 1), (-1, -0.5)))
    assert entry.status == status
    assert next(one for one in entry.against_each if one.name == "b").p > 0.01 / 2


def test_what_the_model_uses_without_evidence_is_said_to_be_that():
    unconfirmed = replace(found(), status="unconfirmed", reason="not enriched")
    entry = motif_entry(unconfirmed, target="b", data=data(), effects=Answers((0.5, 1), (-1, -0.5)))
    assert entry.status == "unconfirmed"
    assert "the model uses it" in entry.reason
    entry = motif_entry(unconfirmed, target="b", data=data(), effects=Answers((-0.5, 1), (-1, -0.5)))
    assert entry.status == "unsupported"


def test_counts_positions_and_sequences_add_up():
    entry = motif_entry(found(), target="b", data=data(), effects=Answers((0.2, 0.4), (-0.4, -0.2)))
    site = np.zeros(600, bool)
    site[found().hits.sequence] = True
    positive = data().labels == 1
    assert entry.counts.positives_with == (site & positive).sum() == entry.sites
    assert entry.counts.negatives_with == (site & ~positive).sum()
    assert sum(entry.per_sequence.values()) == positive.sum()
    assert entry.per_sequence["0"] == (~site & positive).sum()
    assert sum(entry.positions.counts) + sum(entry.positions.others) == entry.total_sites == len(found().hits)


def test_a_motif_is_planted_where_its_own_class_has_it():
    planted = []

    class Planting(ModelEffects):
        def __init__(self) -> None:  # needs no model
            pass

        def insertion(self, motif, target, *, start):  # noqa: ARG002, what is asked is where
            planted.append(start)
            return effect((0.2, 0.4))

        def _ablation(self, sites, target):  # noqa: ARG002
            return None

    hits = found().hits
    elsewhere = replace(hits, start=np.where(data().labels[hits.sequence] == 1, 12, 13))
    placed = replace(found(), hits=elsewhere, position_window=(5, 30))
    Planting().of_motif(placed, "b", inside=data().labels == 1)
    Planting().of_motif(placed, "b", inside=data().labels == 0)
    assert planted == [12, 13]
