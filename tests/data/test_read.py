import gzip
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from motiflens.data.read import dataset_from_sequences, read_batches, read_dataset, read_sequences
from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode


def dna(n: int, length: int = 30, seed: int = 0) -> list[str]:
    return ["".join(row) for row in np.random.default_rng(seed).choice(list("ACGT"), (n, length))]


def fasta(path: Path, sequences: list[str], prefix: str = "s") -> str:
    path.write_text("".join(f">{prefix}{i}\n{s}\n" for i, s in enumerate(sequences)))
    return str(path)


def letters(dataset) -> list[str]:
    return [decode(row) for row in dataset.codes]


@pytest.fixture
def pair(tmp_path):
    return f"bound={fasta(tmp_path / 'b.fa', dna(12), 'b')}", f"free={fasta(tmp_path / 'f.fa', dna(11, seed=1), 'f')}"


def test_two_fasta_files_are_read_with_the_first_class_positive(pair):
    data = read_dataset(pair)
    assert data.classes == ("free", "bound")
    assert letters(data) == dna(12) + dna(11, seed=1)
    assert data.labels.tolist() == [1] * 12 + [0] * 11
    assert data.ids.tolist() == [f"b{i}" for i in range(12)] + [f"f{i}" for i in range(11)]
    assert [source.records for source in data.sources] == [12, 11]
    for argument, source in zip(pair, data.sources, strict=True):
        assert source.path == argument.partition("=")[2]
        assert source.sha256 == hashlib.sha256(Path(source.path).read_bytes()).hexdigest()
    assert (data.split, data.group, data.notes, data.ambiguous_letters) == (None, None, (), 0)


def test_positive_overrides(pair):
    data = read_dataset(pair, positive="free")
    assert data.classes == ("bound", "free")
    assert data.labels.tolist() == [0] * 12 + [1] * 11


def test_three_classes_keep_their_order_and_a_class_may_have_several_files(tmp_path):
    files = [fasta(tmp_path / f"{i}.fa", dna(10, seed=i), f"f{i}_") for i in range(4)]
    data = read_dataset([f"z={files[0]}", f"a={files[1]}", f"m={files[2]}", f"z={files[3]}"])
    assert data.classes == ("z", "a", "m")
    assert data.labels.tolist() == [0] * 10 + [1] * 10 + [2] * 10 + [0] * 10


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("zipped", [False, True])
def test_untidy_fasta_reads_like_tidy_fasta(tmp_path, ends, zipped, pair):
    tidy = dna(12)
    records = [
        f"> b{i} described {i}  \n\n{s[:10].lower()} {s[10:13]}\t\n  {s[13:]}   \n\n" for i, s in enumerate(tidy)
    ]
    text = "\n \n" + "".join(records).replace("T", "U").rstrip() + "  "
    raw = b"\xef\xbb\xbf" + text.replace("\n", ends).encode()
    path = tmp_path / "untidy.txt"
    path.write_bytes(gzip.compress(raw) if zipped else raw)
    data, same = read_dataset([f"bound={path}", pair[1]]), read_dataset(pair)
    assert (data.codes == same.codes).all()
    assert (data.ids == same.ids).all()


def test_gzip_of_several_members_is_read_whole_and_hashed_on_disk(tmp_path):
    sequences = dna(24)
    halves = [fasta(tmp_path / f"{i}.fa", sequences[i::2], f"h{i}_") for i in range(2)]
    path = tmp_path / "both.fa.gz"
    path.write_bytes(b"".join(gzip.compress(Path(half).read_bytes()) for half in halves))
    data = read_dataset([f"a={path}", f"b={fasta(tmp_path / 'b.fa', dna(10, seed=1))}"])
    assert letters(data)[:24] == sequences[0::2] + sequences[1::2]
    assert data.sources[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_ambiguity_letters_become_n_and_are_counted(tmp_path):
    sequences = ["ACGTNRYSWKMBDHV" + s for s in dna(10)]
    data = read_dataset(
        [f"a={fasta(tmp_path / 'a.fa', sequences)}", f"b={fasta(tmp_path / 'b.fa', dna(10, 45, 1), 'b')}"]
    )
    assert letters(data)[0] == "ACGT" + "N" * 11 + dna(10)[0]
    assert data.ambiguous_letters == 110


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame({"sequence": dna(24), "label": ["no", "yes"] * 12} | columns)


WRITERS = {
    "t.csv": lambda frame, path: frame.to_csv(path, index=False),
    "t.CSV.gz": lambda frame, path: frame.to_csv(path, index=False, compression="gzip"),
    "t.tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t", lineterminator="\r\n"),
    "t.tsv.gz": lambda frame, path: frame.to_csv(path, index=False, sep="\t", compression="gzip", encoding="utf-8-sig"),
    "t.parquet": lambda frame, path: frame.to_parquet(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_tables_of_every_format_read_alike(tmp_path, name):
    splits = ["train"] * 16 + ["val", ""] * 2 + ["test"] * 4
    frame = table(note=range(24), id=[f"gene {i}" for i in range(24)], group=[1, 2, None] * 8, split=splits)
    frame["group"] = frame["group"].astype("Int64")
    WRITERS[name](frame.rename(columns={"sequence": " Sequence"}), tmp_path / name)
    data = read_dataset([str(tmp_path / name)])
    assert data.classes == ("no", "yes")
    assert data.labels.tolist() == [0, 1] * 12
    assert letters(data) == dna(24)
    assert data.ids.tolist() == [f"gene {i}" for i in range(24)]
    assert data.split is not None
    assert data.split.tolist() == splits
    assert data.group is not None
    assert data.group.tolist() == ["1", "2", ""] * 8
    assert data.sources[0].sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert data.sources[0].records == 24


@pytest.mark.parametrize("called", ["seq", " Seq", "Sequences", "dna_sequence"])
@pytest.mark.parametrize("ending", [".csv", ".tsv.gz", ".parquet"])
def test_the_column_of_sequences_has_other_names(tmp_path, ending, called):
    name = f"t{ending}"
    WRITERS[name](table(dna=range(24)).rename(columns={"sequence": called}), tmp_path / name)
    assert letters(read_dataset([str(tmp_path / name)])) == dna(24)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_the_column_of_ids_has_other_names(tmp_path, ending):
    names = [f"oligo{i}" for i in range(24)]
    WRITERS[f"t{ending}"](table(Seq_ID=names).rename(columns={"sequence": "seq"}), tmp_path / f"t{ending}")
    assert read_dataset([str(tmp_path / f"t{ending}")]).ids.tolist() == names
    table(id=names, sequence_id=[1] * 24).to_csv(tmp_path / "both.csv", index=False)
    assert read_dataset([str(tmp_path / "both.csv")]).ids.tolist() == names


def test_a_column_called_sequence_goes_before_other_names(tmp_path):
    table(seq=range(24)).to_csv(tmp_path / "t.csv", index=False)
    assert letters(read_dataset([str(tmp_path / "t.csv")])) == dna(24)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([1, 0], ("0", "1")),
        ([10, 9, 2], ("2", "9", "10")),
        ([1, -1], ("-1", "1")),
        (["no", "None 2"], ("None 2", "no")),
    ],
)
def test_table_classes_are_sorted_numbers_as_numbers(tmp_path, labels, classes):
    table(sequence=dna(30), label=(labels * 15)[:30]).to_csv(tmp_path / "t.csv", index=False)
    data = read_dataset([str(tmp_path / "t.csv")])
    assert data.classes == classes
    assert [data.classes[i] for i in data.labels] == [str(label) for label in (labels * 15)[:30]]


def test_row_names_and_order_go_on_over_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("motiflens.data.files.table._ROWS", 5)
    monkeypatch.setattr("motiflens.data.collect._RECORDS", 5)
    for name in ("t.csv", "t.parquet"):
        WRITERS[name](table(), tmp_path / name)
        data = read_dataset([str(tmp_path / name)])
        assert data.ids.tolist() == [f"row{i}" for i in range(1, 25)]
        assert letters(data) == dna(24)
        assert [record.id for record in read_sequences(str(tmp_path / name))] == data.ids.tolist()
    data = read_dataset([f"a={fasta(tmp_path / 'a.fa', dna(24))}"])
    assert letters(data)[:24] == dna(24)


@pytest.mark.parametrize(
    ("crop", "long", "short"),
    [("left", "ACGTACG", "GATNNNN"), ("center", "GTACGTT", "NNGATNN"), ("right", "ACGTTGC", "NNNNGAT")],
)
def test_length_crops_and_pads_as_asked_and_notes_it(crop, long, short):
    rest = dna(20, 7)
    data = dataset_from_sequences(["ACGTACGTTGC", "GAT", *rest], ["x", "y"] * 11, length=7, crop=crop)
    assert letters(data) == [long, short, *rest]
    assert data.notes == (f"1 sequences were cropped to 7 bp (--crop {crop}) and 1 padded with N.",)


@pytest.mark.parametrize(("crop", "long", "short"), [("left", "1010000", "0110000"), ("right", "0000001", "0000011")])
def test_soft_masks_are_cropped_and_padded_as_the_letters_are(crop, long, short):
    data = dataset_from_sequences(["aCgTACGTTGc", "Gat", *dna(20, 7)], ["x", "y"] * 11, length=7, crop=crop)
    assert ["".join(map(str, row.astype(int))) for row in data.soft_masked[:2]] == [long, short]
    assert not data.soft_masked[2:].any()
    assert data.take(np.array([1])).soft_masked.shape == (1, 7)


def test_soft_masks_of_several_files(tmp_path):
    upper, lower = dna(12, seed=3), [word.lower() for word in dna(12, seed=4)]
    mixed = [f"free={fasta(tmp_path / 'u.fa', upper, 'u')}", f"bound={fasta(tmp_path / 'l.fa', lower, 'l')}"]
    data = read_dataset(mixed)
    assert (data.soft_masked == (data.labels == data.classes.index("bound"))[:, None]).all()
    held_out = [f"{k}={fasta(tmp_path / f'{k}.fa', dna(3, seed=i), k)}" for i, k in enumerate(("free", "bound"), 5)]
    merged = read_dataset(mixed, test=held_out)
    assert merged.soft_masked.sum() == data.soft_masked.sum()
    assert merged.soft_masked.shape == merged.codes.shape
    assert read_dataset([mixed[0], f"bound={fasta(tmp_path / 'v.fa', dna(12, seed=6), 'v')}"]).soft_masked is None


def test_test_data_become_the_split_test(tmp_path, pair):
    held_out = [
        f"free={fasta(tmp_path / 'tf.fa', dna(3, seed=5), 'tf')}",
        f"bound={fasta(tmp_path / 'tb.fa', dna(2, seed=6), 'tb')}",
    ]
    data = read_dataset(pair, test=held_out)
    assert data.classes == ("free", "bound")
    assert data.labels.tolist() == [1] * 12 + [0] * 11 + [0] * 3 + [1] * 2
    assert data.split is not None
    assert data.split.tolist() == [""] * 23 + ["test"] * 5
    assert letters(data)[-5:] == dna(3, seed=5) + dna(2, seed=6)
    assert len(data.sources) == 4


def test_test_table_without_ids_keeps_the_groups_of_both(tmp_path):
    table(group="g").to_csv(tmp_path / "train.csv", index=False)
    table(sequence=dna(24, seed=9)).to_csv(tmp_path / "test.csv", index=False)
    data = read_dataset([str(tmp_path / "train.csv")], test=[str(tmp_path / "test.csv")])
    assert data.ids[[0, 24]].tolist() == ["row1", "test_row1"]
    assert data.group is not None
    assert data.group.tolist() == ["g"] * 24 + [""] * 24


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"classes": ("bound", "other")}, "has the classes free, bound where bound, other are expected"),
        ({"positive": "other"}, "--positive other: must be one of two classes; the data have: free, bound"),
        ({"length": 0}, "--length 0: must be at least 1"),
    ],
)
def test_options_that_do_not_fit_the_data(pair, option, message):
    with pytest.raises(InputError, match=message):
        read_dataset(pair, **option)


def test_evaluation_data_take_the_order_of_the_classes_and_may_be_few(tmp_path):
    few = [f"a={fasta(tmp_path / 'a.fa', dna(2), 'a')}", f"b={fasta(tmp_path / 'b.fa', dna(3, seed=1), 'b')}"]
    data = read_dataset(few, classes=("a", "b"))
    assert data.classes == ("a", "b")
    assert data.labels.tolist() == [0, 0, 1, 1, 1]


def test_batches_hold_what_the_file_holds(tmp_path):
    sequences = dna(50)
    path = fasta(tmp_path / "x.fa", sequences)
    batches = list(read_batches(path, length=30, size=16))
    assert [len(batch.ids) for batch in batches] == [16, 16, 16, 2]
    assert [decode(row) for batch in batches for row in batch.codes] == sequences
    assert [name for batch in batches for name in batch.ids] == [f"s{i}" for i in range(50)]
    cropped = next(read_batches(path, length=10, crop="right"))
    assert [decode(row) for row in cropped.codes] == [s[-10:] for s in sequences]
    with pytest.raises(InputError, match="record 's0' has 30 letters where the model takes 31"):
        next(read_batches(path, length=31))


def test_a_bad_record_is_met_only_when_the_stream_gets_there(tmp_path):
    path = fasta(tmp_path / "x.fa", [*dna(40), "ACG!"])
    stream = read_batches(path, length=30, size=10)
    assert [len(next(stream).ids) for _ in range(4)] == [10] * 4
    with pytest.raises(InputError, match="record 's40' has '!' at column 4"):
        next(stream)


def test_memory_data_are_checked_like_files():
    data = dataset_from_sequences(dna(24), [True, False] * 12, groups=range(24))
    assert data.classes == ("False", "True")
    assert data.ids[0] == "sequence1"
    with pytest.raises(InputError, match="the data: class 'b' has 4 sequences"):
        dataset_from_sequences(dna(24), ["a"] * 20 + ["b"] * 4)
    with pytest.raises(InputError, match="24 sequences and 2 labels"):
        dataset_from_sequences(dna(24), ["a", "b"])


def test_real_ctcf_against_pu1_names_the_twelve_shared_peaks(shared):
    folder = shared / "data" / "tf-ctcf-vs-pu1"
    with pytest.raises(InputError, match=r"12 sequences occur under two labels \(first records: 'chr12:54973620"):
        read_dataset([f"ctcf={folder / 'ctcf.fa.gz'}", f"pu1={folder / 'pu1.fa.gz'}"])


def test_real_oct4_against_mafk_with_their_test_files(shared):
    folder = shared / "data" / "tf-oct4-vs-mafk"
    data = read_dataset(
        [f"oct4={folder / 'oct4.train.fa.gz'}", f"mafk={folder / 'mafk.train.fa.gz'}"],
        test=[f"mafk={folder / 'mafk.test.fa.gz'}", f"oct4={folder / 'oct4.test.fa.gz'}"],
    )
    assert data.classes == ("mafk", "oct4")
    assert data.split is not None
    counts = pd.Series(list(zip(data.split, data.labels, strict=True))).value_counts().to_dict()
    assert counts == {("", 0): 3900, ("", 1): 3897, ("test", 0): 100, ("test", 1): 100}


def test_real_nfe2_peaks_need_a_length(shared):
    stem = shared / "data" / "tf-nfe2-gkm" / "wgEncodeSydhTfbsGm12878Nfe2hStdAlnRep0"
    arguments = [f"nfe2={stem}.tr.fa.gz", f"random={stem}.neg.tr.fa.gz"]
    with pytest.raises(InputError, match=r"have 59 to 247 letters .* --length N --crop left\|center\|right"):
        read_dataset(arguments)
    data = read_dataset(arguments, length=200)
    assert data.codes.shape == (1288, 200)
    assert data.notes == ("1164 sequences were cropped to 200 bp (--crop center) and 122 padded with N.",)
