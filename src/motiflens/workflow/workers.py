"""Work in blocks by this process, by processes of this machine, or by a Dask cluster; the results are the same.

A block's result depends on the block alone. So a worker that dies is replaced and its blocks are computed again, and
results come back in the order of the blocks, whoever computed them.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from motiflens.errors import InputError

_AHEAD = 3  # blocks a worker that are sent out, so that none waits and memory stays bounded
_DEATHS = 20  # of workers, before the block that they died of is given up

Block = TypeVar("Block")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Processes of this machine (1: this process alone), or the address of a Dask scheduler."""

    count: int = 1
    scheduler: str | None = None


class Pool(Protocol):
    """Whoever computes the blocks."""

    def map(self, function: Callable[[Block], Result], blocks: Iterable[Block]) -> Iterator[Result]:
        """Yield the results of a function that can be sent to another process, in the order of the blocks."""


class _Here:
    def map(self, function: Callable[[Block], Result], blocks: Iterable[Block]) -> Iterator[Result]:
        return map(function, blocks)


class _Cluster:
    def __init__(self, client: Any) -> None:
        self._client = client

    def map(self, function: Callable[[Block], Result], blocks: Iterable[Block]) -> Iterator[Result]:
        waiting: deque[Any] = deque()
        for block in blocks:
            waiting.append(self._client.submit(function, block, pure=False, retries=2))
            if len(waiting) >= _AHEAD * max(len(self._client.scheduler_info()["workers"]), 1):
                yield self._taken(waiting)
        while waiting:
            yield self._taken(waiting)

    @staticmethod
    def _taken(waiting: deque[Any]) -> Any:
        future = waiting.popleft()
        result = future.result()
        future.release()
        return result


@contextmanager
def pool_of(workers: Workers) -> Iterator[Pool]:
    """Start the workers, or connect to them.

    Raises:
        InputError: dask.distributed is not installed, or the scheduler cannot be reached.
    """
    if workers.scheduler is None and workers.count == 1:
        yield _Here()
        return
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError("--workers, --scheduler: need dask.distributed: pip install 'motiflens[cluster]'") from None
    settings = {
        "distributed.scheduler.allowed-failures": _DEATHS,
        "distributed.worker.daemon": False,
        "distributed.comm.timeouts.connect": "20s",
    }
    with dask.config.set(settings):
        if workers.scheduler is not None:
            try:
                client: Any = Client(workers.scheduler, set_as_default=False)  # type: ignore[no-untyped-call]
            except (OSError, ValueError) as error:
                raise InputError(
                    f"--scheduler {workers.scheduler}: cannot be reached ({error}); start it, or check the address"
                ) from None
            with client:
                yield _Cluster(client)
            return
        with (
            LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=workers.count, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR
            ) as cluster,
            Client(cluster, set_as_default=False) as client,  # type: ignore[no-untyped-call]
        ):
            yield _Cluster(client)
