"""Compiled logits of pairs of sequences by the `classic` network; importing this imports numba.

The second sequence of a pair takes from the first whatever no differing letter can reach. Sums run over the same
terms in the same order either way, so that a sequence has the same logit to the bit in any pair and at any place.
Filters are the innermost axis; positions are as in `mutagenesis_kernel`.
"""

from typing import NamedTuple, no_type_check

import numpy as np

from motiflens.compiled.letters import common_letters
from motiflens.compiled.simd import LANES, exp, inlined, kernel, load, maximum, part, splat, store, tanh, total


class PairSpace(NamedTuple):
    """Working memory for one pair: of the first sequence, and of the second where it differs."""

    matches: np.ndarray  # (2, scales, length, filters): outputs of the convolution
    gate: np.ndarray  # (2, scales, length + LANES): exp(tanh(gate))
    pooled: np.ndarray  # (scales * filters,)
    hidden1: np.ndarray  # (units1,)
    hidden2: np.ndarray  # (units2,)


@kernel
@no_type_check
def classic_pairs(net, space, first, second, out):
    """Fill out (2, n, n_outputs) with the logits, less their bias, of codes `first` and `second`, both (n, length)."""
    length = first.shape[1]
    for row in range(len(first)):
        if row == 0 or common_letters(first[row], first[row - 1]) < length:
            for s in range(len(net.bias)):
                _scan(net, space, 0, s, first[row], 0, length)
        _predict(net, space, length, length, 0, out[0, row])
        begin = common_letters(first[row], second[row])
        end = length
        while end > begin and first[row, end - 1] == second[row, end - 1]:
            end -= 1
        if begin < end:
            for s in range(len(net.bias)):
                low, high = _reached(net, s, begin, end, length)
                _scan(net, space, 1, s, second[row], low, high)
        _predict(net, space, length, begin, end, out[1, row])


@inlined
@no_type_check
def _reached(net, s, begin, end, length):
    """Outputs [low, high) of a scale that see letters begin..end."""
    width = net.first[s + 1] - net.first[s]
    return max(begin - width + 1 + net.left[s], 0), min(end + net.left[s], length)


@part
@no_type_check
def _scan(net, space, which, s, sequence, low, high):
    """Convolution and attention of one scale at the outputs low..high."""
    length, filters = len(sequence), net.bias.shape[1]
    width = net.first[s + 1] - net.first[s]
    for q in range(low, high):
        start = q - net.left[s]
        gate = splat(net.bias, 0)
        for f in range(0, filters, LANES):
            match = load(net.bias, (s, f))
            for p in range(max(start, 0), min(start + width, length)):
                match += load(net.taps, (net.first[s] + p - start, sequence[p], f))
            store(space.matches, (which, s, q, f), match)
            gate += load(net.gate, (s, f)) * maximum(match, 0)
        space.gate[which, s, q] = total(gate) + net.gate_bias[s]
    for q in range(low, high, LANES):  # what is behind `high` is never read
        store(space.gate, (which, s, q), exp(tanh(load(space.gate, (which, s, q)))))


@part
@no_type_check
def _predict(net, space, length, begin, end, logits):
    """Set the logits (n_outputs,); outputs that see letters begin..end are those of the second sequence."""
    filters = net.bias.shape[1]
    for s in range(len(net.bias)):
        low, high = length, 0
        if begin < end:
            low, high = _reached(net, s, begin, end, length)
        norm = 0.0
        for q in range(length):
            norm += space.gate[1 if low <= q < high else 0, s, q]
        for f in range(0, filters, LANES):
            scale, shift = load(net.scale, (s, f)), load(net.shift, (s, f))
            peak = splat(net.bias, -np.inf)
            for q in range(length):
                which = 1 if low <= q < high else 0
                feature = scale * maximum(load(space.matches, (which, s, q, f)), 0) + shift
                peak = maximum(peak, feature * space.gate[which, s, q])
            store(space.pooled, (s * filters + f,), peak / norm)
    _layer(space.pooled, net.dense1, net.bias1, space.hidden1)
    for u in range(0, len(net.bias2), LANES):
        block, lane = u // net.dense2.shape[2], u % net.dense2.shape[2]
        hidden = load(net.bias2, (u,))
        for k in range(net.dense2.shape[1]):
            hidden += load(net.dense2, (block, k, lane)) * space.hidden1[k]
        store(space.hidden2, (u,), maximum(hidden, 0))
    for h in range(len(net.output)):
        logit = splat(net.bias, 0)
        for u in range(0, len(net.bias2), LANES):
            logit += load(net.output, (h, u)) * load(space.hidden2, (u,))
        logits[h] = total(logit)


@inlined
@no_type_check
def _layer(x, weight, bias, y):
    """relu(x @ weight + bias)."""
    for u in range(0, len(bias), LANES):
        hidden = load(bias, (u,))
        for k in range(len(weight)):
            hidden += load(weight, (k, u)) * x[k]
        store(y, (u,), maximum(hidden, 0))
