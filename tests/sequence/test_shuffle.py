import subprocess
import sys
from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from motiflens.sequence.alphabet import decode, encode
from motiflens.sequence.shuffle import dinucleotide_shuffle


def dinucleotides(sequence: str) -> Counter:
    return Counter(map("".join, pairwise(sequence)))


@settings(deadline=None, max_examples=300)
@given(
    st.integers(0, 80).flatmap(lambda n: st.lists(st.text("ACGTN", min_size=n, max_size=n), min_size=1, max_size=4)),
    st.integers(-(2**70), 2**70),
)
def test_dinucleotides_ends_and_ns_are_kept(sequences, seed):
    codes = encode(sequences)
    before = codes.copy()
    shuffled = dinucleotide_shuffle(codes, seed=seed, copies=3)
    assert shuffled.shape == (len(sequences), 3, codes.shape[1])
    assert (codes == before).all()
    for sequence, copies in zip(sequences, shuffled, strict=True):
        for copy in map(decode, copies):
            assert dinucleotides(copy) == dinucleotides(sequence)
            assert (copy[:1], copy[-1:]) == (sequence[:1], sequence[-1:])
            assert [i for i, letter in enumerate(copy) if letter == "N"] == [
                i for i, letter in enumerate(sequence) if letter == "N"
            ]


@pytest.mark.parametrize("sequence", ["ACGTACGACTA", "AACACAGACCA", "GATTACAGATT", "ACACCCAAGGT"])
def test_every_arrangement_is_equally_likely(sequence):
    wanted = dinucleotides(sequence)
    inner = {"".join(p) for p in permutations(sequence[1:-1])}
    arrangements = sorted(whole for p in inner if dinucleotides(whole := sequence[0] + p + sequence[-1]) == wanted)
    assert len(arrangements) > 3
    shuffled = dinucleotide_shuffle(encode([sequence]), seed=5, copies=20_000)[0]
    counts = Counter(map(decode, shuffled))
    assert set(counts) == set(arrangements)
    assert chisquare([counts[a] for a in arrangements]).pvalue > 1e-4


def test_long_sequences_really_change():
    codes = np.random.default_rng(0).integers(0, 4, (50, 200)).astype(np.uint8)
    agreement = (dinucleotide_shuffle(codes, seed=1) == codes).mean()
    assert 0.2 < agreement < 0.3  # two independent sequences agree at a quarter of the positions


def test_the_seed_decides_and_rows_and_copies_differ():
    codes = np.repeat(np.random.default_rng(0).integers(0, 4, (1, 60)).astype(np.uint8), 5, axis=0)
    first = dinucleotide_shuffle(codes, seed=1, copies=4)
    assert (first == dinucleotide_shuffle(codes, seed=1, copies=4)).all()
    assert (first[:, 0] == dinucleotide_shuffle(codes, seed=1)).all()
    assert (first[:3] == dinucleotide_shuffle(codes[:3], seed=1, copies=4)).all()
    assert (first != dinucleotide_shuffle(codes, seed=2, copies=4)).any()
    assert len({row.tobytes() for row in first.reshape(20, 60)}) == 20


def test_numba_is_not_imported_before_somebody_shuffles():
    code = (
        "import sys, motiflens.sequence.shuffle, motiflens.data.read, motiflens.data.splits; "
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
