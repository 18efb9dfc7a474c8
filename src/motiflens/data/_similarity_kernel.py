"""The compiled part of the search for similar sequences; importing it imports numba."""

from typing import no_type_check

import numpy as np
from numba import njit

from motiflens.sequence.alphabet import N as _N

NEIGHBOURS = 16
"""How many followers each occurrence of a ubiquitous word is compared with."""


@njit(cache=True)
@no_type_check
def count_words(codes, k, both):
    """Word (n, positions) int32 at each position, -1 where there is an N; and whether it was read on the other strand.

    With `both` a word is the lesser of itself and its reverse complement.
    """
    n, length = codes.shape
    words = np.full((n, length - k + 1), -1, np.int32)
    turned = np.zeros((n, length - k + 1), np.bool_)
    mask = (np.int64(1) << (2 * k)) - 1
    for i in range(n):
        forward, backward, known = np.int64(0), np.int64(0), 0
        for p in range(length):
            letter = np.int64(codes[i, p])
            if letter == _N:
                known = 0
                continue
            known += 1
            forward = ((forward << 2) | letter) & mask
            backward = (backward >> 2) | ((3 - letter) << (2 * (k - 1)))
            if known >= k:
                turn = both and backward < forward
                words[i, p - k + 1] = backward if turn else forward
                turned[i, p - k + 1] = turn
    return words, turned


@njit(cache=True)
@no_type_check
def index_words(words, k):
    """Where each word occurs: `starts` (4^k + 1,) into `places` (occurrences,), flat indices into `words`."""
    starts = np.zeros((np.int64(1) << (2 * k)) + 1, np.int64)
    flat = words.ravel()
    for place in range(len(flat)):
        if flat[place] >= 0:
            starts[flat[place] + 1] += 1
    for word in range(len(starts) - 1):
        starts[word + 1] += starts[word]
    places = np.empty(starts[-1], np.int64)
    free = starts[:-1].copy()
    for place in range(len(flat)):
        if flat[place] >= 0:
            places[free[flat[place]]] = place
            free[flat[place]] += 1
    return starts, places


@njit(cache=True)
@no_type_check
def count_occurrences(starts, most):
    """How many words occur how often, (most + 1,); more often counts as `most`."""
    words = np.zeros(most + 1, np.int64)
    for word in range(len(starts) - 1):
        words[min(starts[word + 1] - starts[word], most)] += 1
    return words


@njit(cache=True)
@no_type_check
def similar_on_diagonal(a, b, shift, rule):
    """Whether a[x] and b[x + shift] agree as the rule asks; rule: least identity, matches, and shared letters."""
    first, last = max(0, -shift), min(len(a), len(b) - shift)
    matches = np.int32(0)
    for x in range(first, last):
        matches += np.int32(a[x] == b[x + shift])  # of N too: most pairs are far below the mark even so
    if matches < rule[1] or matches < rule[0] * rule[2]:
        return False
    matches = known = np.int32(0)
    for x in range(first, last):
        both = a[x] < _N and b[x + shift] < _N
        known += np.int32(both)
        matches += np.int32(both and a[x] == b[x + shift])
    return known >= rule[2] and matches >= rule[1] and matches >= rule[0] * known


@njit(cache=True)
@no_type_check
def find(parent, i):
    """The group that i stands in."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True)
@no_type_check
def _compare(left, right, turned, sequences, rule):
    """Whether the sequences of two occurrences of one word are similar where the word lies on top of itself."""
    codes, other_strand, letters = sequences
    positions = turned.shape[1]
    i, p = left // positions, left % positions
    j, q = right // positions, right % positions
    need = (rule[0], rule[1], 0.5 * min(letters[i], letters[j]))
    if turned[i, p] == turned[j, q]:
        return similar_on_diagonal(codes[i], codes[j], q - p, need)
    return similar_on_diagonal(codes[i], other_strand[j], positions - 1 - q - p, need)


@njit(cache=True)
@no_type_check
def join_similar(starts, places, turned, sequences, rule, cap):
    """Group number (n,) of each sequence: who is similar to somebody is in his group.

    `places` of a word with more than `cap` occurrences are compared with the next NEIGHBOURS alone.
    """
    positions = turned.shape[1]
    parent = np.arange(len(sequences[0]))
    for word in range(len(starts) - 1):
        first, last = starts[word], starts[word + 1]
        for x in range(first, last):
            end = last if last - first <= cap else min(last, x + 1 + NEIGHBOURS)
            for y in range(x + 1, end):
                i, j = find(parent, places[x] // positions), find(parent, places[y] // positions)
                if i != j and _compare(places[x], places[y], turned, sequences, rule):
                    parent[max(i, j)] = min(i, j)
    for i in range(len(parent)):
        parent[i] = find(parent, i)
    return parent


@njit(cache=True)
@no_type_check
def nearest_across(starts, places, turned, sequences, rule, cap, known):
    """For each sequence a similar one that is `known` (n,), or -1; only sequences that are not known are asked for."""
    positions = turned.shape[1]
    nearest = np.full(len(known), -1)
    for word in range(len(starts) - 1):
        first, last = starts[word], starts[word + 1]
        crowded = last - first > cap
        for x in range(first, last):
            i = places[x] // positions
            if known[i] or nearest[i] >= 0:
                continue
            low = max(first, x - NEIGHBOURS) if crowded else first
            high = min(last, x + 1 + NEIGHBOURS) if crowded else last
            for y in range(low, high):
                j = places[y] // positions
                if known[j] and _compare(places[x], places[y], turned, sequences, rule):
                    nearest[i] = j
                    break
    return nearest
