"""Adam as Keras computes it."""

from collections.abc import Iterable
from functools import partial

import torch
from torch.nn import Parameter


def keras_adam(
    parameters: Iterable[Parameter], *, learning_rate: float, epsilon: float, fused: bool = False
) -> torch.optim.Adam:
    """PyTorch's Adam with Keras' epsilon, which joins the second moment before its bias is corrected.

    That is the "epsilon hat" of Kingma & Ba (2015, section 2): early on Keras damps small gradients up to 30 times as
    much as PyTorch does with the same number. Moments and step counts stay PyTorch's, as do its checkpoints.
    `fused` computes all weights in one kernel.
    """
    optimizer = torch.optim.Adam(parameters, lr=learning_rate, eps=epsilon, fused=fused or None)
    optimizer.register_step_pre_hook(partial(_set_epsilon, epsilon=epsilon))
    return optimizer


def _set_epsilon(optimizer: torch.optim.Optimizer, *_: object, epsilon: float) -> None:
    for group in optimizer.param_groups:
        done = next((int(optimizer.state[p]["step"]) for p in group["params"] if p in optimizer.state), 0)
        group["eps"] = epsilon / (1 - group["betas"][1] ** (done + 1)) ** 0.5
