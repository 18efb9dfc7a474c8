"""From data set to model: members, strands, class weights, pilots, devices."""

import warnings
from dataclasses import replace

import numpy as np
import planted
import pytest
import torch
from sklearn.metrics import roc_auc_score

from motiflens.data.dataset import Dataset
from motiflens.data.splits import split_for_training
from motiflens.errors import InputError
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits, predict_probabilities
from motiflens.sequence.alphabet import reverse_complement
from motiflens.training import fit as fit_module
from motiflens.training.config import FitConfig
from motiflens.training.fit import Fitted, class_weights, fit_model, resolve_device, too_few
from motiflens.training.task import Trained, Where
from motiflens.training.trial import Attempt, PilotSize, Variant

ADDITIVE = {"preset": "additive", "widths": (7,), "filters": 6, "profile": "none", "competition": "none", "kmer": 3}
CLASSIC = {"preset": "classic", "widths": (3, 7), "filters": 6, "dense": (8, 6)}
NETWORKS = {"additive": ADDITIVE, "classic": CLASSIC}


def config(preset: str = "additive", **changes) -> FitConfig:
    training = {"sparsity": 0.2} | changes.pop("training", {"epochs": 3, "learning_rate": 0.02})
    return FitConfig(**{"network": NETWORKS[preset], "training": training, "strands": "both"} | changes)


def fitted(dataset: Dataset, how: FitConfig, *, seed: int = 0, where: Where = Where()) -> Fitted:  # noqa: B008
    split = split_for_training(dataset, seed=0)
    return fit_model(dataset.take(split.train), dataset.take(split.val), config=how, seed=seed, where=where)


def assert_same(one: Model, other: Model) -> None:
    for a, b in zip(one.members, other.members, strict=True):
        state = b.state_dict()
        assert all(torch.equal(value, state[name]) for name, value in a.state_dict().items())


@pytest.mark.parametrize("preset", NETWORKS)
def test_members_have_seeds_of_their_own(preset, tmp_path):
    dataset = planted.planted(200, 30)
    where = Where(folder=tmp_path)
    two = fitted(dataset, config(preset, ensemble=2), where=where)
    assert len(two.model.members) == 2
    codes = dataset.codes[:20]
    each = [predict_logits(replace(two.model, members=[m]), codes) for m in two.model.members]
    assert np.abs(each[0] - each[1]).max() > 1e-3
    np.testing.assert_allclose(predict_logits(two.model, codes), (each[0] + each[1]) / 2, atol=1e-5)
    assert two.history.groupby("member").size().tolist() == [3, 3]
    assert {f.name for f in tmp_path.iterdir()} == {"member_1", "member_2"}
    # A member is what a fit with its seed makes; and the first member needs no second training.
    alone = fitted(dataset, config(preset), seed=0)
    assert_same(alone.model, replace(two.model, members=two.model.members[:1]))
    assert_same(fitted(dataset, config(preset, ensemble=2), where=where).model, two.model)


@pytest.mark.parametrize("classes", [2, 3])
def test_learns_planted_motifs(classes):
    dataset = planted.planted(600, 30, classes=classes, both=True)
    found = fitted(dataset, config())
    fresh = planted.planted(300, 30, classes=classes, both=True, seed=1)
    probabilities = predict_probabilities(found.model, fresh.codes)
    scores = probabilities[:, 1] if classes == 2 else probabilities
    assert roc_auc_score(fresh.labels, scores, multi_class="ovr") > 0.8
    assert found.model.classes == dataset.classes


def test_both_strands_are_one():
    model = fitted(planted.planted(200, 30), config()).model
    codes = planted.planted(30, 30, seed=1).codes
    other = np.stack([reverse_complement(c) for c in codes])
    np.testing.assert_allclose(predict_logits(model, codes), predict_logits(model, other), rtol=0, atol=1e-6)


def test_the_order_of_the_records_is_no_trap(monkeypatch):
    """Files come class by class; what samples the first rows must see every class."""
    dataset = planted.planted(400, 30)
    by_class = dataset.take(np.argsort(dataset.labels, kind="stable"))
    monkeypatch.setattr("motiflens.training.designs._ENOUGH", 60)
    monkeypatch.setattr("motiflens.training.initial_filters._ENOUGH", 60)
    model = fitted(by_class, config()).model
    probabilities = predict_probabilities(model, dataset.codes)[:, 1]
    assert roc_auc_score(dataset.labels, probabilities) > 0.8


def unbalanced() -> Dataset:
    dataset = planted.planted(600, 30)
    return dataset.take(np.flatnonzero((dataset.labels == 0) | (np.arange(600) < 150)))


def test_class_weights():
    dataset = planted.planted(300, 30, classes=3)
    np.testing.assert_array_equal(class_weights(dataset), [1, 1, 1])
    weights = class_weights(unbalanced())
    counts = np.bincount(unbalanced().labels)
    np.testing.assert_allclose(weights * counts, counts.sum() / 2)


@pytest.mark.parametrize("preset", NETWORKS)
def test_imbalance_is_noted_and_probabilities_speak_of_the_data(preset):
    dataset = unbalanced()
    found = fitted(dataset, config(preset))
    assert any("classes are imbalanced: the loss weighs them background x0.62, AP1 x2.50" in n for n in found.notes)
    mean = predict_probabilities(found.model, dataset.codes)[:, 1].mean()
    assert mean == pytest.approx(dataset.labels.mean(), abs=0.12)


@pytest.mark.parametrize("both", [True, False], ids=["on either strand", "on one strand"])
def test_strands_are_read_as_motifs_lie(both):
    how = config(network=ADDITIVE, strands="auto", training={"epochs": 1})
    found = fitted(planted.planted(800, 30, both=both), how)
    assert found.model.strands == ("both" if both else "forward")
    assert found.notes[0].startswith("strands, by logistic regressions: validation loss ")


def test_pilots_settle_the_profile_and_are_not_repeated(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    dataset = planted.planted(240, 30)
    anchored = dataset.codes.copy()
    anchored[:] = rng.integers(0, 4, anchored.shape)
    anchored[dataset.labels == 1, 12:19] = [3, 2, 0, 1, 3, 1, 0]
    anchored[dataset.labels == 0, 3:10] = [3, 2, 0, 1, 3, 1, 0]
    dataset = replace(dataset, codes=anchored)
    monkeypatch.setattr("motiflens.training.trial._SHORT", PilotSize(2500, 2000))
    monkeypatch.setattr("motiflens.training.trial._PROFILE_PRICE", 0.0)  # so short a training gains little
    stages = []
    how = config(network=ADDITIVE | {"profile": "auto", "dropout": 0.0}, strands="auto")
    split = split_for_training(dataset, seed=0)
    parts = dataset.take(split.train), dataset.take(split.val)
    where = Where(folder=tmp_path)
    found = fit_model(*parts, config=how, seed=0, where=where, on_stage=stages.append)
    assert found.model.config.profile in ("smooth", "base")  # the position of the motif is all that tells
    assert len([note for note in found.notes if note.startswith("pilot of 2,000 examples, profile ")]) == 3
    assert (stages[0], stages[-1]) == ("settling the strands", "training")
    assert len([s for s in stages if s.startswith("pilot: ")]) == 3
    assert found.model.strands == "forward"
    monkeypatch.setattr("motiflens.training.loop._trainer", None)  # nothing is trained again
    assert_same(fit_model(*parts, config=how, seed=0, where=where).model, found.model)


def test_what_is_fixed_is_not_tried():
    stages = []
    dataset = planted.planted(120, 30)
    fit_model(dataset, planted.planted(60, 30, seed=1), config=config(), seed=0, where=Where(), on_stage=stages.append)
    assert stages == ["training"]


def test_devices():
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("auto") in ("cuda", "mps", "cpu")
    for name in ("cuda", "mps"):
        here = torch.cuda.is_available() if name == "cuda" else torch.backends.mps.is_available()
        if not here:
            with pytest.raises(InputError, match=f"--device {name}: this machine has none; use --device auto or cpu"):
                resolve_device(name)


def test_no_warning_reaches_the_user():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted(planted.planted(60, 30), config())
    assert [str(w.message) for w in caught] == []


def test_classic_is_trained_again_while_it_names_one_class(monkeypatch):
    # Twice as many of one class: accuracy alone would not tell one name for all from a rule.
    dataset = planted.planted(120, 20)
    dataset = dataset.take(np.r_[np.flatnonzero(dataset.labels == 0), np.flatnonzero(dataset.labels == 1)[:30]])
    seeds: list[int] = []
    said: list[np.ndarray] = []
    real = Attempt.descend

    def descend(attempt: Attempt, *_: int) -> Trained:
        seeds.append(attempt.seed)
        labels = attempt.data.validation_labels
        said.append((-np.ones_like(labels), np.ones_like(labels), labels - 0.5)[len(seeds) - 1])
        return real(attempt)

    monkeypatch.setattr(Attempt, "descend", descend)
    monkeypatch.setattr("motiflens.training.trial.validation_logits", lambda *_: said[-1][:, None].astype(float))
    notes = fitted(dataset, config("classic"), seed=5).notes[1:]  # the first is about the weights
    assert seeds == [5, 1005, 2005]
    assert [note.split(":")[0] for note in notes] == ["seed 5", "seed 1005"]
    assert "trained again with seed 1005" in notes[0]


def test_classic_that_names_one_class_to_the_end_says_so(monkeypatch):
    monkeypatch.setattr(Attempt, "_collapsed", lambda *_: True)
    notes = fitted(planted.planted(80, 20), config("classic")).notes
    assert len(notes) == 3
    assert notes[-1].endswith("kept; try preset additive")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"network": CLASSIC}, "preset classic has no positional profile"),
        ({"network": ADDITIVE}, "contradicts profile = none"),
        ({"network": ADDITIVE | {"profile": "base"}, "strands": "both"}, "aligned sequences are oriented"),
    ],
)
def test_what_contradicts_anchored_is_refused(changes, reason):
    with pytest.raises(InputError, match=reason):
        fitted(planted.planted(60, 20), config(**{"strands": "auto", "anchored": True} | changes))


def test_anchored_sequences_keep_a_profile_and_their_strand():
    how = config(network=ADDITIVE | {"profile": "auto"}, strands="auto", anchored=True, training={"epochs": 1})
    found = fitted(planted.planted(120, 30), how)
    assert found.model.config.profile in ("smooth", "base")
    assert found.model.strands == "forward"
    pilots = [note for note in found.notes if note.startswith("pilot")]
    assert [note.split(":")[0] for note in pilots] == [
        "pilot of 30,000 examples, profile smooth, forward strand, competition none, sparsity 0.2",
        "pilot of 30,000 examples, profile base, forward strand, competition none, sparsity 0.2",
    ]


@pytest.mark.parametrize(
    ("shared", "chosen"), [(0.5, "none"), (0.4985, "none"), (0.49, "shared")], ids=["equal", "a little", "clearly"]
)
def test_competition_must_gain_its_price_in_the_variant_that_is_best_without(monkeypatch, shared, chosen):
    losses = {("smooth", True, "none", 0.2): 0.5, ("smooth", True, "shared", 0.2): shared}
    tried = []

    def pilot(_: Attempt, variant: Variant, size: PilotSize) -> float:
        tried.append((variant.competition, size.samples))
        return losses.get(variant, 0.6)

    monkeypatch.setattr(Attempt, "pilot", pilot)
    network = ADDITIVE | {"profile": "auto", "competition": "auto"}
    how = config(network=network, training={"epochs": 1})
    found = fitted(planted.planted(60, 20), how)
    assert (found.model.config.profile, found.model.config.competition) == ("smooth", chosen)
    assert tried == [("none", 30_000)] * 3 + [("none", 60_000), ("shared", 60_000)]
    assert (found.model.members[0].motif.competition is None) == (chosen == "none")


@pytest.mark.parametrize(
    ("dense", "sparsity"), [(0.5, 0.2), (0.496, 0.2), (0.49, 0.0)], ids=["equal", "a little better", "clearly better"]
)
def test_few_sequences_have_sparse_filters_unless_dense_ones_are_clearly_better(monkeypatch, descents, dense, sparsity):
    monkeypatch.setattr(Attempt, "pilot", lambda _, variant, _size: 0.5 if variant.sparsity else dense)
    found = fitted(planted.planted(120, 20), config(training={"epochs": 1, "sparsity": None}))
    pilots = [note for note in found.notes if note.startswith("pilot of 60,000 examples")]
    assert [note.split("sparsity ")[1][:3] for note in pilots] == ["0.2", "0: "]
    assert {attempt.recipe.sparsity for attempt in descents} == {sparsity}


def test_many_sequences_have_dense_filters_without_a_pilot(monkeypatch):
    monkeypatch.setattr("motiflens.training.trial._FEW", 50)
    found = fitted(planted.planted(120, 20), config(training={"epochs": 1, "sparsity": None}))
    assert not [note for note in found.notes if note.startswith("pilot")]


def test_pilots_take_no_more_epochs_than_asked_for(descents):
    fitted(planted.planted(120, 20), config(network=ADDITIVE | {"profile": "auto"}, training={"epochs": 1}))
    assert [attempt.recipe.epochs for attempt in descents] == [
        1
    ] * 5  # three profiles, the training, and the one on all data


def test_too_few_sequences_are_said_with_a_way_out():
    few = planted.planted(60, 20)
    assert too_few(planted.planted(400, 20), config()) is None
    assert too_few(few, config()).startswith("60 training sequences for preset additive, which wants about 100: --ens")
    assert "--preset additive asks for less" in too_few(few, config("classic"))


def test_many_codes_are_memory_mapped_and_train_alike(tmp_path, monkeypatch):
    dataset = planted.planted(200, 30)
    expected = fitted(dataset, config())
    monkeypatch.setattr("motiflens.training.fit._LARGEST_IN_MEMORY", 100)
    monkeypatch.setattr("motiflens.training.fit._ROWS", 7)
    seen = []
    real = fit_module._complete
    monkeypatch.setattr(fit_module, "_complete", lambda a: seen.append(a.data.codes) or real(a))
    assert_same(fitted(dataset, config(), where=Where(folder=tmp_path)).model, expected.model)
    assert isinstance(seen[0], np.memmap)
    assert not list(tmp_path.glob("*.npy"))
