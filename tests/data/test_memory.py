"""What Python programs hold: Biopython's records, columns of data frames, arrays, generators; and what is none."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

from motiflens.data.memory import label_values, sequence_texts
from motiflens.errors import InputError

SEQUENCES = ["ACGT", "TTGA", "ACCA"]

SAME = {
    "list": SEQUENCES,
    "tuple": tuple(SEQUENCES),
    "generator": "generator",
    "dict values": dict(enumerate(SEQUENCES)).values(),
    "numpy": np.array(SEQUENCES),
    "numpy objects": np.array(SEQUENCES, object),
    "numpy bytes": np.array(SEQUENCES, "S"),
    "numpy strings": np.array(SEQUENCES, dtype=np.dtypes.StringDType()),
    "column": np.array(SEQUENCES)[:, None],
    "column of objects": np.array(SEQUENCES, object)[:, None],
    "rows of one": [[text] for text in SEQUENCES],
    "letters": np.array([list(text) for text in SEQUENCES]),
    "letters as bytes": np.array([list(text) for text in SEQUENCES], "S1"),
    "bytes": [text.encode() for text in SEQUENCES],
    "bytearrays": [bytearray(text.encode()) for text in SEQUENCES],
    "Seq": [Seq(text) for text in SEQUENCES],
    "SeqRecord": [SeqRecord(Seq(text)) for text in SEQUENCES],
    "Series": pd.Series(SEQUENCES, index=[7, 8, 9]),
    "Series of category": pd.Series(SEQUENCES, dtype="category"),
    "Series of string": pd.Series(SEQUENCES, dtype="string"),
    "Index": pd.Index(SEQUENCES),
    "data frame of one column": pd.DataFrame({"anything": SEQUENCES}),
    "data frame with a sequence": pd.DataFrame({"id": [1, 2, 3], "Sequence": SEQUENCES}),
    "polars series": pl.Series(SEQUENCES),
    "polars data frame": pl.DataFrame({"sequence": SEQUENCES, "x": [1, 2, 3]}),
    "pyarrow": pa.array(SEQUENCES),
    "pyarrow chunks": pa.chunked_array([SEQUENCES[:1], SEQUENCES[1:]]),
    "white space": [f" {text}\n" for text in SEQUENCES],
}


@pytest.mark.parametrize("case", SAME)
def test_all_hold_the_same_sequences(case):
    given = (text for text in SEQUENCES) if case == "generator" else SAME[case]
    assert sequence_texts(given) == SEQUENCES
    assert all(type(text) is str or isinstance(text, str) for text in sequence_texts(SEQUENCES))


REFUSED = {
    "one string": ("ACGT", "sequences: one str where a list is expected; put it into brackets"),
    "one Seq": (Seq("ACGT"), "sequences: one Seq where a list is expected"),
    "one SeqRecord": (SeqRecord(Seq("ACGT")), "sequences: one SeqRecord where a list is expected"),
    "none": (None, "sequences: none given"),
    "a number": (5, "sequences: a int; sequences are strings"),
    "a dict": ({"a": "ACGT"}, "sequences: a dict; sequences are strings"),
    "numbers": ([1, 2], "sequence 1 is a int: sequences are strings"),
    "an array of numbers": (np.zeros((3, 5)), "sequences: an array of shape (3, 5); sequences are strings"),
    "one-hot": (np.zeros((3, 4, 5)), "sequences: an array of shape (3, 4, 5)"),
    "a scalar array": (np.array("ACGT"), "sequences: an array of shape ()"),
    "None among them": (["ACGT", None], "sequence 2 is missing (None); leave it out, and its label"),
    "NaN among them": (pd.Series(["ACGT", np.nan], dtype=object), "sequence 2 is missing (nan)"),
    "NA among them": (pd.Series(["ACGT", pd.NA], dtype="string"), "sequence 2 is missing"),
    "null in polars": (pl.Series(["ACGT", None]), "sequence 2 is missing (None)"),
    "null in Arrow": (pa.array(["ACGT", None]), "sequence 2 is missing (None)"),
    "several columns": (pd.DataFrame({"a": ["ACGT"], "b": ["x"]}), "with the columns a, b; give one column, such as"),
    "Seq of unknown letters": ([Seq(None, 9)], "a sequence without letters"),
    "lists of two": ([["ACGT", "A"]], "sequence 1 is a list: sequences are strings"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_none(case):
    given, said = REFUSED[case]
    with pytest.raises(InputError) as caught:
        sequence_texts(given)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


LABELS = {
    "list": ["b", "a", "b"],
    "column": np.array(["b", "a", "b"])[:, None],
    "Series": pd.Series(["b", "a", "b"], index=[5, 6, 7]),
    "category": pd.Series(["b", "a", "b"], dtype="category"),
    "data frame": pd.DataFrame({"label": ["b", "a", "b"]}),
    "data frame with a label": pd.DataFrame({"Label": ["b", "a", "b"], "x": 0}),
    "polars": pl.Series(["b", "a", "b"]),
    "pyarrow": pa.array(["b", "a", "b"]),
    "bytes": [b"b", b"a", b"b"],
    "tuple": ("b", "a", "b"),
}


@pytest.mark.parametrize("case", LABELS)
def test_all_hold_the_same_labels(case):
    found = label_values(LABELS[case])
    assert (found.classes.tolist(), found.names, found.texts) == (["a", "b"], ("a", "b"), ["b", "a", "b"])


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([2.0, 10.0, 2.0], ("2", "10")),
        ([True, 0, 1], ("0", "1")),
        ([np.float64(0.5), 1.5, 0.5], ("0.5", "1.5")),
        (np.array([3, 1, 3], np.uint8), ("1", "3")),
        (np.array([True, False, True]), ("False", "True")),
        (["1", "1.0", "0"], ("0", "1", "1")),
    ],
)
def test_names_of_classes_are_text(labels, names):
    assert label_values(labels).names == names


REFUSED_LABELS = {
    "none": (None, "labels: none given; give one label a sequence"),
    "empty": ([], "labels: none given"),
    "one string": ("ab", "labels: one str where a list is expected"),
    "one-hot": (
        np.eye(3),
        "labels: an array of shape (3, 3); give one label a sequence (of one-hot labels: labels.argmax",
    ),
    "None": (["a", None], "sequence 2 has no label (None)"),
    "NaN": ([1.0, float("nan")], "sequence 2 has no label (nan)"),
    "NA": (pd.array([1, None], dtype="Int64"), "sequence 2 has no label"),
    "R's NA as text": (["a", "NA"], "sequence 2 has no label (NA)"),
    "text and numbers": (["a", 1], "labels of several types, text and numbers"),
    "lists": ([[1, 2], [3, 4]], "label 1 is a list of 2; give one label a sequence"),
    "measurements": (
        np.linspace(0, 1, 50),
        "the labels are 50 different numbers, from 0 to 1: these are measurements; name their column",
    ),
    "a frame of several columns": (pd.DataFrame({"a": [1], "b": [2]}), "with the columns a, b; give one column"),
}


@pytest.mark.parametrize("case", REFUSED_LABELS)
def test_what_are_no_labels(case):
    given, said = REFUSED_LABELS[case]
    with pytest.raises(InputError) as caught:
        label_values(given)
    assert said in str(caught.value)
