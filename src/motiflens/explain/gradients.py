"""Gradient-based attributions beside mutagenesis: saliency, integrated gradients, DeepLIFT/SHAP; sums are checked."""

import copy
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from motiflens.explain.targets import Target, target_indices
from motiflens.model.codes import one_hot
from motiflens.model.device import whole_float32
from motiflens.model.ensemble import Model
from motiflens.model.predict import check_length
from motiflens.model.rules import PLAIN, Rescale, Rules
from motiflens.sequence.shuffle import dinucleotide_shuffle
from motiflens.shapes import Attribution, Codes

_logger = logging.getLogger(__name__)

LARGEST_ERROR = 0.01  # of summation to delta, relative, before a warning
_MOST_STEPS = 128
_POSITIONS = 6400  # of sequences in one pass


@dataclass(frozen=True, kw_only=True)
class GradientAttribution:
    """Attributions (n, 4, length) in logits towards each row's target.

    `multipliers` is what the observed base contributes if read at its place: for integrated gradients and DeepLIFT
    those contributions, over all positions, sum to the target logit less its mean over the references, and `error` (n,)
    is by how much they miss it, relative to the mean change; NaN for saliency, which promises no sum. `hypothetical`
    is `multipliers` less its mean over the bases (Majdandzic et al. 2023). `note` is empty unless the sum failed.
    """

    hypothetical: Attribution
    multipliers: Attribution
    target: tuple[str, ...]
    method: str
    error: Float32[np.ndarray, " n"]
    note: str = ""


@whole_float32()
def saliency(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> GradientAttribution:
    """Gradient of the target logit at each one-hot sequence of codes (n, length).

    `hypothetical` is corrected for the direction that leaves the one-hot simplex. Raises InputError for sequences of
    another length or an unknown target. Simonyan et al. 2013; correction: Majdandzic et al. 2023.
    """
    check_length(model, codes)
    indices = target_indices(model, codes, target)
    values = np.empty((len(codes), 4, codes.shape[1]), np.float32)
    for index in np.unique(indices):
        towards = _Towards(model, int(index))
        for some in _chunks(np.flatnonzero(indices == index), codes.shape[1]):
            values[some] = _gradient(towards, towards.letters(codes[some]), PLAIN).cpu().numpy()
    return _result(model, values, indices, name="saliency", error=np.full(len(codes), np.nan, np.float32))


@whole_float32()
def integrated_gradients(
    model: Model,
    codes: Codes,
    *,
    target: Target | Sequence[str | int] = None,
    references: int = 10,
    steps: int = 16,
    seed: int = 0,
) -> GradientAttribution:
    """Gradient of the target logit, averaged on the way from dinucleotide-shuffled references to each sequence.

    By Gauss-Legendre quadrature with `steps` points, doubled up to 128 while the sum misses by over 1 %; then a
    warning. Raises InputError for sequences of another length or an unknown target. Sundararajan et al. 2017.
    """
    while True:
        method = _Method("integrated gradients", references, seed, steps, f"kinks that {steps} steps did not resolve")
        found = _against_references(model, codes, target, method)
        if not found.note or steps >= _MOST_STEPS:
            return _warned(found)
        steps *= 2


@whole_float32()
def deeplift(
    model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None, references: int = 10, seed: int = 0
) -> GradientAttribution:
    """DeepLIFT's multipliers (rescale rule) against dinucleotide-shuffled references, averaged: DeepLIFT/SHAP.

    Every layer has a rule that sums to its own change, products and attention included (`rules.Rescale`). Raises
    InputError for sequences of another length or an unknown target, ModelError for a network without rules.
    Shrikumar et al. 2017, Lundberg & Lee 2017.
    """
    return _warned(_against_references(model, codes, target, _Method("DeepLIFT/SHAP", references, seed)))


class _Method(NamedTuple):
    name: str
    references: int
    seed: int
    quadrature: int = 0
    cause: str = "rounding in flat stretches of the network"


class _Towards:
    """The logit of one class, in double precision where the device has it: slopes are quotients of differences."""

    def __init__(self, model: Model, index: int) -> None:
        self.device = model.device
        self.dtype = torch.float32 if self.device.type == "mps" else torch.float64
        self.members = [copy.deepcopy(member).to(self.dtype).requires_grad_(False) for member in model.members]
        self.weights = torch.from_numpy(model.output.target_weights()[index]).to(self.device, self.dtype)
        self.both = model.strands == "both"

    def logit(self, x: Tensor, rules: Rules) -> Tensor:
        """(n,) of x (n, 4, length)."""
        views = (x, x.flip(1, 2)) if self.both else (x,)
        parts = [member.soft_logits(view, rules) @ self.weights for member in self.members for view in views]
        return torch.stack(parts).mean(0)

    def letters(self, codes: Codes) -> Tensor:
        """One-hot (n, 4, length)."""
        return one_hot(torch.tensor(codes), self.dtype).to(self.device)


def _chunks(rows: np.ndarray, length: int) -> list[np.ndarray]:
    return np.array_split(rows, max(1, -(-len(rows) * length // _POSITIONS))) if len(rows) else []


def _gradient(towards: _Towards, x: Tensor, rules: Rules) -> Tensor:
    """Gradient (n, 4, length) of each row's logit."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(towards.logit(x, rules).sum(), x)
    return gradient


def _deeplift(towards: _Towards, x: Tensor, reference: Tensor) -> Tensor:
    gradient = _gradient(towards, torch.cat((x, reference)), Rescale())
    return gradient[: len(x)]


def _integrated(towards: _Towards, x: Tensor, reference: Tensor, *, steps: int) -> Tensor:
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    total = torch.zeros_like(x)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        total += weight * _gradient(towards, torch.lerp(reference, x, float(node)), PLAIN)
    return total


def _against_references(
    model: Model, codes: Codes, target: Target | Sequence[str | int], method: _Method
) -> GradientAttribution:
    check_length(model, codes)
    indices = target_indices(model, codes, target)
    shuffles = dinucleotide_shuffle(codes, copies=method.references, seed=method.seed)
    values = np.empty((len(codes), 4, codes.shape[1]), np.float32)
    error = np.empty(len(codes), np.float32)
    for index in np.unique(indices):
        towards = _Towards(model, int(index))
        for row in np.flatnonzero(indices == index):
            values[row], error[row] = _one(towards, codes[row], shuffles[row], method)
    return _result(model, values, indices, name=method.name, error=error, cause=method.cause)


def _one(towards: _Towards, sequence: np.ndarray, shuffles: np.ndarray, method: _Method) -> tuple[np.ndarray, float]:
    """Multipliers (4, length) of one sequence, averaged over its references, and by how much their sum misses."""
    parts, missed, change = [], 0.0, 0.0
    for some in _chunks(np.arange(len(shuffles)), len(sequence)):
        reference = towards.letters(shuffles[some])
        x = towards.letters(sequence[None]).expand_as(reference)
        if method.quadrature:
            slope = _integrated(towards, x, reference, steps=method.quadrature)
        else:
            slope = _deeplift(towards, x, reference)
        with torch.no_grad():
            delta = towards.logit(x, PLAIN) - towards.logit(reference, PLAIN)
            missed += float(((slope * (x - reference)).sum((1, 2)) - delta).abs().sum())
            change += float(delta.abs().sum())
            # what a base contributes in place of the reference's
            parts.append((slope - (slope * reference).sum(1, keepdim=True)).cpu().numpy())
    return np.concatenate(parts).mean(0), missed / change if change > 0 else missed


def _result(
    model: Model, values: np.ndarray, indices: np.ndarray, *, name: str, error: np.ndarray, cause: str = ""
) -> GradientAttribution:
    failed = error > LARGEST_ERROR  # never of NaN
    note = ""
    if failed.any():
        note = (
            f"{name}: of {int(failed.sum())} of {len(error)} sequences the contributions do not sum to the change of "
            f"the logit (worst: sequence {int(np.nanargmax(error)) + 1}, off by {np.nanmax(error):.1%}), because of "
            f"{cause}; use in-silico mutagenesis for them"
        )
    return GradientAttribution(
        hypothetical=values - values.mean(1, keepdims=True),
        multipliers=values,
        target=tuple(model.output.names[i] for i in indices),
        method=name,
        error=error,
        note=note,
    )


def _warned(found: GradientAttribution) -> GradientAttribution:
    if found.note:
        _logger.warning(found.note)
    return found
