"""Auditing files, and peaks of a genome as data."""

import json

import numpy as np
import planted
import pytest

from motiflens.run.folder import Run


@pytest.fixture
def peaks(tmp_path) -> list[str]:
    """--bed and --genome of 60 peaks that carry a motif."""
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), 40_000)
    starts = np.arange(500, 30_500, 500)
    for start in starts:
        letters[start + 10 : start + 17] = list(planted.MOTIFS[0])
    (tmp_path / "g.fa").write_text(f">chr1\n{''.join(letters)}\n")
    (tmp_path / "p.bed").write_text("".join(f"chr1\t{s}\t{s + 40}\n" for s in starts) + "chrM\t1\t41\n")
    return ["--bed", str(tmp_path / "p.bed"), "--genome", str(tmp_path / "g.fa")]


def test_findings_are_lines_and_json(motiflens, tmp_path):
    dataset = planted.planted(200, 60)
    data = planted.write_classes(tmp_path, dataset)
    with open(data[0].partition("=")[2], "a") as file:
        file.write(f">twice\n{''.join('ACGT'[c] for c in dataset.codes[dataset.labels == 1][0])}\n")
    answer = motiflens("audit", *data, "--test", data[0], "--test", data[1], "--out", tmp_path / "a.json")
    assert answer.code == 0
    assert "error: 201 records with the id of another one" in answer.out
    assert "error: 201 of 201 test records" in answer.out
    record = json.loads((tmp_path / "a.json").read_text())
    assert [f["name"] for f in record["findings"]][:2] == ["repeated_ids", "copies_across_test"]
    assert record["records"] == 402


def test_an_audit_says_which_peaks_are_left_out(motiflens, tmp_path, peaks):
    answer = motiflens("audit", *peaks, "--out", tmp_path / "a.json")
    told = "1 intervals lie on chromosomes that the genome does not have (chrM)"
    assert f"warning: {told}" in answer.out
    assert any(told in finding["text"] for finding in json.loads((tmp_path / "a.json").read_text())["findings"])


def test_peaks_are_the_whole_command(motiflens, tmp_path, quick, peaks):
    answer = motiflens("fit", *peaks, "--negatives", "flanking", "--config", quick, "--out", tmp_path / "run")
    assert answer.code == 0, answer.err
    assert "1 intervals lie on chromosomes that the genome does not have (chrM)" in answer.err
    run = Run.load(tmp_path / "run")
    assert run.classes == ("background", "peak")
    assert run.info.length == 40
    assert run.predictions()["label"].value_counts().to_dict() == {"peak": 60, "background": 60}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bed", "x.bed"], "--bed: needs the genome that the intervals are of; add --genome FILE"),
        ([], "no data: give CLASS=FILE pairs, one table, or --bed and --genome"),
        (["a=b.fa", "--bed", "x.bed", "--genome", "g.fa"], "--bed: cannot be combined"),
        (["--bed", "none.bed", "--genome", "g.fa"], "none.bed: no such file"),
    ],
)
def test_wrong_calls(motiflens, words, said):
    for command in (["audit"], ["fit", "--out", "never"]):
        answer = motiflens(*command, *words)
        assert answer.code == 2
        assert said in answer.err
