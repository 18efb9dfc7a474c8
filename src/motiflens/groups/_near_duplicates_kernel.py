"""The compiled part of the search for near duplicates; importing it imports numba."""

from typing import no_type_check

import numpy as np

from motiflens.compiled.jit import njit
from motiflens.compiled.simd import inlined, kernel, part
from motiflens.sequence.alphabet import N as _N

LETTERS = 32
"""Letters in 64 bits, two for each."""
_LOW = np.uint64(0x5555555555555555)
_PAIRS, _FOURS, _ONES = np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
_1, _2, _4, _56, _64 = (np.uint64(number) for number in (1, 2, 4, 56, 64))
NEIGHBOURS = 16
"""Number of following occurrences that each occurrence of a ubiquitous seed is compared with."""


@njit(cache=True)
@no_type_check
def find_seeds(codes, positions, both_strands, bits):
    """The seeds of codes (n, length) without an N, an int64 each: from the highest bits letters, row, column, strand.

    A seed is the letters at the symmetric `positions`; with `both_strands` the lesser of itself and its reverse
    complement, and strand is 1 where it is the latter. `bits` of rows and columns: beside 13 letters at max_unequal 36.
    """
    n, length = codes.shape
    starts, k = length - positions[-1], len(positions)
    found = np.empty(n * starts, np.int64)
    many = 0
    for i in range(n):
        for p in range(starts):
            forward, backward, valid = np.int64(0), np.int64(0), True
            for j in range(k):
                letter = np.int64(codes[i, p + positions[j]])
                valid &= letter != _N
                forward = (forward << 2) | letter
                backward |= (3 - letter) << (2 * j)
            if valid:
                reverse = both_strands and backward < forward
                seed = backward if reverse else forward
                found[many] = (((seed << bits[0] | i) << bits[1] | p) << 1) | reverse
                many += 1
    return found[:many]


@inlined
@no_type_check
def _occurrence(packed, bits):
    """Row, column and strand."""
    place = packed >> 1
    return (place >> bits[1]) & ((1 << bits[0]) - 1), place & ((1 << bits[1]) - 1), packed & 1


@inlined
@no_type_check
def _end(occurrences, first, bits):
    """Where the occurrences end of the seed whose first is at `first`."""
    shift = bits[0] + bits[1] + 1
    last = first + 1
    while last < len(occurrences) and occurrences[last] >> shift == occurrences[first] >> shift:
        last += 1
    return last


@njit(cache=True)
@no_type_check
def count_seeds(occurrences, bits, highest):
    """Number of seeds by their number of occurrences, (highest + 1,); more occurrences count as `highest`."""
    seeds = np.zeros(highest + 1, np.int64)
    first = 0
    while first < len(occurrences):
        last = _end(occurrences, first, bits)
        seeds[min(last - first, highest)] += 1
        first = last
    return seeds


@njit(cache=True)
@no_type_check
def pack(codes):
    """Letters of codes (n, length), and a low bit for each N: (n, words) uint64 each, first letters lowest."""
    n, length = codes.shape
    words = length // LETTERS + 2
    letters, invalid = np.zeros((n, words), np.uint64), np.zeros((n, words), np.uint64)
    for i in range(n):
        for p in range(length):
            at = np.uint64(2 * (p % LETTERS))
            if codes[i, p] < _N:
                letters[i, p // LETTERS] |= np.uint64(codes[i, p]) << at
            else:
                invalid[i, p // LETTERS] |= _1 << at
    return letters, invalid


@inlined
@no_type_check
def _window(packed, i, p):
    """Letters p to p + LETTERS of row i."""
    word, at = p // LETTERS, np.uint64(2 * (p % LETTERS))
    low = packed[i, word] >> at
    return low | (packed[i, word + 1] << (_64 - at)) if at else low


@inlined
@no_type_check
def _count(bits):
    """Number of pairs whose low bit is set."""
    bits = (bits & _PAIRS) + ((bits >> _2) & _PAIRS)
    bits = (bits + (bits >> _4)) & _FOURS
    return np.int64((bits * _ONES) >> _56)


@part
@no_type_check
def similar_on_diagonal(a, i, b, j, length, shift, rule):
    """Whether a[i, x] and b[j, x + shift] agree as the rule asks; a and b as `pack` gives them, of `length` letters.

    rule: least identity, matches, and shared letters.
    """
    first, last = max(0, -shift), min(length, length - shift)
    max_unequal = (1 - rule[0]) * (last - first) + 1e-6  # most pairs are unrelated, which a third of the overlap shows
    unequal = valid = 0
    for x in range(first, last, LETTERS):
        y = x + shift
        read = _LOW & ~(_window(a[1], i, x) | _window(b[1], j, y))
        if last - x < LETTERS:
            read &= (_1 << np.uint64(2 * (last - x))) - _1
        differ = _window(a[0], i, x) ^ _window(b[0], j, y)
        unequal += _count((differ | (differ >> _1)) & read)
        valid += _count(read)
        if unequal > max_unequal:
            return False
    matches = valid - unequal
    return valid >= rule[2] and matches >= rule[1] and matches >= rule[0] * valid


@inlined
@no_type_check
def find(parent, i):
    """The group that i stands in."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@part
@no_type_check
def _compare(x, y, bits, sequences, rule):
    """Whether the sequences of two occurrences of one seed are similar where the seeds are aligned."""
    packed, other_strand, letters, length, span = sequences
    (i, p, strand_of_i), (j, q, strand_of_j) = _occurrence(x, bits), _occurrence(y, bits)
    need = (rule[0], rule[1], 0.5 * min(letters[i], letters[j]))
    if strand_of_i == strand_of_j:
        return similar_on_diagonal(packed, i, packed, j, length, q - p, need)
    return similar_on_diagonal(packed, i, other_strand, j, length, length - span - q - p, need)


@kernel
@no_type_check
def join_similar(occurrences, bits, sequences, rule, cap, parent):
    """Union-find: overwrite `parent[i]` with the group number of sequence i.

    Before, `parent[i]` is i. Each occurrence of a seed with more than `cap` is compared with the next NEIGHBOURS only.
    """
    first = 0
    while first < len(occurrences):
        last = _end(occurrences, first, bits)
        for x in range(first, last):
            row = _occurrence(occurrences[x], bits)[0]
            end = last if last - first <= cap else min(last, x + 1 + NEIGHBOURS)
            for y in range(x + 1, end):
                i, j = find(parent, row), find(parent, _occurrence(occurrences[y], bits)[0])
                if i != j and _compare(occurrences[x], occurrences[y], bits, sequences, rule):
                    parent[max(i, j)] = min(i, j)
        first = last
    for i in range(len(parent)):
        parent[i] = find(parent, i)


@kernel
@no_type_check
def nearest_across(occurrences, bits, sequences, rule, cap, reference, nearest):
    """Fill `nearest` (n,), -1 before, with a similar sequence of `reference` (n,) for each other sequence."""
    first = 0
    while first < len(occurrences):
        last = _end(occurrences, first, bits)
        crowded = last - first > cap
        for x in range(first, last):
            i = _occurrence(occurrences[x], bits)[0]
            if reference[i] or nearest[i] >= 0:
                continue
            low = max(first, x - NEIGHBOURS) if crowded else first
            high = min(last, x + 1 + NEIGHBOURS) if crowded else last
            for y in range(low, high):
                j = _occurrence(occurrences[y], bits)[0]
                if reference[j] and _compare(occurrences[x], occurrences[y], bits, sequences, rule):
                    nearest[i] = j
                    break
        first = last
