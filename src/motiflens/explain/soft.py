"""The networks' logits as functions of any real (n, 4, length), written so that gradient methods can follow.

Between one-hot sequences a word is the product of its letters' values, its multilinear extension: at a one-hot input it
is what the network computes, and its derivatives are the effects of substitutions.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from motiflens.errors import ModelError
from motiflens.model.additive.network import LARGEST_EXPONENT, AdditiveNetwork, MotifTerm
from motiflens.model.classic.network import ClassicNetwork, Scale
from motiflens.model.deep.network import LARGEST_MODULATION, ContextBlock, DeepNetwork
from motiflens.model.network import Network
from motiflens.model.rules import Plain, Rules


def soft_logit(network: Network, x: Tensor, *, weights: Tensor, rules: Rules) -> Tensor:
    """Weighted sum (n,) of the logits, by weights (heads,), of x (n, 4, length).

    A network that is not known here is taken as it is, which plain derivatives can do with; DeepLIFT's rules cannot.
    """
    match network:
        case ClassicNetwork():
            return _classic(network, x, rules) @ weights
        case AdditiveNetwork():
            return _additive(network, x, weights, rules)
        case DeepNetwork():
            return _deep(network, x, weights, rules)
        case _ if isinstance(rules, Plain):
            return network(x) @ weights
        case _:
            raise ModelError("DeepLIFT has no rules for this network: use mutagenesis or integrated gradients")


def _classic(network: ClassicNetwork, x: Tensor, rules: Rules) -> Tensor:
    pooled = []
    for scale in (cast(Scale, scale) for scale in network.scales):
        features = scale.norm(rules.curve(torch.relu, scale.conv(x)))
        weight = rules.curve(_exp_tanh, scale.gate.weight @ features + scale.gate.bias)
        share = rules.times(weight, rules.curve(torch.reciprocal, weight.sum(2, keepdim=True)))
        pooled.append(rules.peak(rules.times(features, share)))
    hidden = torch.cat(pooled, 1)
    for layer in cast(Any, network.dense):
        hidden = rules.curve(torch.relu, hidden) if isinstance(layer, nn.ReLU) else layer(hidden)
    return network.output(hidden)


def _exp_tanh(z: Tensor) -> Tensor:
    return z.tanh().exp()


def _additive(network: AdditiveNetwork, x: Tensor, weights: Tensor, rules: Rules) -> Tensor:
    position = x.new_zeros(len(x))
    for k, by_head in enumerate(network.position.weights, 1):
        table = torch.einsum("h,hwl->lw", weights, by_head)[k // 2 : k // 2 + x.shape[2] - k + 1]
        position = position + _words(table, k, x, rules)
    words = _words((weights @ network.kmer.weight)[None], network.kmer.k, x, rules)
    motif, at_position, in_words = network.mix
    pooled = saturated(evidence(network.motif, x, rules).sum(2), network.motif.saturation, rules)
    total = motif * pooled @ (network.motif.readout.T @ weights) + at_position * position + in_words * words
    return total + network.bias @ weights


def _deep(network: DeepNetwork, x: Tensor, weights: Tensor, rules: Rules) -> Tensor:
    deep = network.deep
    own = evidence(deep.motif, x, rules)
    h = deep.inlet(rules.curve(_bounded, own))
    for block in (cast(ContextBlock, block) for block in deep.blocks):
        value, gate = block.conv(functional.pad(h, (block.radius, block.radius))).chunk(2, 1)
        h = h + block.out(rules.times(rules.curve(torch.tanh, value), rules.curve(torch.sigmoid, gate)))
    modulated = rules.times(own, rules.curve(_modulation, deep.modulation(h)))
    context = rules.curve(clamped_exp, deep.outlet(h) + deep.level)
    pooled = saturated(torch.cat((modulated, context), 1).sum(2), deep.saturation, rules)
    readout = torch.cat((deep.motif.readout, deep.readout), 1)
    rest = _additive(network.additive, x, weights, rules) - network.additive.bias @ weights
    return network.mix[0] * pooled @ (readout.T @ weights) + network.mix[1] * rest + network.bias @ weights


def _bounded(e: Tensor) -> Tensor:
    return e / (1 + e)


def _modulation(m: Tensor) -> Tensor:
    return (LARGEST_MODULATION * m.tanh()).exp()


def evidence(motif: MotifTerm, x: Tensor, rules: Rules) -> Tensor:
    """`MotifTerm.evidence` (n, filters, length)."""
    left = (motif.widest - 1) // 2
    padded = functional.pad(x, (left, motif.widest - 1 - left))
    match = functional.conv1d(padded, motif.kernel(), motif.bias)
    bounded = rules.curve(torch.sigmoid, match)
    activation = rules.curve(clamped_exp, match) if motif.config.activation == "exponential" else bounded
    look = rules.curve(torch.tanh, motif.gate_tanh(bounded))
    hidden = rules.times(look, rules.curve(torch.sigmoid, motif.gate_sigmoid(bounded)))
    gate = rules.curve(clamped_exp, motif.gate_logit(hidden))
    gates = gate.repeat_interleave(activation.shape[1] // gate.shape[1], 1)
    return rules.times(activation, gates) * motif.position_weight()


def clamped_exp(z: Tensor) -> Tensor:
    """exp, constant where the networks bound it."""
    return z.clamp(max=LARGEST_EXPONENT).exp()


def saturated(total: Tensor, saturation: Callable[[Tensor], Tensor], rules: Rules) -> Tensor:
    """Saturating sums (n, features)."""
    return rules.times(total, rules.curve(torch.reciprocal, saturation(total)))


def _words(table: Tensor, k: int, x: Tensor, rules: Rules) -> Tensor:
    """Sum over all words (n,) of weight times product of the letters' values; table (words or 1, 4^k)."""
    windows = x.unfold(2, k, 1).permute(0, 2, 3, 1)  # (n, words, k, 4)
    by_first = table.reshape(len(table), 4, -1).expand(windows.shape[1], -1, -1)
    rest = torch.einsum("nwa,wab->nwb", windows[:, :, 0], by_first)
    for i in range(1, k):
        by_letter = rest.reshape(*rest.shape[:2], 4, -1)
        rest = rules.times(by_letter, windows[:, :, i, :, None]).sum(2)
    return rest.sum((1, 2))
