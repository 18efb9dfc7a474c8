"""Compiled passes of the training step of `classic`'s scales; importing this imports numba.

One scale of one sequence, in training: with z the convolution, r = relu(z), m the batch norm folded to a factor and a
shift that carry dropout's 1 / (1 - rate), k the dropout bits,

    d = k * (factor * r + shift)      features, position by filter
    t = tanh(gate . d + gate_bias)    one number a position
    v = exp(t), a = v / sum(v)        attention; t is within [-1, 1], so that exp needs no care
    peak = max over positions of d * v, and pooled = peak / sum(v)

Letters are codes, so that a convolution adds the rows of a table and its gradient adds to them: a quarter of the
arithmetic of a product of matrices, and nothing is unfolded. Only r and the dropout bits are kept between the passes; d
is computed anew, rounded in the same way, so that the position of the peak is known by comparison. Batch norm needs
sums over the whole batch, hence two passes forward and two back. A pass works on some sequences and writes nothing that
another one's pass writes: its results do not depend on how the work is shared among threads.
"""

from typing import NamedTuple, no_type_check

import numpy as np

from motiflens.compiled.simd import (
    LANES,
    chosen,
    equal,
    exp,
    inlined,
    kernel,
    larger,
    load,
    maximum,
    part,
    rounded_product,
    splat,
    store,
    tanh,
    total,
)
from motiflens.model.classic.dropout_bits import dropout_bits

GROUP = 4 * LANES  # filters that are convolved together: their sums stay in registers


class Scales(NamedTuple):
    """Weights of all scales; filters are padded with zeros to whole groups."""

    taps: np.ndarray  # (sum of widths, 5, filters): weight of each letter, 0 for N
    first: np.ndarray  # (scales + 1,): first row of each scale in taps
    left: np.ndarray  # (scales,): positions a filter sees before its own
    bias: np.ndarray  # (scales, filters)
    gate: np.ndarray  # (scales, filters)
    gate_bias: np.ndarray  # (scales,)


class Norm(NamedTuple):
    """Batch norm of this batch, with dropout's factor."""

    mean: np.ndarray  # (scales, filters): of r
    factor: np.ndarray  # (scales, filters)
    shift: np.ndarray  # (scales, filters)


class Batch(NamedTuple):
    """A batch between its passes."""

    codes: np.ndarray  # (n, margin + length + margin)
    relu: np.ndarray  # (scales, n, length, filters): r
    kept: np.ndarray  # (scales, n, length, filters / LANES): dropout bits, one a filter
    moments: np.ndarray  # (scales, n, 2, filters): mean of r over positions, sum of squares about it
    squashed: np.ndarray  # (scales, n, length + LANES): t
    weight: np.ndarray  # (scales, n, length + LANES): v
    whole: np.ndarray  # (scales, n): sum of v
    peak: np.ndarray  # (scales, n, filters)
    ties: np.ndarray  # (scales, n, filters): positions that attain the peak


class Gradients(NamedTuple):
    """Of the loss, by what the passes back take and give."""

    pooled: np.ndarray  # (scales, n, filters)
    gate: np.ndarray  # (scales, n, length + LANES): by gate . d
    sums: np.ndarray  # (scales, n, 4, filters): of gate * k and gate * k * (r - mean), of the peaks and so on
    slope: np.ndarray  # (scales, filters): batch norm takes slope * r + level from the gradient by r
    level: np.ndarray  # (scales, filters)
    taps: np.ndarray  # (chunks, sum of widths, 5, filters)


@kernel
@no_type_check
def convolve(net, batch, margin, start, stop):
    """Pass 1: relu and moments of sequences start to stop."""
    for i in range(start, stop):
        for s in range(len(net.left)):
            for f in range(0, net.bias.shape[1], GROUP):
                _convolve(net, batch, s, i, margin - net.left[s], f)
            _moments(batch, s, i)


@part
@no_type_check
def _convolve(net, batch, s, i, offset, f):
    g, h, e = f + LANES, f + 2 * LANES, f + 3 * LANES
    first, width = net.first[s], net.first[s + 1] - net.first[s]
    for q in range(batch.relu.shape[2]):
        z0, z1, z2, z3 = load(net.bias, (s, f)), load(net.bias, (s, g)), load(net.bias, (s, h)), load(net.bias, (s, e))
        for j in range(width):
            tap, code = first + j, batch.codes[i, offset + q + j]
            z0 += load(net.taps, (tap, code, f))
            z1 += load(net.taps, (tap, code, g))
            z2 += load(net.taps, (tap, code, h))
            z3 += load(net.taps, (tap, code, e))
        store(batch.relu, (s, i, q, f), maximum(0, z0))
        store(batch.relu, (s, i, q, g), maximum(0, z1))
        store(batch.relu, (s, i, q, h), maximum(0, z2))
        store(batch.relu, (s, i, q, e), maximum(0, z3))


@part
@no_type_check
def _moments(batch, s, i):
    """About each sequence's own mean, so that nothing cancels; they are joined in double precision."""
    length = batch.relu.shape[2]
    for f in range(0, batch.relu.shape[3], LANES):
        mean = splat(batch.relu, 0)
        for q in range(length):
            mean += load(batch.relu, (s, i, q, f))
        mean = mean / length
        squares = splat(batch.relu, 0)
        for q in range(length):
            distance = load(batch.relu, (s, i, q, f)) - mean
            squares += distance * distance
        store(batch.moments, (s, i, 0, f), mean)
        store(batch.moments, (s, i, 1, f), squares)


@inlined
@no_type_check
def _feature(norm, batch, s, i, q, f):
    r = load(batch.relu, (s, i, q, f))
    y = rounded_product(load(norm.factor, (s, f)), r) + load(norm.shift, (s, f))
    return chosen(batch.kept[s, i, q, f // LANES], y, splat(y, 0))


@kernel
@no_type_check
def attend(net, norm, batch, key, chance, start, stop):
    """Pass 2: dropout bits, attention and peaks of sequences start to stop."""
    for i in range(start, stop):
        for s in range(len(net.left)):
            _toss(batch, s, i, key, chance)
            _attend(net, norm, batch, s, i)
            for f in range(0, net.bias.shape[1], LANES):
                _peak(net, norm, batch, s, i, f)


@part
@no_type_check
def _toss(batch, s, i, key, chance):
    length, words = batch.kept.shape[2], batch.kept.shape[3]
    for q in range(length):
        counter = ((s * batch.kept.shape[1] + i) * length + q) * (words // 2)
        for w in range(0, words, 2):
            bits = dropout_bits(counter + w // 2, key, chance)
            batch.kept[s, i, q, w] = bits
            batch.kept[s, i, q, w + 1] = bits >> LANES


@part
@no_type_check
def _attend(net, norm, batch, s, i):
    length = batch.relu.shape[2]
    for q in range(length):
        gate = splat(net.gate, 0)
        for f in range(0, net.bias.shape[1], LANES):
            gate += load(net.gate, (s, f)) * _feature(norm, batch, s, i, q, f)
        batch.squashed[s, i, q] = total(gate) + net.gate_bias[s]
    for q in range(0, length, LANES):
        t = tanh(load(batch.squashed, (s, i, q)))
        store(batch.squashed, (s, i, q), t)
        store(batch.weight, (s, i, q), exp(t))
    whole = splat(net.gate, 0)
    store(batch.weight, (s, i, length), whole)
    for q in range(0, length, LANES):
        whole += load(batch.weight, (s, i, q))
    batch.whole[s, i] = total(whole)


@part
@no_type_check
def _peak(net, norm, batch, s, i, f):
    one, peak = splat(net.bias, 1), splat(net.bias, -np.inf)
    ties = splat(net.bias, 0)
    for q in range(batch.relu.shape[2]):
        response = _feature(norm, batch, s, i, q, f) * batch.weight[s, i, q]
        again = chosen(equal(response, peak), ties + one, ties)
        ties = chosen(larger(response, peak), one, again)
        peak = maximum(response, peak)
    store(batch.peak, (s, i, f), peak)
    store(batch.ties, (s, i, f), ties)


@kernel
@no_type_check
def return_to_gate(net, norm, batch, gradients, start, stop):
    """Pass 3: gradients by the gate, and the sums that those of batch norm and gate are made of."""
    for i in range(start, stop):
        for s in range(len(net.left)):
            _return_peaks(net, norm, batch, gradients, s, i)
            _return_softmax(batch, gradients, s, i)
            for f in range(0, net.bias.shape[1], LANES):
                _sum_gate(net, norm, batch, gradients, s, i, f)


@inlined
@no_type_check
def _share(batch, gradients, s, i, f):
    """What each of the tied positions gets of the gradient by a * d: the attention's divisor is in it."""
    return load(gradients.pooled, (s, i, f)) / (load(batch.ties, (s, i, f)) * batch.whole[s, i])


@part
@no_type_check
def _return_peaks(net, norm, batch, gradients, s, i):
    """Leave the gradient by v / sum(v), and the peaks' sums."""
    filters, zero = net.bias.shape[1], splat(net.bias, 0)
    for f in range(0, filters, LANES):
        store(gradients.sums, (s, i, 2, f), zero)
        store(gradients.sums, (s, i, 3, f), zero)
    for q in range(batch.relu.shape[2]):
        weight, by_weight = batch.weight[s, i, q], zero
        for f in range(0, filters, LANES):
            feature = _feature(norm, batch, s, i, q, f)
            here = equal(feature * weight, load(batch.peak, (s, i, f)))
            if here:
                share = chosen(here, _share(batch, gradients, s, i, f), zero)
                by_weight += share * feature
                kept = chosen(batch.kept[s, i, q, f // LANES], share * weight, zero)
                centred = load(batch.relu, (s, i, q, f)) - load(norm.mean, (s, f))
                store(gradients.sums, (s, i, 2, f), load(gradients.sums, (s, i, 2, f)) + kept)
                store(gradients.sums, (s, i, 3, f), load(gradients.sums, (s, i, 3, f)) + kept * centred)
        gradients.gate[s, i, q] = total(by_weight)


@part
@no_type_check
def _return_softmax(batch, gradients, s, i):
    length, mean = batch.relu.shape[2], splat(batch.weight, 0)
    store(gradients.gate, (s, i, length), mean)
    for q in range(0, length, LANES):
        mean += load(gradients.gate, (s, i, q)) * load(batch.weight, (s, i, q))
    balance = total(mean) / batch.whole[s, i]
    for q in range(0, length, LANES):
        t = load(batch.squashed, (s, i, q))
        by_tanh = load(batch.weight, (s, i, q)) * (load(gradients.gate, (s, i, q)) - balance)
        store(gradients.gate, (s, i, q), by_tanh * (1 - t * t))


@part
@no_type_check
def _sum_gate(net, norm, batch, gradients, s, i, f):
    level, slope, zero = splat(net.bias, 0), splat(net.bias, 0), splat(net.bias, 0)
    mean = load(norm.mean, (s, f))
    for q in range(batch.relu.shape[2]):
        kept = chosen(batch.kept[s, i, q, f // LANES], splat(mean, gradients.gate[s, i, q]), zero)
        level += kept
        slope += kept * (load(batch.relu, (s, i, q, f)) - mean)
    store(gradients.sums, (s, i, 0, f), level)
    store(gradients.sums, (s, i, 1, f), slope)


@kernel
@no_type_check
def return_to_taps(net, norm, batch, gradients, margin, chunk, start, stop):
    """Pass 4: gradients by the taps, of sequences start to stop, into a chunk that is zero."""
    for s in range(len(net.left)):
        for i in range(start, stop):
            for f in range(0, net.bias.shape[1], GROUP):
                _return_to_taps(net, norm, batch, gradients, (s, i, margin - net.left[s]), (chunk, f))


@part
@no_type_check
def _return_to_taps(net, norm, batch, gradients, where, into):
    (s, i, offset), (chunk, f) = where, into
    g, h, e = f + LANES, f + 2 * LANES, f + 3 * LANES
    first, width = net.first[s], net.first[s + 1] - net.first[s]
    taps = gradients.taps
    for q in range(batch.relu.shape[2]):
        z0 = _by_match(net, norm, batch, gradients, s, i, q, f)
        z1 = _by_match(net, norm, batch, gradients, s, i, q, g)
        z2 = _by_match(net, norm, batch, gradients, s, i, q, h)
        z3 = _by_match(net, norm, batch, gradients, s, i, q, e)
        for j in range(width):
            tap, code = first + j, batch.codes[i, offset + q + j]
            store(taps, (chunk, tap, code, f), load(taps, (chunk, tap, code, f)) + z0)
            store(taps, (chunk, tap, code, g), load(taps, (chunk, tap, code, g)) + z1)
            store(taps, (chunk, tap, code, h), load(taps, (chunk, tap, code, h)) + z2)
            store(taps, (chunk, tap, code, e), load(taps, (chunk, tap, code, e)) + z3)


@inlined
@no_type_check
def _by_match(net, norm, batch, gradients, s, i, q, f):
    """Gradient by z: back through attention, dropout, batch norm and relu."""
    r, zero = load(batch.relu, (s, i, q, f)), splat(net.bias, 0)
    weight = batch.weight[s, i, q]
    feature = _feature(norm, batch, s, i, q, f)
    here = equal(feature * weight, load(batch.peak, (s, i, f)))
    by_feature = load(net.gate, (s, f)) * gradients.gate[s, i, q]
    by_feature += chosen(here, _share(batch, gradients, s, i, f) * weight, zero)
    kept = chosen(batch.kept[s, i, q, f // LANES], by_feature * load(norm.factor, (s, f)), zero)
    return chosen(larger(r, zero), kept - load(gradients.slope, (s, f)) * r - load(gradients.level, (s, f)), zero)
