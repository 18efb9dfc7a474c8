"""A fit as a whole: cut off and repeated, with what it warns of, and with three classes and test data of their own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import planted
import pytest

from motiflens.data.dataset import Dataset
from motiflens.errors import InputError
from motiflens.run.folder import Run
from motiflens.simulation.simulate import TUTORIAL, simulate
from motiflens.workflow import demo
from motiflens.workflow import fit as fit_module
from motiflens.workflow.apply import evaluate_run
from motiflens.workflow.audit import LeakagePolicy
from motiflens.workflow.demo import run_demo
from motiflens.workflow.fit import fit_dataset, fit_files
from motiflens.workflow.run_log import Console
from motiflens.workflow.settings import Settings, settings_from


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> Settings:
    file = tmp_path_factory.mktemp("settings") / "quick.toml"
    file.write_text(planted.QUICK_TOML)
    return settings_from({"seed": 2}, file=file)


class Killed(BaseException):
    """Stands in for a signal."""


def comparable(run: Run) -> dict[str, bytes]:
    """What two fits of the same data must share to the bit."""
    names = ["metrics.json", "history.csv", "predictions.tsv", "motifs.json", "hits.tsv", "model/weights.safetensors"]
    return {name: (run.path / name).read_bytes() for name in names}


def cut_off(dataset: Dataset, out: Path, *, settings: Settings, stage: str) -> None:
    """A fit that ends when it comes to a stage."""

    def cut(*_, **__):
        raise Killed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fit_module, stage, cut)
        with pytest.raises(Killed):
            fit_dataset(dataset, out, settings=settings)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, quick) -> Run:
    """A fit that nothing disturbed."""
    return fit_dataset(planted.planted(160, 30), tmp_path_factory.mktemp("whole") / "run", settings=quick)


@pytest.mark.parametrize("stage", ["predict_values", "write_report"])
def test_a_fit_cut_off_at_any_stage_ends_with_the_same_numbers(tmp_path, quick, whole, monkeypatch, stage):
    dataset = planted.planted(160, 30)
    cut_off(dataset, tmp_path / "run", settings=quick, stage=stage)
    assert not (tmp_path / "run").exists()
    heard = []
    monkeypatch.setattr("motiflens.training.loop._trainer", None)  # the training is not repeated
    again = fit_dataset(dataset, tmp_path / "run", settings=quick, console=Console(notify=heard.append))
    assert "resuming the interrupted fit" in heard
    assert comparable(again) == comparable(whole)
    assert not list(tmp_path.glob(".*"))


def test_other_settings_start_afresh(tmp_path, quick):
    dataset = planted.planted(160, 30)
    cut_off(dataset, tmp_path / "run", settings=quick, stage="predict_values")
    heard = []
    other = quick.model_copy(update={"seed": 3})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fit_module, "fit_model", lambda *_, **__: 1 / 0)  # trains anew: that much is told by now
        with pytest.raises(ZeroDivisionError):
            fit_dataset(dataset, tmp_path / "run", settings=other, console=Console(notify=heard.append))
    assert "resuming the interrupted fit" not in heard


def test_three_classes_with_test_data_of_their_own(tmp_path, quick):
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    train = planted.write_classes(tmp_path / "train", planted.planted(360, 30, classes=3))
    fresh = planted.planted(90, 30, classes=3, seed=1)
    fresh = Dataset(codes=fresh.codes, labels=fresh.labels, classes=fresh.classes, ids=np.char.add("t", fresh.ids))
    test = planted.write_classes(tmp_path / "test", fresh)
    run = fit_files(train, tmp_path / "run", test=test, settings=quick)
    info, metrics = run.info, run.metrics()
    assert (info.task, info.positive) == ("multiclass", None)
    assert info.classes == info.explained == ("background", "AP1", "ETS")
    assert {part: sum(n.values()) for part, n in info.counts.items()} == {"train": 288, "val": 72, "test": 90}
    assert [source.records for source in info.data] == [120] * 3 + [30] * 3
    assert metrics.task == "multiclass"
    assert set(metrics.test.per_class) == {"background", "AP1", "ETS"}
    assert metrics.test.n == 90
    assert metrics.test.auroc > 0.6
    table = run.predictions()
    assert set(table.loc[table["split"] == "test", "id"]) == set(fresh.ids)
    np.testing.assert_allclose(table[["p_background", "p_AP1", "p_ETS"]].sum(axis=1), 1, atol=1e-5)
    explained = run.attributions()
    np.testing.assert_array_equal(explained.target, explained.label)
    again = evaluate_run(run.path, test)
    assert again.test.auroc == pytest.approx(metrics.test.auroc, abs=1e-6)


def test_what_the_reader_must_know_is_warned_of(tmp_path, quick):
    dataset = planted.planted(120, 30)
    codes = dataset.codes.copy()
    codes[2] = 3 - codes[0][::-1]  # two records of one class, copies on the two strands
    dataset = Dataset(codes=codes, labels=dataset.labels, classes=dataset.classes, ids=dataset.ids, notes=("A note.",))
    heard = []
    run = fit_dataset(dataset, tmp_path / "run", settings=quick, console=Console(notify=heard.append))
    assert run.info.warnings[0] == "A note."
    assert any("class background has 60 sequences" in text for text in run.info.warnings)
    found = {finding.name: finding for finding in run.audit().findings}
    assert (found["copies"].count, found["copies"].records) == (1, ("s2",))
    assert [f"warning: {text}" for text in run.info.warnings] == [t for t in heard if t.startswith("warning")]
    assert f"120 sequences of 30 bp (60 background, 60 AP1); training on {run.info.device}" in heard
    page = (run.path / "report.html").read_text()
    assert "A note." in page
    assert "Data checks" in page
    parts = run.predictions().set_index("id")["split"]
    assert parts["s0"] == parts["s2"]


def leaking() -> Dataset:
    """60 bp; of the test records s100 is a copy of a training record and s101 differs from one in two letters."""
    dataset = planted.planted(160, 60)
    codes = dataset.codes.copy()
    codes[100], codes[101] = codes[4], codes[5]
    codes[101, [0, 1]] = 3 - codes[101, [0, 1]]
    split = np.where(np.arange(160) < 90, "", "test")
    return replace(dataset, codes=codes, split=split)


def test_a_test_set_with_copies_of_training_data_stops_the_fit(tmp_path, quick):
    with pytest.raises(InputError, match=r"1 of 70 test records .* are copies.*first: s100\); let --drop remove"):
        fit_dataset(leaking(), tmp_path / "run", settings=quick)
    assert list(tmp_path.iterdir()) == []


def test_a_leak_that_is_allowed_is_told_everywhere(tmp_path, quick):
    run = fit_dataset(leaking(), tmp_path / "run", settings=quick, policy=LeakagePolicy(allow_leakage=True))
    assert any("1 of 70 test records" in text for text in run.info.warnings)
    assert run.metrics().test.n == 70
    assert run.metrics().test_without_near_duplicates.n == 68
    found = {finding.name: finding for finding in run.audit().findings}
    assert found["copies_across_test"].records == ("s100",)
    assert found["near_duplicates_across_test"].records == ("s101",)
    page = (run.path / "report.html").read_text()
    assert "Without near duplicates" in page


def test_conflicting_records_are_dropped_when_asked_to_be_and_listed(tmp_path, quick):
    data = leaking()
    letters = ["".join("ACGTN"[code] for code in row) for row in data.codes]
    table = pd.DataFrame({"id": data.ids, "sequence": letters, "label": data.labels, "split": data.split})
    table.loc[len(table)] = ["twice", letters[0], 1 - data.labels[0], ""]
    table.loc[len(table)] = ["again", letters[7], data.labels[7], ""]
    table.to_csv(tmp_path / "data.csv", index=False)
    with pytest.raises(InputError, match="1 sequence occurs under two labels"):
        fit_files([str(tmp_path / "data.csv")], tmp_path / "run", settings=quick)
    run = fit_files([str(tmp_path / "data.csv")], tmp_path / "run", settings=quick, drop=True)
    dropped = pd.read_csv(run.path / "dropped.tsv", sep="\t").set_index("id")
    assert set(dropped.index) == {"s0", "twice", "again", "s4", "s5"}
    assert dropped.loc["s4"].tolist()[2:] == ["copy of a test record", "s100"]
    assert dropped.loc["s5"].tolist()[2:] == ["near duplicate of a test record", "s101"]
    assert dropped.loc["again", "because_of"] == "s7"
    assert dropped.loc["twice", "because_of"] == "s0"
    assert run.metrics().test_without_near_duplicates is None
    assert not set(dropped.index) & set(run.predictions()["id"])
    assert "dropped.tsv" in (run.path / "report.html").read_text()


def test_an_unknown_demo(tmp_path, quick):
    with pytest.raises(InputError, match="no demo 'yeast': there are splice, promoter, simulated"):
        run_demo("yeast", tmp_path / "run", settings=quick, force=False, console=Console())
    assert list(tmp_path.iterdir()) == []


def test_the_simulated_demo_knows_its_bayes_rule(tmp_path, quick, monkeypatch):
    few = replace(TUTORIAL, n=240)
    monkeypatch.setattr(demo, "simulate", lambda seed: simulate(few, seed=seed))
    run = run_demo("simulated", tmp_path / "run", settings=quick, force=False, console=Console())
    best = run.metrics().bayes_optimal
    assert best is not None
    assert best.accuracy is not None
    assert 0.7 < best.auroc <= 1
