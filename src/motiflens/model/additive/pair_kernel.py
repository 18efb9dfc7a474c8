"""Compiled logits of pairs of sequences by the `additive` network; importing this imports numba.

The second sequence of a pair takes from the first whatever no differing letter can reach. Every output is computed by
itself, and sums run over the outputs in their order, so that a sequence has the same logit to the bit in any pair and
at any place. Filters are the innermost axis: what a letter adds to the matches of all filters is a row of a table.
"""

from typing import NamedTuple, no_type_check

import numpy as np

from motiflens.compiled.letters import common_letters
from motiflens.compiled.simd import LANES, exp, inlined, kernel, load, minimum, part, sigmoid, splat, store, total

HALF = LANES // 2  # tanh units of a block of the gate, and sigmoid units


class PairArrays(NamedTuple):
    """Weights; scales stacked, filters rounded up to whole vectors."""

    taps: np.ndarray  # (sum of widths, 5, filters): weight of each base, and 0 of any other letter
    first: np.ndarray  # (scales + 1,): first row of each scale in taps
    left: np.ndarray  # (scales,): positions a filter sees before its own
    bias: np.ndarray  # (scales, filters)
    gate: np.ndarray  # (scales, blocks, filters, LANES): twice the weights of tanh units, then of sigmoid units
    gate_bias: np.ndarray  # (scales, blocks, LANES): likewise
    gate_logit: np.ndarray  # (scales, blocks, LANES): of products of units; 0 in the second half
    gate_logit_bias: np.ndarray  # (scales,)
    position_weight: np.ndarray  # (scales, length, filters)
    saturation: np.ndarray  # (scales, filters)
    readout: np.ndarray  # (n_outputs, scales, filters)
    bounded: bool  # activation is odds / (1 + odds), not odds
    largest_exponent: float
    largest_activation: float
    margin: int


class PairSpace(NamedTuple):
    """Working memory for one pair."""

    codes: np.ndarray  # (margin + length + margin,): 4 outside the sequence
    odds: np.ndarray  # (length, filters): exp(match), of one scale, as what follows
    bounded: np.ndarray  # (length and 3, filters): odds / (1 + odds)
    units: np.ndarray  # (length and 4, LANES): sigmoids of one block of the gate
    gate: np.ndarray  # (length and a vector,): attention weights, before that their logits
    activation: np.ndarray  # (scales, length, filters): weighted, of all scales
    kept: np.ndarray  # the same of the first sequence, where the second differs


@kernel
@no_type_check
def additive_pairs(net, space, first, second, out):
    """Fill out (2, n, n_outputs) with the motif term of codes `first` and `second`, both (n, length)."""
    length = first.shape[1]
    for row in range(len(first)):
        if row == 0 or common_letters(first[row], first[row - 1]) < length:
            _write(space, net.margin, first[row], 0, length)
            for s in range(len(net.bias)):
                _activate(net, space, s, 0, length)
        _pool(net, space, out[0, row])
        begin, end = common_letters(first[row], second[row]), length
        while end > begin and first[row, end - 1] == second[row, end - 1]:
            end -= 1
        _write(space, net.margin, second[row], begin, end)
        for s in range(len(net.bias)):
            low, high = _reached(net, s, begin, end, length)
            _copy(space.activation, space.kept, s, low, high)
            _activate(net, space, s, low, high)
        _pool(net, space, out[1, row])
        _write(space, net.margin, first[row], begin, end)
        for s in range(len(net.bias)):
            low, high = _reached(net, s, begin, end, length)
            _copy(space.kept, space.activation, s, low, high)


@inlined
@no_type_check
def _write(space, margin, codes, begin, end):
    for p in range(begin, end):
        space.codes[margin + p] = codes[p]


@inlined
@no_type_check
def _copy(source, target, s, low, high):
    for q in range(low, high):
        for f in range(0, source.shape[2], LANES):
            store(target, (s, q, f), load(source, (s, q, f)))


@inlined
@no_type_check
def _reached(net, s, begin, end, length):
    """Outputs [low, high) of a scale that see letters begin..end."""
    width = net.first[s + 1] - net.first[s]
    return max(begin - width + 1 + net.left[s], 0), min(end + net.left[s], length)


@part
@no_type_check
def _activate(net, space, s, low, high):
    """Write the weighted activations of one scale at outputs low..high."""
    filters = net.bias.shape[1]
    for q in range(low, high):
        for f in range(0, filters, LANES):
            match = load(net.bias, (s, f))
            for row in range(net.first[s], net.first[s + 1]):
                letter = space.codes[net.margin + q + row - net.first[s] - net.left[s]]
                match += load(net.taps, (row, letter, f))
            odds = exp(match)
            store(space.odds, (q, f), odds)
            store(space.bounded, (q, f), odds / (1 + odds))
    _attend(net, space, s, low, high)
    for q in range(low, high):
        for f in range(0, filters, LANES):
            if net.bounded:
                activation = load(space.bounded, (q, f))
            else:
                activation = minimum(load(space.odds, (q, f)), net.largest_activation)
            store(space.activation, (s, q, f), activation * space.gate[q] * load(net.position_weight, (s, q, f)))


@inlined
@no_type_check
def _attend(net, space, s, low, high):
    """Write the attention weights of one scale at outputs low..high, from their bounded activations."""
    for q in range(low, high):
        space.gate[q] = net.gate_logit_bias[s]
    for block in range(net.gate.shape[1]):
        for q in range(low, high, 4):  # four outputs share the loads of weights, and need not wait for each other
            bias = load(net.gate_bias, (s, block, 0))
            a, b, c, d = bias, bias, bias, bias
            for f in range(net.bias.shape[1]):
                weight = load(net.gate, (s, block, f, 0))
                a, b = a + weight * space.bounded[q, f], b + weight * space.bounded[q + 1, f]
                c, d = c + weight * space.bounded[q + 2, f], d + weight * space.bounded[q + 3, f]
            store(space.units, (q, 0), sigmoid(a))
            store(space.units, (q + 1, 0), sigmoid(b))
            store(space.units, (q + 2, 0), sigmoid(c))
            store(space.units, (q + 3, 0), sigmoid(d))
        for q in range(low, high):
            product = (2 * load(space.units, (q, 0)) - 1) * load(space.units, (q, HALF))  # tanh(x) = 2 sigmoid(2x) - 1
            space.gate[q] += total(product * load(net.gate_logit, (s, block, 0)))
    for q in range(low, high, LANES):
        store(space.gate, (q,), exp(minimum(load(space.gate, (q,)), net.largest_exponent)))


@part
@no_type_check
def _pool(net, space, logits):
    """Set the logits (n_outputs,) of saturating sums."""
    logits[:] = 0
    for s in range(len(net.bias)):
        for f in range(0, net.bias.shape[1], LANES):
            sums = splat(net.bias, 0.0)
            for q in range(space.activation.shape[1]):
                sums += load(space.activation, (s, q, f))
            sums = sums / (1 + sums / load(net.saturation, (s, f)))
            for h in range(len(net.readout)):
                logits[h] += total(sums * load(net.readout, (h, s, f)))


@kernel
@no_type_check
def add_kmer_logits(weight, k, codes, out):
    """Add to out (n, n_outputs) the weights of the k-mers of codes (n, length); k-mers with N have none.

    weight (length, 4^k, n_outputs) by position of the k-mers' centres, or (1, 4^k, n_outputs) of k-mers anywhere.
    """
    length, most = codes.shape[1], 4**k
    for row in range(len(codes)):
        kmer, valid = 0, 0
        for end in range(length):
            letter = codes[row, end]
            valid = valid + 1 if letter < 4 else 0
            kmer = (4 * kmer + (letter if letter < 4 else 0)) % most
            if valid >= k:
                place = (end - k + 1 + k // 2) % len(weight)
                for h in range(out.shape[1]):
                    out[row, h] += weight[place, kmer, h]
