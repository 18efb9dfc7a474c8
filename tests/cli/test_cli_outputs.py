"""Files that a command reads are not written over, and what it leaves out is said."""

import json
import shutil
from pathlib import Path

import planted
import pytest

from motiflens.motifs.formats import write_motifs
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import decode


@pytest.fixture
def motifs(tmp_path) -> Path:
    write_motifs(tmp_path / "m.meme", [Motif.from_consensus("TATAAT", name="short")])
    return tmp_path / "m.meme"


@pytest.fixture
def fasta(tmp_path) -> Path:
    """The positives of a planted data set."""
    dataset = planted.planted(200, 40)
    rows = dataset.codes[dataset.labels == 1]
    path = tmp_path / "pos.fa"
    path.write_text("".join(f">p{i}\n{decode(row)}\n" for i, row in enumerate(rows)))
    return path


def refused(answer, path: Path, before: bytes) -> None:
    assert answer.code == 2
    assert f"{path}: is read by this command and would be lost" in answer.err
    assert path.read_bytes() == before


def test_scan_spares_motifs_and_sequences(motiflens, motifs, fasta):
    for victim in (motifs, fasta):
        before = victim.read_bytes()
        refused(motiflens("scan", motifs, fasta, "--out", victim), victim, before)


def test_predict_spares_sequences_also_by_another_name(motiflens, copy, fasta, tmp_path):
    before = fasta.read_bytes()
    (tmp_path / "link.fa").symlink_to(fasta)
    for name in ("pos.fa", "link.fa"):
        answer = motiflens("predict", copy, fasta, "--out", tmp_path / name)
        refused(answer, tmp_path / name, before)


def test_no_command_writes_over_a_file_of_a_run(motiflens, copy, fit, motifs, fasta):
    commands = (("predict", copy, fasta), ("evaluate", copy, *fit.data), ("scan", motifs, fasta), ("audit", *fit.data))
    for command in commands:
        for own in (copy / "metrics.json", copy / "figures" / "roc.svg"):
            before = own.read_bytes()
            answer = motiflens(*command, "--out", own)
            assert answer.code == 2
            assert "belongs to the run" in answer.err
            assert own.read_bytes() == before


def test_audit_and_evaluate_spare_their_data(motiflens, fit, tmp_path):
    data = []
    for pair in fit.data:
        name, _, path = pair.partition("=")
        shutil.copy(path, tmp_path / f"{name}.fa")
        data.append(f"{name}={tmp_path / f'{name}.fa'}")
    victim = Path(data[1].partition("=")[2])
    before = victim.read_bytes()
    refused(motiflens("audit", *data, "--out", victim), victim, before)
    refused(motiflens("evaluate", fit.run, *data, "--out", victim), victim, before)


def test_the_log_file_is_appended_to_logs_alone(motiflens, fasta, tmp_path):
    before = fasta.read_bytes()
    answer = motiflens("--log-file", fasta, "audit", f"p={fasta}")
    assert answer.code == 2
    assert "exists and is not a motiflens log" in answer.err
    assert fasta.read_bytes() == before
    (tmp_path / "empty.log").touch()
    for name in ("new.log", "new.log", "empty.log"):
        assert motiflens("--log-file", tmp_path / name, "audit", f"p={fasta}").code == 0
    assert (tmp_path / "new.log").read_text().count(" INFO motiflens ") == 2


def test_motifs_too_short_for_the_threshold_are_named(motiflens, motifs, fasta):
    answer = motiflens("scan", motifs, fasta)
    assert answer.code == 0
    assert answer.out.count("\n") == 1
    assert "warning: 1 of 1 motifs are too short" in answer.err
    assert "(first: short)" in answer.err
    assert motiflens("scan", motifs, fasta, "--p-value", "1e-2").err == ""


def test_strict_audit_fails_on_errors_alone(motiflens, fasta, tmp_path):
    data = f"p={fasta}"
    assert motiflens("audit", data, "--strict").code == 0
    assert motiflens("audit", data, "--test", data).code == 0
    answer = motiflens("audit", data, "--test", data, "--strict", "--out", tmp_path / "a.json")
    assert answer.code == 2
    assert "error: " in answer.out
    assert json.loads((tmp_path / "a.json").read_text())["findings"]


def test_a_test_set_without_a_class_gets_no_invented_one(motiflens, fit, tmp_path):
    answer = motiflens("fit", *fit.data, "--test", fit.data[0], "--out", tmp_path / "run")
    name, other = (pair.partition("=")[0] for pair in fit.data)
    assert answer.code == 2
    assert f"the test set has the class {name} alone; add sequences of {other}" in answer.err


def test_dropped_records_are_counted(motiflens, quick, fasta, tmp_path):
    with fasta.open("a") as file:
        file.write(f">again\n{fasta.read_text().splitlines()[1]}\n")
    answer = motiflens("fit", f"p={fasta}", "--drop", "--config", quick, "--out", tmp_path / "run")
    assert answer.code == 0
    assert "warning: 1 records were dropped; see dropped.tsv in the run folder" in answer.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sequence,label\nACGT,a\nNA,b\n", "row 2 has no sequence (NA)"),
        ("sequence:label\nACGT:a\n", "has no column sequence and no label (found: 'sequence:label'); rename"),
    ],
)
def test_tables_that_are_not_what_they_seem(motiflens, tmp_path, text, said):
    (tmp_path / "t.csv").write_text(text)
    answer = motiflens("audit", tmp_path / "t.csv")
    assert answer.code == 2
    assert said in answer.err


def test_negatives_are_of_peaks(motiflens, fasta):
    answer = motiflens("audit", f"p={fasta}", "--negatives", "flanking")
    assert answer.code == 2
    assert "--negatives: only with --genome" in answer.err
