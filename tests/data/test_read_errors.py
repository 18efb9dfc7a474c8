"""Every bad input is one line that names the file and says what to do."""

import gzip
import hashlib
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.data.dataset import Dataset
from motiflens.data.read import read_batches, read_dataset
from motiflens.errors import InputError


def dna(n: int, length: int = 30, seed: int = 0) -> list[str]:
    return ["".join(row) for row in np.random.default_rng(seed).choice(list("ACGT"), (n, length))]


GOOD = "".join(f">g{i}\n{s}\n" for i, s in enumerate(dna(12))).encode()
OTHER = "".join(f">o{i}\n{s}\n" for i, s in enumerate(dna(12, seed=1))).encode()
ROWS = [(s, "ab"[i % 2]) for i, s in enumerate(dna(24))]
TABLE = "sequence,label\n" + "".join(f"{s},{label}\n" for s, label in ROWS)


def message(arguments: list[str], **options) -> str:
    with pytest.raises(InputError) as caught:
        read_dataset(arguments, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


FASTA_ERRORS = {
    "empty file": (b"", "is empty"),
    "blank lines only": (b"\n  \r\n\n", "is empty"),
    "not FASTA": (b"\nfoo bar\nbaz", "is not FASTA: it begins with 'foo bar'"),
    "a table": (TABLE.encode(), "is not FASTA: it begins with 'sequence,label'"),
    "a record without sequence": (GOOD + b">x1 text\n\n>x2\nACGT\n", "record 'x1' has no sequence; remove"),
    "last record without sequence": (GOOD + b">x9", "record 'x9' has no sequence; remove"),
    "a header without name": (GOOD + b">  \nACGT\n", "record 13 has no name after '>'"),
    "protein": (GOOD + b">p1\nMKVLAAGIVGLCAKAYLEENQR*\n", "record 'p1' looks like protein"),
    "a letter outside IUPAC": (GOOD + b">x\nACGTAC\nGTXACG\n", "record 'x' has 'X' at column 9"),
    "a letter outside ASCII": (GOOD + ">x\nACGÄ\n".encode("latin-1"), "record 'x' has 'Ä' at column 4"),
    "a gap": (GOOD + b">x\nAC-GT\n", "record 'x' has '-' at column 3"),
    "mixed lengths": (
        GOOD + b">long\n" + b"ACGTT" * 8 + b"\n>short\nACG\n",
        "have 3 to 40 letters (30 most often; record 'long' is the first of another length, 40); "
        "crop or pad with --length N --crop left|center|right",
    ),
    "all N": (GOOD + b">n\n" + b"nN" * 15 + b"\n", "record 'n' has no A, C, G or T in its 30 letters; remove it"),
    "too few": (b">x\n" + b"ACGTT" * 6, "class 'a' has 1 sequences where at least 10 are needed"),
    "an id twice": (GOOD + b">g3 again\n" + b"ACGTT" * 6, "id 'g3' occurs twice (record 4 of "),
    "an id that is too long": (b">" + b"x" * 300 + b"\nACGT", "is too long (300 characters)"),
    "a control character in an id": (b">x\x07\nACGT", "not printable"),
    "truncated gzip": (gzip.compress(GOOD)[:-20], "the gzip file is cut off; copy or download it again"),
    "corrupt gzip": (gzip.compress(GOOD)[:30] + b"?" * 99, "the gzip file is corrupt"),
    "gzip with a wrong checksum": (gzip.compress(GOOD)[:-8] + b"\0" * 8, "the gzip file is corrupt"),
    "gzip with something after it": (gzip.compress(GOOD) + b"more", "the gzip file is corrupt"),
    "gzip of nothing": (gzip.compress(b""), "is empty"),
    "a binary file": (b"\x89PNG\r\n\0\0\0\rIHDR" + bytes(range(256)), "is a binary file"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "is UTF-16 text; save it as plain text"),
}


@pytest.mark.parametrize("case", FASTA_ERRORS)
def test_fasta_that_is_refused(tmp_path, case):
    content, expected = FASTA_ERRORS[case]
    path, other = tmp_path / "x.fa", tmp_path / "o.fa"
    path.write_bytes(content)
    other.write_bytes(OTHER)
    text = message([f"a={path}", f"b={other}"])
    assert text.startswith(str(path))
    assert expected in text


def test_both_records_of_a_repeated_id_are_placed(tmp_path):
    (tmp_path / "x.fa").write_bytes(GOOD)
    (tmp_path / "y.fa").write_bytes(OTHER.replace(b">o5", b">g7"))
    text = message([f"a={tmp_path / 'x.fa'}", f"b={tmp_path / 'y.fa'}"])
    assert (
        f"(record 8 of {tmp_path / 'x.fa'} and record 6 of {tmp_path / 'y.fa'}; 1 record with the id of another)"
        in text
    )


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_the_remedy_for_repeated_ids_is_one(tmp_path, line_end):
    paths = tmp_path / "x.fa", tmp_path / "y.fa"
    files = [f"{label}={path}" for label, path in zip("ab", paths, strict=True)]
    paths[0].write_bytes(GOOD.replace(b">g7", b">g6").replace(b"\n", line_end))
    paths[1].write_bytes(OTHER.replace(b">o", b">g").replace(b"\n", line_end))  # the same ids at the same lines
    program = message(files).split("awk '")[1].split("'")[0]
    for path, letter in zip(paths, "AB", strict=True):
        command = ["awk", program.replace("_A", f"_{letter}"), str(path)]
        path.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    assert len(read_dataset(files).ids) == 24


def test_a_sequence_under_two_labels_is_counted_with_three_names(tmp_path):
    (tmp_path / "x.fa").write_bytes(GOOD)
    shared = "".join(f">s{i}\n{s.lower()}\n" for i, s in enumerate(dna(4)))
    (tmp_path / "y.fa").write_bytes(OTHER + shared.encode())
    text = message([f"a={tmp_path / 'x.fa'}", f"b={tmp_path / 'y.fa'}"])
    assert "4 sequences occur under two labels (first records: 'g0', 'g1', 'g2'); keep each under one label" in text


TABLE_ERRORS = {
    "empty file": ("", "is empty"),
    "blank lines only": ("\n\n", "is empty"),
    "header only": ("sequence,label\n", "has no rows"),
    "no such columns": (
        "class,name,oligo\na,b,ACGT\n",
        "has no column sequence and no label (found: 'class, name, oligo')",
    ),
    "no sequences": (
        "label,oligo\na,ACGT\n",
        "(found: 'label, oligo'); call the column of the sequences `sequence` (or seq, sequences, dna_sequence)",
    ),
    "sequences under two names": ("seq,label,Seq\nACGT,a,ACGT\n", "has the column sequence twice"),
    "one column missing": ("sequence,class\nACGT,a\n", "has no column label (found: 'sequence, class')"),
    "an unknown separator": (TABLE.replace(",", ":"), "(found: 'sequence:label')"),
    "a column twice": ("sequence,label,Label\nACGT,a,a\n", "has the column label twice"),
    "FASTA": (GOOD.decode(), "looks like FASTA; rename it and give it as CLASS=FILE"),
    "a single label": (TABLE.replace(",b", ",a"), "has one label only, 'a'; add"),
    "a missing label": (TABLE.replace(",b", ", ", 1), "row 2 has no label; fill it in or remove the row"),
    "a short row": (TABLE.replace(",b", "", 1), "row 2 has no label"),
    "a long row": (
        TABLE.replace(",b", ",b,c", 1),
        "row 2 has 3 fields where the header has 2; put fields that hold the separator in quotes",
    ),
    "an open quote": (TABLE + '"ACGT', "is damaged, or not in the format of its file name ("),
    "a missing sequence": (TABLE + ",a\n", "record 'row25' has no sequence"),
    "a bad letter": (TABLE + "ACG TA,a\n", "record 'row25' has ' ' at column 4"),
    "a class that is too small": (TABLE + "A" * 30 + ",c\n", "class 'c' has 1 sequences"),
    "a class name with a tab": (TABLE.replace(",b", ",b\tb"), "the class name 'b\\tb' is empty, too long or not"),
    "a bad split": (
        "sequence,label,split\n"
        + "".join(f"{s},{label},{'train' if i else 'dev'}\n" for i, (s, label) in enumerate(ROWS)),
        "row 1 has split 'dev'; use train, val or test",
    ),
    "a missing id": (
        "id,sequence,label\n"
        + "".join(f"{'x' if i else ''}{i or ''},{s},{label}\n" for i, (s, label) in enumerate(ROWS)),
        "row 1 has no id",
    ),
    "an id twice": (
        "id,sequence,label\n" + "".join(f"x{i % 23},{s},{label}\n" for i, (s, label) in enumerate(ROWS)),
        "id 'x0' occurs twice (record 1 of ",
    ),
}


@pytest.mark.parametrize("case", TABLE_ERRORS)
def test_tables_that_are_refused(tmp_path, case):
    content, expected = TABLE_ERRORS[case]
    path = tmp_path / "t.csv"
    path.write_text(content)
    text = message([str(path)])
    assert text.startswith(str(path))
    assert expected in text


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.csv", TABLE.replace("b", "ß").encode("latin-1"), "is not UTF-8 text; save the table as CSV UTF-8"),
        ("t.csv", b"PK\x03\x04\0\0", "is an Excel or zip file"),
        ("t.csv.gz", TABLE.encode(), "is named .gz but is not gzip"),
        ("t.csv.gz", gzip.compress(TABLE.encode())[:-30], "the gzip file is cut off"),
        ("t.parquet", TABLE.encode(), "is damaged, or not in the format of its file name ("),
        ("t.parquet", b"", "is damaged, or not in the format of its file name ("),
    ],
)
def test_tables_that_are_not_what_their_name_says(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    assert expected in message([str(tmp_path / name)])


PARQUET_ERRORS: dict[str, tuple[Callable[[], pd.DataFrame], str]] = {
    "no such columns": (lambda: pd.DataFrame({"seq": ["ACGT"], "y": [1]}), "(found: 'seq, y')"),
    "no rows": (lambda: pd.DataFrame({"sequence": pd.Series([], dtype=str), "label": []}), "has no rows"),
    "no text": (lambda: pd.DataFrame({"sequence": [["ACGT"]], "label": ["a"]}), "is damaged, or not in the format"),
    "a missing label": (
        lambda: pd.DataFrame(ROWS, columns=["sequence", "label"]).replace("b", None),
        "row 2 has no label",
    ),
}


@pytest.mark.parametrize("case", PARQUET_ERRORS)
def test_parquet_that_is_refused(tmp_path, case):
    frame, expected = PARQUET_ERRORS[case]
    frame().to_parquet(tmp_path / "t.parquet")
    assert expected in message([str(tmp_path / "t.parquet")])


@pytest.mark.parametrize("place", [0.1, 0.3, 0.6, 0.9])
def test_corrupt_parquet(tmp_path, place):
    path = tmp_path / "t.parquet"
    pd.DataFrame(ROWS * 40, columns=["sequence", "label"]).to_parquet(path)
    content = bytearray(path.read_bytes())
    start = int(len(content) * place)
    content[start : start + 200] = b"\xff" * len(content[start : start + 200])
    path.write_bytes(content)
    message([str(path)])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "no data: give CLASS=FILE pairs"),
        (["x.fa"], "x.fa: give CLASS=FILE pairs (FASTA), or one table"),
        (["=x.fa"], "=x.fa: give CLASS=FILE pairs"),
        (["a="], "a=: give CLASS=FILE pairs"),
        (["t.csv", "u.csv"], "t.csv: give CLASS=FILE pairs (FASTA), or one table (.csv, .tsv, .parquet) alone"),
        (["a=absent.fa"], "absent.fa: no such file; check the path"),
        (["absent.csv"], "absent.csv: no such file"),
        (["absent.parquet"], "absent.parquet: no such file"),
        (["a=folder"], "folder: is a folder; name a file in it"),
        (["folder.parquet"], "folder.parquet: is a folder"),
        (["a=loop"], "loop: cannot be read (Too many levels of symbolic links)"),
        (["shuffled=good.fa"], "class 'shuffled': a class alone gets shuffled negatives of that name; rename it"),
        (["a\tb=good.fa", "c=other.fa"], "the class name 'a\\tb' is empty, too long or not printable"),
    ],
)
def test_arguments_that_name_no_data(tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    for folder in ("folder", "folder.parquet"):
        Path(folder).mkdir()
    Path("loop").symlink_to("loop")
    Path("good.fa").write_bytes(GOOD)
    Path("other.fa").write_bytes(OTHER)
    assert expected in message(arguments)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (OTHER, "the test set has the class a alone; add sequences of b"),
        (TABLE.replace(",b", ",x").encode(), "has the classes a, x where b, a are expected"),
        (GOOD.replace(b">g", b">h"), None),
    ],
)
def test_test_data_of_other_classes(tmp_path, content, expected):
    (tmp_path / "g.fa").write_bytes(GOOD)
    (tmp_path / "o.fa").write_bytes(OTHER)
    test = tmp_path / ("t.csv" if content.startswith(b"seq") else "t.fa")
    test.write_bytes(content)
    train = [f"a={tmp_path / 'g.fa'}", f"b={tmp_path / 'o.fa'}"]
    if expected is None:
        (tmp_path / "u.fa").write_bytes(OTHER.replace(b">o", b">u"))
        data = read_dataset(train, test=[f"a={test}", f"b={tmp_path / 'u.fa'}"])
        assert len(data) == 48
    else:
        text = message(train, test=[str(test) if test.suffix == ".csv" else f"a={test}"])
        assert text.startswith(str(test))
        assert expected in text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda s: s[:20],
            "the test sequences have 20 letters where the others have 30; crop or pad all with --length 30",
        ),
        (
            lambda s: dna(24)[1] if s == ROWS[0][0] else s,
            "sequence occurs under two labels (first records: 'row2', 'test_row1'",
        ),
    ],
)
def test_test_data_that_do_not_fit(tmp_path, change, expected):
    (tmp_path / "train.csv").write_text(TABLE)
    rows = [f"{change(s)},{label}" for s, label in ROWS]
    (tmp_path / "test.csv").write_text("\n".join(["sequence,label", *rows]))
    assert expected in message([str(tmp_path / "train.csv")], test=[str(tmp_path / "test.csv")])


def test_test_data_beside_marked_test_records(tmp_path):
    frame = pd.DataFrame(ROWS, columns=["sequence", "label"])
    frame.to_csv(tmp_path / "test.csv", index=False)
    frame.assign(split=["train", "train", "test", "test"] * 6).to_csv(tmp_path / "train.csv", index=False)
    text = message([str(tmp_path / "train.csv")], test=[str(tmp_path / "test.csv")])
    assert "train.csv marks test records already; drop one of the two" in text


def test_real_splice_table_names_the_columns_it_has(shared):
    path = shared / "data" / "splice-uci" / "splice.csv.gz"
    assert "has no column label (found: 'class, name, sequence')" in message([str(path)])


def test_real_deepbind_table_is_not_fasta(shared):
    path = next((shared / "data" / "tf-deepbind-encode").glob("ELK1*_AC.seq.gz"))
    assert "is not FASTA: it begins with 'FoldID" in message([f"elk1={path}"])
    assert "has no column label (found: 'FoldID, EventID, seq, Bound')" in message([str(path)])


def test_real_repeated_headers_are_counted(shared):
    folder = shared / "data" / "promoter-arabidopsis-nontata"
    text = message([f"p={folder / 'Arabidopsis_non_tata.fa.gz'}", f"n={folder / 'Arabidopsis_non_prom_big.fa.gz'}"])
    assert "id 'DNA' occurs twice (record 3 of" in text
    assert "8,477 records with the id of another" in text


# Anything at all gives a data set or one clear line.

PIECES = st.sampled_from(
    b'> >a\n \n \r ACGT acgtnn , \t " sequence label id, split train test \xef\xbb\xbf \xff \0 - E 1'.split(b" ")
    + b"sequence,label\n ACGT,a\n TTGA,b\n".split(b" ")
)
JUNK = st.one_of(
    st.binary(max_size=200),
    st.lists(PIECES, max_size=60).map(b"".join),
    st.lists(PIECES, max_size=30).map(lambda pieces: b"sequence,label\n" + b"".join(pieces)),
    st.lists(PIECES, max_size=30).map(lambda pieces: GOOD + b"".join(pieces)),
)
DAMAGE = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6)


def outcome(action: Callable[[], object]) -> object:
    try:
        return action()
    except InputError as error:
        text = str(error)
    assert "\n" not in text
    return None


@settings(deadline=None, max_examples=300)
@given(JUNK, st.sampled_from(["x.fa", "x.fa.gz", "x.csv", "x.tsv", "x.tsv.gz", "x.parquet"]), st.booleans())
def test_any_bytes_give_data_or_an_input_error(tmp_path_factory, content, name, zipped):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(gzip.compress(content, 0) if zipped else content)
    argument = f"a={path}" if ".fa" in name else str(path)
    data = outcome(lambda: read_dataset([argument], length=8))
    assert data is None or isinstance(data, Dataset)
    outcome(lambda: [batch.codes.shape[1] == 8 for batch in read_batches(str(path), length=8)])


@settings(deadline=None, max_examples=200)
@given(DAMAGE, st.floats(0, 1), st.sampled_from(["fa", "fa.gz", "csv", "csv.gz", "parquet"]))
def test_damaged_files_give_data_or_an_input_error(tmp_path_factory, damage, kept, ending):
    path = tmp_path_factory.getbasetemp() / f"damaged.{ending}"
    if ending == "parquet":
        pd.DataFrame(ROWS, columns=["sequence", "label"]).to_parquet(path)
    else:
        content = GOOD if "fa" in ending else TABLE.encode()
        path.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    content = bytearray(path.read_bytes())
    for place, value in damage:
        content[int(place * len(content))] = value
    path.write_bytes(content[: int(kept * len(content)) + 1])
    data = outcome(lambda: read_dataset([f"a={path}" if "fa" in ending else str(path)]))
    assert data is None or isinstance(data, Dataset)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_once_and_still_hashed(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(GOOD, mtime=0),))
    writer.start()
    (tmp_path / "o.fa").write_bytes(OTHER)
    data = read_dataset([f"a={pipe}", f"b={tmp_path / 'o.fa'}"])
    writer.join()
    assert len(data) == 24
    assert data.sources[0].sha256 == hashlib.sha256(gzip.compress(GOOD, mtime=0)).hexdigest()


def test_a_parquet_file_that_promises_rows_and_holds_none(tmp_path, monkeypatch):
    """As the fuzzer made one: its footer counts rows that no row group has."""
    path = tmp_path / "x.parquet"
    pd.DataFrame({"sequence": ["ACGT"] * 20, "label": ["a", "b"] * 10}).to_parquet(path)
    monkeypatch.setattr("pyarrow.parquet.ParquetFile.iter_batches", lambda *_, **__: iter(()))
    with pytest.raises(InputError, match=r"x\.parquet: has no rows; add sequences"):
        read_dataset([str(path)])
