import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.errors import InputError
from motiflens.sequence.alphabet import (
    INVALID,
    at_observed_letters,
    count_gc,
    count_valid,
    decode,
    encode,
    encode_letters,
    one_hot,
    reverse_complement,
)

IUPAC = {  # NC-IUB 1984
    "A": "A", "C": "C", "G": "G", "T": "T", "U": "T", "N": "ACGT", "R": "AG", "Y": "CT", "S": "CG", "W": "AT",
    "K": "GT", "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG",
}  # fmt: skip


def test_every_byte_is_encoded_as_iupac_says():
    for value in range(256):
        meaning = IUPAC.get(chr(value).upper() if value < 128 else "")
        expected = INVALID if meaning is None else ("ACGT".index(meaning) if len(meaning) == 1 else 4)
        assert encode_letters(bytes([value])).tolist() == [expected], chr(value)


def test_a_letter_outside_ascii_takes_one_invalid_place():
    assert encode_letters("AÄC").tolist() == [0, INVALID, 1]


@settings(deadline=None)
@given(st.lists(st.text("ACGTN", min_size=7, max_size=7), min_size=1))
def test_decode_undoes_encode_and_the_complement_is_its_own_inverse(sequences):
    codes = encode(sequences)
    assert [decode(row) for row in codes] == sequences
    letters = str.maketrans("ACGTN", "TGCAN")
    assert [decode(row) for row in reverse_complement(codes)] == [s.translate(letters)[::-1] for s in sequences]


def test_one_hot_of_n_is_four_zeros():
    assert one_hot(encode(["ACGTN"]))[0].tolist() == np.eye(4, 5).tolist()


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "no sequences"),
        (["ACGT", "ACG"], "sequence 2 has 3 letters where sequence 1 has 4"),
        (["ACGT", "AC-T"], "sequence 2 has '-' at column 3"),
    ],
)
def test_encode_refuses(sequences, message):
    with pytest.raises(InputError, match=message):
        encode(sequences)


def test_letters_are_counted_without_n():
    codes = encode(["ACGTN", "GGCNN", "NNNNN"])
    assert count_gc(codes).tolist() == [2, 3, 0]
    assert count_valid(codes).tolist() == [4, 3, 0]


def test_values_at_observed_letters_are_0_at_n():
    values = np.arange(20, dtype=np.float32).reshape(1, 4, 5)
    assert at_observed_letters(values, encode(["ACGTN"])).tolist() == [[0, 6, 12, 18, 0]]
