"""A network as the window engine takes it: stages up to the first global operation, then sums and maxima."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

import torch
from torch import Tensor
from torch.nn import functional

from motiflens.model.additive.network import LARGEST_EXPONENT, AdditiveNetwork, MotifTerm
from motiflens.model.classic.network import ClassicNetwork, Scale
from motiflens.model.deep.network import DeepNetwork
from motiflens.model.network import Network


@dataclass(frozen=True, kw_only=True)
class Stage:
    """`run` maps (m, channels, width + 2 radius) and positions (m or 1, width) to (m, new channels, width).

    Positions are those of the output, 0-based in the sequence. Beyond the sequence's ends the input is zero, positions
    are clamped, and the output is ignored.
    """

    radius: int
    run: Callable[[Tensor, Tensor], Tensor]


@runtime_checkable
class Windowed(Protocol):
    """A network as stages, features of each position, and a head on their sums and maxima over positions.

    A `Network` that is one itself is served without being known here.
    """

    def stages(self) -> Sequence[Stage]:
        """Stages from one-hot (m, 4, width) on."""

    def features(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """Of the last stage's (m, channels, width): features to sum and features to take the maximum of."""

    def head(self, sums: Tensor, peaks: Tensor) -> Tensor:
        """Logits (m, heads) of features summed (m, sums), and maximised (m, peaks), over all positions."""


def windowed(network: Network) -> Windowed | None:
    """The network with its stages; None where it does not say what they are."""
    match network:
        case Windowed():
            return network
        case ClassicNetwork():
            return _Classic(network)
        case AdditiveNetwork():
            return AdditiveStages(network)
        case DeepNetwork():
            from motiflens.model.deep.stages import DeepStages  # which builds on this file

            return DeepStages(network)
        case _:
            return None


def _matches(window: Tensor, kernel: Tensor, bias: Tensor, *, radius: int) -> Tensor:
    """Outputs of a convolution whose window has its centre at (width - 1) // 2, and `radius` positions to spare."""
    left = (kernel.shape[2] - 1) // 2
    right = kernel.shape[2] - 1 - left
    return functional.conv1d(window[:, :, radius - left : window.shape[2] - radius + right], kernel, bias)


class _Classic:
    def __init__(self, network: ClassicNetwork) -> None:
        self.network = network
        self.scales = [cast(Scale, scale) for scale in network.scales]

    def stages(self) -> list[Stage]:
        return [Stage(radius=max(scale.conv.kernel_size[0] // 2 for scale in self.scales), run=self._read)]

    def _read(self, window: Tensor, positions: Tensor) -> Tensor:
        radius = (window.shape[2] - positions.shape[1]) // 2
        parts = []
        for scale in self.scales:
            bias = cast(Tensor, scale.conv.bias)
            parts.append(scale.norm(functional.relu(_matches(window, scale.conv.weight, bias, radius=radius))))
        return torch.cat(parts, 1)

    def features(self, state: Tensor) -> tuple[Tensor, Tensor]:
        parts = state.chunk(len(self.scales), 1)
        gates = [scale.gate.weight @ part + scale.gate.bias for scale, part in zip(self.scales, parts, strict=True)]
        weight = torch.cat(gates, 1).tanh().exp()
        peaks = [part * weight[:, i : i + 1] for i, part in enumerate(parts)]
        return weight, torch.cat(peaks, 1)

    def head(self, sums: Tensor, peaks: Tensor) -> Tensor:
        pooled = peaks.reshape(len(peaks), len(self.scales), -1) / sums[:, :, None]
        return self.network.output(self.network.dense(pooled.flatten(1)))


class AdditiveStages:
    """The additive network: evidence of every filter, and the linear terms' contributions."""

    def __init__(self, network: AdditiveNetwork) -> None:
        self.network = network

    def stages(self) -> list[Stage]:
        network = self.network
        return [Stage(radius=max(network.motif.widest, network.kmer.k, network.position.k) // 2, run=self._read)]

    def _read(self, window: Tensor, positions: Tensor) -> Tensor:
        """Evidence of every filter, then the linear terms' mixed contributions."""
        network, radius = self.network, (window.shape[2] - positions.shape[1]) // 2
        placed = torch.stack(network.position.by_length(window, positions)).sum(0)
        words = network.kmer.contributions(window)[:, :, radius : window.shape[2] - radius]
        linear = network.mix[1] * placed + network.mix[2] * words
        return torch.cat((evidence(network.motif, window, positions), linear), 1)

    def features(self, state: Tensor) -> tuple[Tensor, Tensor]:
        return state, state[:, :0]

    def head(self, sums: Tensor, peaks: Tensor) -> Tensor:
        del peaks
        network, motif = self.network, self.network.motif
        total, linear = sums.tensor_split([len(motif.bias)], 1)
        return network.mix[0] * (total / motif.saturation(total)) @ motif.readout.T + linear + network.bias


def evidence(motif: MotifTerm, window: Tensor, positions: Tensor) -> Tensor:
    """`MotifTerm.evidence` (m, filters, width) at positions (m or 1, width), from a window with letters to spare."""
    radius = (window.shape[2] - positions.shape[1]) // 2
    match = _matches(window, motif.kernel(), motif.bias, radius=radius)
    bounded = torch.sigmoid(match)
    activation = match.clamp(max=LARGEST_EXPONENT).exp() if motif.config.activation == "exponential" else bounded
    hidden = torch.tanh(motif.gate_tanh(bounded)) * torch.sigmoid(motif.gate_sigmoid(bounded))
    gate = motif.gate_logit(hidden).clamp(max=LARGEST_EXPONENT).exp()
    by_scale = activation.reshape(len(gate), gate.shape[1], -1, gate.shape[2]) * gate[:, :, None]
    weight = motif.position_weight()
    places = weight[:, positions].transpose(0, 1) if weight.shape[1] > 1 else weight
    return by_scale.flatten(1, 2) * places
