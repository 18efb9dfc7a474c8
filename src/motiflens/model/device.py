"""Which device a model computes on, and how precisely."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from motiflens.errors import InputError


def resolve_device(name: Literal["auto", "cpu", "cuda", "mps"]) -> str:
    """Return the device that `name` means on this machine; "auto" is the fastest there is.

    Raises:
        InputError: this machine has no such device.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, here in available.items() if here)
    if not available[name]:
        raise InputError(f"--device {name}: no such device on this machine; use --device auto or cpu")
    return name


@contextmanager
def whole_float32() -> Iterator[None]:
    """Convolve in whole float32 on CUDA: TF32, PyTorch's default there, keeps 10 bits, too few for small effects."""
    cudnn = torch.backends.cudnn
    before, cudnn.allow_tf32 = cudnn.allow_tf32, False
    try:
        yield
    finally:
        cudnn.allow_tf32 = before
