"""The bundled data against an independent copy of the same sets."""

import csv
import gzip
import hashlib
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from motiflens.data.dataset import Dataset
from motiflens.data.examples import load_promoter, load_splice
from motiflens.sequence.alphabet import decode

UCI_SPLICE = {"EI": "donor", "IE": "acceptor", "N": "neither"}


def labelled(dataset: Dataset) -> Counter:
    names = (dataset.classes[label] for label in dataset.labels)
    return Counter(zip(names, map(decode, dataset.codes), strict=True))


def reference(path: Path, classes: dict[str, str]) -> Counter:
    with gzip.open(path, "rt") as file:
        return Counter((classes[row["class"]], row["sequence"].upper()) for row in csv.DictReader(file))


@pytest.fixture(scope="module")
def splice() -> Dataset:
    return load_splice()


def test_splice_has_the_published_counts(splice):
    assert splice.codes.shape == (3186, 60)
    assert splice.codes.max() == 3
    assert dict(zip(splice.classes, np.bincount(splice.labels).tolist(), strict=True)) == {
        "donor": 767,
        "acceptor": 765,
        "neither": 1654,
    }
    assert len(set(splice.ids)) == 3186


def test_splice_equals_ucis_own_file_but_for_its_ambiguous_letters(splice, shared):
    theirs = reference(shared / "data/splice-uci/splice.csv.gz", UCI_SPLICE)
    ambiguous = Counter({key: n for key, n in theirs.items() if set(key[1]) - set("ACGT")})
    assert ambiguous.total() == 15
    guessed = labelled(splice) - theirs
    assert theirs - labelled(splice) == ambiguous
    # The edition that we ship replaced each N and dropped the four with D, R or S; all else is the same.
    with_n = [key for key in ambiguous if not set(key[1]) & set("DRS")]
    assert guessed.total() == len(with_n) == 11
    for label, sequence in guessed:
        assert any(
            label == other and all(a == b or b == "N" for a, b in zip(sequence, text, strict=True))
            for other, text in with_n
        )


def test_the_readme_names_the_sequences_with_guessed_letters(splice, shared):
    theirs = reference(shared / "data/splice-uci/splice.csv.gz", UCI_SPLICE)
    readme = resources.files("motiflens.data.examples").joinpath("README.md").read_text()
    for name, label, codes in zip(splice.ids, splice.labels, splice.codes, strict=True):
        known = (splice.classes[label], decode(codes)) in theirs
        assert (name in readme) != known, name


def test_splice_signals_are_where_biology_has_them(splice):
    donors = [decode(codes)[30:32] for codes in splice.codes[splice.labels == 0]]
    acceptors = [decode(codes)[28:30] for codes in splice.codes[splice.labels == 1]]
    others = [decode(codes)[30:32] for codes in splice.codes[splice.labels == 2]]
    assert donors.count("GT") == 759
    assert acceptors.count("AG") == 761
    assert others.count("GT") < 0.15 * len(others)


def test_promoter_equals_an_independent_conversion(shared):
    dataset = load_promoter()
    assert dataset.codes.shape == (106, 57)
    assert dataset.classes[1] == "promoter"
    assert np.bincount(dataset.labels).tolist() == [53, 53]
    theirs = reference(shared / "data/promoter-uci-ecoli/promoters.csv.gz", {"+": "promoter", "-": "non-promoter"})
    assert labelled(dataset) == theirs


def test_promoters_have_their_minus_ten_box():
    dataset = load_promoter()
    promoters, others = ([decode(c) for c in dataset.codes[dataset.labels == k]] for k in (1, 0))

    def with_box(sequences: list[str]) -> int:
        windows = ([s[i : i + 6] for i in range(30, 45)] for s in sequences)
        return sum(any(sum(a == b for a, b in zip(w, "TATAAT", strict=True)) >= 5 for w in row) for row in windows)

    assert with_box(promoters) > 3 * with_box(others)


@pytest.mark.parametrize(("load", "name"), [(load_splice, "splice.csv.gz"), (load_promoter, "promoter.csv.gz")])
def test_the_fingerprint_is_the_files(load, name):
    (source,) = load().sources
    raw = resources.files("motiflens.data.examples").joinpath(name).read_bytes()
    assert source.path == f"motiflens.data.examples/{name}"
    assert source.sha256 == hashlib.sha256(raw).hexdigest()
    assert source.records == len(load())
    assert raw[4:8] == bytes(4)  # no time stamp: converting again gives the same bytes
