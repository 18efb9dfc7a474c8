"""What compiled training steps share: letters, arrays, threads; importing this imports numba."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from typing import no_type_check

import numpy as np
import torch
from torch import Tensor

from motiflens.compiled.simd import kernel

UNKNOWN = 4  # code of N, and of what lies beyond a sequence's ends
CHUNKS = 16  # parts of a batch: fixed, so that sums have one order for any number of threads
_LINE = 64  # bytes


@kernel
@no_type_check
def _letters(onehot, margin, codes):
    """Write the codes of one-hot (n, 4, length) behind a margin; False where it is no one-hot."""
    for i in range(onehot.shape[0]):
        for q in range(onehot.shape[2]):
            code, sum = UNKNOWN, 0
            for base in range(4):
                if onehot[i, base, q] == 1:
                    code, sum = base, sum + 1
                elif onehot[i, base, q] != 0:
                    return False
            if sum > 1:
                return False
            codes[i, margin + q] = code
    return True


def read_letters(x: Tensor, widest: int) -> np.ndarray | None:
    """Codes of one-hot (n, 4, length), with `widest` // 2 N at both ends; None where it is no one-hot."""
    margin = widest // 2
    codes = np.full((x.shape[0], x.shape[2] + 2 * margin), UNKNOWN, np.uint8)
    return codes if _letters(x.detach().contiguous().numpy(), margin, codes) else None


def can_read(x: Tensor, weight: Tensor) -> bool:
    """Whether compiled steps may take the place of PyTorch's: on a CPU, in float32, input without gradient."""
    here = x.device.type == weight.device.type == "cpu" and x.dtype == weight.dtype == torch.float32
    return here and not x.requires_grad and not torch.is_autocast_enabled("cpu")


def empties(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Arrays in one piece of memory: the C library gives several large ones back to the system at every step.

    Each begins at a cache line. PyTorch's own would be filled where algorithms must be deterministic.
    """
    ends = list(accumulate((-(-4 * math.prod(shape) // _LINE) * _LINE for shape in shapes), initial=0))
    memory = np.empty(ends[-1] + _LINE, np.uint8)
    spare = -memory.__array_interface__["data"][0] % _LINE
    numbers = memory[spare : spare + ends[-1]].view(np.float32)
    pairs = zip(ends, shapes, strict=False)
    return [numbers[end // 4 : end // 4 + math.prod(shape)].reshape(shape) for end, shape in pairs]


def zeros(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    """The same, filled."""
    arrays = empties(*shapes)
    for array in arrays:
        array.fill(0)
    return arrays


def to_tensor(array: np.ndarray) -> Tensor:
    """In float32."""
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))


class Team:
    """Threads that share the chunks of a batch of n, the caller among them."""

    def __init__(self, n: int, threads: int) -> None:
        bounds = [n * c // CHUNKS for c in range(CHUNKS + 1)]
        self.chunks = [(c, a, b) for c, (a, b) in enumerate(pairwise(bounds)) if a < b]
        self.others = min(threads, len(self.chunks)) - 1

    def __enter__(self) -> "Team":
        self.pool = ThreadPoolExecutor(self.others) if self.others else None
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown()

    def run(self, work: Callable[[int, int, int], object]) -> None:
        """Call work(chunk, start, stop) for every chunk."""
        left = iter(self.chunks)
        helpers = [self.pool.submit(_work_off, left, work) for _ in range(self.others)] if self.pool else []
        _work_off(left, work)
        for helper in helpers:
            helper.result()


def _work_off(left: Iterator[tuple[int, int, int]], work: Callable[[int, int, int], object]) -> None:
    for chunk in left:
        work(*chunk)
