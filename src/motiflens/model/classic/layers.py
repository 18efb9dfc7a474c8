"""Layers that compute what Keras computes, so that the tutorial's network carries over exactly."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SameConv1d(nn.Conv1d):
    """Convolution (n, channels, length) -> (n, filters, length); an even width sees one position more on its right."""

    def __init__(self, channels: int, filters: int, width: int) -> None:
        super().__init__(channels, filters, width, padding=(width - 1) // 2)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if self.kernel_size[0] % 2 else F.pad(x, (0, 1)))


class KerasBatchNorm(nn.BatchNorm1d):
    """Batch norm over (n, channels) or (n, channels, length) with Keras' moving statistics.

    They follow the biased variance of the batch (PyTorch's the unbiased), and a batch of one value is no error.
    """

    running_mean: Tensor
    running_var: Tensor
    momentum: float

    def __init__(self, channels: int, *, momentum: float, epsilon: float) -> None:
        # Keras' momentum is the share of the old value that is kept, PyTorch's the share of the new.
        super().__init__(channels, eps=epsilon, momentum=1 - momentum)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        # Momentum 1 leaves the batch's own statistics in these two, without a second pass over x.
        mean, variance = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
        cudnn = torch.backends.cudnn.enabled
        out = torch.batch_norm(x, self.weight, self.bias, mean, variance, True, 1.0, self.eps, cudnn)
        values = x.numel() // x.shape[1]
        biased = variance * ((values - 1) / values) if values > 1 else torch.zeros_like(variance)
        self.update_statistics(mean, biased)
        return out

    def update_statistics(self, mean: Tensor, variance: Tensor) -> None:
        """Move the moving statistics towards a batch's mean and biased variance (channels,)."""
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


def init_glorot(module: nn.Module) -> None:
    """Keras' defaults for one convolution or dense layer: Glorot-uniform weights, zero biases."""
    if isinstance(module, nn.Conv1d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
