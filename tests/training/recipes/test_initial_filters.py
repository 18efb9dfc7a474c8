"""Starting filters: planted motifs come first, strands merge, near copies are left out."""

import itertools

import numpy as np
import pytest
import torch

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.additive.terms import MotifTerm
from motiflens.model.output import Output, output_for
from motiflens.model.targets import Numbers
from motiflens.sequence.alphabet import encode, one_hot
from motiflens.training.recipes.additive import start_filters
from motiflens.training.recipes.initial_filters import DiscriminativeKmer, discriminative_kmers, initialise_filters
from motiflens.training.recipes.known_motifs import KnownMotif
from motiflens.training.task import TrainingData

MOTIF = "TGACTC"  # its reverse complement is GAGTCA


def dataset(*, both: bool, motif: str = MOTIF, positive: int = 1, classes: int = 2, n: int = 600):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (n, 40)).astype(np.uint8)
    labels = np.arange(n) % classes
    site = encode([motif])[0]
    for row in np.flatnonzero(labels == positive):
        start = rng.integers(40 - len(site) + 1)
        codes[row, start : start + len(site)] = 3 - site[::-1] if both and rng.random() < 0.5 else site
    return codes, labels


def letters(kmer: DiscriminativeKmer) -> str:
    return "".join("ACGT"[c] for c in kmer.codes)


def outputs(classes: int = 2) -> Output:
    return output_for(tuple("abc"[:classes]))


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_the_planted_motif_comes_first(strands):
    codes, labels = dataset(both=strands == "both")
    kmers = discriminative_kmers(codes, labels, output=outputs(), strands=strands, k=6, count=10)
    assert len(kmers) == 10
    assert letters(kmers[0]) in ({MOTIF, "GAGTCA"} if strands == "both" else {MOTIF})
    assert (kmers[0].output, kmers[0].sign) == (0, 1)


def test_a_motif_of_the_negatives_speaks_against():
    codes, labels = dataset(both=False, positive=0)
    first = discriminative_kmers(codes, labels, output=outputs(), strands="forward", k=6, count=3)[0]
    assert (letters(first), first.sign) == (MOTIF, -1)


def test_outputs_take_turns():
    codes, labels = dataset(both=False, positive=2, classes=3)
    kmers = discriminative_kmers(codes, labels, output=outputs(3), strands="forward", k=6, count=7)
    assert [kmer.output for kmer in kmers] == [0, 1, 2, 0, 1, 2, 0]
    assert (letters(kmers[2]), kmers[2].sign) == (MOTIF, 1)


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_no_two_kmers_are_near_copies(strands):
    codes, labels = dataset(both=strands == "both")
    kmers = discriminative_kmers(codes, labels, output=outputs(), strands=strands, k=6, count=20)
    for one, other in itertools.combinations(map(letters, kmers), 2):
        views = [other, other[::-1].translate(str.maketrans("ACGT", "TGCA"))] if strands == "both" else [other]
        for view in views:
            assert sum(a != b for a, b in zip(one, view, strict=True)) > 1
            assert one[1:] != view[:-1]
            assert one[:-1] != view[1:]


def started(*, strands, output, labels=None, motifs=()):
    """The k-mers that the eight filters of one scale start from; None for one that starts from nothing."""
    codes, classes = dataset(both=True)
    term = MotifTerm(AdditiveConfig(widths=(6,), filters=8, position_weights="none"), length=40, n_outputs=1)
    with torch.no_grad():
        term.filters[0].zero_()
    labels = classes if labels is None else labels
    data = TrainingData(
        codes=codes,
        labels=labels,
        validation_codes=codes[:5],
        validation_labels=labels[:5],
        class_weights=np.ones(2),
        output=output,
        strands=strands,
    )
    start_filters(term, data, motifs)
    bank = term.filters[0].detach().numpy()
    return ["".join("ACGT"[i] for i in one.argmax(0)) if one.any() else None for one in bank]


def turned(kmer):
    return kmer[::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_filters_left_over_start_from_the_first_kmers_the_other_way_round_where_both_strands_are_read():
    first = started(strands="both", output=outputs())
    others = [turned(kmer) for kmer in first[:6] if turned(kmer) != kmer]
    assert first[6:] == others[:2]
    assert started(strands="forward", output=outputs())[6:] == [None, None]
    wide = KnownMotif(name="wide", log_odds=np.ones((4, 9)), output=0, sign=1)  # fits no filter
    assert started(strands="both", output=outputs(), motifs=[wide])[2:] == [None] * 6  # two k-mers beside it
    numbers = Numbers(("activity",), centre=(0.0,), scale=(1.0,))
    values = dataset(both=True)[1][:, None].astype(float)
    assert started(strands="both", output=numbers, labels=values)[6:] == [None, None]


def test_kmers_that_fit_no_sequence_are_no_error():
    codes, labels = dataset(both=False)
    assert len(discriminative_kmers(codes, labels, output=outputs(), strands="forward", k=1, count=3)) >= 1
    term = MotifTerm(AdditiveConfig(widths=(7,), filters=4, position_weights="none"), length=3, n_outputs=1)
    initialise_filters(term, codes[:, :3], labels, output=outputs(), strands="forward")
    assert all(torch.isfinite(p).all() for p in term.parameters())


def test_a_started_filter_answers_to_its_kmer_alone():
    codes, labels = dataset(both=False)
    term = MotifTerm(AdditiveConfig(widths=(9, 5), filters=4, position_weights="none"), length=40, n_outputs=1)
    with torch.no_grad():
        for bank in term.filters:
            bank.zero_()
    initialise_filters(term, codes, labels, output=outputs(), strands="forward")
    site = encode(["CC" + MOTIF + "CCCCC"])
    with torch.no_grad():
        match = torch.nn.functional.conv1d(torch.from_numpy(one_hot(site)), term.filters[0], term.bias[:4])[0, 0]
    # The pre-activation is 0 where the whole k-mer stands and falls with each mismatch.
    assert match.argmax() == 1
    assert float(match[1]) == pytest.approx(0, abs=1e-5)
    assert float(match.sort().values[-2]) < -1
    assert term.readout[0, 0] > 0
