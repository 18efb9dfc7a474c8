"""What commands answer: figures of sequences that the model has seen, tables, and audits that find nothing."""

import json
from types import SimpleNamespace

import numpy as np
import planted
from make_example import splice
from make_run import bare_info, make_run

from motiflens.cli import summary
from motiflens.cli.summary import evaluation, run_summary
from motiflens.groups.fingerprints import fingerprints
from motiflens.run.folder import RunWriter
from motiflens.sequence.alphabet import reverse_complement


def test_sequences_that_the_model_was_trained_on_are_counted(motiflens, fit, tmp_path):
    answer = motiflens("evaluate", fit.run, *fit.data, "--out", tmp_path / "m.json")
    assert answer.code == 0
    assert "warning: 240 of 300 sequences are among those that the model was trained on" in answer.err
    assert json.loads((tmp_path / "m.json").read_text())["trained_on"] == 240
    (tmp_path / "fresh").mkdir()
    fresh = planted.write_classes(tmp_path / "fresh", planted.planted(60, 40, seed=5))
    answer = motiflens("evaluate", fit.run, *fresh, "--out", tmp_path / "m.json")
    assert (answer.code, answer.err) == (0, "")


def test_fingerprints_know_a_sequence_on_either_strand():
    codes = planted.planted(50, 31).codes
    found = fingerprints(codes)
    assert len(set(found.tolist())) == 50
    np.testing.assert_array_equal(found, fingerprints(reverse_complement(codes)))
    assert len(fingerprints(codes[:0])) == 0


def test_an_audit_that_finds_nothing_says_what_it_looked_for(motiflens, tmp_path):
    data = planted.write_classes(tmp_path, planted.planted(400, 60))
    answer = motiflens("audit", *data)
    assert (answer.code, answer.err) == (0, "")
    first, last = answer.out.splitlines()
    assert first.startswith("Nothing was found. Looked for: sequences under two labels, copies and near duplicates")
    assert last.startswith("400 records; near duplicates have ")


def test_several_classes_have_a_table_of_their_own_and_a_summary_ten_lines_at_most(tmp_path):
    run = make_run(tmp_path / "run", splice())
    metrics, motifs = run.metrics(), run.motifs()
    lines = evaluation(metrics)
    start = lines.index("By class, against the rest:")
    assert lines[start + 1].split() == ["n", "AUROC", "AUPRC", "Precision", "Recall", "F1"]
    assert [line.split()[0] for line in lines[start + 2 : start + 5]] == list(metrics.classes)
    start = lines.index("Sequences of a class, by the class that they are called:")
    counts = [[int(cell) for cell in line.split()[1:]] for line in lines[start + 2 :]]
    assert counts == [list(row) for row in metrics.confusion]
    said = run_summary(run)
    assert len(said) <= 10
    assert said[-2:] == [f"Run: {run.path}", f"Report: {run.path / 'report.html'}"]
    assert f"Motifs: {len(motifs.motifs)} supported" in "\n".join(said)
    assert "others" in "\n".join(said)


def test_many_motifs_are_cut_to_the_lines_that_there_are(tmp_path):
    run = make_run(tmp_path / "run", splice())
    few = run.motifs()
    run.update(motifs=few.model_copy(update={"motifs": few.motifs[:1] * 30}))
    said = run_summary(run)
    assert len(said) == 10
    assert said[-3].startswith("  and ")
    assert said[-3].endswith(" more in the report")


def test_a_run_without_figures_has_its_paths(tmp_path):
    with RunWriter(tmp_path / "run") as writer:
        run = writer.seal(bare_info())
    assert run_summary(run) == [f"Run: {run.path}", f"Report: {run.path / 'report.html'}"]


def test_motifs_of_a_number_are_counted_in_its_halves():
    """One number has no others to compare with, as a class has."""
    entry = SimpleNamespace(effects=("raises",), target="activity")
    assert summary._compared(entry, ("activity",), labels=False) == ("with higher activity", "with lower activity")
    assert summary._compared(entry, ("activity",), labels=True) == ("with activity", "without activity")
    of_class = SimpleNamespace(effects=(), target="donor")
    assert summary._compared(of_class, ("donor", "acceptor", "neither"), labels=False) == ("donor", "others")
