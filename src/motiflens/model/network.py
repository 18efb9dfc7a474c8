"""What every preset's network offers to the rooms above."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn


class Network(nn.Module, ABC):
    """A network over one-hot DNA of one length.

    `heads` is 1 for two classes (the logit of the positive class) and the number of classes otherwise.
    """

    def __init__(self, *, length: int, heads: int) -> None:
        super().__init__()
        self.length = length
        self.heads = heads

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, heads) of one-hot sequences (n, 4, length)."""

    @abstractmethod
    def attention(self, x: Tensor) -> dict[str, Tensor]:
        """Attention (n, length) of each scale, by the scale's name ("width 7")."""

    def training_step(self) -> AbstractContextManager[None]:
        """What the forward pass, the backward pass and the update of one training step run in."""
        return nullcontext()

    @property
    def parameter_count(self) -> int:
        """Number of trainable parameters."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)

    @property
    def device(self) -> torch.device:
        """Where the parameters live."""
        return next(self.parameters()).device
