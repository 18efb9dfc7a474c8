"""Arrays as the compiled kernels want them: padded with zeros to whole vectors, aligned to cache lines."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

_LINE = 64  # bytes


def zeros(shape: Sequence[int], dtype: np.dtype | type) -> np.ndarray:
    """Zeros that begin at a cache line."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    return memory[start : start + size].view(dtype).reshape(shape)


def whole(count: int, multiple: int) -> int:
    """`count` rounded up to a multiple."""
    return -(-count // multiple) * multiple


def padded(tensor: Tensor, *multiples: int) -> np.ndarray:
    """A tensor's values with its last axes rounded up to `multiples`; the new places are 0."""
    values = tensor.detach().cpu().numpy()
    kept = values.ndim - len(multiples)
    sizes = [whole(size, multiple) for size, multiple in zip(values.shape[kept:], multiples, strict=True)]
    out = zeros((*values.shape[:kept], *sizes), values.dtype)
    out[tuple(slice(size) for size in values.shape)] = values
    return out
