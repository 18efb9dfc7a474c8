"""Other kinds of input: tables, gzip, positives alone, other lengths, Keras models, simulations."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import planted
import pytest

from motiflens.sequence.alphabet import decode


def load(run, name: str) -> dict:
    return json.loads((run / name).read_text())


def test_a_parquet_table_cropped_and_padded(motiflens, quick, tmp_path):
    dataset = planted.planted(160, 30)
    rows = [
        (decode(codes)[: 30 - i % 3] + "A" * (i % 2), int(label))
        for i, (codes, label) in enumerate(zip(dataset.codes, dataset.labels, strict=True))
    ]
    pd.DataFrame(rows, columns=["sequence", "label"]).to_parquet(tmp_path / "t.parquet")
    out = tmp_path / "run"
    length = ["--length", 29, "--crop", "left"]
    answer = motiflens("fit", tmp_path / "t.parquet", "--out", out, "--config", quick, *length)
    assert answer.code == 0
    info = load(out, "run.json")
    assert (info["classes"], info["positive"], info["length"]) == (["0", "1"], "1", 29)
    warnings = info["warnings"]
    assert [w for w in warnings if "cropped to 29 bp (--crop left)" in w] == warnings[:1]
    assert warnings[0] in (out / "report.html").read_text()
    said = [line for line in answer.err.splitlines() if line.startswith("warning")]
    assert said == [f"warning: {warning}" for warning in warnings]
    assert len(pd.read_csv(out / "predictions.tsv", sep="\t")) == 160


def test_labels_of_a_table_get_names_that_the_run_keeps(motiflens, quick, tmp_path):
    dataset = planted.planted(160, 30)
    rows = [(decode(codes), int(label)) for codes, label in zip(dataset.codes, dataset.labels, strict=True)]
    table, out = tmp_path / "t.csv", tmp_path / "run"
    pd.DataFrame(rows, columns=["sequence", "label"]).to_csv(table, index=False)
    names = ["--class-names", "0=background, 1=bound site"]
    assert motiflens("fit", table, "--out", out, "--config", quick, *names).code == 0
    info = load(out, "run.json")
    assert (info["classes"], info["positive"]) == (["background", "bound site"], "bound site")
    predicted = pd.read_csv(out / "predictions.tsv", sep="\t")
    assert set(predicted["label"]) == {"background", "bound site"}
    assert "p_bound site" in predicted
    assert "bound site" in (out / "report.html").read_text()
    by_label = motiflens("evaluate", out, table, "--json")
    named = pd.DataFrame(rows, columns=["sequence", "label"]).replace({"label": {0: "background", 1: "bound site"}})
    named.to_csv(tmp_path / "named.csv", index=False)
    by_name = motiflens("evaluate", out, tmp_path / "named.csv", "--json")
    assert by_label.code == by_name.code == 0
    assert json.loads(by_label.out)["test"] == json.loads(by_name.out)["test"]


@pytest.mark.parametrize(
    ("names", "said"),
    {
        "no pair": ("0", "give LABEL=NAME pairs"),
        "no name": ("0=", "give LABEL=NAME pairs"),
        "twice": ("0=a,0=b", "label 0 is named twice"),
        "no such label": ("2=c", "--class-names 2=c: no sequence has this label; it has: 0, 1"),
        "one name for two": ("0=a,1=a", "2 classes are called a; give each a name of its own"),
        "the other's label": ("0=1", "2 classes are called 1"),
        "no column's name": ("0=a\tb", "rename it"),
    }.values(),
)
def test_bad_names_of_labels_are_refused(motiflens, tmp_path, names, said):
    table = tmp_path / "t.csv"
    table.write_text("sequence,label\n" + "".join(f"{'ACGT'[i % 4] * 9},{i % 2}\n" for i in range(40)))
    answer = motiflens("fit", table, "--class-names", names, "--out", tmp_path / "run")
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_positives_alone_get_shuffled_negatives_and_a_word_of_warning(motiflens, quick, tmp_path):
    dataset = planted.planted(160, 30)
    text = "".join(f">s{i}\n{decode(dataset.codes[i])}\n" for i in np.flatnonzero(dataset.labels))
    (tmp_path / "p.fa.gz").write_bytes(gzip.compress(text.encode()))
    out = tmp_path / "run"
    answer = motiflens("fit", f"bound={tmp_path / 'p.fa.gz'}", "--out", out, "--config", quick)
    assert answer.code == 0
    info, metrics = load(out, "run.json"), load(out, "metrics.json")
    assert info["classes"] == ["shuffled", "bound"]
    assert sum(n["shuffled"] for n in info["counts"].values()) == 80
    assert any("shuffle" in text for text in info["warnings"])
    assert any("shuffle" in text for text in metrics["verdict"]["points"])
    assert "\nwarning: The negatives are dinucleotide shuffles" in answer.err
    assert "shuffle" in (out / "report.html").read_text()


def test_a_keras_model_is_imported_and_at_work(motiflens, tmp_path):
    saved = Path(__file__).parents[1] / "model" / "keras_files" / "keras_3.0.keras"
    recorded = np.load(saved.with_suffix(".npz"))
    out = tmp_path / "run"
    answer = motiflens("import-keras", saved, "--out", out, "--classes", "junk,promoter")
    assert (answer.code, answer.out, answer.err) == (0, f"{out}\n", "")
    path = tmp_path / "x.fa"
    path.write_text("".join(f">s{i}\n{decode(codes)}\n" for i, codes in enumerate(recorded["codes"])))
    answer = motiflens("predict", out, path)
    rows = list(csv.DictReader(answer.out.splitlines(), delimiter="\t"))
    found = [float(row["p_promoter"]) for row in rows]
    np.testing.assert_allclose(found, recorded["probabilities"][:, 0], rtol=0, atol=1e-5)
    data = planted.write_classes(tmp_path, planted.planted(30, 30))
    pairs = [d.replace("AP1=", "promoter=").replace("background=", "junk=") for d in data]
    answer = motiflens("evaluate", out, *pairs, "--json")
    assert json.loads(answer.out)["test"]["n"] == 30
    assert motiflens("explain", out, path, "--out", tmp_path / "e", "--pictures", 1).code == 0
    answer = motiflens("motifs", out)
    assert answer.code == 2
    assert "motifs.json: this run was written without it" in answer.err
    assert motiflens("report", out).code == 0
    assert "promoter" in (out / "report.html").read_text()
    answer = motiflens("import-keras", saved, "--out", tmp_path / "y", "--classes", "a,b,c")
    assert answer.code == 2
    assert "the model has 2 classes; give that many different names with --classes" in answer.err
    assert not (tmp_path / "y").exists()


def test_simulate_writes_the_tutorials_task_and_its_bayes_rule(motiflens, tmp_path):
    out = tmp_path / "sim"
    answer = motiflens("simulate", "--out", out, "--n", 400)
    assert (answer.code, answer.err) == (0, "")
    first, second = answer.out.splitlines()
    assert first.startswith("The best possible rule reaches accuracy 0.")
    assert second == f"Sequences: {out}"
    assert {f.name for f in out.iterdir()} == {"positive.fa", "negative.fa", "sequences.csv", "planted.bed"}
    bed = [line.split("\t") for line in (out / "planted.bed").read_text().splitlines()]
    assert {row[3] for row in bed} >= {"TATAAA", "CAAT", "GGGCGG", "TTGACA"}
    assert len(pd.read_csv(out / "sequences.csv")) == 400
    again = motiflens("simulate", "--out", out, "--n", 400)
    assert again.code == 2
    assert "exists and is not an empty folder" in again.err


def test_simulate_plants_what_is_asked(motiflens, tmp_path):
    out = tmp_path / "sim"
    answer = motiflens(
        "simulate", "--out", out, "--motif", "TGACTCA", "--motif", "GGAA", "--n", 100, "--length", 50,
        "--positions", 10, 40, "--strands", "both", "--spacing", 2, 4, "--gc", 0.4, "--seed", 5,
    )  # fmt: skip
    assert (answer.code, answer.out) == (0, f"Sequences: {out}\n")  # no exact rule is known for motifs in a row
    table = pd.read_csv(out / "sequences.csv").set_index("id")["sequence"]
    bed = [line.split("\t") for line in (out / "planted.bed").read_text().splitlines()]
    assert len(bed) == 100  # both motifs in each of 50 positives
    assert {row[5] for row in bed} == {"+", "-"}
    for name, start, end, motif, _, strand in bed:
        site = table[name][int(start) : int(end)]
        assert 10 <= int(start) < int(end) <= 40
        assert motif == (site if strand == "+" else site[::-1].translate(str.maketrans("ACGT", "TGCA")))
    assert set(table.str.len()) == {50}


def test_simulate_with_a_density(motiflens, tmp_path):
    answer = motiflens("simulate", "--out", tmp_path / "s", "--motif", "TGACTCA", "--n", 400, "--density", 0.5)
    assert answer.out.startswith("The best possible rule reaches accuracy 0.")
    bed = (tmp_path / "s" / "planted.bed").read_text().splitlines()
    assert 70 < len(bed) < 130
    assert all(line.startswith("positive") for line in bed)


def test_simulate_makes_numbers_with_the_effects_that_are_asked(motiflens, tmp_path):
    out = tmp_path / "numbers"
    answer = motiflens(
        "simulate", "--out", out, "--activity", "--effect", "TGACTCA=2,-0.5", "--effect", "CACGTG=1,1", "--target",
        "K562,HepG2", "--replicates", 3, "--ceiling", 0.8, "--n", 60, "--length", 50,
    )  # fmt: skip
    assert answer.code == 0
    assert "K562: the best possible prediction reaches R2 0." in answer.out
    header = (out / "sequences.csv").read_text().splitlines()[0]
    assert header.startswith("id,sequence,K562,K562_rep1,K562_rep2,K562_rep3,K562_truth,HepG2,")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--effect", "TGA=1"), "--effect: only with --activity"),
        (("--activity", "--motif", "TGA"), "--motif: not with --activity"),
        (("--activity", "--effect", "TGACTCA"), "give a motif and a number"),
        (("--activity", "--effect", "TGACTCA=inf"), "finite numbers"),
        (("--activity", "--effect", "TGXCTCA=1"), "TGXCTCA"),
        (("--activity", "--target", "a"), "2 effects, but there are 1"),
    ],
)
def test_simulate_refuses_effects_that_make_no_sense(motiflens, tmp_path, options, said):
    answer = motiflens("simulate", "--out", tmp_path / "refused", *options)
    assert answer.code == 2
    assert said in answer.err
    assert not (tmp_path / "refused").exists()
