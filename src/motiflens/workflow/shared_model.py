"""A run's model at work on blocks, in this process or in others, which load it from the run folder once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

from motiflens.model.ensemble import Model
from motiflens.model.store import load_model
from motiflens.run.folder import Run
from motiflens.workflow.workers import Workers

Block = TypeVar("Block")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class ModelPlace:
    """Where a process finds a model, on which device, and by what it knows that it is still the same."""

    folder: Path
    device: str
    fingerprint: str


def on_blocks(
    function: Callable[[Model, Block], Result], model: Model, *, run: Run, workers: Workers
) -> Callable[[Block], Result]:
    """Return the function of a model and a block as one of a block, which can be sent to wherever `workers` compute."""
    if workers == Workers():
        return partial(function, model)
    place = ModelPlace(folder=run.model_folder.absolute(), device=str(model.device), fingerprint=weights_of(run))
    return partial(_with_loaded, function, place)


def weights_of(run: Run) -> str:
    """Return what tells a run's weights from those of another run at the same path."""
    return repr(sorted((name, digest) for name, digest in run.info.files.items() if name.startswith("model/")))


def _with_loaded(function: Callable[[Model, Block], Result], place: ModelPlace, block: Block) -> Result:
    model, lock = _loaded(place)
    with lock:  # a worker of several threads has one model
        return function(model, block)


@lru_cache(maxsize=1)
def _loaded(place: ModelPlace) -> tuple[Model, Lock]:
    return load_model(place.folder).to(place.device), Lock()
