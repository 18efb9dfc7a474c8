"""Motif collections as they are found: ENCODE, CIS-BP, UniPROBE, RSAT, STAMP, sites, a matrix alone."""

import io
from pathlib import Path

import numpy as np
import pytest
from Bio import motifs as biopython

from motiflens.errors import InputError
from motiflens.motifs.formats import parse_motifs, read_motifs
from motiflens.motifs.parse import read_collection

BY_POSITION = np.array([[0.7, 0.1, 0.1, 0.1], [0.0, 1.0, 0.0, 0.0], [0.2, 0.2, 0.2, 0.4]])  # consensus ACT
ROWS = ["\t".join(f"{x}" for x in row) for row in BY_POSITION]
COLUMNS = ["\t".join(f"{x}" for x in row) for row in BY_POSITION.T]
NUMBERED = "\n".join(f"{i}\t{row}" for i, row in enumerate(ROWS, 1))

TEXTS = {
    "ENCODE": (
        ">AP1_disc1 AP1_K562_rep1\n" + "\n".join(f"{x} {r}" for x, r in zip("ACT", ROWS, strict=True)),
        "AP1_disc1",
    ),
    "CIS-BP": (f"TF\tT1\nTF Name\tFOS\nMotif\tM1_1.02\nPos\tA\tC\tG\tT\n{NUMBERED}\n", "M1_1.02"),
    "CIS-BP, the matrix alone": (f"Pos\tA\tC\tG\tT\n{NUMBERED}\n", ""),
    "UniPROBE": (
        "Protein: Fos\tSeed k-mer: TGACTCA\n" + "\n".join(f"{x}:\t{r}" for x, r in zip("ACGT", COLUMNS, strict=True)),
        "",
    ),
    "RSAT": (
        "; FOS matrix, from somewhere\n"
        + "\n".join(f"{x} | {r}" for x, r in zip("acgt", COLUMNS, strict=True))
        + "\n//\n",
        "",
    ),
    "cluster-buster": (">Fos /name=Fos\n" + "\n".join(ROWS), "Fos"),
    "STAMP": ("DE\tFos\tbZIP\n" + "\n".join(f"{i}\t{r}\tA" for i, r in enumerate(ROWS)) + "\nXX\n", ""),
    "four rows": ("\n".join(COLUMNS), ""),
    "four columns": ("\n".join(ROWS), ""),
    "HOCOMOCO": (">FOS_HUMAN.H11MO.0.A\t12\n" + "\n".join(ROWS), "FOS_HUMAN.H11MO.0.A"),
    "tabs behind JASPAR's header": (
        ">MA1.1\tFos\n" + "\n".join(f"{x}  [{r} ]" for x, r in zip("ACGT", COLUMNS, strict=True)),
        "MA1.1",
    ),
    "Windows": (">Fos\r\n" + "\r\n".join(ROWS) + "\r\n", ""),
}


@pytest.mark.parametrize("case", TEXTS)
def test_one_matrix_in_every_dress(case):
    text, accession = TEXTS[case]
    (one,) = parse_motifs(text, source="fos.txt")
    np.testing.assert_allclose(one.probabilities, BY_POSITION.T)
    assert accession in (one.accession, one.name)
    assert one.name


def test_names_come_from_the_file_or_its_name():
    names = {case: parse_motifs(text, source="some/fos.pfm")[0].name for case, (text, _) in TEXTS.items()}
    assert names["CIS-BP"] == "FOS"
    assert names["UniPROBE"] == "Fos"
    assert names["STAMP"] == "Fos"
    assert names["RSAT"] == "FOS matrix"
    assert names["four rows"] == names["four columns"] == names["CIS-BP, the matrix alone"] == "fos"


def test_several_motifs_of_each_file():
    for case, name in {"CIS-BP": "TF\tT1\nTF Name\tFOS", "UniPROBE": "Fos", "STAMP": "Fos", "RSAT": "FOS"}.items():
        text, _ = TEXTS[case]
        second = text.replace(name, name + "B").replace("M1_1.02", "M2_1.02")
        assert len(parse_motifs(text + "\n\n" + second)) == 2, case


SITES = """>MA0004 ARNT 1
CACGTGatgtcctc
>MA0004 ARNT 2
ggCACGTGaaa
>MA0004 ARNT 3
aCACGTAa
"""


def test_sites_are_counted_as_biopython_counts_them():
    (one,) = parse_motifs(SITES)
    assert (one.name, one.accession, one.sites) == ("ARNT", "MA0004", 3)
    theirs = biopython.read(io.StringIO(SITES), "sites").counts
    np.testing.assert_array_equal(one.probabilities * 3, [theirs[base] for base in "ACGT"])


def test_rows_and_columns_as_biopython_reads_them():
    for case, format in {"four rows": "pfm", "cluster-buster": "clusterbuster"}.items():
        text, _ = TEXTS[case]
        if format == "clusterbuster":
            theirs = biopython.parse(io.StringIO(">Fos\n" + "\n".join(ROWS)), format)[0].counts
        else:
            lettered = "\n".join(f"{x} {r}" for x, r in zip("ACGT", COLUMNS, strict=True))
            theirs = biopython.parse(io.StringIO(lettered), "pfm-four-rows")[0].counts
        np.testing.assert_allclose(parse_motifs(text)[0].probabilities, [theirs[base] for base in "ACGT"], atol=1e-9)


def test_fasta_is_no_motif_file():
    for text in (">a\nACGTACGT\n>b\nTTGACGTA\n", ">a\nacgtacgt\n"):
        with pytest.raises(InputError, match="this is FASTA; name the motif file first"):
            parse_motifs(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<?xml version='1.0'?>\n<MEME/>\n", "XML or HTML is not read; give the text beside it"),
        ("AlignACE 4.0 05/13/04\n", "CIS-BP, UniPROBE, ENCODE, cluster-buster or RSAT"),
        (">CACATC\tm1\t7.62780.100\t0.7\t0.1\n0.7\t0.1\t0.1\t0.1\n", "the threshold '7.62780.100' is no number"),
        (">a\n-1.2 0.3 0.1 0.8\n", "negative or not finite in '-1.2 0.3 0.1 0.8'; give counts or probabilities"),
        ("Motif\tFactor\nM1\tFOS\n", "begins no motif file known here"),
    ],
)
def test_what_is_not_read_is_told_what_is(text, words):
    with pytest.raises(InputError) as caught:
        parse_motifs(text)
    assert words in str(caught.value)


FLAWED = {
    "sums": ">bad\n0.5 0.1 0.1 8\n0.7 0.1 0.1 0.1\n1 0 0 0\n",
    "no positions": ">bad\n",
    "three numbers": ">bad\n0.5 0.1 0.1\n1 0 0 0\n0 1 0 0\n",
    "uniform": ">bad\n" + "0.25 0.25 0.25 0.25\n" * 3,
    "a word": ">bad\n0.5 0.1 0.1 x\n1 0 0 0\n0 1 0 0\n",
}


@pytest.mark.parametrize("case", FLAWED)
def test_a_flawed_motif_is_left_out_with_a_note(tmp_path, case):
    path = tmp_path / "many.pfm"
    good = [f">m{i}\n" + "\n".join(ROWS) + "\n" for i in range(5)]
    path.write_text("".join([*good[:2], FLAWED[case], *good[2:]]))
    found = read_collection(path)
    assert [motif.name for motif in found.motifs] == [f"m{i}" for i in range(5)]
    (note,) = found.notes
    assert note.startswith(f"{path}: 1 of 6 motifs left out (line ")
    with pytest.raises(InputError):  # whoever takes no notes is told
        read_motifs(path)


def test_a_file_without_a_good_motif_is_refused_for_the_first_flaw(tmp_path):
    (tmp_path / "bad.pfm").write_text(FLAWED["sums"] + FLAWED["uniform"].replace("bad", "worse"))
    with pytest.raises(InputError, match="line 1: motif 'bad': position 1 sums to"):
        read_collection(tmp_path / "bad.pfm")


def test_motifs_of_one_identifier_are_numbered_with_a_note(tmp_path):
    path = tmp_path / "twice.pfm"
    path.write_text((">m\n" + "\n".join(ROWS) + "\n") * 3)
    found = read_collection(path)
    assert [motif.name for motif in found.motifs] == ["m", "m_2", "m_3"]
    assert found.notes == (f"{path}: 2 motifs have another's identifier and got a number: m_2, m_3",)


@pytest.mark.parametrize("total", [0.98, 0.99, 1.01, 1.02])
def test_two_digits_may_be_rounded(total):
    last = f"{0.22 + total - 0.98:.2f}"
    text = f"MEME version 4\nMOTIF m\nletter-probability matrix: alength= 4 w= 2\n1 0 0 0\n.12 .52 .12 {last}\n"
    (one,) = parse_motifs(text)
    np.testing.assert_allclose(one.probabilities.sum(0), 1)


@pytest.mark.parametrize("total", [0.97, 1.03])
def test_three_hundredths_are_too_many(total):
    last = f"{0.22 + total - 0.98:.2f}"
    text = f"MEME version 4\nMOTIF m\nletter-probability matrix: alength= 4 w= 2\n1 0 0 0\n.12 .52 .12 {last}\n"
    with pytest.raises(InputError, match=f"sums to {total}, not to 1"):
        parse_motifs(text)


def test_old_files_with_authors_names_in_latin_1(tmp_path: Path):
    path = tmp_path / "old.transfac"
    path.write_bytes("AC  M1\nXX\nRA  Müller\nID  FOS\nP0  A C G T\n01  1 0 0 3\nXX\n//\n".encode("latin-1"))
    assert read_motifs(path)[0].name == "FOS"


@pytest.mark.parametrize(
    "text",
    {
        "qualities": ">r1\n1 2 3 4\n>r2\n10 20 30 40 50\n",
        "qualities in columns": ">r1\n1\n2\n3\n4\n>r2\n10\n20\n",
        "soft-masked FASTA": ">chr1:1-8\nacgTTGac\n>chr2:1-8\nacgATGac\n",
        "reads with trimmed ends": ">r\nacgTTGac\n>r\nacTTGaCC\n",
        "a table of proteins": "A 4 2\nR 1 5\nN 2 0\nC 0 9\n",
        "an index of reactions": "AC  1 2\nG 3\n",
    }.values(),
)
def test_files_of_another_kind_are_refused_with_the_formats(tmp_path, text):
    path = tmp_path / "x.txt"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_collection(path)
    assert "\n" not in str(caught.value)
    assert "MEME, JASPAR" in str(caught.value) or "this is FASTA; " in str(caught.value)


def test_a_flawed_matrix_of_four_positions_is_not_turned_round(tmp_path):
    path = tmp_path / "x.pfm"
    path.write_text(">a\n.7 .1 .1 .1\n.1 .7 .1 .1\n>b\n.2 .3 .3 .2\n.4 .1 .4 .1\n0 .9 0 .1\n.7 0 .3 2\n")
    collection = read_collection(path)
    assert [motif.name for motif in collection.motifs] == ["a"]
    assert "1 of 2 motifs left out (line 4: motif 'b': position 4 sums to 3" in collection.notes[0]


@pytest.mark.parametrize(
    "text",
    {
        "rows of letters, then none": "A | 9 1 1\nC | 1 9 1\nG | 1 1 9\nT | 1 1 1\n> b\n4 1 1\n1 4 1\n1 1 4\n1 1 1\n",
        "CIS-BP, then none": "Motif\tM1\nPos\tA\tC\tG\tT\n1\t.7\t.1\t.1\t.1\n2\t.1\t.7\t.1\t.1\n>b\n.7 .1 .1 .1\n",
    }.values(),
)
def test_no_matrix_of_a_file_of_two_formats_is_lost(tmp_path, text):
    path = tmp_path / "x.txt"
    path.write_text(text.replace("\n4 1 1", "\n4 1 1 1"))
    with pytest.raises(InputError, match="belong to none of the motifs around them; give a file of one format"):
        read_collection(path)
