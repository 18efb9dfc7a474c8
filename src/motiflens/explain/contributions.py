"""A network's own account of a decision: logit = bias + sum of contributions, by window or by letter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional

from motiflens.errors import ModelError
from motiflens.explain.targets import Target, class_weights, target_indices
from motiflens.model.additive.network import AdditiveNetwork, MotifTerm
from motiflens.model.deep.network import DeepNetwork
from motiflens.model.ensemble import Model
from motiflens.model.network import Network
from motiflens.model.predict import check_length, in_batches
from motiflens.shapes import Codes


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Contributions by position in logits towards each row's target; the target logit is bias + their sum."""

    values: Float32[np.ndarray, "n length"]
    bias: Float32[np.ndarray, " n"]
    target: tuple[str, ...]


def contributions(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Contributions:
    """Contribution of every window, at its centre's position, for codes (n, length).

    Raises InputError for sequences of another length or an unknown target, and ModelError for a preset whose logit is
    not a sum over positions.
    """
    return _towards(model, codes, target, model.contributions)


def letter_contributions(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Contributions:
    """The same sum by letter: each window's contribution is shared out among the letters that made it match.

    A filter's share of the logit goes to the letters under it in proportion to how far each exceeds the mean weight of
    the four bases in its column, where it does (the z+ rule of Montavon et al. 2017); a word's to its letters evenly.
    Of windows without such a letter, and of the preset deep, it stays at the centre. Raises as `contributions` does.
    """
    return _towards(model, codes, target, partial(_by_letter, model))


def _by_letter(model: Model, x: Tensor) -> Tensor:
    """(n, heads, length), averaged over members and strands."""
    parts = [_letters_of(member, x) for member in model.members]
    if model.strands == "both":
        parts += [_letters_of(member, x.flip(1, 2)).flip(2) for member in model.members]
    return torch.stack(parts).mean(0)


def _letters_of(network: Network, x: Tensor) -> Tensor:
    if isinstance(network, DeepNetwork):
        return network.contributions(x)
    if not isinstance(network, AdditiveNetwork):
        raise ModelError("the network has no additive contributions; use in-silico mutagenesis")
    motif, position, word = network.mix
    placed = [_spread(found, j) for j, found in enumerate(network.position.everywhere(x), 1)]
    words = _spread(network.kmer.contributions(x), network.kmer.k)
    return motif * _motif_letters(network.motif, x) + position * torch.stack(placed).sum(0) + word * words


def _spread(words: Tensor, k: int) -> Tensor:
    """What words of k letters say at their centres, shared out evenly among their letters; both (n, heads, length)."""
    left = k // 2
    return functional.pad(words, (k - 1 - left, left)).unfold(2, k, 1).mean(3)


def _motif_letters(motif: MotifTerm, x: Tensor) -> Tensor:
    """Share of the logits by letter (n, heads, length)."""
    evidence, _ = motif.evidence(x)
    share = evidence / motif.saturation(evidence.sum(2))[..., None]
    kernel = motif.kernel()
    excess = (kernel - kernel.mean(1, keepdim=True)).clamp(min=0)
    left, right = (motif.widest - 1) // 2, motif.widest // 2
    total = functional.conv1d(functional.pad(x, (left, right)), excess)
    matched = total > 0
    rate = torch.where(matched, share, 0) / torch.where(matched, total, 1)
    heads = []
    for readout in motif.readout:
        back = functional.conv_transpose1d(rate * readout[:, None], excess)[:, :, left : left + x.shape[2]]
        rest = (torch.where(matched, 0, share) * readout[:, None]).sum(1)
        heads.append((back * x).sum(1) + rest)
    return torch.stack(heads, 1)


def _towards(
    model: Model, codes: Codes, target: Target | Sequence[str | int], function: Callable[[Tensor], Tensor]
) -> Contributions:
    check_length(model, codes)
    indices = target_indices(model, codes, target)
    weights = class_weights(model)[indices].astype(np.float32)
    values = np.empty(codes.shape, np.float32)
    if len(codes):
        by_head = in_batches(function, codes, device=model.members[0].device).numpy()
        np.einsum("nh,nhl->nl", weights, by_head, out=values)
    bias = weights @ model.bias.detach().cpu().numpy()
    return Contributions(values=values, bias=bias, target=tuple(model.classes[i] for i in indices))
