"""Numbers, replicates and labels from a table to a report, and a finished run applied."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import planted
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import r2_score, roc_auc_score

from motiflens.errors import InputError
from motiflens.report.wording import words_of
from motiflens.run.folder import Run
from motiflens.sequence.alphabet import decode
from motiflens.workflow.apply import evaluate_run, predict_file, rebuild_report
from motiflens.workflow.explain_file import explain_file
from motiflens.workflow.fit import fit_files
from motiflens.workflow.settings import Settings, settings_from


def settings(folder: Path, **columns: object) -> Settings:
    file = folder / "quick.toml"
    file.write_text(planted.QUICK_TOML)
    loss = columns.pop("loss", None)
    named = {f"data.columns.{name}": value for name, value in columns.items()}
    return settings_from({"seed": 2, "fit.loss": loss} | named, file=file)


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    dataset = planted.planted(300, 30, classes=2)
    rng = np.random.default_rng(0)
    truth = 2.0 * dataset.labels
    frame = pd.DataFrame(
        {
            "id": dataset.ids,
            "sequence": [decode(codes) for codes in dataset.codes],
            "rep1": truth + 0.5 * rng.normal(size=300),
            "rep2": truth + 0.5 * rng.normal(size=300),
            "other": np.where(rng.random(300) < 0.1, np.nan, -truth + rng.normal(size=300)),
            "reads": rng.poisson(np.exp(1 + truth)),
            "library": rng.integers(1, 4, 300),
            "bound": dataset.labels,
            "chance": rng.integers(0, 2, 300),
        }
    )
    path = tmp_path_factory.mktemp("table") / "t.tsv"
    frame.to_csv(path, sep="\t", index=False)
    return path


@pytest.fixture(scope="module")
def run(table, tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("numbers")
    chosen = settings(folder, target=("other",), replicates=(("rep1", "rep2"),))
    found = fit_files([str(table)], folder / "run", settings=chosen)
    assert found is not None
    return found


def test_figures_are_those_of_the_predictions(run, table):
    assert run.info.task == "regression"
    assert run.info.unit == "target units"
    assert run.classes == ("other", "activity")
    frame, metrics = run.predictions(), run.number_metrics()
    given = pd.read_csv(table, sep="\t").set_index("id")
    np.testing.assert_allclose(frame["y_activity"], given.loc[frame["id"], ["rep1", "rep2"]].mean(axis=1), rtol=1e-6)
    test = frame[frame["split"] == "test"]
    for name in run.classes:
        known = test[test[f"y_{name}"].notna()]
        scores = metrics.test[name]
        assert scores.n == len(known) == run.info.counts["test"][name]
        assert scores.pearson == pytest.approx(pearsonr(known[f"y_{name}"], known[f"pred_{name}"])[0], abs=1e-5)
        assert scores.r2 == pytest.approx(r2_score(known[f"y_{name}"], known[f"pred_{name}"]), abs=1e-5)
        assert set(metrics.baselines) == {"gc_content", "kmer_ridge", "position_ridge", "best_single_motif"}
    assert metrics.test["activity"].replicate_ceiling.replicates == 2
    assert metrics.test["other"].replicate_ceiling is None
    assert metrics.verdict.headline
    assert sum(run.info.parts.values()) == 300


def test_contributions_are_in_units_of_each_target(run):
    rows = run.attributions()
    assert set(rows.target) == {"other", "activity"}
    predicted = run.predictions().set_index("id")
    expected = [predicted.at[name, f"pred_{target}"] for name, target in zip(rows.ids, rows.target, strict=True)]
    np.testing.assert_allclose(rows.probability, expected, rtol=1e-4)


def test_the_report_shows_numbers(run):
    page = (run.path / "report.html").read_text()
    for text in (
        "with measured",
        "Measured against predicted",
        "k-mer ridge regression",
        "ceiling of the replicates",
        "RMSE",
    ):
        assert text in page
    assert {"scatter.svg", "residuals.svg", "baselines.svg", "loss.svg"} <= {
        f.name for f in (run.path / "figures").iterdir()
    }
    browser = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert browser["kind"] == "numbers"
    assert len(browser["browser"]["ranges"]) == 2
    rebuild_report(run.path)
    assert (run.path / "report.html").read_text() == page


def test_a_run_is_applied(run, table, tmp_path):
    predict_file(run.path, str(table), tmp_path / "p.tsv")
    written = pd.read_csv(tmp_path / "p.tsv", sep="\t").set_index("id")
    assert list(written.columns) == ["pred_other", "pred_activity"]
    own = run.predictions().set_index("id")
    np.testing.assert_allclose(written.loc[own.index, "pred_other"], own["pred_other"], rtol=1e-4, atol=1e-5)
    metrics = evaluate_run(run.path, [str(table)])
    known = own["y_other"].notna()
    assert metrics.test["other"].pearson == pytest.approx(
        pearsonr(own.loc[known, "y_other"], own.loc[known, "pred_other"])[0], abs=1e-4
    )
    few = pd.read_csv(table, sep="\t").head(6)
    few.to_csv(tmp_path / "few.tsv", sep="\t", index=False)
    explain_file(run.path, str(tmp_path / "few.tsv"), tmp_path / "why")
    with np.load(tmp_path / "why" / "part_00001.npz") as arrays:
        np.testing.assert_allclose(
            arrays["contributions"].sum(1) + arrays["bias"], written.loc[few["id"], "pred_other"], rtol=1e-3, atol=1e-4
        )


def test_counts_compare_with_expected_counts(table, tmp_path):
    chosen = settings(tmp_path, target=("reads",), offset="library", loss="poisson")
    run = fit_files([str(table)], tmp_path / "run", settings=chosen)
    given = pd.read_csv(table, sep="\t").set_index("id")
    frame = run.predictions().set_index("id")
    predict_file(run.path, str(table), tmp_path / "p.tsv")
    rate = pd.read_csv(tmp_path / "p.tsv", sep="\t").set_index("id")["pred_reads"]
    np.testing.assert_allclose(frame["pred_reads"], rate[frame.index] * given.loc[frame.index, "library"], rtol=1e-4)
    assert run.info.unit == "log target units"
    learned, test = (frame[frame["split"].isin(parts)].index for parts in (["train", "val"], ["test"]))
    mean_rate = given.loc[learned, "reads"].sum() / given.loc[learned, "library"].sum()
    exposure_alone = run.number_metrics().baselines["exposure"]["reads"]
    expected = mean_rate * given.loc[test, "library"]
    assert exposure_alone.r2 == pytest.approx(r2_score(given.loc[test, "reads"], expected), abs=1e-5)
    assert "The exposure alone explains" in (run.path / "report.html").read_text()
    words = words_of(run)
    assert "in natural logarithms of the rate" in words.more
    for text in (words.planted, *words.planted_pair):
        assert "units" not in text


def test_labels_have_a_score_each(table, tmp_path):
    run = fit_files([str(table)], tmp_path / "run", settings=settings(tmp_path, labels=("bound", "chance")))
    assert run.info.task == "multilabel"
    frame, metrics = run.predictions(), run.label_metrics()
    test = frame[frame["split"] == "test"]
    for name in run.classes:
        area = roc_auc_score(test[f"y_{name}"], test[f"p_{name}"])
        assert metrics.test.per_label[name].auroc == pytest.approx(area, abs=1e-4)
    assert metrics.co_occurrence[0].n == len(test)
    page = (run.path / "report.html").read_text()
    assert "with the labels" in page
    assert "Mean over the labels" in page
    assert "some with and some without the first label" in page
    words = re.sub(
        r"<script.*?</script>|<style.*?</style>|<[^>]+>", " ", page[: page.index('id="glossary"')], flags=re.DOTALL
    )
    assert not re.findall(r"[^.]*\b(?:class|classes|number|upper half|raises|lowers)\b[^.]*", words)


@pytest.mark.parametrize(
    ("arguments", "columns", "expected"),
    [
        (["a=x.fa"], {"target": ("activity",)}, "with --target, give one table"),
        ([], {"labels": ("a",)}, "with --labels, give one table"),
        ([], {"target": ("reads",), "offset": "library"}, "--offset: the exposure of counts; add --loss poisson"),
    ],
)
def test_other_arguments_are_refused(tmp_path, arguments, columns, expected):
    with pytest.raises(InputError, match=expected):
        fit_files(arguments, tmp_path / "run", settings=settings(tmp_path, **columns))
    with pytest.raises(InputError, match="labels: cannot be combined with --target"):
        settings(tmp_path, labels=("a",), target=("b",))
