"""Tables as R, Excel, pandas, polars and databases write them: every row arrives, or the file is refused."""

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.data.files.delimited import delimited_rows
from motiflens.data.files.source import open_input
from motiflens.data.read import read_dataset, read_sequences
from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode


def dna(n: int, length: int = 30, seed: int = 0) -> list[str]:
    return ["".join(row) for row in np.random.default_rng(seed).choice(list("ACGT"), (n, length))]


ROWS = list(zip([f"g{i}" for i in range(24)], dna(24), ["no", "yes"] * 12, strict=True))
PLAIN = ["id", "sequence", "label"], *(list(row) for row in ROWS)


def text(*, mark: str = ",", quote: bool = False, end: str = "\n", above: str = "", below: str = "") -> str:
    def field(value: str) -> str:
        return f'"{value}"' if quote else value

    return above + "".join(mark.join(map(field, row)) + end for row in PLAIN) + below


DIALECTS = {
    "semicolons, as Excel in Europe": ("t.csv", text(mark=";")),
    "semicolons, told to Excel": ("t.csv", text(mark=";", above="sep=;\n")),
    "commas, told to Excel": ("t.csv", text(above="sep=,\n")),
    "tabs under .csv": ("t.csv", text(mark="\t")),
    "commas under .tsv": ("t.tsv", text()),
    "bars": ("t.csv", text(mark="|")),
    "everything quoted, as R's write.csv": ("t.csv", text(quote=True)),
    "everything quoted with tabs, as R's write.table": ("t.tsv", text(mark="\t", quote=True)),
    "carriage returns": ("t.tsv", text(mark="\t", end="\r")),
    "Windows": ("t.csv", text(end="\r\n", quote=True)),
    "a byte order mark": ("t.csv", "\ufeff" + text(quote=True)),
    "comments above the header": ("t.tsv", text(mark="\t", above="# made by hand\n#\n\n")),
    "a header behind #": ("t.tsv", "#" + text(mark="\t")),
    "empty rows at the end": ("t.csv", text(below=",,\n,,\n\n")),
    "blank lines between": ("t.csv", text(end="\n\n")),
    ".tab": ("t.tab", text(mark="\t")),
    "no end of line at the end": ("t.csv", text().rstrip("\n")),
}


@pytest.mark.parametrize("case", DIALECTS)
@pytest.mark.parametrize("zipped", [False, True])
def test_dialects_read_alike(tmp_path, case, zipped):
    name, content = DIALECTS[case]
    path = tmp_path / (name + ".gz" * zipped)
    path.write_bytes(gzip.compress(content.encode()) if zipped else content.encode())
    data = read_dataset([str(path)])
    assert data.ids.tolist() == [name for name, _, _ in ROWS]
    assert [decode(row) for row in data.codes] == [sequence for _, sequence, _ in ROWS]
    assert [data.classes[k] for k in data.labels] == [label for _, _, label in ROWS]
    assert [record.id for record in read_sequences(str(path))] == data.ids.tolist()


def noted(notes: dict[int, str], *, mark: str) -> str:
    lines = [mark.join([*row, "note" if i == 0 else notes.get(i, "-")]) for i, row in enumerate(PLAIN)]
    return "\n".join(lines) + "\n"


def test_quotes_are_letters_between_tabs(tmp_path):
    (tmp_path / "t.tsv").write_text(noted({3: '"primed', 9: 'the "poised" one"', 20: '5" nail'}, mark="\t"))
    assert len(read_dataset([str(tmp_path / "t.tsv")])) == 24


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ({3: '"primed', 9: 'poised"'}, "line 4 opens a quote that closes 6 lines below, over what look like rows"),
        ({3: '"primed', 9: '"poised"'}, "is damaged, or not in the format of its file name (line 10: "),
        ({3: '"primed'}, "is damaged, or not in the format of its file name (line 25: "),
    ],
)
def test_a_stray_quote_between_commas_is_refused(tmp_path, notes, expected):
    path = tmp_path / "t.csv"
    path.write_text(noted(notes, mark=","))
    with pytest.raises(InputError) as caught:
        read_dataset([str(path)])
    assert str(caught.value).startswith(f"{path}: {expected}")


def test_a_quoted_note_may_have_lines_and_commas(tmp_path):
    (tmp_path / "t.csv").write_text(noted({3: '"first line\nsecond, line"', 5: '"says ""yes"", twice"'}, mark=","))
    assert len(read_dataset([str(tmp_path / "t.csv")])) == 24


def test_row_names_of_r_without_a_header_are_refused(tmp_path):
    lines = ["\t".join(PLAIN[0]), *("\t".join([str(i), *row]) for i, row in enumerate(ROWS, 1))]
    (tmp_path / "t.tsv").write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"row 1 has 4 fields where the header has 3; write row names .* col\.names"):
        read_dataset([str(tmp_path / "t.tsv")])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"PK\x03\x04\0\0", "is an Excel or zip file; save the sheet as CSV UTF-8"),
        (b"BZh91AY&SY", "is bzip2; unpack it, or compress it with gzip"),
        (b"\xfd7zXZ\0", "is xz; unpack it"),
        (b"\x28\xb5\x2f\xfd", "is zstd; unpack it"),
        (b"\x89HDF\r\n\x1a\n", "is HDF5; export the sequences as a table or FASTA"),
        (b"BAM\x01", "is a binary file"),
    ],
)
def test_files_of_other_kinds_are_called_by_their_name(tmp_path, head, expected):
    path = tmp_path / "t.csv"
    path.write_bytes(head + bytes(50))
    with pytest.raises(InputError, match=expected):
        read_dataset([str(path)])


def test_a_field_may_be_long(tmp_path):
    long = "ACGT" * 50_000  # longer than the csv module's own limit
    (tmp_path / "t.csv").write_text(f"sequence\n{long}\n")
    assert [record.sequence for record in read_sequences(str(tmp_path / "t.csv"))] == [long]


CELLS = st.text(st.sampled_from("ab\"' ,;\t\n\r#é>"), max_size=6)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.sampled_from([",", ";"]))
def test_what_the_csv_module_writes_is_read_whole_or_refused(tmp_path_factory, cells, mark):
    """The oracle is the writer: each row comes back as it was, or the file is refused."""
    out = io.StringIO()
    rows = [["sequence", "x", "y"], *(["ACGT", x, y] for x, y in cells)]
    csv.writer(out, delimiter=mark).writerows(rows)
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(out.getvalue().encode())
    with open_input(str(path)) as opened:
        found = delimited_rows(opened, expected="sequence")
        try:
            read = list(found)
        except InputError as error:
            read, reason = None, str(error)
    assert read == rows if read is not None else "over what look like rows" in reason


LABELS = {
    "R's NA": (["NA", "1", "0"], "row 1 has no label (NA); fill it in or remove the row"),
    "pandas' nan": (["0", "nan", "1"], "row 2 has no label (nan)"),
    "Excel's": (["0", "1", "#N/A"], "row 3 has no label (#N/A)"),
    "SQL's": (["a", "NULL", "b"], "row 2 has no label (NULL)"),
    "MySQL's": (["a", "b", "\\N"], "row 3 has no label (\\N)"),
    "Python's": (["a", "b", "None"], "row 3 has no label (None)"),
    "a blank": (["a", "b", " "], "row 3 has no label; fill it in or remove the row"),
}


def labelled(path: Path, labels: list[str]) -> str:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["sequence", "label"], *zip(dna(len(labels)), labels, strict=True)])
    return str(path)


@pytest.mark.parametrize("case", LABELS)
def test_missing_labels_are_no_class(tmp_path, case):
    labels, expected = LABELS[case]
    with pytest.raises(InputError) as caught:
        read_dataset([labelled(tmp_path / "t.csv", [*labels, *labels[:2] * 12])])
    assert expected in str(caught.value)


def test_nan_and_null_in_parquet_are_missing(tmp_path):
    for labels in ([float("nan"), 1.0], [None, 1.0]):
        table = {"sequence": dna(24), "label": pa.array([*labels, *[0.0, 1.0] * 11])}
        pq.write_table(pa.table(table), tmp_path / "t.parquet")
        with pytest.raises(InputError, match="row 1 has no label; fill it in"):
            read_dataset([str(tmp_path / "t.parquet")])


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["1", "1.0", "0"], ("0", "1")),
        (["+1", "-1"], ("-1", "1")),
        (["0.0", "-0.0", "1"], ("0", "1")),
        (["True", "1", "0", "FALSE"], ("0", "1")),
        (["True", "False"], ("False", "True")),
        (["2", "10", "1.0"], ("1", "2", "10")),
        (["0.5", "1.5"], ("0.5", "1.5")),
        (["007", "8"], ("007", "8")),
        (["1e3", "1000", "5"], ("5", "1000")),
        (["none", "null"], ("none", "null")),
        (["1", "a", "1.0"], ("1", "1.0", "a")),
        (["inf", "1", "2"], ("1", "2", "inf")),
        (["1_0", "10"], ("10", "1_0")),
    ],
)
def test_one_number_is_one_class(tmp_path, labels, classes):
    assert read_dataset([labelled(tmp_path / "t.csv", labels * 12)]).classes == classes


def test_classes_that_differ_in_letter_case_alone_are_noted(tmp_path):
    data = read_dataset([labelled(tmp_path / "t.csv", ["Promoter", "promoter", "other"] * 12)])
    assert len(data.classes) == 3
    assert data.notes == (
        "The classes 'Promoter' and 'promoter' differ in letter case or punctuation alone; "
        "give them one name if they are one class.",
    )


def test_missing_groups_are_no_group(tmp_path):
    frame = pd.DataFrame({"sequence": dna(24), "label": ["a", "b"] * 12, "group": ["x", "NA", "nan", ""] * 6})
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = read_dataset([str(tmp_path / "t.csv")])
    assert data.group is not None
    assert data.group.tolist() == ["x", "", "", ""] * 6


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([f"{x:.3f}" for x in np.linspace(-1, 2, 40)], "the labels are 40 different numbers, from -1 to 2: these"),
        ([str(x) for x in range(40)], "the labels are 40 different numbers, from 0 to 39"),
        ([f"gene{x}" for x in range(40)], "40 sequences have 40 different labels, 40 of them fewer than 10 times"),
    ],
)
def test_measurements_and_names_are_no_classes(tmp_path, labels, expected):
    with pytest.raises(InputError) as caught:
        read_dataset([labelled(tmp_path / "t.csv", labels)])
    assert expected in str(caught.value)
