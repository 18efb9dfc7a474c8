"""Known motifs as starting filters: the group that tells most, motifs beyond those before, written where they fit."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from trainings import task

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.additive.terms import MotifTerm
from motiflens.model.deep.config import DeepConfig
from motiflens.model.output import output_for
from motiflens.model.targets import ManyLabels, Numbers
from motiflens.motifs.database import load_database
from motiflens.sequence.alphabet import one_hot, reverse_complement
from motiflens.training.recipes import additive, known_motifs
from motiflens.training.recipes.initial_filters import start_from_known_motifs
from motiflens.training.recipes.known_motifs import (
    GROUPS,
    KnownMotif,
    chosen_known_motifs,
    informative_motifs,
    log_odds,
    matching_pursuit,
    standardised_truth,
)
from motiflens.training.recipes.registry import recipe_of
from motiflens.training.task import TrainingData
from motiflens.training.training_config import TrainingConfig

YEAST = ("MA0363.3", "MA0265.3", "MA0281.3")  # REB1, ABF1, CBF1


def measured(n: int = 300, length: int = 50) -> TrainingData:
    """Random sequences in which the best sites of three motifs of yeast, on either strand, raise a number by 2."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (n, length)).astype(np.uint8)
    values = rng.normal(10, 0.5, (n, 1))
    entries = {entry.motif.accession: entry for entry in load_database(taxa=["fungi"]).entries}
    for number, accession in enumerate(YEAST):
        site = entries[accession].motif.probabilities.argmax(0).astype(np.uint8)
        for row in np.flatnonzero(rng.random(n) < 0.3):
            start = 16 * number
            codes[row, start : start + len(site)] = site if rng.random() < 0.5 else 3 - site[::-1]
            values[row] += 2
    return TrainingData(
        codes=codes,
        labels=values,
        validation_codes=codes[:5],
        validation_labels=values[:5],
        class_weights=np.ones(0),
        output=Numbers(("expression",), centre=(10.0,), scale=(1.0,)),
        strands="both",
    )


def test_the_group_whose_motifs_tell_most_is_chosen():
    settings, notes = chosen_known_motifs(TrainingConfig(), measured(1_200), widest=21)
    assert settings.known_motifs == "fungi"
    assert "known motifs of fungi" in notes[0]


def oriented(data: TrainingData, *, strand: str = "forward") -> TrainingData:
    """Classes of sequences with and without a site of ABF1, which no 6-mer holds, at any place of one strand."""
    rng = np.random.default_rng(2)
    entry = next(entry for entry in load_database().entries if entry.motif.accession == YEAST[1])
    codes = rng.integers(0, 4, data.codes.shape).astype(np.uint8)
    labels = np.arange(len(codes)) % 2
    for row in np.flatnonzero(labels):
        site = np.array([rng.choice(4, p=column) for column in entry.motif.probabilities.T])
        start = rng.integers(codes.shape[1] - len(site) + 1)
        codes[row, start : start + len(site)] = site if strand == "forward" else 3 - site[::-1]
    output = output_for(("without", "with"))
    return replace(data, codes=codes, labels=labels, validation_labels=labels[:5], output=output, strands="forward")


@pytest.mark.parametrize(("n", "group"), [(2_000, "none"), (4_000, "fungi")])
def test_more_sequences_are_asked_where_the_first_tell_nothing(n, group):
    """ABF1's sites in one of forty sequences of a class: 2,000 do not tell them from chance, 4,000 do."""
    rng = np.random.default_rng(0)
    entry = next(entry for entry in load_database().entries if entry.motif.accession == YEAST[1])
    site = entry.motif.probabilities.argmax(0).astype(np.uint8)
    codes = rng.integers(0, 4, (4_000, 60)).astype(np.uint8)
    labels = np.arange(4_000) % 2
    for row in np.flatnonzero(labels):
        if rng.random() < 0.025:
            start = rng.integers(len(codes[row]) - len(site) + 1)
            codes[row, start : start + len(site)] = site
    output = output_for(("without", "with"))
    data = replace(
        measured(5, length=60), codes=codes[:n], labels=labels[:n], validation_labels=labels[:5], output=output
    )
    settings, notes = chosen_known_motifs(TrainingConfig(), data, widest=21)
    assert settings.known_motifs == group
    assert [note for note in notes if "4,000 training sequences" in note] == notes


@pytest.mark.parametrize(("strands", "group"), [("both", "vertebrates"), ("forward", "none")])
def test_more_sequences_are_asked_where_kmers_tell_something_by_chance(strands, group, monkeypatch):
    found = {"kmers": 0.2, "places": 0.0, "groups": dict.fromkeys(GROUPS, 0.3)}
    looks = iter(
        [known_motifs._Told(n=400, good=(), **found), known_motifs._Told(n=800, good=["vertebrates"], **found)]
    )
    monkeypatch.setattr(known_motifs, "_told", lambda *_, **__: next(looks))
    data = replace(measured(300), output=output_for(("without", "with")), strands=strands)
    assert chosen_known_motifs(TrainingConfig(), data, widest=21)[0].known_motifs == group


@pytest.mark.parametrize("strand", ["forward", "reverse"])
def test_sites_of_one_strand_start_filters_in_their_orientation(strand):
    data = oriented(measured(800), strand=strand)
    settings, notes = chosen_known_motifs(TrainingConfig(), data, widest=21)
    assert settings.known_motifs == "fungi"
    assert "letters at their places" in notes[0]
    found = informative_motifs(
        data.codes, data.labels, output=data.output, group="fungi", strands="forward", widest=21, count=1
    )
    abf1 = log_odds(next(entry for entry in load_database().entries if entry.motif.accession == YEAST[1]))
    np.testing.assert_array_equal(found[0].log_odds, abf1 if strand == "forward" else abf1[::-1, ::-1])


@pytest.mark.parametrize(("agreeing", "group"), [(0.6, "fungi"), (0.75, "none"), (1.0, "none")])
def test_motifs_start_filters_where_letters_at_their_places_tell_less_than_half(agreeing, group):
    """Motifs predict with .7, a letter that agrees with the class in three of four sequences with .4."""
    data = oriented(measured(800))
    codes = data.codes.copy()
    agrees = np.random.default_rng(6).random(800) < agreeing
    codes[:, 0] = 3 * np.where(agrees, data.labels, 1 - data.labels)
    chosen = chosen_known_motifs(TrainingConfig(), replace(data, codes=codes), widest=21)[0]
    assert chosen.known_motifs == group


def test_numbers_of_one_strand_start_from_kmers_alone():
    data = replace(measured(40), strands="forward")
    settings, notes = chosen_known_motifs(TrainingConfig(), data, widest=21)
    assert (settings.known_motifs, notes) == ("none", [])


@pytest.mark.parametrize("names", [("low", "high"), ("low", "middle", "high")])
def test_classes_start_from_the_motifs_that_tell_them_apart(names):
    data = measured(1_600)
    labels = np.digitize(data.labels[:, 0], (11, 13)[: len(names) - 1])
    output = output_for(names)
    settings, notes = chosen_known_motifs(
        TrainingConfig(), replace(data, labels=labels, validation_labels=labels[:5], output=output), widest=21
    )
    assert settings.known_motifs == "fungi"
    assert "known motifs of fungi" in notes[0]
    found = informative_motifs(data.codes, labels, output=output, group="fungi", strands="both", widest=21, count=6)
    assert [motif.output for motif in found] == [i % output.n_outputs for i in range(len(found))]
    assert len(found) >= 3
    assert found[output.n_outputs - 1].sign == 1  # of the highest
    if output.n_outputs > 1:
        assert found[0].sign == -1


def test_vertebrates_are_taken_unless_another_group_tells_more(monkeypatch):
    told = {"k-mers": 0.30, "vertebrates": 0.30, "plants": 0.35}
    asked = iter(("k-mers", *GROUPS))
    monkeypatch.setattr(known_motifs, "_best_correlation", lambda *_: told.get(next(asked), 0.0))
    monkeypatch.setattr(known_motifs, "_log_occupancies", lambda codes, known, _: np.zeros((len(codes), len(known))))
    assert chosen_known_motifs(TrainingConfig(), measured(400), widest=21)[0].known_motifs == "vertebrates"
    asked = iter(("k-mers", *GROUPS))
    told["plants"] = 0.41  # two standard errors are .1
    assert chosen_known_motifs(TrainingConfig(), measured(400), widest=21)[0].known_motifs == "plants"
    asked = iter(("k-mers", *GROUPS))
    told["k-mers"] = 0.45  # vertebrates are worse than that
    assert chosen_known_motifs(TrainingConfig(), measured(400), widest=21)[0].known_motifs == "plants"
    asked = iter(("k-mers", *GROUPS))
    told["k-mers"] = 0.52
    assert chosen_known_motifs(TrainingConfig(), measured(400), widest=21)[0].known_motifs == "none"


def test_words_that_tell_all_are_a_better_start_than_motifs():
    """Few of the 4,096 words tell more than all motifs; all words together tell less than these."""
    rng = np.random.default_rng(8)
    codes, labels = rng.integers(0, 4, (800, 60)).astype(np.uint8), np.arange(800) % 2
    for word, first in (((3, 0, 3, 0, 0, 0), 0), ((3, 3, 2, 0, 1, 0), 20), ((2, 2, 2, 1, 2, 2), 40)):
        for row in np.flatnonzero(labels & (rng.random(800) < 0.4)):
            start = first + rng.integers(14)
            codes[row, start : start + 6] = word
    output = output_for(("without", "with"))
    data = replace(measured(length=60), codes=codes, labels=labels, validation_labels=labels[:5], output=output)
    for strands in ("forward", "both"):
        settings, _ = chosen_known_motifs(TrainingConfig(), replace(data, strands=strands), widest=21)
        assert settings.known_motifs == "none"


def of_features(n: int, count: int, *, factors: int, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Features, and a number that so many of them make, with noise of so many times its deviation."""
    rng = np.random.default_rng(5)
    features = rng.normal(size=(n, count)).astype(np.float32)
    signal = features[:, :factors] @ rng.choice([-1.0, 1.0], factors)
    return features, (signal + rng.normal(0, noise * signal.std(), n))[:, None]


def telling(features: np.ndarray, truth: np.ndarray) -> list[int]:
    return sorted(i for i, _, _ in known_motifs._telling(features, truth, count=64))


@pytest.mark.parametrize("factors", [1, 3, 7])
def test_few_motifs_are_taken_where_few_tell_all(factors):
    assert telling(*of_features(1000, 200, factors=factors)) == list(range(factors))


def test_as_many_as_filters_hold_are_taken_where_many_matter():
    assert len(telling(*of_features(1000, 200, factors=60))) == 64


def test_no_motif_is_taken_where_none_tells():
    """All of them together have a chance to be better than few, but tell nothing either."""
    rng = np.random.default_rng(6)
    features = rng.normal(size=(2000, 300)).astype(np.float32)
    taken = [len(telling(features, rng.normal(size=(2000, 1)))) for _ in range(10)]
    assert taken.count(0) >= 7
    assert max(taken) <= 2


def test_what_is_chance_for_one_target_is_not_taken_for_those_of_another():
    features, truth = of_features(3000, 300, factors=4, noise=2)
    rng = np.random.default_rng(0)
    taken = [telling(features, np.hstack((truth, rng.normal(size=(3000, 3))))) for _ in range(5)]
    assert all(one[:4] == [0, 1, 2, 3] for one in taken)
    assert np.mean([len(one) - 4 for one in taken]) <= 2


def test_narrow_filters_start_from_kmers_alone():
    settings, notes = chosen_known_motifs(TrainingConfig(), measured(40), widest=7)
    assert (settings.known_motifs, notes) == ("none", [])
    settings, notes = chosen_known_motifs(TrainingConfig(known_motifs="plants"), measured(40), widest=7)
    assert settings.known_motifs == "none"
    assert notes == ["filters do not start from known motifs of plants: no filter has 8 letters"]


def test_many_numbers_start_from_kmers_alone():
    settings, notes = chosen_known_motifs(TrainingConfig(), measured(4_001, 50), widest=21)
    assert (settings.known_motifs, notes) == ("none", [])


def test_many_sequences_of_a_rare_class_start_from_the_motifs_of_its_group():
    """Of the first 2,000 sequences 20 are of the rare class, and 21 choose no group."""
    rare, common = measured(300), np.random.default_rng(9).integers(0, 4, (9_700, 50)).astype(np.uint8)
    codes = np.concatenate([rare.codes, common])
    labels = np.concatenate([rare.labels[:, 0] > 11, np.zeros(len(common), bool)]).astype(np.int64)
    order = np.random.default_rng(4).permutation(len(labels))
    data = replace(rare, codes=codes[order], labels=labels[order], output=output_for(("common", "rare")))
    assert chosen_known_motifs(TrainingConfig(), data, widest=21)[0].known_motifs == "fungi"


def test_labels_of_few_sequences_are_asked_where_they_are_known():
    data = measured()
    known = np.column_stack([data.labels[:, 0] > 11, np.full(len(data.labels), np.nan)])
    known[1::2, 1] = 1  # of one half alone
    output = ManyLabels(("bound", "other"))
    asked = replace(data, labels=known, validation_labels=known[:5], output=output)
    assert chosen_known_motifs(TrainingConfig(), asked, widest=21)[0].known_motifs != "none"
    found = informative_motifs(data.codes, known, output=output, group="fungi", strands="both", widest=21, count=3)
    assert [motif.output for motif in found] == [0, 0, 0]


@pytest.mark.parametrize(("motifs", "kmers"), [(0, 12), (1, 2), (2, 4), (8, 12)])
def test_beside_few_motifs_start_few_kmers(motifs, kmers):
    data = measured()
    config = AdditiveConfig(widths=(7, 13), filters=16, position_weights="none")
    term = MotifTerm(config, length=50, n_outputs=1)
    with torch.no_grad():
        term.readout.zero_()
    fitting = [entry for entry in load_database().entries if entry.motif.width <= 13][:motifs]
    known = [KnownMotif(name=entry.motif.name, log_odds=log_odds(entry), output=0, sign=1) for entry in fitting]
    additive.start_filters(term, data, known)
    started = term.readout[0] != 0
    assert started[:16].sum() == kmers  # no motif of JASPAR fits seven letters
    assert started[16:].sum() == max(kmers, motifs)


@pytest.mark.parametrize(("strands", "classes", "ways"), [("both", True, 2), ("forward", True, 1), ("both", False, 1)])
def test_few_motifs_of_classes_start_both_ways_where_both_strands_are_read(strands, classes, ways):
    data = replace(oriented(measured()) if classes else measured(), strands=strands)
    term = MotifTerm(AdditiveConfig(widths=(13,), filters=16, position_weights="none"), length=50, n_outputs=1)
    entries = [entry for entry in load_database().entries if entry.motif.width == 13][:3]
    known = [KnownMotif(name=entry.motif.name, log_odds=log_odds(entry), output=0, sign=1) for entry in entries]
    additive.start_filters(term, data, known)
    expected = [motif.log_odds for motif in known] + [motif.log_odds[::-1, ::-1] for motif in known]
    found = term.filters[0].detach().numpy()
    same = [np.allclose(found[i], one, atol=1e-5) for i, one in enumerate(expected)]
    assert same == [True] * 3 + [ways == 2] * 3


@pytest.mark.parametrize(("preset", "trainings"), [("additive", 2), ("deep", 2), ("deep, pooled", 4)])
def test_all_trainings_of_a_fit_start_from_the_same_motifs(preset, trainings, monkeypatch):
    started = []

    def heard(_, motifs):
        started.append([(motif.name, motif.log_odds.tolist(), motif.output, motif.sign) for motif in motifs])

    monkeypatch.setattr(additive, "start_from_known_motifs", heard)
    front = AdditiveConfig(widths=(13,), filters=4, position_weights="none", kmer=2)
    network = (
        front if preset == "additive" else DeepConfig(front=front, interactions="pooled" if "," in preset else "near")
    )
    given = replace(task("additive", epochs=1, known_motifs="fungi"), network=network)
    recipe_of(network.preset).train(given)
    assert len(started) == trainings
    assert started[0]
    assert started == trainings * started[:1]


def test_chance_of_many_targets_takes_no_motifs():
    data = measured(100)
    noise = np.random.default_rng(3).normal(size=(100, 8))  # the mean over targets is next to 0
    settings, notes = chosen_known_motifs(
        TrainingConfig(), replace(data, labels=noise, validation_labels=noise[:5]), widest=21
    )
    assert (settings.known_motifs, notes) == ("none", [])


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_chance_hardly_ever_takes_motifs(strands):
    taken = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        codes, labels = rng.integers(0, 4, (400, 60)).astype(np.uint8), rng.permutation(np.arange(400) % 2)
        output = output_for(("without", "with"))
        data = replace(measured(length=60), codes=codes, labels=labels, validation_labels=labels[:5], output=output)
        found = chosen_known_motifs(TrainingConfig(), replace(data, strands=strands), widest=21)[0]
        taken += found.known_motifs != "none"
    assert taken <= 4  # of a share of .1; more come by chance once in 600 tests


def test_a_missing_target_takes_no_turn():
    data = measured(1_200)
    two = np.concatenate([np.full_like(data.labels, np.nan), data.labels], axis=1)
    output = Numbers(("one", "other"), centre=(0.0, 10.0), scale=(1.0, 1.0))
    found = informative_motifs(data.codes, two, output=output, group="fungi", strands="both", widest=21, count=3)
    assert [motif.output for motif in found] == [1, 1, 1]
    data = replace(data, labels=two, validation_labels=two[:5], output=output)
    settings, _ = chosen_known_motifs(TrainingConfig(), data, widest=21)
    assert settings.known_motifs == "fungi"


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_what_the_settings_say_is_kept(strands):
    given = TrainingConfig(known_motifs="plants")
    assert chosen_known_motifs(given, replace(measured(40), strands=strands), widest=21) == (given, [])


def test_the_motifs_with_an_effect_come_first():
    data = measured()
    found = informative_motifs(
        data.codes, data.labels, output=data.output, group="fungi", strands="both", widest=21, count=3
    )
    planted = [entry.motif for entry in load_database().entries if entry.motif.accession in YEAST]
    for motif in planted:  # a relative of nearly the same sites may stand for it
        assert any(alike(motif.probabilities, np.exp(other.log_odds) / 4) for other in found), motif.name
    assert [motif.sign for motif in found] == [1, 1, 1]


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the consensus letters of six neighbouring columns stand in the other matrix, on either strand."""
    words = ["".join("ACGT"[i] for i in matrix.argmax(0)) for matrix in (one, other, other[::-1, ::-1])]
    return any(words[0][i : i + 6] in word for i in range(len(words[0]) - 5) for word in words[1:])


def test_pursuit_is_least_squares_step_by_step():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(60, 12)) @ rng.normal(size=(12, 12))
    features -= features.mean(0)
    truth = features @ rng.normal(size=(12, 2)) + rng.normal(size=(60, 2))
    truth -= truth.mean(0)
    chosen: list[int] = []
    for i, output, z in matching_pursuit(features, truth, count=5):
        before = features[:, chosen]
        own, left = (x - before @ np.linalg.lstsq(before, x, rcond=None)[0] for x in (features, truth[:, output]))
        size = (own**2).sum(0)
        score = np.where(size > 0.2 * (features**2).sum(0), own.T @ left / np.sqrt(size), 0)
        assert output == len(chosen) % 2
        assert i == np.abs(score).argmax()
        assert z == pytest.approx(score[i] / left.std(), rel=1e-4)
        chosen.append(i)
    assert len(set(chosen)) == 5


def test_missing_values_are_at_the_mean():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    np.testing.assert_allclose(standardised_truth(values)[:, 0], np.array([-1, 1, 0]) / np.sqrt(2 / 3), rtol=1e-5)
    assert not standardised_truth(values)[:, 1].any()


def test_a_started_filter_answers_with_the_odds_of_a_site():
    entry = next(entry for entry in load_database().entries if entry.motif.accession == YEAST[0])
    matrix = log_odds(entry)
    width = matrix.shape[1]
    term = MotifTerm(AdditiveConfig(widths=(7, 13, 21), filters=4, position_weights="none"), length=40, n_outputs=2)
    before = [bank.detach().clone() for bank in term.filters]
    long = np.tile(matrix[:, :1], (1, 30))
    motifs = [KnownMotif(name="x", log_odds=m, output=1, sign=-1) for m in (long, matrix)]
    start_from_known_motifs(term, motifs)
    assert torch.equal(term.filters[0], before[0])
    assert torch.equal(term.filters[1][1:], before[1][1:])
    assert torch.equal(term.filters[2], before[2])
    codes = matrix.argmax(0).astype(np.uint8)[None]
    worse = codes.copy()
    worse[0, 3] = matrix[:, 3].argmin()
    for site, expected in ((codes, 0.0), (worse, matrix[:, 3].min() - matrix[:, 3].max())):
        padded = np.full((1, 40), 4, np.uint8)
        padded[0, 10 : 10 + width] = site
        with torch.no_grad():
            found = torch.nn.functional.conv1d(torch.from_numpy(one_hot(padded)), term.filters[1], term.bias[4:8])[0, 0]
        assert found[10 - (13 - width) // 2] == pytest.approx(expected, abs=1e-5)
    assert term.readout[1, 4] < 0 == term.readout[0, 4]


def test_a_site_tells_the_same_on_either_strand():
    data = measured(200)
    turned = reverse_complement(data.codes)
    names = [
        [
            motif.name
            for motif in informative_motifs(
                codes, data.labels, output=data.output, group="fungi", strands="both", widest=13, count=4
            )
        ]
        for codes in (data.codes, turned)
    ]
    assert names[0] == names[1]
