import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.errors import InputError
from motiflens.sequence.alphabet import encode
from motiflens.sequence.kmers import kmer_counts, kmer_indices, positional_kmers, reverse_complement_kmers

COMPLEMENT = str.maketrans("ACGT", "TGCA")
sequences = st.integers(0, 12).flatmap(
    lambda length: st.lists(st.text("ACGTN", min_size=length, max_size=length), min_size=1, max_size=4)
)


def naive_kmers(sequence: str, k: int) -> list[str]:
    return [sequence[i : i + k] for i in range(len(sequence) - k + 1)]


def naive_counts(sequence: str, ks: list[int], *, canonical: bool) -> dict[str, int]:
    counts: dict[str, int] = {}
    for k in ks:
        for kmer in naive_kmers(sequence, k):
            if "N" not in kmer:
                name = min(kmer, kmer[::-1].translate(COMPLEMENT)) if canonical else kmer
                counts[name] = counts.get(name, 0) + 1
    return counts


@settings(deadline=None)
@given(sequences, st.integers(1, 5))
def test_indices_read_kmers_as_base_4_numbers(texts: list[str], k: int) -> None:
    expected = [
        [-1 if "N" in kmer else int(kmer.translate(str.maketrans("ACGT", "0123")), 4) for kmer in naive_kmers(text, k)]
        for text in texts
    ]
    indices = kmer_indices(encode(texts), k)
    assert indices.dtype == np.int32
    assert indices.tolist() == expected


@settings(deadline=None)
@given(sequences, st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True), st.booleans())
def test_counts_equal_a_naive_counter(texts: list[str], ks: list[int], canonical: bool) -> None:
    counts = kmer_counts(encode(texts), ks, canonical=canonical)
    for row, text in enumerate(texts):
        dense = counts.matrix[[row]].toarray().ravel()
        assert {str(counts.names[i]): dense[i] for i in np.flatnonzero(dense)} == naive_counts(
            text, ks, canonical=canonical
        )


@settings(deadline=None)
@given(sequences)
def test_canonical_counts_do_not_see_the_strand(texts: list[str]) -> None:
    turned = [text[::-1].translate(COMPLEMENT) for text in texts]
    one, other = (kmer_counts(encode(t), [2, 3], canonical=True).matrix.toarray() for t in (texts, turned))
    np.testing.assert_array_equal(one, other)


def test_every_kmer_has_one_column_in_order() -> None:
    codes = encode(["ACGT"])
    plain = kmer_counts(codes, [1, 2], canonical=False)
    assert plain.names.tolist() == ["A", "C", "G", "T", *(a + b for a in "ACGT" for b in "ACGT")]
    assert plain.matrix.shape == (1, 20)
    merged = kmer_counts(codes, [1, 2], canonical=True)
    assert merged.names.tolist() == ["A", "C", "AA", "AC", "AG", "AT", "CA", "CC", "CG", "GA", "GC", "TA"]


def test_the_longest_indexed_kmer_survives_int32() -> None:
    assert kmer_indices(encode(["T" * 15, "N" * 15]), 15).ravel().tolist() == [4**15 - 1, -1]


@pytest.mark.parametrize("k", [0, 16])
def test_a_length_out_of_range_is_named(k: int) -> None:
    with pytest.raises(InputError, match=f"k-mer length {k}"):
        kmer_indices(encode(["ACGT"]), k)


def test_counts_refuse_a_length_with_too_many_columns() -> None:
    with pytest.raises(InputError, match="from 1 to 12"):
        kmer_counts(encode(["ACGT"]), [13], canonical=False)


@settings(deadline=None)
@given(sequences, st.integers(1, 3))
def test_positional_kmers_have_a_column_for_each_centre(texts: list[str], most: int) -> None:
    length, expected = len(texts[0]), []
    for text in texts:
        row, first = np.zeros(sum(4**k for k in range(1, most + 1)) * length), 0
        for k in range(1, most + 1):
            for start, kmer in enumerate(naive_kmers(text, k)):
                if "N" not in kmer:
                    number = int(kmer.translate(str.maketrans("ACGT", "0123")), 4)
                    row[first + number * length + start + k // 2] = 1
            first += 4**k * length
        expected.append(row)
    found = positional_kmers(encode(texts), range(1, most + 1))
    np.testing.assert_array_equal(found.toarray(), np.array(expected))


@pytest.mark.parametrize(("k", "length"), [(7, 4), (0, 4), (6, 600_000)])
def test_positional_kmers_refuse_what_has_too_many_columns(k: int, length: int) -> None:
    with pytest.raises(InputError, match=f"k-mer length {k} at each position of {length} bp"):
        positional_kmers(np.zeros((1, length), np.uint8), [k])


def test_positional_kmers_are_numbered_in_32_bits() -> None:
    found = positional_kmers(encode(["ACGT", "TTTT"]), [1, 2])
    assert found.indices.dtype == found.indptr.dtype == np.int32


def test_reverse_complements_of_kmers() -> None:
    kmers = ["".join(letters) for letters in itertools.product("ACGT", repeat=3)]
    complement = str.maketrans("ACGT", "TGCA")
    assert [kmers[i] for i in reverse_complement_kmers(3)] == [kmer[::-1].translate(complement) for kmer in kmers]
