"""Numbers, labels and replicates from tables, and every bad input as one line."""

import math

import numpy as np
import pandas as pd
import pytest

from motiflens.data.audit.audit import audit_dataset
from motiflens.data.config import TargetColumns
from motiflens.data.read import read_dataset
from motiflens.data.read_targets import read_targets
from motiflens.data.splits import split_dataset, split_names
from motiflens.errors import InputError

N = 60


def dna(n: int, length: int = 40, seed: int = 0) -> list[str]:
    return ["".join(row) for row in np.random.default_rng(seed).choice(list("ACGT"), (n, length))]


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=N)
    return pd.DataFrame(
        {
            "sequence": dna(N),
            "activity": truth.round(3),
            "other": (2 * truth + rng.normal(size=N)).round(3),
            "rep1": truth + 0.3 * rng.normal(size=N),
            "rep2": truth + 0.3 * rng.normal(size=N),
            "barcodes": rng.integers(1, 9, N),
            "counts": rng.poisson(np.exp(truth)),
            "size": rng.integers(100, 200, N),
            "A": rng.integers(0, 2, N),
            "B": rng.integers(0, 2, N),
        }
    )


def read(tmp_path, frame, suffix=".tsv", **columns):
    path = tmp_path / f"table{suffix}"
    frame.to_csv(path, sep="\t" if suffix == ".tsv" else ",", index=False)
    counts = columns.pop("poisson", False)
    return read_targets([str(path)], TargetColumns(**columns), counts=counts)


def refusal(tmp_path, frame, **columns) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, frame, **columns)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(str(tmp_path))
    return text


def test_two_tasks_with_missing_cells_and_weights(tmp_path, frame):
    frame.loc[[3, 7], "other"] = np.nan
    frame.loc[5, ["activity", "other"]] = np.nan
    data = read(tmp_path, frame, target=("activity", "OTHER"), weight="barcodes")
    kept = frame.drop(index=5)
    assert data.targets == ("activity", "OTHER")
    np.testing.assert_allclose(data.values, kept[["activity", "other"]].to_numpy(), equal_nan=True)
    np.testing.assert_array_equal(data.weights, kept["barcodes"])
    assert data.notes == ("1 records have no value of any target and were left out, row6 first.",)


def test_replicates_are_averaged_and_kept(tmp_path, frame):
    frame.loc[2, "rep2"] = np.nan
    frame = frame.rename(columns={"rep1": "K562_rep1", "rep2": "K562_rep2"})
    data = read(tmp_path, frame, replicates=(("K562_rep1", "K562_rep2"),))
    both = frame[["K562_rep1", "K562_rep2"]]
    assert data.targets == ("K562",)
    np.testing.assert_allclose(data.values[:, 0], both.mean(axis=1))
    np.testing.assert_allclose(data.replicates[:, 0], both.to_numpy(), equal_nan=True)
    assert data.weights[2] == 1
    assert data.weights[3] == 2


def test_rows_count_by_the_noise_of_their_replicates_where_it_differs(tmp_path):
    rng = np.random.default_rng(2)
    truth, loud = rng.normal(size=400), np.arange(400) % 2 == 1
    noise = np.where(loud, 1.5, 0.05)[:, None] * rng.normal(size=(400, 3))
    frame = pd.DataFrame(truth[:, None] + noise, columns=["a_1", "a_2", "a_3"]).assign(sequence=dna(400), n=1)
    groups = (("a_1", "a_2", "a_3"),)
    data = read(tmp_path, frame, replicates=groups)
    assert data.weights[~loud].mean() > 1.3 * data.weights[loud].mean()
    assert any("noise of the replicates differs by sequence" in note for note in data.notes)
    weighed = read(tmp_path, frame, replicates=groups, weight="n")
    assert (weighed.weights == 1).all()
    assert not weighed.notes


def test_counts_with_their_exposure(tmp_path, frame):
    data = read(tmp_path, frame, target=("counts",), offset="size", poisson=True)
    np.testing.assert_allclose(np.exp(data.offset), frame["size"])


def test_a_table_with_counts_of_dna_calls_its_sequences_seq(tmp_path, frame):
    data = read(tmp_path, frame.rename(columns={"sequence": "seq", "size": "DNA"}), target=("counts",), offset="dna")
    np.testing.assert_allclose(data.values[:, 0], frame["counts"])


def test_labels_of_0_and_1(tmp_path, frame):
    frame["A"] = frame["A"].map({0: "False", 1: "True"})
    frame.loc[4, "B"] = np.nan
    data = read(tmp_path, frame, labels=("A", "B"))
    assert data.kind == "labels"
    assert math.isnan(data.values[4, 1])
    np.testing.assert_array_equal(data.values[:, 0], frame["A"] == "True")


@pytest.mark.parametrize("header", ["name\tactivity\n", "id\tactivity\n", ""])
def test_fasta_beside_a_table_of_ids_and_values(tmp_path, frame, header):
    fasta, table = tmp_path / "s.fa", tmp_path / "v.tsv"
    fasta.write_text("".join(f">s{i} words\n{s}\n" for i, s in enumerate(frame["sequence"])) + ">more\nACGT\n")
    rows = [f"s{i}\t{v}" for i, v in enumerate(frame["activity"])]
    table.write_text(header + "\n".join([*rows[::-1], "gone\t3"]) + "\n")
    data = read_targets([str(table), str(fasta)], TargetColumns(target=("activity",)))
    assert data.ids.tolist() == [f"s{i}" for i in range(N)]
    np.testing.assert_allclose(data.values[:, 0], frame["activity"])
    assert [note.split()[0] for note in data.notes] == ["1", "1"]


def with_(column, row, value):
    def change(frame):
        frame = frame.astype({column: object})
        frame.loc[row, column] = value
        return frame

    return change


def test_a_table_without_a_header_is_named(tmp_path, frame):
    path = tmp_path / "t.tsv"
    frame[["sequence", "activity"]].to_csv(path, sep="\t", index=False, header=False)
    with pytest.raises(InputError, match="its first line holds a sequence"):
        read_targets([str(path)], TargetColumns(target=("activity",)))


def test_few_rows_can_be_evaluated(tmp_path, frame):
    path = tmp_path / "t.tsv"
    frame.head(2).assign(A=1).to_csv(path, sep="\t", index=False)
    for columns in (TargetColumns(target=("activity",)), TargetColumns(labels=("A",))):
        assert len(read_targets([str(path)], columns, minimum=1)) == 2


BAD = {
    "no such column": (lambda f: f, {"target": ("activty",)}, "has no column activty"),
    "text": (
        lambda f: f.assign(activity="high"),
        {"target": ("activity",)},
        "holds text ('high'), no numbers; classes",
    ),
    "a cell of text": (with_("activity", 4, "high"), {"target": ("activity",)}, "row 5 has 'high' in column activity"),
    "a decimal comma": (with_("activity", 4, "1,5"), {"target": ("activity",)}, "write decimals with a point"),
    "constant": (lambda f: f.assign(activity=2), {"target": ("activity",)}, "is constant (2 in all 60 values)"),
    "all missing": (lambda f: f.assign(activity=np.nan), {"target": ("activity",)}, "has no value in any row"),
    "infinite": (with_("activity", 4, "-inf"), {"target": ("activity",)}, "row 5 has activity -inf"),
    "classes": (lambda f: f, {"target": ("A",)}, "has two different values only, 0 and 1: these are classes"),
    "too few": (
        lambda f: f.head(40),
        {"target": ("activity",)},
        "40 sequences have a value of activity where at least 50",
    ),
    "one sequence, two values": (
        with_("sequence", 4, dna(N)[3]),
        {"target": ("activity",)},
        "1 sequence occurs in several rows with different values (2 rows; first: 'row4', 'row5'); average them",
    ),
    "negative counts": (lambda f: f, {"target": ("activity",), "poisson": True}, "--loss poisson takes counts"),
    "labels other than 0 and 1": (with_("A", 4, 2), {"labels": ("A", "B")}, "row 5 has '2' as label A"),
    "a label of text": (with_("A", 4, "x"), {"labels": ("A", "B")}, "row 5 has 'x' as label A"),
    "a label that all have": (lambda f: f.assign(A=1), {"labels": ("A", "B")}, "label A has only 1"),
    "tasks without common rows": (
        lambda f: pd.concat([f.assign(other=np.nan), f.assign(activity=np.nan, sequence=dna(N, seed=9))]),
        {"target": ("activity", "other")},
        "activity and other have no sequence in common",
    ),
    "replicates that do not correlate": (
        lambda f: f.assign(rep2=np.random.default_rng(4).normal(size=N)),
        {"replicates": (("rep1", "rep2"),)},
        "replicates rep1 and rep2 do not correlate",
    ),
    "a weight of 0": (with_("barcodes", 4, 0), {"target": ("activity",), "weight": "barcodes"}, "row 5 has barcodes 0"),
    "an exposure that is missing": (
        with_("size", 4, ""),
        {"target": ("counts",), "offset": "size", "poisson": True},
        "row 5 has size empty",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(tmp_path, frame, case):
    change, columns, expected = BAD[case]
    assert expected in refusal(tmp_path, change(frame), **columns)


def test_numbers_given_as_classes_name_the_option(tmp_path, frame):
    path = tmp_path / "t.csv"
    frame.rename(columns={"activity": "label"})[["sequence", "label"]].to_csv(path, index=False)
    with pytest.raises(InputError, match="these are measurements; name their column with --target"):
        read_dataset([str(path)])


def test_rows_of_one_sequence_are_averaged_where_asked(tmp_path, frame):
    frame.loc[4, "sequence"] = frame.loc[3, "sequence"]
    data = read(tmp_path, frame, target=("activity",), average=True)
    assert len(data) == N - 1
    np.testing.assert_allclose(data.values[3, 0], frame.loc[[3, 4], "activity"].mean())
    assert data.weights[3] == 2
    assert "averaged" in data.notes[-1]


def test_a_split_has_the_same_values_in_each_part(tmp_path):
    values = np.random.default_rng(3).gamma(1, size=1000)
    data = read(tmp_path, pd.DataFrame({"sequence": dna(1000), "activity": values}), target=("activity",))
    split = split_dataset(data)
    assert (len(split.train), len(split.val), len(split.test)) == (640, 160, 200)
    for rows in (split.train, split.val, split.test):
        for q in (0.1, 0.5, 0.9):
            assert abs((data.values[rows, 0] < np.quantile(values, q)).mean() - q) < 0.02


def test_the_audit_names_what_is_wrong_with_numbers(tmp_path):
    rng = np.random.default_rng(5)
    inner = dna(400, 60, seed=5)
    turned = [s[::-1].translate(str.maketrans("ACGT", "TGCA")) for s in inner[:40]]
    inner += turned
    gc = np.array([(s.count("G") + s.count("C")) / 60 for s in inner])
    batch = rng.integers(0, 3, len(inner))
    values = np.exp(9 * gc + 1.2 * batch + 0.3 * rng.normal(size=len(inner)))
    frame = pd.DataFrame(
        {"sequence": [f"ACGTTGCA{s}GGATCC" for s in inner], "activity": values, "plate": [f"p{b}" for b in batch]}
    )
    data = read(tmp_path, frame, target=("activity",))
    from dataclasses import replace

    audited = replace(data, split=split_names(data, split_dataset(data)))
    found = {finding.name: finding for finding in audit_dataset(audited).findings}
    assert {"heavy_tail", "batch", "gc_content", "constant_flanks", "both_orientations"} <= set(found)
    assert "log2(activity)" in found["heavy_tail"].remedy
    assert "ACGTTGCA (8 bp, left) and GGATCC (6 bp, right)" in found["constant_flanks"].text
    assert found["both_orientations"].figures["records"] == 80
    assert found["gc_content"].figures["r2"] == pytest.approx(np.corrcoef(gc, values)[0, 1] ** 2, abs=0.03)
