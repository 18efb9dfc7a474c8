"""Scanning files: hits against a search by hand, formats, and what is refused."""

import pandas as pd
import pytest
from commandline import run

from motiflens.errors import InputError
from motiflens.motifs.formats import write_motifs
from motiflens.motifs.motif import Motif
from motiflens.workflow.scan import scan_file

WORD = "TGACGTCATC"  # not its own reverse complement


@pytest.fixture
def files(tmp_path):
    motif = Motif.from_consensus(WORD, name="cre")
    write_motifs(tmp_path / "m.meme", [motif])
    (tmp_path / "s.fa").write_text(f">one\nAAAA{WORD}CC\n>two\nGATGACGTCAGGG\n>three\nACGT\n")
    return tmp_path


def test_finds_the_word_on_each_strand_of_sequences_of_any_length(files):
    hits = scan_file(files / "m.meme", str(files / "s.fa"), p_threshold=1e-5)
    places = [tuple(row) for row in hits[["sequence_id", "start", "end", "strand", "motif"]].to_numpy()]
    assert places == [("one", 4, 14, "+", "cre"), ("two", 0, 10, "-", "cre")]
    assert (hits["p"] <= 1e-5).all()
    assert len(scan_file(files / "m.meme", str(files / "s.fa"), strands="forward", p_threshold=1e-5)) == 1


def test_command_writes_bed_tsv_and_stdout(files, capsys):
    command = ["scan", str(files / "m.meme"), str(files / "s.fa"), "--p-value", "1e-5"]
    for name in ("hits.bed", "hits.tsv"):
        with pytest.raises(SystemExit) as stopped:
            run([*command, "--out", str(files / name)])
        assert not stopped.value.code
    bed = [line.split("\t") for line in (files / "hits.bed").read_text().splitlines()]
    assert [row[:4] for row in bed] == [["one", "4", "14", "cre"], ["two", "0", "10", "cre"]]
    assert list(pd.read_csv(files / "hits.tsv", sep="\t")["start"]) == [4, 0]
    with pytest.raises(SystemExit):
        run(command)
    assert capsys.readouterr().out == (files / "hits.tsv").read_text()


def test_refuses_bad_input_without_leaving_a_file(files):
    with pytest.raises(InputError, match="threshold 0"):
        scan_file(files / "m.meme", str(files / "s.fa"), p_threshold=0.0)
    with pytest.raises(InputError, match=r"absent\.fa"):
        scan_file(files / "m.meme", str(files / "absent.fa"), files / "out.tsv")
    with pytest.raises(InputError, match="cannot be written"):
        scan_file(files / "m.meme", str(files / "s.fa"), files / "nowhere" / "out.tsv")
    assert not list(files.glob("*out.tsv*"))
