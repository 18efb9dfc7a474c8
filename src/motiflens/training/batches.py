"""Batches of sequences for one process, or for its part of the work of several."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, distributed
from torch.utils.data import DataLoader, Dataset, Sampler

from motiflens.shapes import Codes, Truth


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


class Batch(NamedTuple):
    """Sequences with their truth, weights in the loss, and offsets of the logits if there are any."""

    codes: Tensor
    truth: Tensor
    weight: Tensor
    offset: Tensor | None


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What batches are made of; sequences stay uint8 (a memory map will do) until they are needed."""

    codes: Codes
    truth: Truth
    weights: Float32[np.ndarray, " n"]
    offset: Float32[np.ndarray, " n"] | None = None


class _Batches(Dataset):
    """Whole batches by lists of row numbers."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows.truth)

    def __getitem__(self, chosen: list[int]) -> Batch:
        of = self.rows
        return Batch(
            codes=torch.from_numpy(np.asarray(of.codes[chosen])),
            truth=torch.from_numpy(of.truth[chosen]),
            weight=torch.from_numpy(of.weights[chosen]),
            offset=None if of.offset is None else torch.from_numpy(of.offset[chosen]),
        )


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


def loader(rows: Rows, *, batch_size: int, order: Callable[[int], np.ndarray], whole: bool = True) -> DataLoader:
    """Batches of rows; `batch_size` sequences for each process, `whole` where each must get some."""
    sampler = _Batcher(len(rows.truth), batch_size, order=order, whole=whole)
    return DataLoader(_Batches(rows), sampler=sampler, batch_size=None)
