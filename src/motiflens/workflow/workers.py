"""Work in blocks by this process, by processes of this machine, or by a Dask cluster; the results are the same.

A block's result depends on the block alone. So a worker that dies is replaced and its blocks are computed again, and
results come back in the order of the blocks, whoever computed them.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import motiflens
from motiflens.errors import InputError, MotiflensError

_AHEAD = 3  # blocks a worker that are sent out, so that none waits and memory stays bounded
_RETRIES = 2  # of a block that fails
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
        checked = _checked(function)
        for block in blocks:
            waiting.append(self._client.submit(checked, block, pure=False, retries=_RETRIES))
            if len(waiting) >= _AHEAD * max(len(self._client.scheduler_info()["workers"]), 1):
                yield self._taken(waiting)
        while waiting:
            yield self._taken(waiting)

    @staticmethod
    def _taken(waiting: deque[Any]) -> Any:
        from distributed import KilledWorker

        future = waiting.popleft()
        try:
            result = future.result()
        except KilledWorker as error:
            raise MotiflensError(
                f"{_DEATHS} workers died one after the other, each of one and the same block: they may lack memory; "
                "give each more, or look into their logs"
            ) from error
        except ModuleNotFoundError as error:
            raise InputError(f"the workers lack {error.name}: install motiflens where they run") from error
        future.release()
        return result


def _checked(function: Callable[[Block], Result]) -> Callable[[Block], Result]:
    return partial(_by_the_same, function, motiflens.__version__)


def _by_the_same(function: Callable[[Block], Result], version: str, block: Block) -> Result:
    """Return the function of a block. Raises InputError where this process has another version of motiflens."""
    if version != motiflens.__version__:
        raise InputError(
            f"--scheduler: a worker has motiflens {motiflens.__version__} where this command is {version}; install one "
            "version everywhere"
        )
    return function(block)


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
        "distributed.admin.large-graph-warning-threshold": "1 GB",  # blocks are large on purpose
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
