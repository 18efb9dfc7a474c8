"""From data set to model: members, strands, class weights, devices, memory."""

import warnings
from dataclasses import replace

import numpy as np
import planted
import pytest
import torch
from sklearn.metrics import roc_auc_score
from trainings import FITTED, fit_config, fitted

from motiflens.data.dataset import Dataset
from motiflens.errors import InputError
from motiflens.model.device import resolve_device
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits, predict_values
from motiflens.sequence.alphabet import reverse_complement
from motiflens.training.fit import class_weights, fit_model, too_few
from motiflens.training.recipes.additive import AdditiveRecipe
from motiflens.training.task import Compute


def assert_same(one: Model, other: Model) -> None:
    for a, b in zip(one.members, other.members, strict=True):
        state = b.state_dict()
        assert all(torch.equal(value, state[name]) for name, value in a.state_dict().items())


@pytest.mark.parametrize("preset", FITTED)
def test_members_have_seeds_of_their_own(preset, tmp_path):
    dataset = planted.planted(200, 30)
    compute = Compute(folder=tmp_path)
    two = fitted(dataset, fit_config(preset, ensemble=2), compute=compute)
    assert len(two.model.members) == 2
    codes = dataset.codes[:20]
    each = [predict_logits(replace(two.model, members=[m]), codes) for m in two.model.members]
    assert np.abs(each[0] - each[1]).max() > 1e-3
    np.testing.assert_allclose(predict_logits(two.model, codes), (each[0] + each[1]) / 2, atol=1e-5)
    assert two.history.groupby("member").size().tolist() == [3, 3]
    assert {f.name for f in tmp_path.iterdir()} == {"member_1", "member_2"}
    # A member is what a fit with its seed makes; and the first member needs no second training.
    alone = fitted(dataset, fit_config(preset), seed=0)
    assert_same(alone.model, replace(two.model, members=two.model.members[:1]))
    assert_same(fitted(dataset, fit_config(preset, ensemble=2), compute=compute).model, two.model)


@pytest.mark.parametrize("classes", [2, 3])
def test_learns_planted_motifs(classes):
    dataset = planted.planted(600, 30, classes=classes, both=True)
    found = fitted(dataset, fit_config())
    fresh = planted.planted(300, 30, classes=classes, both=True, seed=1)
    probabilities = predict_values(found.model, fresh.codes)
    scores = probabilities[:, 1] if classes == 2 else probabilities
    assert roc_auc_score(fresh.labels, scores, multi_class="ovr") > 0.8
    assert found.model.classes == dataset.classes


def test_both_strands_are_one():
    model = fitted(planted.planted(200, 30), fit_config()).model
    codes = planted.planted(30, 30, seed=1).codes
    other = np.stack([reverse_complement(c) for c in codes])
    np.testing.assert_allclose(predict_logits(model, codes), predict_logits(model, other), rtol=0, atol=1e-6)


def test_the_order_of_the_records_is_no_trap(monkeypatch):
    """Files come class by class; what samples the first rows must see every class."""
    dataset = planted.planted(400, 30)
    by_class = dataset.take(np.argsort(dataset.labels, kind="stable"))
    monkeypatch.setattr("motiflens.training.recipes.design_matrices._ENOUGH", 60)
    monkeypatch.setattr("motiflens.training.recipes.initial_filters._ENOUGH", 60)
    model = fitted(by_class, fit_config()).model
    probabilities = predict_values(model, dataset.codes)[:, 1]
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


@pytest.mark.parametrize("preset", FITTED)
def test_imbalance_is_noted_and_probabilities_speak_of_the_data(preset):
    dataset = unbalanced()
    found = fitted(dataset, fit_config(preset))
    assert any("classes are imbalanced: the loss weighs them background x0.62, AP1 x2.50" in n for n in found.notes)
    mean = predict_values(found.model, dataset.codes)[:, 1].mean()
    assert mean == pytest.approx(dataset.labels.mean(), abs=0.12)


def test_what_is_fixed_is_not_tried():
    stages = []
    dataset = planted.planted(120, 30)
    fit_model(
        dataset, planted.planted(60, 30, seed=1), config=fit_config(), seed=0, compute=Compute(), on_stage=stages.append
    )
    assert stages == ["training"]


def test_devices():
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("auto") in ("cuda", "mps", "cpu")
    for name in ("cuda", "mps"):
        here = torch.cuda.is_available() if name == "cuda" else torch.backends.mps.is_available()
        if not here:
            with pytest.raises(InputError, match=f"--device {name}: no such device on this machine; use"):
                resolve_device(name)


def test_no_warning_reaches_the_user():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted(planted.planted(60, 30), fit_config())
    assert [str(w.message) for w in caught] == []


def test_too_few_sequences_are_noted_with_a_way_out():
    few = planted.planted(60, 20)
    assert too_few(planted.planted(400, 20), fit_config()) is None
    assert too_few(few, fit_config()).startswith(
        "60 training sequences for preset additive, which needs about 100: --ens"
    )
    assert "--preset additive needs fewer" in too_few(few, fit_config("classic"))


def test_many_codes_are_memory_mapped_and_train_alike(tmp_path, monkeypatch):
    dataset = planted.planted(200, 30)
    expected = fitted(dataset, fit_config())
    monkeypatch.setattr("motiflens.training.fit._LARGEST_IN_MEMORY", 100)
    monkeypatch.setattr("motiflens.training.fit._ROWS", 7)
    seen = []
    real = AdditiveRecipe.train
    monkeypatch.setattr(AdditiveRecipe, "train", lambda own, task: seen.append(task.data.codes) or real(own, task))
    assert_same(fitted(dataset, fit_config(), compute=Compute(folder=tmp_path)).model, expected.model)
    assert isinstance(seen[0], np.memmap)
    assert not list(tmp_path.glob("*.npy"))


@pytest.mark.parametrize("preset", FITTED)
def test_progress_is_told_from_the_first_choice_to_the_end(preset):
    heard: list[tuple[float, str]] = []
    compute = Compute(on_progress=lambda share, detail: heard.append((share, detail)))
    fitted(planted.planted(200, 30), fit_config(preset, strands="auto", ensemble=2), compute=compute)
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert 0 < shares[-1] <= 1
    first = next(i for i, (_, detail) in enumerate(heard) if detail)
    second = next(i for i, (share, detail) in enumerate(heard) if detail.startswith("epoch 1 ") and share > 0.575)
    assert shares[second] - shares[first] == pytest.approx(0.85 / 2)  # of two members, after the choices
    if preset == "additive":
        assert shares[-1] == 1
        assert shares[0] == pytest.approx(0.15 * 0.7 / 12)  # one of twelve regressions that judge the strands
        assert sum(share < shares[first] for share in shares) >= 12
        assert (
            len({share for share in shares if 0.15 + 0.425 * 0.45 < share <= 0.15 + 0.425 * 0.55}) == 4
        )  # linear terms
