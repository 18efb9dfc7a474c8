"""`motiflens simulate`: sequences with planted motifs on disk, and how well the exact Bayes rule does on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from motiflens.errors import InputError
from motiflens.simulation.bayes_rule import BayesOptimal, bayes_optimal
from motiflens.simulation.simulate import (
    TUTORIAL,
    Planting,
    SimulationConfig,
    gc_background,
    motifs_named,
    simulate,
    write_simulation,
)


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """The folder that was written; `bayes_optimal` is None where the exact Bayes rule is not known."""

    folder: Path
    bayes_optimal: BayesOptimal | None


def simulate_files(
    out: Path,
    *,
    motifs: Sequence[str] = (),
    planting: Mapping[str, Any] | None = None,
    size: Mapping[str, Any] | None = None,
    gc: float | None = None,
    seed: int = 0,
) -> Simulated:
    """Simulate the tutorial's task, or with `motifs` positives that carry them and plain negatives, into `out`.

    `planting` overrides fields of the positives' Planting, `size` those of SimulationConfig; None overrides nothing.
    With a spacing every carrier has all motifs in a row, else one of them. Raises InputError for what is impossible.
    """
    planted = _given(planting)
    if "spacing" in planted:
        planted["combine"] = "each"
    changes = _given(size) | ({} if gc is None else {"background": gc_background(gc)})
    if motifs:
        named = tuple(motif for text in motifs for motif in motifs_named(text))
        config = SimulationConfig(positives=Planting(motifs=named, **planted), **changes)
    else:
        config = replace(TUTORIAL, positives=replace(TUTORIAL.positives, **planted), **changes)
    simulation = simulate(config, seed=seed)
    try:
        best = bayes_optimal(simulation.dataset, config)
    except InputError:
        best = None
    return Simulated(folder=write_simulation(simulation, out), bayes_optimal=best)


def _given(options: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (options or {}).items() if value is not None}
