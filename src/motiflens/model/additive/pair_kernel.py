"""Compiled logits of pairs of sequences by the `additive` network; importing this imports numba.

The second sequence of a pair takes from the first whatever no differing letter can reach. Sums run over the same
vectors in the same order either way, so that a sequence has the same logit to the bit in any pair and at any place.
"""

from typing import NamedTuple, no_type_check

import numpy as np

from motiflens.compiled.letters import common_letters
from motiflens.compiled.simd import LANES, exp, inlined, kernel, load, part, splat, store, total
from motiflens.model.additive.mutagenesis_kernel import activation_of, gate_of


class PairSpace(NamedTuple):
    """Working memory for one pair; "places" are margin + length + margin."""

    letters: np.ndarray  # (4, places): one-hot
    changed: np.ndarray  # (1, filters, LANES): exp(match)
    bounded: np.ndarray  # (1, filters, LANES): changed / (1 + changed)
    activation: np.ndarray  # (scales, filters, places): weighted, of the first sequence
    edited: np.ndarray  # the same of the second, where it differs


@kernel
@no_type_check
def additive_pairs(net, space, first, second, out):
    """Fill out (2, n, n_outputs) with the motif term of codes `first` and `second`, both (n, length)."""
    length = first.shape[1]
    for row in range(len(first)):
        if row == 0 or common_letters(first[row], first[row - 1]) < length:
            space.letters[:] = 0
            _write(space, net.margin, first[row], 0, length)
            for s in range(len(net.bias)):
                _activate(net, space, space.activation, s, 0, length)
        _pool(net, space, length, length, 0, out[0, row])
        begin = common_letters(first[row], second[row])
        end = length
        while end > begin and first[row, end - 1] == second[row, end - 1]:
            end -= 1
        _write(space, net.margin, second[row], begin, end)
        if begin < end:
            for s in range(len(net.bias)):
                low, high = _reached(net, s, begin, end, length)
                _activate(net, space, space.edited, s, low, high)
        _pool(net, space, length, begin, end, out[1, row])
        _write(space, net.margin, first[row], begin, end)


@inlined
@no_type_check
def _write(space, margin, codes, begin, end):
    for p in range(begin, end):
        for base in range(4):
            space.letters[base, margin + p] = 1 if codes[p] == base else 0


@inlined
@no_type_check
def _reached(net, s, begin, end, length):
    """Outputs [low, high) of a scale that see letters begin..end, in whole vectors."""
    width = net.first[s + 1] - net.first[s]
    low = max(begin - width + 1 + net.left[s], 0) // LANES * LANES
    return low, min(end + net.left[s], length)


@part
@no_type_check
def _activate(net, space, activation, s, low, high):
    """Write the weighted activations of one scale at the vectors of outputs low..high."""
    for q in range(net.margin + low, net.margin + high, LANES):
        for f in range(net.bias.shape[1]):
            match = splat(net.bias, net.bias[s, f])
            for row in range(net.first[s], net.first[s + 1]):
                at = q + row - net.first[s] - net.left[s]
                for base in range(4):
                    match += load(space.letters, (base, at)) * net.taps[row, f, base]
            odds = exp(match)
            store(space.changed, (0, f, 0), odds)
            store(space.bounded, (0, f, 0), odds / (1 + odds))
        weight = gate_of(net, space, s, 0)
        for f in range(net.bias.shape[1]):
            weighted = activation_of(net, space, 0, f) * weight * load(net.position_weight, (s, f, q))
            store(activation, (s, f, q), weighted)


@part
@no_type_check
def _pool(net, space, length, begin, end, logits):
    """Set the logits (n_outputs,) of saturating sums; outputs that see letters begin..end are the edited ones."""
    logits[:] = 0
    for s in range(len(net.bias)):
        low, high = length, 0
        if begin < end:
            low, high = _reached(net, s, begin, end, length)
        for f in range(net.bias.shape[1]):
            sums = splat(net.bias, 0.0)
            for q in range(0, length, LANES):
                if low <= q < high:
                    sums += load(space.edited, (s, f, net.margin + q))
                else:
                    sums += load(space.activation, (s, f, net.margin + q))
            pooled = total(sums)
            pooled /= 1 + pooled / net.saturation[s, f]
            for h in range(len(net.readout)):
                logits[h] += pooled * net.readout[h, s, f]


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
