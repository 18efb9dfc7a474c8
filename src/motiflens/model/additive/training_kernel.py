"""Compiled passes of `additive`'s motif term; importing this imports numba.

At one position and scale, with m the match of each filter, b = sigmoid(m) and w the positional weight:

    hidden = tanh(V b) * sigmoid(U b),  gate = exp(l . hidden),  activated = activation(m) * gate * w

Letters are codes, and a match is a sum of table rows. Each part takes all positions of a sequence and scale before the
next does, so that no position waits for another; the gate takes BLOCK positions at once, so that its weights and their
gradients are read and written once for all of them. exp(m) serves as activation and as odds of the sigmoid,
sigmoid(m) = exp(m) / (1 + exp(m)). A pass back adds what it finds to its own chunk's sums, in the order of the
sequences: results do not depend on how the work is shared among threads.
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
    total,
)

#: Filters go through a pass in pairs of vectors: half of the address arithmetic, and two sums that do not wait.
PAIR = 2 * LANES
#: Positions that share what is read and written of the gate's weights; there is a whole number of blocks.
BLOCK = 4


class Motifs(NamedTuple):
    """Weights; the filters of a scale are padded with zeros to whole pairs, its gate's units to whole vectors.

    Positions are padded to whole blocks: with weight 0, they count for nothing. `hidden` are the gate's 2 * units sums:
    those of the tanh first, twice as large, for tanh(x) = 2 sigmoid(2 x) - 1; those of the sigmoid behind them.
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
    position_weight: np.ndarray  # (scales, positions, filters): w


class Space(NamedTuple):
    """What the pass back needs of the pass forward."""

    odds: np.ndarray  # (scales, n, positions, filters): exp(m)
    hidden: np.ndarray  # (scales, n, positions * hidden + LANES): sigmoids of the gate's sums, zeros behind
    logit: np.ndarray  # (scales, n, positions + LANES)
    gate: np.ndarray  # (scales, n, positions + LANES)
    bounded: np.ndarray  # (chunks, positions, filters): b of the sequence and scale in work


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
    position_weight: np.ndarray  # (chunks, scales, positions, filters)
    by_match: np.ndarray  # (chunks, positions, filters): of the sequence and scale in work
    by_logit: np.ndarray  # (chunks, positions)
    by_tanh: np.ndarray  # (chunks, BLOCK, units): of the block in work
    by_sigmoid: np.ndarray  # (chunks, BLOCK, units)


class Plan(NamedTuple):
    """What is not a weight."""

    codes: np.ndarray  # (n, margin + positions + margin)
    margin: int
    exponential: bool
    max_exponent: float  # exponents are cut here


@kernel
@no_type_check
def sum_activation(net, plan, space, pooled, chunk, start, stop):
    """Fill pooled (scales, n, filters) for sequences start to stop."""
    limit = exp(splat(net.bias, plan.max_exponent))
    for i in range(start, stop):
        for s in range(len(net.left)):
            _match(net, plan, space, chunk, s, i)
            _gate(net, plan, space, chunk, s, i)
            for f in range(0, net.bias.shape[1], LANES):
                activated = splat(net.bias, 0)
                for q in range(net.position_weight.shape[1]):
                    response = _activation(plan, space, limit, s, i, q, f) * space.gate[s, i, q]
                    activated += response * load(net.position_weight, (s, q, f))
                store(pooled, (s, i, f), activated)


@kernel
@no_type_check
def weigh_activation(net, plan, space, weight, out, start, stop):
    """Fill out (n, n_outputs, positions) with activations, weighted by weight (scales, n, n_outputs, filters)."""
    limit = exp(splat(net.bias, plan.max_exponent))
    for i in range(start, stop):
        for q in range(net.position_weight.shape[1]):
            for h in range(out.shape[1]):
                out[i, h, q] = 0
            for s in range(len(net.left)):
                for f in range(0, net.bias.shape[1], LANES):
                    activated = (
                        _activation(plan, space, limit, s, i, q, f)
                        * space.gate[s, i, q]
                        * load(net.position_weight, (s, q, f))
                    )
                    for h in range(out.shape[1]):
                        out[i, h, q] += total(activated * load(weight, (s, i, h, f)))


@part
@no_type_check
def _match(net, plan, space, chunk, s, i):
    first, width, offset = net.first[s], net.first[s + 1] - net.first[s], plan.margin - net.left[s]
    for q in range(net.position_weight.shape[1]):
        for f in range(0, net.bias.shape[1], PAIR):
            m0, m1 = load(net.bias, (s, f)), load(net.bias, (s, f + LANES))
            for j in range(width):
                code = plan.codes[i, offset + q + j]
                m0 += load(net.taps, (first + j, code, f))
                m1 += load(net.taps, (first + j, code, f + LANES))
            odds0, odds1 = exp(m0), exp(m1)
            store(space.odds, (s, i, q, f), odds0)
            store(space.odds, (s, i, q, f + LANES), odds1)
            store(space.bounded, (chunk, q, f), odds0 / (1 + odds0))
            store(space.bounded, (chunk, q, f + LANES), odds1 / (1 + odds1))


@part
@no_type_check
def _gate(net, plan, space, chunk, s, i):
    positions, hidden, units = net.position_weight.shape[1], net.hidden_bias.shape[1], net.tanh_across.shape[1]
    for q in range(0, positions, BLOCK):
        for h in range(0, hidden, LANES):
            h0 = h1 = h2 = h3 = load(net.hidden_bias, (s, h))
            for f in range(net.bias.shape[1]):
                weight = load(net.hidden_weight, (s, f, h))
                h0 += weight * space.bounded[chunk, q, f]
                h1 += weight * space.bounded[chunk, q + 1, f]
                h2 += weight * space.bounded[chunk, q + 2, f]
                h3 += weight * space.bounded[chunk, q + 3, f]
            store(space.hidden, (s, i, q * hidden + h), sigmoid(h0))
            store(space.hidden, (s, i, (q + 1) * hidden + h), sigmoid(h1))
            store(space.hidden, (s, i, (q + 2) * hidden + h), sigmoid(h2))
            store(space.hidden, (s, i, (q + 3) * hidden + h), sigmoid(h3))
    store(space.hidden, (s, i, positions * hidden), splat(net.bias, 0))
    for q in range(positions):
        logit = splat(net.bias, 0)
        for u in range(0, net.logit_weight.shape[1], LANES):
            t, g = _hidden(space, s, i, q * hidden + u, units)
            logit += t * g * load(net.logit_weight, (s, u))
        space.logit[s, i, q] = total(logit) + net.logit_bias[s]
    for q in range(0, positions, LANES):
        store(space.gate, (s, i, q), exp(minimum(plan.max_exponent, load(space.logit, (s, i, q)))))


@inlined
@no_type_check
def _hidden(space, s, i, at, units):
    """Return tanh and sigmoid of LANES units; lanes beyond the units hold others' values, and have weight 0."""
    return 2 * load(space.hidden, (s, i, at)) - 1, load(space.hidden, (s, i, at + units))


@inlined
@no_type_check
def _activation(plan, space, limit, s, i, q, f):
    if plan.exponential:
        return minimum(limit, load(space.odds, (s, i, q, f)))
    return _bounded(space, s, i, q, f)


@inlined
@no_type_check
def _bounded(space, s, i, q, f):
    odds = load(space.odds, (s, i, q, f))
    return odds / (1 + odds)


@kernel
@no_type_check
def return_activation(net, plan, space, returned, chunk, start, stop):
    """Add to the chunk's gradients what sequences start to stop give."""
    for i in range(start, stop):
        for s in range(len(net.left)):
            _return_activation(net, plan, space, returned, chunk, s, i)
            for q in range(0, net.position_weight.shape[1], BLOCK):
                _return_gate(net, space, returned, chunk, s, i, q)
            _return_match(net, plan, returned, chunk, s, i)


@part
@no_type_check
def _return_activation(net, plan, space, returned, chunk, s, i):
    """Leave the gradients by match, without the gate's part, and by the gate's logit."""
    limit = exp(splat(net.bias, plan.max_exponent))
    for q in range(net.position_weight.shape[1]):
        by_logit = splat(net.bias, 0)
        for f in range(0, net.bias.shape[1], LANES):
            activated = _activation(plan, space, limit, s, i, q, f) * space.gate[s, i, q]
            by_weight, at = load(returned.pooled, (s, i, f)) * activated, (chunk, s, q, f)
            store(returned.position_weight, at, load(returned.position_weight, at) + by_weight)
            by_activation = by_weight * load(net.position_weight, (s, q, f))
            by_logit += by_activation
            if plan.exponential:
                beyond = larger(load(space.odds, (s, i, q, f)), limit)
                by_match = chosen(beyond, splat(limit, 0), by_activation)
            else:
                by_match = by_activation * (1 - _bounded(space, s, i, q, f))
            store(returned.by_match, (chunk, q, f), by_match)
        returned.by_logit[chunk, q] = 0 if space.logit[s, i, q] > plan.max_exponent else total(by_logit)


@inlined
@no_type_check
def _return_gate(net, space, returned, chunk, s, i, q):
    """Add to the gradients what BLOCK positions from q give, and to those by match what comes through the gate."""
    for u in range(0, net.logit_weight.shape[1], LANES):
        at = (chunk, s, u)
        by_weight = load(returned.logit_weight, at)
        tanh_bias, sigmoid_bias = load(returned.tanh_bias, at), load(returned.sigmoid_bias, at)
        for k in range(BLOCK):
            by_logit = returned.by_logit[chunk, q + k]
            t, g = _hidden(space, s, i, (q + k) * net.hidden_bias.shape[1] + u, net.tanh_across.shape[1])
            by_hidden = load(net.logit_weight, (s, u)) * by_logit
            by_tanh, by_sigmoid = by_hidden * g * (1 - t * t), by_hidden * t * g * (1 - g)
            store(returned.by_tanh, (chunk, k, u), by_tanh)
            store(returned.by_sigmoid, (chunk, k, u), by_sigmoid)
            by_weight += t * g * by_logit
            tanh_bias += by_tanh
            sigmoid_bias += by_sigmoid
        store(returned.logit_weight, at, by_weight)
        store(returned.tanh_bias, at, tanh_bias)
        store(returned.sigmoid_bias, at, sigmoid_bias)
    for k in range(BLOCK):
        returned.logit_bias[chunk, s] += returned.by_logit[chunk, q + k]
    for f in range(0, net.bias.shape[1], LANES):
        b = (
            _bounded(space, s, i, q, f),
            _bounded(space, s, i, q + 1, f),
            _bounded(space, s, i, q + 2, f),
            _bounded(space, s, i, q + 3, f),
        )
        none = splat(net.bias, 0)
        by_b = (none, none, none, none)
        for u in range(net.tanh_across.shape[1]):
            at = (chunk, s, u, f)
            by_b = _return_hidden(net.tanh_across, returned.tanh_weight, returned.by_tanh, at, b, by_b)
            by_b = _return_hidden(net.sigmoid_across, returned.sigmoid_weight, returned.by_sigmoid, at, b, by_b)
        _add_match(returned, chunk, q, f, by_b[0] * b[0] * (1 - b[0]))
        _add_match(returned, chunk, q + 1, f, by_b[1] * b[1] * (1 - b[1]))
        _add_match(returned, chunk, q + 2, f, by_b[2] * b[2] * (1 - b[2]))
        _add_match(returned, chunk, q + 3, f, by_b[3] * b[3] * (1 - b[3]))


@inlined
@no_type_check
def _return_hidden(across, weight_gradient, by_hidden, at, b, by_b):
    """Return by_b with what comes through unit u of BLOCK positions; add to the gradient of its weights."""
    chunk, s, u, f = at
    h0, h1, h2, h3 = by_hidden[chunk, 0, u], by_hidden[chunk, 1, u], by_hidden[chunk, 2, u], by_hidden[chunk, 3, u]
    store(weight_gradient, at, load(weight_gradient, at) + b[0] * h0 + b[1] * h1 + b[2] * h2 + b[3] * h3)
    weight = load(across, (s, u, f))
    return by_b[0] + weight * h0, by_b[1] + weight * h1, by_b[2] + weight * h2, by_b[3] + weight * h3


@inlined
@no_type_check
def _add_match(returned, chunk, q, f, by_match):
    store(returned.by_match, (chunk, q, f), load(returned.by_match, (chunk, q, f)) + by_match)


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
