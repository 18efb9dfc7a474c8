"""`motiflens demo`: bundled real data, or the tutorial's simulated task beside the best possible rule."""

from collections.abc import Callable
from pathlib import Path

from motiflens.data.dataset import Dataset
from motiflens.data.examples import load_promoter, load_splice
from motiflens.errors import InputError
from motiflens.run.folder import Run
from motiflens.run.schema.metrics import BayesOptimal
from motiflens.simulation.bayes_rule import bayes_optimal
from motiflens.simulation.simulate import simulate
from motiflens.workflow.fit import fit_dataset
from motiflens.workflow.run_log import Console
from motiflens.workflow.settings import Settings


def run_demo(name: str, out: Path, *, settings: Settings, force: bool, console: Console) -> Run | None:
    """Fit the demo `name`: splice, promoter or simulated; returns as `fit_dataset` does.

    Raises:
        InputError: There is no demo of that name.
    """
    data: dict[str, Callable[[], Dataset]] = {
        "splice": load_splice,
        "promoter": load_promoter,
        "simulated": lambda: simulate(seed=settings.seed).dataset,
    }
    if name not in data:
        raise InputError(f"no demo {name!r}: there are {', '.join(data)}")
    best = _bayes_optimal if name == "simulated" else None
    return fit_dataset(data[name](), out, settings=settings, force=force, console=console, bayes_optimal=best)


def _bayes_optimal(test: Dataset) -> BayesOptimal:
    return BayesOptimal.model_validate(bayes_optimal(test))
