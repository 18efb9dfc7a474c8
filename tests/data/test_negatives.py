from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from motiflens.data.negatives import ids_on_genome, shuffled_from
from motiflens.data.read import read_dataset
from motiflens.data.splits import split_dataset
from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode


def dinucleotides(codes: np.ndarray) -> Counter:
    return Counter(pairwise(decode(codes)))


def write(path, sequences) -> str:
    path.write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(sequences)))
    return f"bound={path}"


def random_dna(n: int, seed: int = 0) -> list[str]:
    return ["".join(row) for row in np.random.default_rng(seed).choice(list("ACGT"), (n, 40))]


def test_a_class_alone_gets_a_shuffle_of_each_sequence(tmp_path):
    data = read_dataset([write(tmp_path / "x.fa", random_dna(30))], seed=4)
    assert data.classes == ("shuffled", "bound")
    assert data.labels.tolist() == [1] * 30 + [0] * 30
    assert data.ids[30:].tolist() == [f"shuffled_s{i}" for i in range(30)]
    for sequence, shuffle in zip(data.codes[:30], data.codes[30:], strict=True):
        assert dinucleotides(sequence) == dinucleotides(shuffle)
        assert (sequence != shuffle).any()
    assert shuffled_from(data) == [""] * 30 + [f"s{i}" for i in range(30)]
    assert ids_on_genome(data) == [f"s{i}" for i in range(30)] + [""] * 30
    assert len(data.notes) == 1
    assert "dinucleotide shuffles" in data.notes[0]
    assert "optimistic" in data.notes[0]
    again = read_dataset([f"bound={tmp_path / 'x.fa'}"], seed=4)
    other = read_dataset([f"bound={tmp_path / 'x.fa'}"], seed=5)
    assert (data.codes == again.codes).all()
    assert (data.codes != other.codes).any()
    assert data.soft_masked is None
    marked = read_dataset([write(tmp_path / "m.fa", [row[:9].lower() + row[9:] for row in random_dna(30)])])
    assert marked.soft_masked.sum(axis=1).tolist() == [9] * 30 + [0] * 30


def test_a_shuffle_stays_on_the_side_of_its_sequence(tmp_path):
    data = read_dataset([write(tmp_path / "x.fa", random_dna(50))])
    split = split_dataset(data)
    for rows in (split.train, split.val, split.test):
        assert set(rows[rows < 50]) == set(rows[rows >= 50] - 50)


def test_sequences_that_cannot_be_shuffled_get_no_negative(tmp_path):
    data = read_dataset([write(tmp_path / "x.fa", ["A" * 40, *random_dna(20), "AC" * 20])])
    assert np.bincount(data.labels).tolist() == [20, 22]
    assert data.ids[22:].tolist() == [f"shuffled_s{i}" for i in range(1, 21)]
    assert data.notes[1].startswith("2 sequences have no shuffle that differs")
    with pytest.raises(InputError, match="class 'shuffled' has 5 sequences"):
        read_dataset([write(tmp_path / "x.fa", ["A" * 40] * 10 + random_dna(5))])


def test_padding_is_not_shuffled(tmp_path):
    data = read_dataset([write(tmp_path / "x.fa", random_dna(12))], length=50, crop="left")
    assert [decode(row)[40:] for row in data.codes] == ["N" * 10] * 24
    assert "padded with N" in data.notes[0]


def test_positives_alone_in_both_training_and_test_data(tmp_path):
    train = write(tmp_path / "x.fa", random_dna(20))
    (tmp_path / "y.fa").write_text("".join(f">t{i}\n{s}\n" for i, s in enumerate(random_dna(5, seed=1))))
    data = read_dataset([train], test=[f"bound={tmp_path / 'y.fa'}"], positive="shuffled")
    assert data.classes == ("bound", "shuffled")
    assert data.split is not None
    assert (data.split == "test").sum() == 10
    assert data.notes[1].startswith("Test data: The negatives are dinucleotide shuffles")


def test_real_peaks_alone(shared):
    data = read_dataset([f"ctcf={shared / 'data' / 'tf-peaks-gimme' / 'Gm12878.CTCF.top500.w200.fa.gz'}"])
    assert np.bincount(data.labels).tolist() == [500, 500]
    assert [dinucleotides(row) for row in data.codes[:500]] == [dinucleotides(row) for row in data.codes[500:]]
