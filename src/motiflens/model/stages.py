"""A network as the window engine takes it: stages up to the first global operation, then sums and maxima."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A local part of a network: each output position depends on `radius` input positions on either side.

    `run` maps (m, channels, width + 2 radius) and positions (m or 1, width) to (m, new channels, width). Positions are
    those of the output, 0-based in the sequence. The first stage takes codes (m, 1, width + 2 radius), N beyond the
    sequence's ends; there the input of later stages is zero. Positions beyond the ends are clamped and what is computed
    for them is ignored.
    """

    radius: int
    run: Callable[[Tensor, Tensor], Tensor]


@runtime_checkable
class Windowed(Protocol):
    """A network as stages, features of each position, and a head on their sums and maxima over positions."""

    def stages(self) -> Sequence[Stage]:
        """Return the stages, from codes on."""

    def features(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """Split the last stage's (m, channels, width) into features to sum and features to take the maximum of."""

    def head(self, sums: Tensor, peaks: Tensor) -> Tensor:
        """Return logits (m, n_outputs) of features summed (m, sums), and maximised (m, peaks), over all positions."""


def convolve_window(window: Tensor, kernel: Tensor, bias: Tensor | None, *, radius: int) -> Tensor:
    """Convolve a window that has `radius` positions to spare on either side of the output.

    The centre of a kernel is at (width - 1) // 2: an even one sees one position more on its right.
    """
    left = (kernel.shape[2] - 1) // 2
    right = kernel.shape[2] - 1 - left
    return functional.conv1d(window[:, :, radius - left : window.shape[2] - radius + right], kernel, bias)
