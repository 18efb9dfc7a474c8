"""Which class is shuffles of another."""

import numpy as np
import pytest

from motiflens.data.dataset import Dataset
from motiflens.data.shuffles import class_of_shuffles, shuffle_partners, shuffles_among
from motiflens.sequence.shuffle import dinucleotide_shuffle


def chains(n: int = 200, *, order: int = 2, length: int = 80) -> np.ndarray:
    """Sequences of a Markov chain: of order 2 triplets say more than dinucleotides, of order 0 all are chance."""
    rng = np.random.default_rng(order)
    shares = rng.dirichlet(np.full(4, 2.0), 4**order)
    codes = rng.integers(0, 4, (n, length))
    for at in range(order, length):
        context = sum(codes[:, at - back] * 4 ** (back - 1) for back in range(1, order + 1)) if order else 0
        cumulative = shares[context].cumsum(-1)[..., :3]
        codes[:, at] = (rng.random((n, 1)) >= cumulative).sum(1)
    return codes.astype(np.uint8)


def dataset(*classes: np.ndarray, names: tuple[str, ...] = ("a", "b", "c")) -> Dataset:
    codes = np.concatenate(classes)
    return Dataset(
        codes=codes,
        labels=np.repeat(np.arange(len(classes)), [len(one) for one in classes]),
        classes=names[: len(classes)],
        ids=np.array([f"s{i}" for i in range(len(codes))]),
    )


def dinucleotides(codes: np.ndarray) -> np.ndarray:
    return dinucleotide_shuffle(codes, seed=1)[::-1]


def letters(codes: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).permuted(codes, axis=1)


@pytest.mark.parametrize("shuffle", [dinucleotides, letters])
def test_shuffles_are_told_from_what_they_were_made_of(shuffle):
    real = chains()
    assert class_of_shuffles(dataset(real, shuffle(real))) == "b"
    assert class_of_shuffles(dataset(shuffle(real), real)) == "a"
    assert [one.kind for one in shuffle_partners(dataset(real, shuffle(real)))] == [
        "dinucleotide" if shuffle is dinucleotides else "letter"
    ]


def test_several_shuffles_of_each_sequence_and_unknown_letters():
    real = chains()
    real[:, :7] = 4
    many = np.concatenate([dinucleotide_shuffle(real, seed=seed) for seed in range(3)])
    assert class_of_shuffles(dataset(real, many)) == "b"
    assert class_of_shuffles(dataset(many, real)) == "a"


def test_shuffles_among_three_classes():
    real, other = chains(), chains(order=1)
    assert class_of_shuffles(dataset(other, real, dinucleotides(real))) == "c"


def test_each_pair_of_classes_is_judged_by_itself():
    """Classes a and b are random letters, which nothing tells from their shuffles; c is shuffles of nothing here."""
    letters_alone, real = chains(order=0), chains()
    data = dataset(letters_alone, dinucleotides(letters_alone), real, names=("a", "b", "shuffled"))
    (found,) = shuffle_partners(data)
    assert shuffles_among(data, found) is None
    data = dataset(real, dinucleotides(real), letters_alone, names=("a", "b", "shuffled"))
    (found,) = shuffle_partners(data)
    assert shuffles_among(data, found) == "b"
    assert class_of_shuffles(data) == "shuffled"


def test_partners_are_pairs_of_equal_counts():
    real = chains(50)
    data = dataset(real, dinucleotides(real))
    (found,) = shuffle_partners(data)
    assert found.rows.tolist() == list(range(50))
    assert found.partners.tolist() == [99 - row for row in found.rows]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (chains(), chains(order=1)),  # no shuffles
        (chains(order=0), dinucleotides(chains(order=0))),  # random letters are as good as their shuffles
        (chains(), chains()),  # the same sequences
        (chains(), np.concatenate((dinucleotides(chains()[:60]), chains(order=1)[:140]))),  # less than half
        (chains(length=20), dinucleotides(chains(length=20))),  # too short to tell
    ],
)
def test_no_class_is_taken_for_shuffles_without_reason(first, second):
    assert class_of_shuffles(dataset(first, second)) is None


def test_the_name_tells_as_well():
    assert class_of_shuffles(dataset(chains(), chains(order=1), names=("real", "shuffled"))) == "shuffled"
