"""Sequences as tensors of codes: what the functions for NumPy arrays give."""

import numpy as np
import pytest
import torch

from motiflens.model import codes as tensors
from motiflens.sequence import alphabet, kmers

CODES = np.random.default_rng(0).integers(0, 5, (7, 19)).astype(np.uint8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_hot_is_the_alphabets(dtype):
    found = tensors.one_hot(torch.from_numpy(CODES), dtype)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, alphabet.one_hot(CODES))


def test_the_other_strand_is_the_alphabets():
    turned = tensors.reverse_complement(torch.from_numpy(CODES))
    assert turned.dtype == torch.uint8
    np.testing.assert_array_equal(turned, alphabet.reverse_complement(CODES))


def test_padding_is_n():
    found = tensors.pad(torch.from_numpy(CODES), 2, 3)
    np.testing.assert_array_equal(found, np.pad(CODES, ((0, 0), (2, 3)), constant_values=4))


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_kmers_are_those_of_the_sequence_package(k):
    index, valid = tensors.kmer_indices(torch.from_numpy(CODES), k)
    expected = kmers.kmer_indices(CODES, k)
    np.testing.assert_array_equal(valid, expected >= 0)
    np.testing.assert_array_equal(index[valid], expected[expected >= 0])
