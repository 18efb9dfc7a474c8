"""What every preset's network offers to the rooms above."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import torch
from torch import Tensor, nn


class Network(nn.Module, ABC):
    """A network over one-hot DNA of one length.

    `heads` is 1 for two classes (the logit of the positive class) and the number of classes otherwise.
    """

    #: Whether compiled passes do most of a training step on a CPU.
    compiled: ClassVar[bool] = False

    def __init__(self, *, length: int, heads: int) -> None:
        super().__init__()
        self.length = length
        self.heads = heads
        self.threads: int | None = None  # of the compiled passes; None: as many as PyTorch's

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, heads) of one-hot sequences (n, 4, length)."""

    @abstractmethod
    def attention(self, x: Tensor) -> dict[str, Tensor]:
        """Attention (n, length) of each scale, by the scale's name ("width 7")."""

    def sparse_parameters(self) -> tuple[nn.Parameter, ...]:
        """Parameters that training draws to exact zeros."""
        return ()

    @contextmanager
    def training_step(self) -> Iterator[None]:
        """What the forward pass, the backward pass and the update of one training step run in.

        All threads are for the compiled passes, if there are any: PyTorch's, idle, would wait in a loop on their cores.
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
        """Where the parameters live."""
        return next(self.parameters()).device
