"""The compiled part of the dinucleotide shuffle; importing it imports numba."""

from typing import no_type_check

import numpy as np

from motiflens.compiled.jit import njit
from motiflens.sequence.alphabet import N as _N

# SplitMix64 (Steele et al. 2014). Constants are typed: numba turns uint64 with a plain int into a float.
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S32 = (np.uint64(shift) for shift in (27, 30, 31, 32))


@njit(cache=True)
@no_type_check
def _mix(z):
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@njit(cache=True)
@no_type_check
def _draw(weights, total, state):
    """A letter with probability weights / total."""
    state[0] += _GAMMA
    left = np.int64(((_mix(state[0]) >> _S32) * np.uint64(total)) >> _S32)
    for letter in range(3):
        left -= weights[letter]
        if left < 0:
            return letter
    return 3


@njit(cache=True)
@no_type_check
def _draw_last_edges(edges, end, last, state):
    """Each letter's last edge: a random spanning tree towards the last letter, by loop-erased walks."""
    in_tree = np.zeros(4, np.bool_)
    in_tree[end] = True
    ways_out = np.zeros((4, 4), np.int64)  # a letter's last edge never leads back to itself
    for letter in range(4):
        ways_out[letter] = edges[letter]
        ways_out[letter, letter] = 0
    for root in range(4):
        if ways_out[root].sum() == 0:  # absent, or the last letter
            continue
        letter = root
        while not in_tree[letter]:
            last[letter] = _draw(ways_out[letter], ways_out[letter].sum(), state)
            letter = last[letter]
        letter = root
        while not in_tree[letter]:
            in_tree[letter] = True
            edges[letter, last[letter]] -= 1
            letter = last[letter]


@njit(cache=True)
@no_type_check
def _shuffle_stretch(stretch, state):
    """Shuffle a stretch without N in place: a random Eulerian path through its dinucleotides."""
    edges = np.zeros((4, 4), np.int64)
    for i in range(len(stretch) - 1):
        edges[stretch[i], stretch[i + 1]] += 1
    last = np.zeros(4, np.int64)
    _draw_last_edges(edges, stretch[-1], last, state)
    free = edges.sum(axis=1)
    letter = np.int64(stretch[0])
    for i in range(1, len(stretch)):
        if free[letter] > 0:
            following = _draw(edges[letter], free[letter], state)
            edges[letter, following] -= 1
            free[letter] -= 1
        else:
            following = last[letter]
        stretch[i] = following
        letter = following


@njit(cache=True)
@no_type_check
def shuffle_rows(rows, seed):
    """Shuffle rows (n, copies, length) in place; each row and copy has its own random stream."""
    state = np.zeros(1, np.uint64)
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            state[0] = _mix(_mix(_mix(seed + _GAMMA) + np.uint64(i)) + np.uint64(j))
            row = rows[i, j]
            start = 0
            for stop in range(len(row) + 1):
                if stop == len(row) or row[stop] == _N:
                    if stop - start > 3:  # fewer letters have one arrangement
                        _shuffle_stretch(row[start:stop], state)
                    start = stop + 1
