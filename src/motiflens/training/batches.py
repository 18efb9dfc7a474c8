"""Batches of sequences for one process, or for its part of the work of several."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, distributed
from torch.utils.data import DataLoader, Dataset, Sampler

from motiflens.shapes import Codes, Labels


@dataclass(frozen=True)
class Part:
    """This process among those that train together."""

    rank: int = 0
    world: int = 1

    def of(self, batch: Tensor) -> Tensor:
        """Its rows of a whole batch."""
        return batch[self.rank :: self.world]


def part() -> Part:
    """Which part is this process's; the whole where it works alone."""
    if distributed.is_available() and distributed.is_initialized():
        return Part(distributed.get_rank(), distributed.get_world_size())
    return Part()


def summed(values: Tensor) -> Tensor:
    """The sum of a tensor over all processes."""
    if part().world > 1:
        distributed.all_reduce(values)
    return values


class _Batches(Dataset):
    """Whole batches by lists of row numbers; sequences stay uint8 (a memory map will do) until they are needed."""

    def __init__(self, codes: Codes, labels: Labels) -> None:
        self.codes, self.labels = codes, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: list[int]) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(np.asarray(self.codes[rows])), torch.from_numpy(self.labels[rows])


class _Batcher(Sampler[list[int]]):
    """Row numbers in batches, in the order that `order` gives when an epoch begins; of each batch this process's part.

    Of an incomplete last batch, processes may get none: it is then dropped, for gradients are averaged over all.
    """

    def __init__(self, n: int, batch_size: int, *, order: Callable[[int], np.ndarray], whole: bool) -> None:
        self.n, self.batch_size, self.order, self.whole = n, batch_size, order, whole

    def __len__(self) -> int:
        here = part()
        left = self.n % (self.batch_size * here.world)
        return math.ceil(self.n / (self.batch_size * here.world)) - (self.whole and 0 < left < here.world)

    def __iter__(self) -> Iterator[list[int]]:
        rows, here = self.order(self.n), part()
        size = self.batch_size * here.world
        for number in range(len(self)):
            batch = rows[number * size : (number + 1) * size]
            yield batch[here.rank :: here.world].tolist()


def loader(
    codes: Codes, labels: Labels, *, batch_size: int, order: Callable[[int], np.ndarray], whole: bool = True
) -> DataLoader:
    """Batches of codes and labels; `batch_size` sequences for each process, `whole` where each must get some."""
    sampler = _Batcher(len(labels), batch_size, order=order, whole=whole)
    return DataLoader(_Batches(codes, labels), sampler=sampler, batch_size=None)
