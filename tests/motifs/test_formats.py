"""Motif files: round trips, other programs' files, Biopython as an independent reader and writer, and bad files."""

import gzip
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motiflens.errors import InputError
from motiflens.motifs.formats import format_motifs, parse_motifs, read_motifs, write_motifs
from motiflens.motifs.motif import Motif

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import memelite.io
    from Bio import motifs as bio
    from Bio.Data import IUPACData
    from Bio.motifs import jaspar, transfac

FORMATS = ("meme", "jaspar", "transfac", "homer")

GATA = np.array([[0.1, 0.9, 0.0, 1.0], [0.2, 0.0, 0.0, 0.0], [0.7, 0.1, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])


def motif(**changes) -> Motif:
    return Motif(**{"name": "GATA", "probabilities": GATA, **changes})


def shares(counts: object) -> np.ndarray:
    """(4, width) from Biopython's dict of rows."""
    rows = np.array([counts[base] for base in "ACGT"], dtype=float)
    return rows / rows.sum(axis=0)


word = st.text("ABCXYZabcxyz0123456789.:_-()/|", min_size=1, max_size=12)


@st.composite
def some_motif(draw, *, name: str, whole: bool) -> Motif:
    width = draw(st.integers(1, 30))
    sites = draw(st.integers(2, 100_000)) if whole else draw(st.sampled_from([0, 7, 1000, 70_794]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    share = rng.dirichlet(np.full(4, draw(st.sampled_from([0.05, 0.5, 5.0]))), width)
    if whole:
        share = np.array([rng.multinomial(sites, p) for p in share]) / sites
    share[0] = np.eye(4)[draw(st.integers(0, 3))]  # says something
    accession = draw(st.sampled_from(["", f"MA{name}.1"]))
    return Motif(name=name, probabilities=share.T.copy(), sites=sites, accession=accession)


@st.composite
def motif_lists(draw) -> list[Motif]:
    names = draw(st.lists(word, min_size=1, max_size=4, unique=True))
    whole = draw(st.booleans())
    return [draw(some_motif(name=name, whole=whole)) for name in names]


def assert_same(left: list[Motif], right: list[Motif]) -> None:
    assert [(m.name, m.accession, m.sites) for m in left] == [(m.name, m.accession, m.sites) for m in right]
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a.probabilities, b.probabilities, atol=1e-6, rtol=0)
        np.testing.assert_allclose(b.probabilities.sum(axis=0), 1, atol=1e-12)


@pytest.mark.parametrize("format", FORMATS)
@settings(deadline=None, max_examples=30)
@given(motifs=motif_lists())
def test_round_trip_keeps_names_accessions_sites_and_six_digits(format, motifs):
    text = format_motifs(motifs, format=format)
    assert_same(motifs, parse_motifs(text))
    # However the file ends and whether motifs are set apart by blank lines or not.
    assert_same(motifs, parse_motifs(text.rstrip()))
    assert_same(motifs, parse_motifs("\n".join(line for line in text.splitlines() if line)))
    assert_same(motifs, parse_motifs(text.replace("\n", "\r\n")))


@pytest.mark.parametrize("format", FORMATS)
def test_files_plain_and_gzip(format, tmp_path):
    motifs = [motif(sites=10), motif(name="other", accession="MA1.2", sites=20)]
    for name in ("motifs.txt", "motifs.txt.gz"):
        write_motifs(tmp_path / name, motifs, format=format)
        assert_same(motifs, read_motifs(tmp_path / name))
    raw = (tmp_path / "motifs.txt.gz").read_bytes()
    assert gzip.decompress(raw).decode() == (tmp_path / "motifs.txt").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["motifs.txt", "motifs.txt.gz"]


def test_blanks_in_names_become_underscores_where_a_blank_ends_a_name():
    named = motif(name="zinc  finger")
    assert [parse_motifs(format_motifs([named], format=f))[0].name for f in FORMATS] == [
        "zinc_finger",
        "zinc_finger",
        "zinc finger",
        "zinc finger",
    ]


@pytest.mark.parametrize("format", ["jaspar", "transfac"])
@settings(deadline=None, max_examples=15)
@given(motifs=motif_lists())
def test_biopython_reads_the_counts_we_write(format, motifs):
    read = bio.parse(io.StringIO(format_motifs(motifs, format=format)), format)
    assert len(read) == len(motifs)
    for ours, other in zip(motifs, read, strict=True):
        np.testing.assert_allclose(ours.probabilities, shares(other.counts), atol=1e-6)
        if format == "transfac":
            assert (other["ID"], other.get("AC", "")) == (ours.name, ours.accession)
        elif ours.accession:
            assert (other.name, other.matrix_id) == (ours.name, ours.accession)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(motifs=motif_lists())
def test_memelite_and_biopython_read_the_meme_files_we_write(motifs, tmp_path):
    path = tmp_path / "motifs.meme"
    write_motifs(path, motifs)
    for ours, (name, matrix) in zip(motifs, memelite.io.read_meme(path).items(), strict=True):
        assert name == f"{ours.accession} {ours.name}".strip()
        np.testing.assert_allclose(ours.probabilities, matrix, atol=1e-6)
    with path.open() as file:
        for ours, other in zip(motifs, bio.parse(file, "minimal"), strict=True):
            assert other.num_occurrences == (ours.sites or 20)  # MEME's default
            assert other.name == (ours.accession or ours.name)


@pytest.mark.parametrize("theirs", ["jaspar", "transfac"])
def test_we_read_what_biopython_writes(theirs):
    counts = [{"A": [0, 3, 9], "C": [5, 3, 0], "G": [2, 2, 0], "T": [3, 2, 1]}, {b: [n] for n, b in enumerate("ACGT")}]
    made = []
    for i, table in enumerate(counts):
        made.append(jaspar.Motif(f"MA{i}.1", f"TF{i}", counts=table))
        if theirs == "transfac":
            made[-1] = transfac.Motif("ACGT", counts=table)
            made[-1].update({"AC": f"MA{i}.1", "ID": f"TF{i}"})
    read = parse_motifs(bio.write(made, theirs))
    assert [(m.name, m.accession, m.sites) for m in read] == [("TF0", "MA0.1", 10), ("TF1", "MA1.1", 6)]
    for ours, table in zip(read, counts, strict=True):
        np.testing.assert_allclose(ours.probabilities, shares(table))


@pytest.mark.parametrize(
    ("file", "count"),
    [
        ("JASPAR2026_CORE_vertebrates.meme.gz", 1019),
        ("JASPAR2026_CORE_plants.meme.gz", 927),
        ("JASPAR2020_POLII.meme.gz", 13),
        ("JASPAR2020_SPLICE.meme.gz", 6),
        ("jores2021_CPEs.meme.gz", 6),
        ("jores2021_TF-clusters.meme.gz", 72),
    ],
)
def test_real_meme_files_as_other_readers_have_them(shared, file, count, tmp_path):
    path = shared / "data/motifs" / file
    motifs = read_motifs(path)
    assert len(motifs) == count
    plain = tmp_path / "plain.meme"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    for ours, (name, matrix) in zip(motifs, memelite.io.read_meme(plain).items(), strict=True):
        assert f"{ours.accession} {ours.name}" == name
        np.testing.assert_allclose(ours.probabilities, matrix / matrix.sum(axis=0), atol=1e-12)
    with plain.open() as handle:
        theirs = bio.parse(handle, "minimal")
    assert [(m.accession, m.sites) for m in motifs] == [(m.name, m.num_occurrences) for m in theirs]


def test_a_real_database_survives_every_format(shared):
    motifs = read_motifs(shared / "data/motifs/JASPAR2026_CORE_vertebrates.meme.gz")
    for format in FORMATS:
        assert_same(motifs, parse_motifs(format_motifs(motifs, format=format)))
    # Six-digit probabilities become the counts again that JASPAR has: Runx1 begins with A 123 of 2,000.
    assert format_motifs(motifs[:1], format="jaspar").splitlines()[1].startswith("A [ 123 57 0 87 0 17 ")


def test_a_real_file_with_a_position_a_line(shared):
    motifs = read_motifs(shared / "data/motifs/HOCOMOCOv11_HUMAN.pfm.gz")
    assert len(motifs) == 401
    by_name = {m.name.split("_")[0]: m for m in motifs}
    assert by_name["ANDR"].sites > 100
    assert "GATAA" in by_name["GATA1"].consensus or "TTATC" in by_name["GATA1"].consensus
    assert "CACGTG" in by_name["USF1"].consensus


# The kinds of file that other programs write.

JASPAR_RAW = ">MA0001.1\tAGL3\n0 3 79\n94 75 4\n1 0 3\n2 19 11\n>MA0002.1 RUNX1\n10 12\n2 2\n3 1\n11 11"
HOMER_FILE = (
    ">NATTA\tHbox(Homeobox)/Source/Homer\t6.25\t-3.5e+01\t0\tT:120.0(44.36%),B:81.5(5.80%),P:1e-103\n"
    "0.25\t0.25\t0.25\t0.25\n0.997\t0.001\t0.001\t0.001\n0.001\t0.001\t0.001\t0.997\n"
    ">\tsecond\t5\n0.1 0.2 0.3 0.39"
)
TRANSFAC_FILE = """VV  TRANSFAC MATRIX TABLE
XX
//
AC  M00001
XX
ID  V$MYOD_01
XX
NA  MyoD
XX
P0      T      C      G      A
01      2      2      0      1      S
02      0      2      2      1      R
XX
BF  T00526; MyoD; Species: mouse
//
ID  second
PO  A C G T
01  0.5 0.5 0 0
02  0.1 0.2 0.3 0.4
"""
MEME_OUTPUT = """********************************************************************************
MEME - Motif discovery tool
********************************************************************************
MEME version 5.0.5 (Release date: Mon Mar 18 2019)

ALPHABET= ACGT
********************************************************************************
MOTIF TGACA MEME-1\twidth =   2  sites =   9  llr = 88  E-value = 1.2e-005
********************************************************************************
\tMotif TGACA MEME-1 position-specific scoring matrix
--------------------------------------------------------------------------------
log-odds matrix: alength= 4 w= 2 n= 180 bayes= 4.2 E= 1.2e-005
  -981   -981    113    120
   180   -981   -981   -981
--------------------------------------------------------------------------------
letter-probability matrix: alength= 4 w= 2 nsites= 9 E= 1.2e-005
 0.000000  0.000000  0.500000  0.500000
 1.000000  0.000000  0.000000  0.000000
--------------------------------------------------------------------------------
Time  0.30 secs.
"""


def test_jaspar_without_letters():
    agl3, runx1 = parse_motifs(JASPAR_RAW)
    assert (agl3.name, agl3.accession, agl3.sites, agl3.width) == ("AGL3", "MA0001.1", 97, 3)
    np.testing.assert_allclose(agl3.probabilities[:, 2], np.array([79, 4, 3, 11]) / 97)
    assert (runx1.sites, runx1.width) == (26, 2)


def test_jaspar_rows_in_any_order_and_dress():
    (one,) = parse_motifs(">x\nT  [ 1 0 ]\nG [0 4]\nC 2 0\na [1 0]\n")
    np.testing.assert_allclose(one.probabilities, np.array([[1, 0], [2, 0], [0, 4], [1, 0]]) / 4)


def test_a_four_by_four_matrix_shows_its_layout_by_its_sums():
    by_position = np.array([[7, 1, 1, 1], [0, 10, 0, 0], [2, 2, 2, 4], [5, 5, 0, 0]])
    for rows in (by_position, by_position.T):
        text = ">m\n" + "\n".join(" ".join(map(str, row)) for row in rows)
        np.testing.assert_allclose(parse_motifs(text)[0].probabilities, by_position.T / 10)
    even = ">even\n1 0 0 0\n0 0 1 0\n0 0 0 1\n0 1 0 0\n"
    assert parse_motifs(even)[0].consensus == "ATCG"
    assert parse_motifs(even + ">other\n1 0 0 0\n")[0].consensus == "AGTC"


def test_homer_file():
    first, second = parse_motifs(HOMER_FILE)
    assert (first.name, first.sites, first.consensus) == ("Hbox(Homeobox)/Source/Homer", 120, "NAT")
    assert (second.name, second.sites, second.width) == ("second", 0, 1)
    np.testing.assert_allclose(second.probabilities.sum(), 1)  # 0.99 in the file


def test_transfac_file_with_its_own_column_order():
    first, second = parse_motifs(TRANSFAC_FILE)
    assert (first.name, first.accession, first.sites) == ("MyoD", "M00001", 5)
    np.testing.assert_allclose(first.probabilities.T, np.array([[1, 2, 0, 2], [1, 2, 2, 0]]) / 5)
    assert (second.name, second.accession, second.sites) == ("second", "", 0)
    np.testing.assert_allclose(second.probabilities.T, [[0.5, 0.5, 0, 0], [0.1, 0.2, 0.3, 0.4]])


def test_memes_full_output_beside_its_other_matrices():
    (one,) = parse_motifs(MEME_OUTPUT)
    assert (one.name, one.accession, one.sites, one.consensus) == ("MEME-1", "TGACA", 9, "KA")


def test_probabilities_in_a_count_format_have_no_sites():
    (one,) = parse_motifs(">p\nA [ 0.5 0.1 ]\nC [ 0.5 0.2 ]\nG [ 0 0.3 ]\nT [ 0 0.4 ]")
    assert one.sites == 0
    (single,) = parse_motifs(">s\nA [ 1 0 ]\nC [ 0 1 ]\nG [ 0 0 ]\nT [ 0 0 ]")
    assert single.sites == 1


@pytest.mark.parametrize("consensus", ["TATAAA", "acgtrYswkmbdhvn", "GAUC"])
def test_a_consensus_as_a_motif_has_that_consensus(consensus):
    made = Motif.from_consensus(consensus)
    assert made.consensus == consensus.upper().replace("U", "T")
    assert made.name == consensus
    for letter, column in zip(made.consensus, made.probabilities.T, strict=True):
        bases = IUPACData.ambiguous_dna_values[letter]
        assert column.tolist() == [1 / len(bases) if base in bases else 0 for base in "ACGT"]


@pytest.mark.parametrize(("consensus", "word"), [("", "empty"), ("TATAZA", "'Z'"), ("TA-A", "'-'"), ("TA TA", "' '")])
def test_what_is_no_consensus(consensus, word):
    with pytest.raises(InputError, match=word):
        Motif.from_consensus(consensus)


# Bad files.

HEAD = "MEME version 4\n"
MATRIX = "letter-probability matrix: alength= 4 w= 1\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("\n# only a comment\n", ["empty"]),
        ("chr1\t10\t20\n", ["line 1", "'chr1", "MEME, JASPAR, TRANSFAC, HOMER"]),
        ("MEME version 4\n\nALPHABET= ACGT\n", ["no motif"]),
        (HEAD + "ALPHABET= ACDEFGHIKLMNPQRSTVWY\n", ["line 2", "DNA"]),
        (HEAD + "MOTIF a\n", ["line 2", "'a'", "no positions"]),
        (HEAD + "MOTIF a\nMOTIF b\n" + MATRIX + "1 0 0 0\n", ["line 2", "'a'", "no positions"]),
        (HEAD + MATRIX + "1 0 0 0\n", ["line 2", "MOTIF"]),
        (HEAD + "MOTIF a\n" + MATRIX + "0.5 0.4 0.05 0\n", ["line 2", "'a'", "position 1", "0.95"]),
        (HEAD + "MOTIF a\n" + MATRIX + "0.5 0.4 0.1\n", ["line 4", "3 numbers"]),
        (HEAD + "MOTIF a\n" + MATRIX + "0.5 0.4 0.1 x\n", ["line 4", "0.5 0.4 0.1 x"]),
        (HEAD + "MOTIF a\n" + MATRIX + "0.5 0.6 0.1 -0.2\n", ["line 4", "negative"]),
        (HEAD + "MOTIF a\n" + MATRIX.replace("1", "2") + "1 0 0 0\n", ["line 2", "1 positions", "w= 2"]),
        (HEAD + "MOTIF a\n" + MATRIX.replace("4 w", "20 w") + "1 0 0 0\n", ["line 3", "20 letters"]),
        (HEAD + "MOTIF a\n" + MATRIX + "0.25 0.25 0.25 0.25\n", ["line 2", "'a'", "equally likely"]),
        (HEAD + ("MOTIF a\n" + MATRIX + "1 0 0 0\n") * 2, ["line 5", "'a'", "line 2", "rename"]),
        (">a\nA [ 0 1 ]\nC [ 0 1 ]\nG [ 0 1 ]\nT [ 0 2 ]\n", ["line 1", "'a'", "position 1", "zero"]),
        (">a\nA [ 0 1 ]\nC [ 0 1 ]\nG [ 0 1 ]\n", ["line 2", "A, C, G and T"]),
        (">a\nA [ 0 1 ]\nA [ 0 1 ]\nG [ 0 1 ]\nT [ 1 1 ]\n", ["line 2", "once each"]),
        (">a\nA [ 0 1 ]\nC [ 0 1 ]\nG [ 0 1 ]\nT [ 1 ]\n", ["line 5", "1 numbers"]),
        (">a\nA [ .5 .5 .5 ]\nC [ .5 .5 .5 ]\nG [ 0 0 .4 ]\nT [ 0 0 0 ]\n", ["'a'", "position 3", "1.4"]),
        (">a\n>b\n1 0 0 0\n", ["line 1", "'a'", "no positions"]),
        (">\n1 0 0 0\n", ["line 1", "without a name"]),
        (">seq1\nACGTACGT\n", ["line 1", "this is FASTA"]),
        (">c\tname\t1\n0.5 0.1 0.1 0.1\n", ["line 1", "'name'", "0.8"]),
        ("ID  a\nP0 A C G\n01 1 0 0\n", ["line 2", "A C G"]),
        ("ID  a\nP0 A C G T\n//\n", ["line 2", "'a'", "no positions"]),
        ("ID  a\n//\nID  b\nP0 A C G T\n01 1 0 0 0\n", ["line 1", "'a'", "without a matrix"]),
    ],
)
def test_bad_files_name_file_line_and_motif(text, words, tmp_path):
    path = tmp_path / "bad.motifs"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_motifs(path)
    message = str(caught.value)
    assert message.startswith(f"{path}")
    assert "\n" not in message
    for part in words:
        assert part in message


@pytest.mark.parametrize("off", [-0.019, 0.019])
def test_rounding_is_forgiven_and_renormalised(off):
    (one,) = parse_motifs(HEAD + "MOTIF a\n" + MATRIX + f"{0.9 + off} 0.1 0 0\n")
    np.testing.assert_allclose(one.probabilities.sum(), 1)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "not a text file"),
        (b"MEME version 4\0", "not a text file"),
        (gzip.compress(HEAD.encode() * 100, mtime=0)[:-12], "cut short"),
        (b"\x1f\x8b\x08\x00" + b"\x07" * 40, "cut short or damaged"),
    ],
)
def test_files_that_are_no_text(content, word, tmp_path):
    path = tmp_path / "motifs.meme"
    path.write_bytes(content)
    with pytest.raises(InputError, match=word) as caught:
        read_motifs(path)
    assert str(path) in str(caught.value)


def test_unreadable_and_unwritable_paths(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.meme: cannot be read"):
        read_motifs(tmp_path / "nothing.meme")
    with pytest.raises(InputError, match="a folder; give a motif file"):
        read_motifs(tmp_path)
    (tmp_path / "motifs.meme").touch()
    with pytest.raises(InputError, match=r"a run's motifs are in .*motifs\.meme"):
        read_motifs(tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        write_motifs(tmp_path / "nowhere" / "out.meme", [motif()])
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_motifs(tmp_path / "file" / "out.meme", [motif()])


def test_what_cannot_be_written(tmp_path):
    path = tmp_path / "out.meme"
    path.write_text("before")
    with pytest.raises(InputError, match=r"'fasta'.*meme, jaspar, transfac, homer"):
        write_motifs(path, [motif()], format="fasta")
    with pytest.raises(InputError, match="2 motifs are called 'GATA'"):
        write_motifs(path, [motif(), motif()])
    with pytest.raises(InputError, match="motif 2 has no name"):
        write_motifs(path, [motif(), motif(name=" ")])
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["out.meme"]


def test_no_motifs_make_an_empty_file_that_says_so(tmp_path):
    path = Path(tmp_path / "none.meme")
    write_motifs(path, [])
    with pytest.raises(InputError, match="no motif"):
        read_motifs(path)
