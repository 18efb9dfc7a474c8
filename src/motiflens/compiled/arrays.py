"""Arrays as compiled kernels take them: padded with zeros to whole vectors, aligned to cache lines."""

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

_LINE = 64  # bytes


def zeros(shape: Sequence[int], dtype: np.dtype | type = np.float32) -> np.ndarray:
    """Return zeros that begin at a cache line."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.zeros(size + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    return memory[start : start + size].view(dtype).reshape(shape)


def empties(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Return float32 arrays in one piece of memory, each beginning at a cache line.

    The C library would give several large ones back to the system at every step, and PyTorch would fill its own where
    algorithms must be deterministic.
    """
    ends = list(accumulate((whole(4 * math.prod(shape), _LINE) for shape in shapes), initial=0))
    memory = np.empty(ends[-1] + _LINE, np.uint8)
    spare = -memory.__array_interface__["data"][0] % _LINE
    numbers = memory[spare : spare + ends[-1]].view(np.float32)
    pairs = zip(ends, shapes, strict=False)
    return [numbers[end // 4 : end // 4 + math.prod(shape)].reshape(shape) for end, shape in pairs]


def whole(count: int, multiple: int) -> int:
    """Return `count` rounded up to a multiple."""
    return -(-count // multiple) * multiple


def padded(values: Tensor | np.ndarray, *multiples: int) -> np.ndarray:
    """Return values with their last axes rounded up to `multiples`; the new places are 0."""
    array = values.detach().cpu().numpy() if isinstance(values, Tensor) else values
    kept = array.ndim - len(multiples)
    sizes = [whole(size, multiple) for size, multiple in zip(array.shape[kept:], multiples, strict=True)]
    out = zeros((*array.shape[:kept], *sizes), array.dtype)
    out[tuple(slice(size) for size in array.shape)] = array
    return out


def to_tensor(array: np.ndarray) -> Tensor:
    """Return an array as a float32 tensor."""
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))
