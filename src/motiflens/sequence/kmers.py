"""Overlapping k-mers of many sequences at once: index at each position, and counts."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int32, Int64
from scipy import sparse

from motiflens.errors import InputError
from motiflens.sequence.alphabet import ALPHABET, N
from motiflens.shapes import Codes, Strands

MAX_INDEXED = 15  # 4^15 is the last that int32 holds
MAX_COUNTED = 12  # 4^12 columns, names included, still fit in memory
MAX_POSITIONAL = 6


@dataclass(frozen=True, kw_only=True)
class KmerCounts:
    """Counts (n, features) float32, and names (features,): one k-mer a column, sorted within each k."""

    matrix: sparse.csr_array
    names: np.ndarray


def kmer_indices(codes: Codes, k: int) -> Int32[np.ndarray, "n positions"]:
    """Return the index 0..4^k - 1 of the k-mer that starts at each position (0-based); -1 where it holds an N.

    Shape (n, length - k + 1), no columns for sequences shorter than k. The index reads the k-mer as a number in base 4,
    first letter most significant, so that indices sort as the k-mers do.

    Raises:
        InputError: for k outside 1..15.
    """
    if not 1 <= k <= MAX_INDEXED:
        raise InputError(f"k-mer length {k}: give one from 1 to {MAX_INDEXED}")
    positions = max(codes.shape[1] - k + 1, 0)
    indices = np.zeros((len(codes), positions), np.int32)
    ambiguous = np.zeros(indices.shape, bool)
    for offset in range(k if positions else 0):
        letters = codes[:, offset : offset + positions]
        indices *= 4
        indices += letters & 3  # N is masked below; unmasked it would overflow at k = 15
        ambiguous |= letters == N
    indices[ambiguous] = -1
    return indices


def reverse_complement_kmers(k: int) -> Int64[np.ndarray, " kmers"]:
    """Return the index of the reverse complement of each k-mer, (4^k,)."""
    index, reverse = np.arange(4**k), np.zeros(4**k, np.int64)
    for j in range(k):
        reverse = reverse * 4 + 3 - (index // 4**j) % 4
    return reverse


def kmer_presence(codes: Codes, k: int, strands: Strands) -> Bool[np.ndarray, "n kmers"]:
    """Return which k-mers each sequence holds, (n, 4^k); with both strands, a k-mer or its reverse complement."""
    kmers = kmer_indices(codes, k)
    present = np.zeros((len(codes), 4**k), bool)
    row, column = np.nonzero(kmers >= 0)
    present[row, kmers[row, column]] = True
    if strands == "both":
        present |= present[:, reverse_complement_kmers(k)]
    return present


def kmer_counts(codes: Codes, ks: Iterable[int], *, canonical: bool) -> KmerCounts:
    """Count all overlapping k-mers without N, for each k of `ks` in turn.

    `canonical` merges a k-mer with its reverse complement under the name that sorts first; an occurrence of a
    palindrome counts once. Every possible k-mer has a column.

    Raises:
        InputError: for a k outside 1..12.
    """
    blocks, names = [], []
    for k in ks:
        columns, block_names = _columns(k, canonical=canonical)
        indices = kmer_indices(codes, k)
        present = indices >= 0
        flat = columns[indices[present]]
        ends = _ends(present)
        block = sparse.csr_array((np.ones(len(flat), np.float32), flat, ends), shape=(len(codes), len(block_names)))
        block.sum_duplicates()
        blocks.append(block)
        names.append(block_names)
    return KmerCounts(matrix=sparse.hstack(blocks, format="csr"), names=np.concatenate(names))


def positional_kmers(codes: Codes, ks: Iterable[int]) -> sparse.csr_array:
    """Return a one-hot of the k-mer at each position, for each k of `ks` in turn: (n, sum of 4^k * length) float32.

    Column (index of the k-mer) * length + position of its centre, letter k // 2 (0-based), within the block of its k.

    Raises:
        InputError: for k outside 1..6, or more columns than int32 can number.
    """
    n, length = codes.shape
    columns, present, first = [], [], 0
    for k in ks:
        if not 1 <= k <= MAX_POSITIONAL or first + 4**k * length > np.iinfo(np.int32).max:
            raise InputError(f"k-mer length {k} at each position of {length} bp: give one from 1 to {MAX_POSITIONAL}")
        indices = kmer_indices(codes, k)
        columns.append(first + indices * length + np.arange(indices.shape[1], dtype=np.int32) + k // 2)
        present.append(indices >= 0)
        first += 4**k * length
    kept = np.concatenate(present, axis=1)
    flat = np.concatenate(columns, axis=1)[kept]
    return sparse.csr_array((np.ones(len(flat), np.float32), flat, _ends(kept)), shape=(n, first))


def _ends(kept: np.ndarray) -> np.ndarray:
    """Row pointers of a sparse matrix from what is kept of each row; int32 where it will do, as the columns are."""
    ends = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    return ends.astype(np.int32) if ends[-1] <= np.iinfo(np.int32).max else ends


def _columns(k: int, *, canonical: bool) -> tuple[np.ndarray, np.ndarray]:
    """Column of each k-mer (4^k,), and the name of each column."""
    if not 1 <= k <= MAX_COUNTED:
        raise InputError(f"k-mer length {k}: give one from 1 to {MAX_COUNTED}")
    columns = np.arange(4**k, dtype=np.int32)
    letters = (columns[:, None] >> np.arange(2 * k - 2, -1, -2) & 3).astype(np.uint8)
    if canonical:
        first = np.minimum(columns, reverse_complement_kmers(k))
        kept, columns = np.unique(first, return_inverse=True)
        letters, columns = letters[kept], columns.astype(np.int32)
    names = np.array(list(ALPHABET))[letters].view(f"<U{k}").ravel()
    return columns, names
