"""What every preset's network offers: logits of codes, and the capabilities that explanations and training ask for."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from motiflens.errors import ModelError
from motiflens.model.page_weights import PageWeights
from motiflens.model.rules import Rules

#: Changes of a network's logits (n, n_outputs, 4, length) by every substitution in codes (n, length).
SubstitutionEngine = Callable[[np.ndarray], np.ndarray]
#: Logits (2, n, n_outputs) of sequences and edited copies of them, both codes (n, length); those of a sequence are the
#: same to the bit in any batch and any pair.
PairEngine = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Network(nn.Module, ABC):
    """A network over DNA of one length: uint8 codes (n, length) in, logits (n, n_outputs) out.

    A subclass must define `forward`. The other methods are capabilities: their defaults raise, or return None or
    nothing, and every user falls back on a slower way. A network that also has the methods of
    `stages.Windowed` is explained from the windows that an edit changes.
    """

    #: Whether compiled passes do most of a training step on a CPU.
    compiled: ClassVar[bool] = False
    #: Whether the logits are `bias` plus a sum of contributions over positions.
    has_contributions: ClassVar[bool] = False

    def __init__(self, *, length: int, n_outputs: int) -> None:
        super().__init__()
        self.length = length
        self.n_outputs = n_outputs
        self.threads: int | None = None  # of the compiled passes; None: as many as PyTorch's

    @abstractmethod
    def forward(self, codes: Tensor) -> Tensor:
        """Return logits (n, n_outputs) of codes (n, length)."""

    def logits_in_training(self, codes: Tensor) -> Tensor:
        """Return the logits (n, n_outputs) that gradient descent trains: without terms that are fitted after it."""
        logits: Tensor = self(codes)
        return logits

    def attention(self, codes: Tensor) -> dict[int, Tensor]:  # noqa: ARG002
        """Return the attention (n, length) of each scale, by the width of its filters; none by default.

        Values are >= 0 and in one unit, so that their sum over the scales is the attention in total.
        """
        return {}

    def contributions(self, codes: Tensor) -> Tensor:  # noqa: ARG002
        """Return contributions (n, n_outputs, length) by the centre of the window; with `bias` they sum to the logits.

        Raises:
            ModelError: the logit is no sum over positions.
        """
        raise ModelError(f"{_name(self)} has no additive contributions: use in-silico mutagenesis")

    def letter_contributions(self, codes: Tensor) -> Tensor:
        """Return the same sum spread over the letters that made each window match; by default not spread.

        Raises:
            ModelError: the logit is no sum over positions.
        """
        return self.contributions(codes)

    def substitution_engine(self) -> SubstitutionEngine | None:
        """Return a compiled function from codes to all substitution effects; None where there is none."""
        return None

    def pair_engine(self) -> PairEngine | None:
        """Return a compiled function to the logits of sequences and of edited copies; None where there is none."""
        return None

    def soft_logits(self, x: Tensor, rules: Rules) -> Tensor:  # noqa: ARG002
        """Return the logits of any real x (n, 4, length), differentiable by `rules`; at one-hot x those of `forward`.

        Raises:
            ModelError: the network is defined at codes alone, or has no such rules.
        """
        raise ModelError(f"{_name(self)} has no gradients with respect to its input: use in-silico mutagenesis")

    def nested_network(self) -> "Network | None":
        """Return the simpler network that this one contains and is compared with; None where there is none."""
        return None

    def page_weights(self) -> PageWeights | None:
        """Return what a page needs to compute the network by itself; None where it cannot."""
        return None

    def sparse_parameters(self) -> tuple[nn.Parameter, ...]:
        """Return the parameters that training shrinks to exact zeros."""
        return ()

    @contextmanager
    def training_step(self) -> Iterator[None]:
        """Give all threads to the compiled passes of a training step, if there are any.

        PyTorch's threads, idle, would wait in a loop on the cores that the compiled passes need.
        """
        threads = torch.get_num_threads()
        if self.compiled and self.device.type == "cpu":
            self.threads = threads
            torch.set_num_threads(1)
        try:
            yield
        finally:
            self.threads = None
            torch.set_num_threads(threads)

    @property
    def parameter_count(self) -> int:
        """Number of trainable parameters."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)

    @property
    def device(self) -> torch.device:
        """Device of the parameters."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the parameters."""
        return next(self.parameters()).dtype


def _name(network: Network) -> str:
    config = getattr(network, "config", None)
    return f"preset {config.preset}" if config is not None else type(network).__name__
