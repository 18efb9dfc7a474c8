"""`motiflens demo`: bundled real data, or the tutorial's simulated task beside its Bayes-optimal scores."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from motiflens.data.dataset import Dataset
from motiflens.data.examples import load_promoter, load_splice
from motiflens.errors import InputError
from motiflens.run.folder import Run
from motiflens.simulation.bayes_rule import bayes_optimal
from motiflens.simulation.simulate import simulate
from motiflens.workflow.fit import Console, fit_dataset
from motiflens.workflow.settings import Settings


def run_demo(name: str, out: Path, *, settings: Settings, force: bool, console: Console) -> Run:
    """Fit the demo `name`: splice, promoter or simulated. Raises InputError for any other name."""
    data: dict[str, Callable[[], Dataset]] = {
        "splice": load_splice,
        "promoter": load_promoter,
        "simulated": lambda: simulate(seed=settings.seed).dataset,
    }
    if name not in data:
        raise InputError(f"no demo {name!r}: there are {', '.join(data)}")
    extra = _bayes_optimal if name == "simulated" else lambda _: {}
    return fit_dataset(data[name](), out, settings=settings, force=force, console=console, extra=extra)


def _bayes_optimal(test: Dataset) -> Mapping[str, Any]:
    """How well the exact Bayes rule does on the test sequences."""
    return {"bayes_optimal": asdict(bayes_optimal(test))}
