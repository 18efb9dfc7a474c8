"""Two ways to differentiate a network's nonlinear operations: as they are, and by DeepLIFT's rules."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

_FLAT = 1e-6  # difference, relative to size, below which a slope is a derivative


class Rules(ABC):
    """Backpropagation rules for a network's nonlinear operations."""

    @abstractmethod
    def curve(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        """Return an elementwise function of z."""

    @abstractmethod
    def times(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a * b, both depending on the input."""

    def divide(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a / b, both depending on the input."""
        return self.times(a, self.curve(torch.reciprocal, b))

    @abstractmethod
    def peak(self, z: Tensor) -> Tensor:
        """Return the maximum over the last axis."""


class Plain(Rules):
    """Ordinary derivatives."""

    def curve(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        return function(z)

    def times(self, a: Tensor, b: Tensor) -> Tensor:
        return a * b

    def divide(self, a: Tensor, b: Tensor) -> Tensor:
        return a / b

    def peak(self, z: Tensor) -> Tensor:
        return z.amax(-1)


PLAIN = Plain()


class Rescale(Rules):
    """Batches are inputs, then as many references; derivatives become multipliers from reference to input.

    A curve's multiplier is the slope of its chord (rescale rule of Shrikumar et al. 2017), a product's the other
    factor's mean, a maximum's the chord at the one place that explains its change. Each sums to its own change
    exactly, and so does every composition of them. Values are unchanged; autograd carries the multipliers.
    """

    def curve(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        with torch.no_grad():
            y = function(z)
            step, rise = _difference(z), _difference(y)
            large = step.abs() > _FLAT * (1 + z.chunk(2)[0].abs())
            slope = rise / torch.where(large, step, torch.ones_like(step))
            inputs, references = z.chunk(2)
            middle = (inputs + references) / 2
        with torch.enable_grad():
            middle.requires_grad_()
            (tangent,) = torch.autograd.grad(function(middle).sum(), middle)
        return _linear(y, (torch.where(large, slope, tangent), z))

    def times(self, a: Tensor, b: Tensor) -> Tensor:
        return _linear((a * b).detach(), (_mean(b), a), (_mean(a), b))

    def peak(self, z: Tensor) -> Tensor:
        with torch.no_grad():
            y, place = z.max(-1)
            rise, (of_input, of_reference) = _difference(y), place.chunk(2)
            place = torch.where(rise >= 0, of_input, of_reference)[..., None]
            step = _difference(z).gather(-1, place)[..., 0]
            slope = torch.where(step == 0, 1, rise / torch.where(step == 0, 1, step))
        chosen = z.gather(-1, place.repeat(2, *[1] * (place.ndim - 1)))[..., 0]
        return _linear(y, (slope, chosen))


def _difference(z: Tensor) -> Tensor:
    """Input less reference."""
    inputs, references = z.chunk(2)
    return inputs - references


def _mean(z: Tensor) -> Tensor:
    """Mean of input and reference, for both."""
    inputs, references = z.detach().chunk(2)
    return ((inputs + references) / 2).repeat(2, *[1] * (z.ndim - 1))


def _linear(y: Tensor, *terms: tuple[Tensor, Tensor]) -> Tensor:
    """The value y, with derivatives slope for each (slope, z)."""
    out = y
    for slope, z in terms:
        slope = slope if len(slope) == len(z) else slope.repeat(2, *[1] * (slope.ndim - 1))
        out = out + slope * (z - z.detach())
    return out
