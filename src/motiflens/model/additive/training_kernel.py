"""Compiled passes of `additive`'s motif term; importing this imports numba.

At one position and scale, with m the match of each filter, b = sigmoid(m) and w the positional weight:

    hidden = tanh(V b) * sigmoid(U b),  gate = exp(l . hidden),  activated = activation(m) * gate * w

Letters are codes, and a match is a sum of table rows. Each part takes all positions of a sequence and scale before the
next does, so that no position waits for another. A pass back adds what it finds to its own chunk's sums, in the order
of the sequences: results do not depend on how the work is shared among threads.
"""

from typing import NamedTuple, no_type_check

import numpy as np

from motiflens.compiled.simd import (
    LANES,
    chosen,
    exp,
    inlined,
    kernel,
    larger,
    load,
    minimum,
    part,
    sigmoid,
    splat,
    store,
    tanh,
    total,
)

#: Filters go through a pass in pairs of vectors: half of the address arithmetic, and two sums that do not wait.
PAIR = 2 * LANES


class Motifs(NamedTuple):
    """Weights; the filters of a scale are padded with zeros to whole pairs, its gate's units to whole vectors.

    `hidden` are the gate's 2 * units sums: those of the tanh first, those of the sigmoid behind them.
    """

    taps: np.ndarray  # (sum of widths, 5, filters): weight of each letter, 0 for N
    first: np.ndarray  # (scales + 1,): first row of each scale in taps
    left: np.ndarray  # (scales,): positions a filter sees before its own
    bias: np.ndarray  # (scales, filters)
    hidden_weight: np.ndarray  # (scales, filters, hidden)
    hidden_bias: np.ndarray  # (scales, hidden)
    tanh_across: np.ndarray  # (scales, units without padding, filters): the same weights, for the way back
    sigmoid_across: np.ndarray  # (scales, units without padding, filters)
    logit_weight: np.ndarray  # (scales, units)
    logit_bias: np.ndarray  # (scales,)
    position_weight: np.ndarray  # (scales, length, filters): w


class Space(NamedTuple):
    """What the pass back needs of the pass forward."""

    match: np.ndarray  # (scales, n, length, filters)
    bounded: np.ndarray  # (scales, n, length, filters): b
    tanh: np.ndarray  # (scales, n, length, units)
    sigmoid: np.ndarray  # (scales, n, length, units)
    logit: np.ndarray  # (scales, n, length + LANES)
    gate: np.ndarray  # (scales, n, length + LANES)
    hidden: np.ndarray  # (n, hidden + LANES): of the position in work, zeros behind


class Returned(NamedTuple):
    """Gradients: the one by the pooled activations comes in; from `taps` to `position_weight` they are sums."""

    pooled: np.ndarray  # (scales, n, filters)
    taps: np.ndarray  # (chunks, sum of widths, 5, filters)
    tanh_weight: np.ndarray  # (chunks, scales, units, filters)
    tanh_bias: np.ndarray  # (chunks, scales, units)
    sigmoid_weight: np.ndarray  # (chunks, scales, units, filters)
    sigmoid_bias: np.ndarray  # (chunks, scales, units)
    logit_weight: np.ndarray  # (chunks, scales, units)
    logit_bias: np.ndarray  # (chunks, scales)
    position_weight: np.ndarray  # (chunks, scales, length, filters)
    by_match: np.ndarray  # (chunks, length, filters): of the sequence and scale in work
    by_logit: np.ndarray  # (chunks, length)
    by_tanh: np.ndarray  # (chunks, units): of the position in work
    by_sigmoid: np.ndarray  # (chunks, units)


class Plan(NamedTuple):
    """What is not a weight."""

    codes: np.ndarray  # (n, margin + length + margin)
    margin: int
    exponential: bool
    max_exponent: float  # exponents are cut here


@kernel
@no_type_check
def sum_activation(net, plan, space, pooled, start, stop):
    """Fill pooled (scales, n, filters) for sequences start to stop."""
    for i in range(start, stop):
        for s in range(len(net.left)):
            _match(net, plan, space, s, i)
            _gate(net, plan, space, s, i)
            for f in range(0, net.bias.shape[1], LANES):
                activated = splat(net.bias, 0)
                for q in range(net.position_weight.shape[1]):
                    response = _activation(plan, space, s, i, q, f) * space.gate[s, i, q]
                    activated += response * load(net.position_weight, (s, q, f))
                store(pooled, (s, i, f), activated)


@kernel
@no_type_check
def weigh_activation(net, plan, space, weight, out, start, stop):
    """Fill out (n, n_outputs, length) with activations, weighted by weight (scales, n, n_outputs, filters)."""
    for i in range(start, stop):
        for q in range(net.position_weight.shape[1]):
            for h in range(out.shape[1]):
                out[i, h, q] = 0
            for s in range(len(net.left)):
                for f in range(0, net.bias.shape[1], LANES):
                    activated = (
                        _activation(plan, space, s, i, q, f)
                        * space.gate[s, i, q]
                        * load(net.position_weight, (s, q, f))
                    )
                    for h in range(out.shape[1]):
                        out[i, h, q] += total(activated * load(weight, (s, i, h, f)))


@part
@no_type_check
def _match(net, plan, space, s, i):
    first, width, offset = net.first[s], net.first[s + 1] - net.first[s], plan.margin - net.left[s]
    for q in range(net.position_weight.shape[1]):
        for f in range(0, net.bias.shape[1], PAIR):
            m0, m1 = load(net.bias, (s, f)), load(net.bias, (s, f + LANES))
            for j in range(width):
                code = plan.codes[i, offset + q + j]
                m0 += load(net.taps, (first + j, code, f))
                m1 += load(net.taps, (first + j, code, f + LANES))
            store(space.match, (s, i, q, f), m0)
            store(space.match, (s, i, q, f + LANES), m1)
            store(space.bounded, (s, i, q, f), sigmoid(m0))
            store(space.bounded, (s, i, q, f + LANES), sigmoid(m1))


@part
@no_type_check
def _gate(net, plan, space, s, i):
    length, units = net.position_weight.shape[1], net.tanh_across.shape[1]
    for q in range(length):
        for h in range(0, net.hidden_bias.shape[1], LANES):
            h0 = load(net.hidden_bias, (s, h))
            h1 = splat(h0, 0)
            for f in range(0, net.bias.shape[1], 2):  # two sums: one would wait for itself
                h0 += load(net.hidden_weight, (s, f, h)) * space.bounded[s, i, q, f]
                h1 += load(net.hidden_weight, (s, f + 1, h)) * space.bounded[s, i, q, f + 1]
            store(space.hidden, (i, h), h0 + h1)
        logit = splat(net.bias, 0)
        for u in range(0, net.logit_weight.shape[1], LANES):
            t, g = tanh(load(space.hidden, (i, u))), sigmoid(load(space.hidden, (i, units + u)))
            store(space.tanh, (s, i, q, u), t)
            store(space.sigmoid, (s, i, q, u), g)
            logit += t * g * load(net.logit_weight, (s, u))
        space.logit[s, i, q] = total(logit) + net.logit_bias[s]
    for q in range(0, length, LANES):
        store(space.gate, (s, i, q), exp(minimum(plan.max_exponent, load(space.logit, (s, i, q)))))


@inlined
@no_type_check
def _activation(plan, space, s, i, q, f):
    if plan.exponential:
        return exp(minimum(plan.max_exponent, load(space.match, (s, i, q, f))))
    return load(space.bounded, (s, i, q, f))


@kernel
@no_type_check
def return_activation(net, plan, space, returned, chunk, start, stop):
    """Add to the chunk's gradients what sequences start to stop give."""
    for i in range(start, stop):
        for s in range(len(net.left)):
            _return_activation(net, plan, space, returned, chunk, s, i)
            for q in range(net.position_weight.shape[1]):
                if not space.logit[s, i, q] > plan.max_exponent:
                    _return_gate(net, space, returned, chunk, s, i, q)
            _return_match(net, plan, returned, chunk, s, i)


@part
@no_type_check
def _return_activation(net, plan, space, returned, chunk, s, i):
    """Leave the gradients by match, without the gate's part, and by the gate's logit."""
    cut = splat(net.bias, plan.max_exponent)
    for q in range(net.position_weight.shape[1]):
        by_logit = splat(net.bias, 0)
        for f in range(0, net.bias.shape[1], LANES):
            by_weight = load(returned.pooled, (s, i, f)) * _activation(plan, space, s, i, q, f) * space.gate[s, i, q]
            store(
                returned.position_weight, (chunk, s, q, f), load(returned.position_weight, (chunk, s, q, f)) + by_weight
            )
            by_activation = by_weight * load(net.position_weight, (s, q, f))
            by_logit += by_activation
            if plan.exponential:
                beyond = larger(load(space.match, (s, i, q, f)), cut)
                by_match = chosen(beyond, splat(cut, 0), by_activation)
            else:
                by_match = by_activation * (1 - load(space.bounded, (s, i, q, f)))
            store(returned.by_match, (chunk, q, f), by_match)
        returned.by_logit[chunk, q] = total(by_logit)


@inlined
@no_type_check
def _return_gate(net, space, returned, chunk, s, i, q):
    by_logit = returned.by_logit[chunk, q]
    returned.logit_bias[chunk, s] += by_logit
    for u in range(0, net.logit_weight.shape[1], LANES):
        t, g = load(space.tanh, (s, i, q, u)), load(space.sigmoid, (s, i, q, u))
        by_hidden = load(net.logit_weight, (s, u)) * by_logit
        by_tanh, by_sigmoid = by_hidden * g * (1 - t * t), by_hidden * t * g * (1 - g)
        store(returned.by_tanh, (chunk, u), by_tanh)
        store(returned.by_sigmoid, (chunk, u), by_sigmoid)
        at = (chunk, s, u)
        store(returned.logit_weight, at, load(returned.logit_weight, at) + t * g * by_logit)
        store(returned.tanh_bias, at, load(returned.tanh_bias, at) + by_tanh)
        store(returned.sigmoid_bias, at, load(returned.sigmoid_bias, at) + by_sigmoid)
    for f in range(0, net.bias.shape[1], PAIR):
        b0, b1 = load(space.bounded, (s, i, q, f)), load(space.bounded, (s, i, q, f + LANES))
        by_b0, by_b1 = splat(net.bias, 0), splat(net.bias, 0)
        for u in range(net.tanh_across.shape[1]):
            at0, at1, by_tanh, by_sigmoid = (
                (chunk, s, u, f),
                (chunk, s, u, f + LANES),
                returned.by_tanh[chunk, u],
                returned.by_sigmoid[chunk, u],
            )
            by_b0 += load(net.tanh_across, (s, u, f)) * by_tanh + load(net.sigmoid_across, (s, u, f)) * by_sigmoid
            by_b1 += (
                load(net.tanh_across, (s, u, f + LANES)) * by_tanh
                + load(net.sigmoid_across, (s, u, f + LANES)) * by_sigmoid
            )
            store(returned.tanh_weight, at0, load(returned.tanh_weight, at0) + b0 * by_tanh)
            store(returned.tanh_weight, at1, load(returned.tanh_weight, at1) + b1 * by_tanh)
            store(returned.sigmoid_weight, at0, load(returned.sigmoid_weight, at0) + b0 * by_sigmoid)
            store(returned.sigmoid_weight, at1, load(returned.sigmoid_weight, at1) + b1 * by_sigmoid)
        m0 = load(returned.by_match, (chunk, q, f)) + by_b0 * b0 * (1 - b0)
        m1 = load(returned.by_match, (chunk, q, f + LANES)) + by_b1 * b1 * (1 - b1)
        store(returned.by_match, (chunk, q, f), m0)
        store(returned.by_match, (chunk, q, f + LANES), m1)


@part
@no_type_check
def _return_match(net, plan, returned, chunk, s, i):
    first, width, offset = net.first[s], net.first[s + 1] - net.first[s], plan.margin - net.left[s]
    for q in range(net.position_weight.shape[1]):
        for f in range(0, net.bias.shape[1], PAIR):
            m0, m1 = load(returned.by_match, (chunk, q, f)), load(returned.by_match, (chunk, q, f + LANES))
            for j in range(width):
                code = plan.codes[i, offset + q + j]
                at0, at1 = (chunk, first + j, code, f), (chunk, first + j, code, f + LANES)
                store(returned.taps, at0, load(returned.taps, at0) + m0)
                store(returned.taps, at1, load(returned.taps, at1) + m1)
