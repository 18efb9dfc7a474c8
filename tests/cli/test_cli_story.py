"""The main job from the command line: fit, evaluate, predict, explain, motifs, report."""

import csv
import hashlib
import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import motiflens as package
from motiflens.motifs.formats import read_motifs
from motiflens.run.folder import Run

SCORES = ("n", "accuracy", "auroc", "auprc", "mcc", "f1", "log_loss", "brier", "ece")


def load(run: Path, name: str) -> dict:
    return json.loads((run / name).read_text())


def test_says_the_verdict_the_motifs_and_where_the_report_is(fit):
    verdict, motifs = load(fit.run, "metrics.json")["verdict"], load(fit.run, "motifs.json")
    first, *said, run, report = fit.answer.splitlines()
    assert len(said) <= 7
    assert (first, run, report) == (verdict["headline"], f"Run: {fit.run}", f"Report: {fit.run / 'report.html'}")
    assert [line for line in said if line.startswith("Doubt: ")] == [f"Doubt: {text}" for text in verdict["doubts"][:1]]
    strongest, counts = motifs["motifs"][0], motifs["motifs"][0]["counts"]
    shown = next(line for line in said if strongest["consensus"] in line)
    share = 100 * counts["positives_with"] / counts["positives"]
    assert f"{share:.0f} % of {counts['positives']} AP1" in shown
    assert f"of {counts['negatives']} background" in shown


def test_the_run_folder_is_the_contracts(fit):
    files = {f.relative_to(fit.run).as_posix() for f in fit.run.rglob("*") if f.is_file()}
    figures = {f for f in files if f.startswith("figures/")}
    assert files - figures == {
        "run.json",
        "model/config.json",
        "model/weights.safetensors",
        "metrics.json",
        "history.csv",
        "predictions.tsv",
        "motifs.meme",
        "motifs.json",
        "motifs.tsv",
        "hits.tsv",
        "attributions.npz",
        "faithfulness.json",
        "audit.json",
        "training_sequences.npy",
        "motiflens_mqc.json",
        "motiflens_motifs_mqc.json",
        "report.html",
    }
    for name in ("loss", "accuracy", "confusion", "scores", "roc", "pr", "calibration"):
        assert {f"figures/{name}.png", f"figures/{name}.svg"} <= figures
    assert not list(fit.run.parent.glob(".*")), "nothing is left beside the run"


def test_run_json(fit):
    info = load(fit.run, "run.json")
    assert (info["motiflens"], info["format"]) == (package.__version__, 2)
    assert info["command"].startswith("motiflens ")
    assert (info["seed"], info["seeds"], info["task"], info["length"]) == (1, [1], "binary", 40)
    assert (info["classes"], info["positive"]) == (["background", "AP1"], "AP1")
    assert info["explained"] == ["AP1"]
    assert info["config"]["fit"]["training"]["epochs"] == 4
    assert info["config"]["fit"]["network"]["filters"] == 8
    assert info["device"] in ("cpu", "cuda", "mps")
    assert info["strands"] == "both"
    paths = [argument.partition("=")[2] for argument in fit.data]
    digests = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths]
    assert info["data"] == [{"path": p, "sha256": d, "records": 150} for p, d in zip(paths, digests, strict=True)]
    assert {part: sum(n.values()) for part, n in info["counts"].items()} == {"train": 192, "val": 48, "test": 60}
    assert [stage["name"] for stage in info["stages"]] == [
        "check data", "train", "evaluate", "explain", "check explanations", "find motifs",
    ]  # fmt: skip
    assert all(stage["seconds"] >= 0 and stage["peak_memory_mb"] > 0 for stage in info["stages"])
    assert info["warnings"] == []
    for name, digest in info["files"].items():
        assert hashlib.sha256((fit.run / name).read_bytes()).hexdigest() == digest
    assert "run.json" not in info["files"]


def test_metrics_json(fit):
    metrics = load(fit.run, "metrics.json")
    assert (metrics["task"], metrics["classes"]) == ("binary", ["background", "AP1"])
    for scores in (metrics["test"], *metrics["baselines"].values()):
        assert set(SCORES) <= set(scores)
        for name in SCORES[1:]:
            low, high = scores["ci"][name]
            assert low <= high
            assert math.isfinite(scores[name])
    assert metrics["test"]["n"] == 60
    assert metrics["test"]["auroc"] > 0.7
    assert len(metrics["baselines"]) >= 3
    assert metrics["verdict"]["level"] in ("good", "caution", "poor")
    assert isinstance(metrics["verdict"]["points"], list)
    assert np.sum(metrics["confusion"]) == 60
    assert {"confidence", "observed", "n"} <= set(metrics["calibration"][0])
    assert set(metrics["curves"]) == {"roc", "pr"}
    assert metrics["bayes_optimal"] is None


def test_history_csv(fit):
    history = pd.read_csv(fit.run / "history.csv")
    columns = ["epoch", "loss", "val_loss", "accuracy", "val_accuracy", "learning_rate", "member"]
    assert list(history.columns) == columns
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    assert np.isfinite(history.to_numpy()).all()


def test_predictions_tsv(fit):
    table = pd.read_csv(fit.run / "predictions.tsv", sep="\t")
    assert list(table.columns) == ["id", "split", "label", "p_background", "p_AP1"]
    assert len(table) == 300
    assert table["split"].value_counts().to_dict() == {"train": 192, "test": 60, "val": 48}
    np.testing.assert_allclose(table["p_background"] + table["p_AP1"], 1, atol=1e-6)
    test = table[table["split"] == "test"]
    accuracy = ((test["p_AP1"] > 0.5) == (test["label"] == "AP1")).mean()
    assert accuracy == pytest.approx(load(fit.run, "metrics.json")["test"]["accuracy"])


def test_attributions_npz(fit):
    with np.load(fit.run / "attributions.npz") as archive:
        arrays = dict(archive)
    n = len(arrays["ids"])
    assert n == 300
    assert {k: (v.shape, v.dtype.kind) for k, v in arrays.items()} == {
        "hypothetical": ((n, 4, 40), "f"),
        "codes": ((n, 40), "u"),
        "ids": ((n,), "U"),
        "target": ((n,), "U"),
        "label": ((n,), "U"),
        "probability": ((n,), "f"),
        "method": ((), "U"),
        "attention_widths": ((1,), "i"),
        "attention": ((n, 1, 40), "f"),
    }
    np.testing.assert_allclose(arrays["hypothetical"].mean(1), 0, atol=1e-5)
    assert set(arrays["target"]) == {"AP1"}
    table = pd.read_csv(fit.run / "predictions.tsv", sep="\t").set_index("id")
    np.testing.assert_allclose(arrays["probability"], table.loc[arrays["ids"], "p_AP1"], atol=1e-6)


def test_motifs_files(fit):
    record = load(fit.run, "motifs.json")
    assert set(record) == {
        "classes", "shuffles", "background", "strands", "database", "naming_note", "discovery", "motifs", "set_aside",
        "grammar",
    }  # fmt: skip
    assert record["shuffles"] == ""
    assert {"explained_sequences", "seqlets_called", "seqlets_kept", "clusters", "note"} <= set(record["discovery"])
    for motif in record["motifs"] + record["set_aside"]:
        assert {
            "name", "consensus", "target", "direction", "probabilities", "contributions", "sites", "seqlets",
            "contribution_fraction", "enrichment", "counts", "cut", "status", "positions", "per_sequence",
        } <= set(motif)  # fmt: skip
        counts = {"positives_with", "positives", "negatives_with", "negatives"}
        assert counts == set(motif["counts"])
        assert counts | {"odds", "p", "log10_p", "q"} == set(motif["enrichment"])
        assert {"start", "bin", "counts", "others"} <= set(motif["positions"])
    assert all(motif["reason"] for motif in record["set_aside"])
    assert not any(motif["reason"] for motif in record["motifs"])
    first = record["motifs"][0]
    assert first["name"] == "motif_1"
    assert (first["target"], first["direction"]) == ("AP1", "for")
    assert any(planted in first["consensus"] for planted in ("TGACTCA", "TGAGTCA"))
    assert {"name", "accession", "collection", "p", "q", "offset", "strand", "probabilities"} <= set(
        first["matches"][0]
    )
    assert [m.name for m in read_motifs(fit.run / "motifs.meme")] == [m["name"] for m in record["motifs"]]


def test_hits_tsv(fit):
    hits = Run.load(fit.run).hits()
    names = ["sequence_id", "start", "end", "strand", "motif", "score", "p", "q", "class", "tested"]
    assert list(hits.columns) == names
    assert len(hits) > 50
    assert set(hits["strand"]) == {"+", "-"}
    assert ((hits["start"] >= 0) & (hits["end"] <= 40)).all()


def test_the_report_is_one_offline_page(fit):
    page = (fit.run / "report.html").read_text()
    assert load(fit.run, "metrics.json")["verdict"]["headline"].split(":")[0] in page
    assert len(page) < 3_000_000


def test_evaluate_gives_the_runs_own_figures(motiflens, fit, tmp_path):
    table = pd.read_csv(fit.run / "predictions.tsv", sep="\t").set_index("id")
    rows = []
    for argument in fit.data:
        label, _, path = argument.partition("=")
        lines = Path(path).read_text().split()
        rows += [(name[1:], s, label) for name, s in zip(lines[::2], lines[1::2], strict=True)]
    held_out = [row for row in rows if table.loc[row[0], "split"] == "test"]
    data = tmp_path / "test.csv"
    pd.DataFrame(held_out, columns=["id", "sequence", "label"]).to_csv(data, index=False)
    answer = motiflens("evaluate", fit.run, data, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out)["trained_on"] == 0
    found, expected = json.loads(answer.out)["test"], load(fit.run, "metrics.json")["test"]
    for name in SCORES:
        assert found[name] == pytest.approx(expected[name], abs=1e-6)
    answer = motiflens("evaluate", fit.run, data, "--out", tmp_path / "m.json")
    assert (answer.code, answer.err) == (0, "")
    low, high = found["ci"]["auroc"]
    assert answer.out.startswith("60 sequences\n")
    assert re.search(rf"AUROC +{found['auroc']:.3f} +{low:.3f} to {high:.3f}", answer.out)
    assert re.search(
        rf"\n  background +{' +'.join(map(str, load(fit.run, 'metrics.json')['confusion'][0]))}\n", answer.out
    )
    assert json.loads((tmp_path / "m.json").read_text())["test"]["auroc"] == found["auroc"]


def test_predict_streams_the_predictions(motiflens, fit, tmp_path):
    label, _, path = fit.data[0].partition("=")
    answer = motiflens("predict", fit.run, path)
    assert (answer.code, answer.err) == (0, "")
    printed = answer.out
    rows = list(csv.reader(printed.splitlines(), delimiter="\t"))
    assert rows[0] == ["id", "p_background", "p_AP1"]
    table = pd.read_csv(fit.run / "predictions.tsv", sep="\t")
    expected = table[table["label"] == label]
    assert [row[0] for row in rows[1:]] == expected["id"].tolist()
    np.testing.assert_allclose([float(row[2]) for row in rows[1:]], expected["p_AP1"], atol=2e-6)
    answer = motiflens("predict", fit.run, path, "--out", tmp_path / "p.tsv")
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert (tmp_path / "p.tsv").read_text() == printed
    assert [f.name for f in tmp_path.iterdir()] == ["p.tsv"]


def test_predict_takes_other_lengths_when_told_how(motiflens, fit, tmp_path):
    (tmp_path / "x.fa").write_text(">a\n" + "ACGT" * 11 + "\n>b\nTGACTCA\n")
    answer = motiflens("predict", fit.run, tmp_path / "x.fa", "--crop", "left")
    assert answer.code == 0
    assert [line.split("\t")[0] for line in answer.out.splitlines()] == ["id", "a", "b"]


def test_predict_and_explain_take_the_length_as_fit_does(motiflens, fit, tmp_path):
    fasta = tmp_path / "x.fa"
    fasta.write_text(">a\n" + "ACGT" * 11 + "\n>b\nTGACTCA\n")
    cropped = motiflens("predict", fit.run, fasta, "--crop", "center").out
    answer = motiflens("predict", fit.run, fasta, "--length", 40)
    assert (answer.code, answer.out) == (0, cropped)
    assert motiflens("predict", fit.run, fasta, "--length", 40, "--crop", "left").out != cropped
    for command in (("predict",), ("explain", "--out", tmp_path / "e")):
        answer = motiflens(command[0], fit.run, fasta, *command[1:], "--length", 44)
        assert answer.code == 2
        assert f"--length 44: the model of {fit.run} takes 40 letters; give --length 40" in answer.err
    answer = motiflens("explain", fit.run, fasta, "--length", 40, "--out", tmp_path / "e", "--pictures", 0)
    assert answer.code == 0
    assert json.loads((tmp_path / "e" / "explained.json").read_text())["crop"] == "center"


def test_explain_writes_what_the_run_has(motiflens, fit, tmp_path):
    path = fit.data[0].partition("=")[2]
    out = tmp_path / "explained"
    answer = motiflens("explain", fit.run, path, "--out", out, "--pictures", 2)
    assert (answer.code, answer.out, answer.err) == (0, f"{out}\n", "")
    pictures = {"0001.svg", "0001.png", "0002.svg", "0002.png"}
    assert {f.name for f in out.iterdir()} == {"part_00001.npz", "explained.json"} | pictures
    with np.load(out / "part_00001.npz") as found, np.load(fit.run / "attributions.npz") as saved:
        order = {name: i for i, name in enumerate(saved["ids"])}
        rows = [order[name] for name in found["ids"]]
        for name in ("hypothetical", "probability", "attention"):
            np.testing.assert_allclose(found[name], saved[name][rows], atol=1e-4)
        np.testing.assert_array_equal(found["codes"], saved["codes"][rows])
    again = motiflens("explain", fit.run, path, "--out", out)
    assert again.code == 2
    assert "add --force to replace it" in again.err
    assert motiflens("explain", fit.run, path, "--out", out, "--pictures", 0, "--force").code == 0
    assert sorted(f.name for f in out.iterdir()) == ["explained.json", "part_00001.npz"]
    assert motiflens("explain", fit.run, path, "--out", tmp_path / "d", "--method", "deeplift").code == 0
    assert json.loads((tmp_path / "d" / "explained.json").read_text())["method"] == "deeplift"


def test_explain_replaces_nothing_else(motiflens, fit, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    path = fit.data[0].partition("=")[2]
    answer = motiflens("explain", fit.run, path, "--out", tmp_path / "thesis", "--force")
    assert answer.code == 2
    assert "holds files that are not explanations" in answer.err
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


def test_motifs_renames_by_another_database(motiflens, fit, copy, tmp_path):
    (tmp_path / "known.meme").write_text(
        "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF mine\nletter-probability matrix: alength= 4 w= 7 nsites= 20\n"
        + "".join(" ".join("0.97" if base == letter else "0.01" for base in "ACGT") + "\n" for letter in "TGACTCA")
    )
    answer = motiflens("motifs", copy, "--database", tmp_path / "known.meme")
    assert (answer.code, answer.err) == (0, "")
    assert "named by known.meme" in answer.out
    assert answer.out.endswith(f"Report: {copy / 'report.html'}\n")
    found = load(copy, "motifs.json")["motifs"]
    assert found[0]["matches"][0]["name"] == "mine"
    assert [m["consensus"] for m in found] == [m["consensus"] for m in load(fit.run, "motifs.json")["motifs"]]
    assert load(copy, "metrics.json") == load(fit.run, "metrics.json")
    assert (copy / "hits.tsv").read_bytes() == (fit.run / "hits.tsv").read_bytes()
    Run.load(copy)  # fingerprints follow


def test_motifs_of_a_run_that_supports_none_says_so(motiflens, copy):
    run = Run.load(copy)
    run.update(motifs=run.motifs().model_copy(update={"motifs": (), "grammar": ()}))
    answer = motiflens("motifs", copy)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("No motif is supported; those set aside are named by JASPAR")
    assert answer.out.splitlines()[0].endswith(".")


def test_report_is_rebuilt_from_the_folder_alone(motiflens, fit, copy):
    (copy / "report.html").unlink()
    for figure in (copy / "figures").iterdir():
        figure.unlink()
    answer = motiflens("report", copy)
    assert (answer.code, answer.err) == (0, "")
    original = (fit.run / "report.html").read_text().replace("<title>run ", "<title>copy ")
    assert (copy / "report.html").read_text().splitlines()[:40] == original.splitlines()[:40]
    assert len((copy / "report.html").read_text()) == pytest.approx(len(original), abs=100)
    names = {f.name for f in (fit.run / "figures").iterdir()}
    assert {f.name for f in (copy / "figures").iterdir()} == names


def test_a_report_is_written_elsewhere_and_the_run_left_as_it_is(motiflens, fit, tmp_path):
    before = {file: file.stat().st_mtime_ns for file in fit.run.rglob("*")}
    answer = motiflens("report", fit.run, "--out", tmp_path / "page.html")
    assert (answer.code, answer.out, answer.err) == (0, f"Report: {tmp_path / 'page.html'}\n", "")
    assert "<title>" in (tmp_path / "page.html").read_text()
    assert {file: file.stat().st_mtime_ns for file in fit.run.rglob("*")} == before
    assert motiflens("report", fit.run, "--out", fit.run / "metrics.json").code == 2
