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


def test_hits_say_which_of_the_motifs_of_one_name(tmp_path):
    def rows(word: str) -> str:
        return "".join(f"{base} [ {' '.join(str(9 * (letter == base)) for letter in word)} ]\n" for base in "ACGT")

    (tmp_path / "m.jaspar").write_text(f">MA0000.1 RXRB\n{rows('CACGTG')}>MA0001.1 RXRB\n{rows('TGACTCA')}")
    (tmp_path / "s.fa").write_text(">s1\nTTTTCACGTGTTTTTTGACTCATTTT\n")
    hits = scan_file(tmp_path / "m.jaspar", str(tmp_path / "s.fa"), tmp_path / "h.bed", p_threshold=3e-4)
    found = {tuple(row) for row in hits[["start", "motif", "accession"]].to_numpy()}
    assert found == {(4, "RXRB", "MA0000.1"), (15, "RXRB", "MA0001.1")}
    names = {line.split("\t")[3] for line in (tmp_path / "h.bed").read_text().splitlines()}
    assert names == {"MA0000.1_RXRB", "MA0001.1_RXRB"}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("chr1:1000-1028", (1004, 1014, "+")),
        ("chr1:1000-1028(+)", (1004, 1014, "+")),
        ("chr1:1000-1028(-)", (1014, 1024, "-")),
        ("chr1:1001-1028", (1004, 1014, "+")),  # counts from 1, as samtools faidx writes
        ("peak_7::chr1:1000-1028(-)", (1014, 1024, "-")),
        ("chr1:1000-1090", None),
        ("geneX", None),
    ],
)
def test_hits_lie_on_the_genome_where_ids_name_intervals(tmp_path, name, place):
    write_motifs(tmp_path / "m.meme", [Motif.from_consensus(WORD, name="cre")])
    (tmp_path / "s.fa").write_text(f">{name}\nAAAA{WORD}{'G' * 14}\n>other\nAC\n")
    heard: list[str] = []
    options = {"p_threshold": 1e-5, "strands": "forward", "notify": heard.append}
    hits = scan_file(tmp_path / "m.meme", str(tmp_path / "s.fa"), tmp_path / "h.bed", **options)
    scan_file(tmp_path / "m.meme", str(tmp_path / "s.fa"), tmp_path / "h.tsv", **options)
    bed = (tmp_path / "h.bed").read_text().rstrip().split("\t")
    table = pd.read_csv(tmp_path / "h.tsv", sep="\t")
    assert table["sequence_id"].tolist() == [name]
    assert table["start"].tolist() == [4]
    if place is None:
        assert bed[:3] == [name, "4", "14"]
        assert "chrom" not in hits
    else:
        assert [bed[i] for i in (0, 1, 2, 3, 5)] == ["chr1", str(place[0]), str(place[1]), "cre", place[2]]
        assert table.loc[0, ["chrom", "chrom_start", "chrom_end", "chrom_strand"]].tolist() == ["chr1", *place]
    ids = "2 of 2" if place is None else "1 of 2"
    assert bool(heard) == (name != "geneX")
    assert all(ids in text for text in heard)


def test_regions_of_a_genome_are_scanned(tmp_path):
    write_motifs(tmp_path / "m.meme", [Motif.from_consensus(WORD, name="cre")])
    (tmp_path / "g.fa").write_text(f">chr1\n{'A' * 100}{WORD}{'A' * 100}\n")
    (tmp_path / "p.bed").write_text("chr1\t90\t130\tx\t0\t-\nchr1\t5\t20\n")
    command = ["scan", str(tmp_path / "m.meme"), "--bed", str(tmp_path / "p.bed"), "--genome", str(tmp_path / "g.fa")]
    with pytest.raises(SystemExit) as stopped:
        run([*command, "--p-value", "1e-5", "--out", str(tmp_path / "h.bed")])
    assert not stopped.value.code
    assert (tmp_path / "h.bed").read_text().split("\t")[:3] == ["chr1", "100", "110"]


def test_a_flawed_motif_is_heard_of(tmp_path):
    (tmp_path / "m.pfm").write_text(">a\n1 0 0 0\n0 1 0 0\n0 0 1 0\n>b\n0.1 0 0 0\n")
    (tmp_path / "s.fa").write_text(">x\nTTTACGTTT\n")
    heard: list[str] = []
    assert len(scan_file(tmp_path / "m.pfm", str(tmp_path / "s.fa"), p_threshold=0.1, notify=heard.append))
    assert any("1 of 2 motifs left out (line 5: motif 'b'" in text for text in heard)
