"""Compiled exact mutagenesis of the `classic` network; importing this imports numba.

Filters are the innermost axis. q is a position of a scale's convolution, p one of the sequence; tap j of the
convolution at q reads p = q + j - left, so a substitution at p changes the outputs of the window
[p + left - width + 1, p + left] and no other. With y = feature * exp(gate), a pooled feature is
max_q y / sum_q exp(gate): the max and the sum are both put together from what lies before the window, the window, and
what lies after it.
"""

from typing import NamedTuple, no_type_check

import numpy as np

from motiflens.compiled.simd import (
    LANES,
    different,
    exp,
    inlined,
    kernel,
    load,
    lowest_bit,
    maximum,
    part,
    splat,
    store,
    tanh,
    total,
)

TILE = 16  # positions whose variants pass through the dense head together: they stay in the cache
COLUMNS = 2 * LANES  # outputs that `_dense` computes together


class ClassicArrays(NamedTuple):
    """Weights, with batch norm folded into the layer that follows it; filters and units padded with zeros."""

    taps: np.ndarray  # (sum of widths, 5, filters): weight of each letter, 0 for N
    first: np.ndarray  # (scales + 1,): first row of each scale in taps
    left: np.ndarray  # (scales,): positions a filter sees before its own
    bias: np.ndarray  # (scales, filters)
    scale: np.ndarray  # (scales, filters): feature = scale * relu(match) + shift
    shift: np.ndarray  # (scales, filters)
    gate: np.ndarray  # (scales, filters): weight of relu(match) in the gate
    gate_bias: np.ndarray  # (scales,)
    dense1: np.ndarray  # (scales * filters, units1)
    bias1: np.ndarray  # (units1,)
    dense2: np.ndarray  # (units2 / COLUMNS, units1, COLUMNS)
    bias2: np.ndarray  # (units2,)
    output: np.ndarray  # (n_outputs, units2)


class ClassicSpace(NamedTuple):
    """Working memory for one sequence."""

    matches: np.ndarray  # (scales, length, filters): outputs of the convolution
    ahead: np.ndarray  # (scales, length + 1, filters): max of y from q on
    behind: np.ndarray  # (scales, filters): max of y before the window
    weight: np.ndarray  # (scales, length + LANES): exp(gate)
    sum_behind: np.ndarray  # (scales, length + 1): of weight before q; float64, for thousands of terms
    sum_ahead: np.ndarray  # (scales, length + 1): of weight from q on
    window: np.ndarray  # (3, width, filters): changed features
    window_weight: np.ndarray  # (3, width + LANES): changed weights
    peak: np.ndarray  # (variants, scales, filters): max of y
    norm: np.ndarray  # (variants, scales): sum of weight
    base: np.ndarray  # (variants,): which substitution a variant is
    position: np.ndarray  # (variants,)
    unedited: np.ndarray  # (scales, units1): first layer of the unedited peaks, before division by the norm
    changed: np.ndarray  # (scales * filters,): rows of dense1 whose peak a variant changes
    change: np.ndarray  # (scales * filters,)
    hidden1: np.ndarray  # (variants, units1)
    hidden2: np.ndarray  # (variants, units2)
    reference: np.ndarray  # (n_outputs,): logits of the unedited sequence


@kernel
@no_type_check
def classic_deltas(net, space, codes, out):
    """Fill out (n, n_outputs, 4, length) with the change of every logit at every substitution in codes (n, length)."""
    length, n_outputs = codes.shape[1], len(net.output)
    for row in range(len(codes)):
        for s in range(len(net.bias)):
            _read(net, space, s, codes[row])
        _head_unedited(net, space)
        for h in range(n_outputs):
            space.reference[h] = _logit(net, space, 0, h)
        for start in range(0, length, TILE):
            count = _edit(net, space, codes[row], start, min(start + TILE, length))
            _head(net, space, count)
            for variant in range(count):
                for h in range(n_outputs):
                    change = _logit(net, space, variant, h) - space.reference[h]
                    out[row, h, space.base[variant], space.position[variant]] = change


@part
@no_type_check
def _read(net, space, s, sequence):
    """One scale of the sequence as it is: convolution, attention, prefix and suffix."""
    length, filters = len(sequence), net.bias.shape[1]
    width = net.first[s + 1] - net.first[s]
    for q in range(length):
        start = q - net.left[s]
        gate = splat(net.bias, 0)
        for f in range(0, filters, LANES):
            match = load(net.bias, (s, f))
            for p in range(max(start, 0), min(start + width, length)):
                match += load(net.taps, (net.first[s] + p - start, sequence[p], f))
            store(space.matches, (s, q, f), match)
            gate += load(net.gate, (s, f)) * maximum(match, 0)
        space.weight[s, q] = total(gate) + net.gate_bias[s]
    _attend(space.weight, s, length)
    space.sum_behind[s, 0] = space.sum_ahead[s, length] = 0
    for q in range(length):
        space.sum_behind[s, q + 1] = space.sum_behind[s, q] + space.weight[s, q]
    for q in range(length - 1, -1, -1):
        space.sum_ahead[s, q] = space.sum_ahead[s, q + 1] + space.weight[s, q]
    for f in range(0, filters, LANES):
        peak = splat(net.bias, -np.inf)
        store(space.behind, (s, f), peak)
        store(space.ahead, (s, length, f), peak)
        for q in range(length - 1, -1, -1):
            peak = maximum(peak, _weighted(net, space, s, q, f))
            store(space.ahead, (s, q, f), peak)


@inlined
@no_type_check
def _attend(gates, row, count):
    """Gates to attention before it is normalised."""
    for i in range(0, count, LANES):
        store(gates, (row, i), exp(tanh(load(gates, (row, i)))))


@inlined
@no_type_check
def _weighted(net, space, s, q, f):
    """y of the unedited sequence."""
    feature = load(net.scale, (s, f)) * maximum(load(space.matches, (s, q, f)), 0) + load(net.shift, (s, f))
    return feature * space.weight[s, q]


@part
@no_type_check
def _edit(net, space, sequence, start, stop):
    """Peaks and norms of all variants with a substitution in [start, stop); returns the number of variants."""
    count = 0
    for s in range(len(net.bias)):
        count = 0
        for p in range(start, stop):
            old = sequence[p]
            for base in range(0, 4 if old == 4 else 3, 3):  # N: A, C and G, then T
                low, middle, high = min(base, 3), min(base + 1, 3), min(base + 2, 3)
                _edit_three(
                    net, space, s, count, p, old, low + (old <= low), middle + (old <= middle), high + (old <= high)
                )
                count += 3 if base == 0 else 1
    return count


@inlined
@no_type_check
def _edit_three(net, space, s, variant, p, old, base0, base1, base2):
    """One scale of three substitutions at p, into the variants from `variant` on (the last variants ignore excess)."""
    length, filters = space.matches.shape[1:]
    first = max(p + net.left[s] - (net.first[s + 1] - net.first[s]) + 1, 0)
    last = min(p + net.left[s] + 1, length)
    for q in range(first, last):
        _change(net, space, s, q, q - first, net.first[s] + p - q + net.left[s], old, base0, base1, base2)
    for f in range(0, filters if first > 0 else 0, LANES):
        peak = maximum(load(space.behind, (s, f)), _weighted(net, space, s, first - 1, f))
        store(space.behind, (s, f), peak)
    for i in range(min(3, len(space.base) - variant)):
        space.base[variant + i], space.position[variant + i] = (base0, base1, base2)[i], p
        _attend(space.window_weight, i, last - first)
        norm = space.sum_behind[s, first] + space.sum_ahead[s, last]
        for w in range(last - first):
            norm += space.window_weight[i, w]
        space.norm[variant + i, s] = norm
        for f in range(0, filters, LANES):
            peak = maximum(load(space.behind, (s, f)), load(space.ahead, (s, last, f)))
            for w in range(last - first):
                peak = maximum(peak, load(space.window, (i, w, f)) * space.window_weight[i, w])
            store(space.peak, (variant + i, s, f), peak)


@inlined
@no_type_check
def _change(net, space, s, q, w, row, old, base0, base1, base2):
    """Features and gates at q, the window's position w, after three substitutions where tap `row` looks."""
    gate0, gate1, gate2 = splat(net.bias, 0), splat(net.bias, 0), splat(net.bias, 0)
    for f in range(0, net.bias.shape[1], LANES):
        rest = load(space.matches, (s, q, f)) - load(net.taps, (row, old, f))
        relu0 = maximum(rest + load(net.taps, (row, base0, f)), 0)
        relu1 = maximum(rest + load(net.taps, (row, base1, f)), 0)
        relu2 = maximum(rest + load(net.taps, (row, base2, f)), 0)
        gate, scale, shift = load(net.gate, (s, f)), load(net.scale, (s, f)), load(net.shift, (s, f))
        gate0, gate1, gate2 = gate0 + gate * relu0, gate1 + gate * relu1, gate2 + gate * relu2
        store(space.window, (0, w, f), scale * relu0 + shift)
        store(space.window, (1, w, f), scale * relu1 + shift)
        store(space.window, (2, w, f), scale * relu2 + shift)
    space.window_weight[0, w] = total(gate0) + net.gate_bias[s]
    space.window_weight[1, w] = total(gate1) + net.gate_bias[s]
    space.window_weight[2, w] = total(gate2) + net.gate_bias[s]


@part
@no_type_check
def _head_unedited(net, space):
    """The unedited sequence as variant 0, and its share of the first dense layer."""
    scales, filters = net.bias.shape
    for s in range(scales):
        space.norm[0, s] = space.sum_ahead[s, 0]
        for f in range(0, filters, LANES):
            store(space.peak, (0, s, f), load(space.ahead, (s, 0, f)))
        for u in range(0, len(net.bias1), LANES):
            hidden = splat(net.bias, 0)
            for f in range(filters):
                hidden += load(net.dense1, (s * filters + f, u)) * space.ahead[s, 0, f]
            store(space.unedited, (s, u), hidden)
    _head(net, space, 1)


@part
@no_type_check
def _head(net, space, count):
    """Both dense layers of the first `count` variants."""
    for variant in range(count):
        changed = _list_changed(net, space, variant)
        for u in range(0, len(net.bias1), COLUMNS):
            low, high = load(net.bias1, (u,)), load(net.bias1, (u + LANES,))
            for s in range(len(net.bias)):
                share = 1 / space.norm[variant, s]
                low += load(space.unedited, (s, u)) * share
                high += load(space.unedited, (s, u + LANES)) * share
            for i in range(changed):
                row, change = space.changed[i], space.change[i]
                low += load(net.dense1, (row, u)) * change
                high += load(net.dense1, (row, u + LANES)) * change
            store(space.hidden1, (variant, u), maximum(low, 0))
            store(space.hidden1, (variant, u + LANES), maximum(high, 0))
    _dense(space.hidden1, net.dense2, net.bias2, space.hidden2, count)


@inlined
@no_type_check
def _list_changed(net, space, variant):
    """List the pooled features that the variant changes by more than the norm; returns their number."""
    count = 0
    for s in range(len(net.bias)):
        share = 1 / space.norm[variant, s]
        for f in range(0, net.bias.shape[1], LANES):
            bits = different(load(space.peak, (variant, s, f)), load(space.ahead, (s, 0, f)))
            while bits:
                filter_ = f + lowest_bit(bits)
                bits &= bits - 1
                space.changed[count] = s * net.bias.shape[1] + filter_
                space.change[count] = (space.peak[variant, s, filter_] - space.ahead[s, 0, filter_]) * share
                count += 1
    return count


@part
@no_type_check
def _dense(x, weight, bias, y, count):
    """relu(x @ weight + bias) of the first `count` rows, four rows and COLUMNS outputs at a time."""
    for block in range(len(weight)):
        u = block * COLUMNS
        low, high = load(bias, (u,)), load(bias, (u + LANES,))
        for row in range(0, count, 4):
            a0 = b0 = c0 = d0 = low
            a1 = b1 = c1 = d1 = high
            for k in range(weight.shape[1]):
                w0, w1 = load(weight, (block, k, 0)), load(weight, (block, k, LANES))
                a, b, c, d = x[row, k], x[row + 1, k], x[row + 2, k], x[row + 3, k]
                a0, a1 = a0 + w0 * a, a1 + w1 * a
                b0, b1 = b0 + w0 * b, b1 + w1 * b
                c0, c1 = c0 + w0 * c, c1 + w1 * c
                d0, d1 = d0 + w0 * d, d1 + w1 * d
            store(y, (row, u), maximum(a0, 0))
            store(y, (row, u + LANES), maximum(a1, 0))
            store(y, (row + 1, u), maximum(b0, 0))
            store(y, (row + 1, u + LANES), maximum(b1, 0))
            store(y, (row + 2, u), maximum(c0, 0))
            store(y, (row + 2, u + LANES), maximum(c1, 0))
            store(y, (row + 3, u), maximum(d0, 0))
            store(y, (row + 3, u + LANES), maximum(d1, 0))


@inlined
@no_type_check
def _logit(net, space, variant, head):
    logit = splat(net.bias, 0)
    for u in range(0, len(net.bias2), LANES):
        logit += load(net.output, (head, u)) * load(space.hidden2, (variant, u))
    return total(logit)
