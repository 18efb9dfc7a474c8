"""Compiled exact mutagenesis of the `additive` network; importing this imports numba.

Positions are the innermost axis. q is a position of a filter's window, p one of the sequence; tap j at q reads
p = q + j - left. Arrays over q begin at q = -margin, so that no loop needs to know where the sequence ends. A
substitution at p multiplies odds = exp(match) of each window that sees it by exp(W[new, j]) / exp(W[old, j]); the gate
is computed anew there, and a filter's sum of weighted activations is what lies before those windows + they + what lies
after.
"""

from typing import NamedTuple, no_type_check

import numpy as np

from motiflens.compiled.simd import LANES, exp, inlined, kernel, load, minimum, part, sigmoid, splat, store, tanh

UNITS = 2  # gate units of a block: two sums for tanh and two for the sigmoid stay in the registers that AVX2 has


class AdditiveArrays(NamedTuple):
    """Weights; scales stacked, taps of all scales in one table."""

    taps: np.ndarray  # (sum of widths, filters, 4): weight of each base
    growth: np.ndarray  # the same shape: exp(taps)
    decline: np.ndarray  # the same shape: exp(-taps)
    first: np.ndarray  # (scales + 1,): first row of each scale in taps
    left: np.ndarray  # (scales,): positions a filter sees before its own
    bias: np.ndarray  # (scales, filters)
    gate: np.ndarray  # (scales, blocks, filters, 2 * UNITS): weights of tanh units, then of sigmoid units
    gate_bias: np.ndarray  # (scales, blocks, 2 * UNITS)
    gate_logit: np.ndarray  # (scales, blocks, UNITS)
    gate_logit_bias: np.ndarray  # (scales,)
    position_weight: np.ndarray  # (scales, filters, margins and length): 0 outside the sequence
    saturation: np.ndarray  # (scales, filters)
    readout: np.ndarray  # (n_outputs, scales, filters)
    bounded: bool  # activation is odds / (1 + odds), not odds
    largest_exponent: float
    largest_activation: float
    margin: int


class AdditiveSpace(NamedTuple):
    """Working memory for one sequence; "places" are margin + length + margin."""

    letters: np.ndarray  # (4, places): one-hot
    odds: np.ndarray  # (scales, filters, places): exp(match); 1 in the margins
    activation: np.ndarray  # (filters, places): of one scale
    behind: np.ndarray  # (scales, filters, places + 1): sum of weighted activations before q
    ahead: np.ndarray  # (scales, filters, places + 1): sum of weighted activations from q on
    pooled: np.ndarray  # (scales, filters): without a substitution
    changed: np.ndarray  # (4, filters, LANES): odds after a substitution
    bounded: np.ndarray  # (4, filters, LANES): changed / (1 + changed)
    window: np.ndarray  # (scales, 4, filters, LANES): weighted activation in the windows that see it
    deltas: np.ndarray  # (n_outputs, 4, length and a vector)


@kernel
@no_type_check
def additive_deltas(net, space, codes, out):
    """Fill out (n, n_outputs, 4, length) with the motif term's change at every substitution in codes (n, length)."""
    length = codes.shape[1]
    for row in range(len(codes)):
        space.letters[:] = 0
        for p in range(length):
            if codes[row, p] < 4:
                space.letters[codes[row, p], net.margin + p] = 1
        for s in range(len(net.bias)):
            _read(net, space, s, length)
        _pool_unchanged(net, space)
        for p in range(0, length, LANES):
            space.window[:] = 0
            for s in range(len(net.bias)):
                for j in range(net.first[s + 1] - net.first[s]):
                    _edit(net, space, s, net.first[s] + j, p, net.margin + p - j + net.left[s])
            _pool(net, space, p)
        for h in range(len(net.readout)):
            for base in range(4):
                for p in range(length):
                    out[row, h, base, p] = 0 if codes[row, p] == base else space.deltas[h, base, p]


@part
@no_type_check
def _read(net, space, s, length):
    """One scale of the sequence as it is: odds, gate, weighted activation, its sums from both sides."""
    filters, margin = net.bias.shape[1], net.margin
    for q in range(margin, margin + length, LANES):
        for f in range(filters):
            match = splat(net.bias, net.bias[s, f])
            for row in range(net.first[s], net.first[s + 1]):
                at = q + row - net.first[s] - net.left[s]
                for base in range(4):
                    match += load(space.letters, (base, at)) * net.taps[row, f, base]
            odds = exp(match)
            store(space.odds, (s, f, q), odds)
            store(space.changed, (0, f, 0), odds)
            store(space.bounded, (0, f, 0), odds / (1 + odds))
        gate = gate_of(net, space, s, 0)
        for f in range(filters):
            store(
                space.activation, (f, q), activation_of(net, space, 0, f) * gate * load(net.position_weight, (s, f, q))
            )
    for f in range(filters):
        for q in range(margin + length, margin + length + LANES):  # the last vector may have overrun
            space.odds[s, f, q] = 1
        total = 0.0  # float64, for thousands of terms
        for q in range(margin + length - 1, margin - 1, -1):
            total += space.activation[f, q]
            space.ahead[s, f, q] = total
        for q in range(margin):
            space.ahead[s, f, q] = total
        total = 0.0
        for q in range(margin, margin + length):
            total += space.activation[f, q]
            space.behind[s, f, q + 1] = total
        for q in range(margin + length, space.behind.shape[2]):
            space.behind[s, f, q] = total


@inlined
@no_type_check
def _edit(net, space, s, row, p, q):
    """Add to the window sums what LANES substitutions from p on make of the outputs at q, by tap `row`."""
    a, c = load(space.letters, (0, net.margin + p)), load(space.letters, (1, net.margin + p))
    g, t = load(space.letters, (2, net.margin + p)), load(space.letters, (3, net.margin + p))
    unknown = 1 - (a + c + g + t)
    for f in range(net.bias.shape[1]):
        old = unknown + a * net.decline[row, f, 0] + c * net.decline[row, f, 1]
        old += g * net.decline[row, f, 2] + t * net.decline[row, f, 3]
        rest = load(space.odds, (s, f, q)) * old
        for base in range(4):
            odds = rest * net.growth[row, f, base]
            store(space.changed, (base, f, 0), odds)
            store(space.bounded, (base, f, 0), odds / (1 + odds))
    for base in range(4):
        gate = gate_of(net, space, s, base)
        for f in range(net.bias.shape[1]):
            activated = activation_of(net, space, base, f) * gate * load(net.position_weight, (s, f, q))
            store(space.window, (s, base, f, 0), load(space.window, (s, base, f, 0)) + activated)


@inlined
@no_type_check
def activation_of(net, space, slot, f):
    """Return the activation of filter f, from what `space` holds at `slot`."""
    if net.bounded:
        return load(space.bounded, (slot, f, 0))
    return minimum(load(space.changed, (slot, f, 0)), net.largest_activation)


@inlined
@no_type_check
def gate_of(net, space, s, slot):
    """Attention weight of one vector of outputs, from their bounded activations."""
    logit = splat(net.bias, net.gate_logit_bias[s])
    for block in range(net.gate.shape[1]):
        a0, a1 = splat(logit, net.gate_bias[s, block, 0]), splat(logit, net.gate_bias[s, block, 1])
        b0, b1 = splat(logit, net.gate_bias[s, block, 2]), splat(logit, net.gate_bias[s, block, 3])
        for f in range(net.bias.shape[1]):
            x = load(space.bounded, (slot, f, 0))
            a0, a1 = a0 + x * net.gate[s, block, f, 0], a1 + x * net.gate[s, block, f, 1]
            b0, b1 = b0 + x * net.gate[s, block, f, 2], b1 + x * net.gate[s, block, f, 3]
        logit += tanh(a0) * sigmoid(b0) * net.gate_logit[s, block, 0]
        logit += tanh(a1) * sigmoid(b1) * net.gate_logit[s, block, 1]
    return exp(minimum(logit, net.largest_exponent))


@part
@no_type_check
def _pool_unchanged(net, space):
    """Saturating sums of the sequence as it is."""
    for s in range(len(net.bias)):
        for f in range(net.bias.shape[1]):
            total = space.ahead[s, f, 0]
            space.pooled[s, f] = total / (1 + total / net.saturation[s, f])


@inlined
@no_type_check
def _pool(net, space, p):
    """Saturating sums with LANES substitutions from p on, and what they change in each logit."""
    for base in range(4):
        for h in range(len(net.readout)):
            store(space.deltas, (h, base, p), splat(net.bias, 0.0))
        for s in range(len(net.bias)):
            before = net.margin + p + net.left[s] - (net.first[s + 1] - net.first[s]) + 1
            after = net.margin + p + net.left[s] + 1
            for f in range(net.bias.shape[1]):
                total = load(space.window, (s, base, f, 0))
                total += load(space.behind, (s, f, before)) + load(space.ahead, (s, f, after))
                change = total / (1 + total / net.saturation[s, f]) - space.pooled[s, f]
                for h in range(len(net.readout)):
                    delta = load(space.deltas, (h, base, p)) + change * net.readout[h, s, f]
                    store(space.deltas, (h, base, p), delta)


@kernel
@no_type_check
def add_kmer_deltas(weight, k, codes, out):
    """Add to out (n, n_outputs, 4, length) what substitutions change in the k-mers of k letters.

    weight (length, 4^k, n_outputs) by position of the k-mers' centres, or (1, 4^k, n_outputs) of k-mers anywhere.
    """
    length = codes.shape[1]
    for row in range(len(codes)):
        for p in range(length):
            for start in range(max(p - k + 1, 0), min(p, length - k) + 1):
                kmer, valid = 0, True
                for i in range(start, start + k):
                    letter = 0 if i == p else codes[row, i]
                    valid = valid and letter < 4
                    kmer = 4 * kmer + letter
                if valid:
                    place = 4 ** (start + k - 1 - p)  # what one letter more at p adds to the kmer's number
                    _add_kmer(weight[(start + k // 2) % len(weight)], kmer, place, codes[row, p], out[row], p)


@inlined
@no_type_check
def _add_kmer(weight, kmer, place, old, out, p):
    for h in range(out.shape[0]):
        before = weight[kmer + old * place, h] if old < 4 else weight.dtype.type(0)
        for base in range(4):
            out[h, base, p] += weight[kmer + base * place, h] - before
