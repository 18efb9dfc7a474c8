"""Starting words: planted words come first, strands merge, near copies are left out."""

import itertools

import numpy as np
import pytest
import torch

from motiflens.model.additive.network import MotifTerm
from motiflens.model.config import AdditiveConfig
from motiflens.sequence.alphabet import encode, one_hot
from motiflens.training.initial_filters import Word, discriminative_words, start_from_words

WORD = "TGACTC"  # its reverse complement is GAGTCA


def dataset(*, both: bool, word: str = WORD, positive: int = 1, classes: int = 2, n: int = 600):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (n, 40)).astype(np.uint8)
    labels = np.arange(n) % classes
    site = encode([word])[0]
    for row in np.flatnonzero(labels == positive):
        start = rng.integers(40 - len(site) + 1)
        codes[row, start : start + len(site)] = 3 - site[::-1] if both and rng.random() < 0.5 else site
    return codes, labels


def letters(word: Word) -> str:
    return "".join("ACGT"[c] for c in word.codes)


@pytest.mark.parametrize("both", [False, True])
def test_the_planted_word_comes_first(both):
    codes, labels = dataset(both=both)
    words = discriminative_words(codes, labels, heads=1, k=6, both=both, count=10)
    assert len(words) == 10
    assert letters(words[0]) in ({WORD, "GAGTCA"} if both else {WORD})
    assert (words[0].head, words[0].sign) == (0, 1)


def test_a_word_of_the_negatives_speaks_against():
    codes, labels = dataset(both=False, positive=0)
    first = discriminative_words(codes, labels, heads=1, k=6, both=False, count=3)[0]
    assert (letters(first), first.sign) == (WORD, -1)


def test_heads_take_turns():
    codes, labels = dataset(both=False, positive=2, classes=3)
    words = discriminative_words(codes, labels, heads=3, k=6, both=False, count=7)
    assert [word.head for word in words] == [0, 1, 2, 0, 1, 2, 0]
    assert (letters(words[2]), words[2].sign) == (WORD, 1)


@pytest.mark.parametrize("both", [False, True])
def test_no_two_words_are_near_copies(both):
    codes, labels = dataset(both=both)
    words = discriminative_words(codes, labels, heads=1, k=6, both=both, count=20)
    for one, other in itertools.combinations(map(letters, words), 2):
        views = [other, other[::-1].translate(str.maketrans("ACGT", "TGCA"))] if both else [other]
        for view in views:
            assert sum(a != b for a, b in zip(one, view, strict=True)) > 1
            assert one[1:] != view[:-1]
            assert one[:-1] != view[1:]


def test_words_that_fit_no_sequence_are_no_error():
    codes, labels = dataset(both=False)
    assert len(discriminative_words(codes, labels, heads=1, k=1, both=False, count=3)) >= 1
    term = MotifTerm(AdditiveConfig(widths=(7,), filters=4, profile="none"), length=3, heads=1)
    start_from_words(term, codes[:, :3], labels, both=False)
    assert all(torch.isfinite(p).all() for p in term.parameters())


def test_a_started_filter_answers_to_its_word_alone():
    codes, labels = dataset(both=False)
    term = MotifTerm(AdditiveConfig(widths=(9, 5), filters=4, profile="none"), length=40, heads=1)
    with torch.no_grad():
        for bank in term.filters:
            bank.zero_()
    start_from_words(term, codes, labels, both=False)
    site = encode(["CC" + WORD + "CCCCC"])
    with torch.no_grad():
        match = torch.nn.functional.conv1d(torch.from_numpy(one_hot(site)), term.filters[0], term.bias[:4])[0, 0]
    # The pre-activation is 0 where the whole word stands and falls with each mismatch.
    assert match.argmax() == 1
    assert float(match[1]) == pytest.approx(0, abs=1e-5)
    assert float(match.sort().values[-2]) < -1
    assert term.readout[0, 0] > 0
