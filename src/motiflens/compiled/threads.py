"""How many threads compiled code works with, and a team of threads that share a batch."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

CHUNKS = 16  # parts of a batch: fixed, so that sums have one order for any number of threads


def thread_count() -> int:
    """Return OMP_NUM_THREADS, as PyTorch takes it, or else the number of processors that this process may use."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdigit() and int(given):
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
