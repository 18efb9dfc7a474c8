"""`motiflens simulate`: sequences with planted motifs on disk, and how well the exact Bayes rule does on them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from motiflens.errors import InputError
from motiflens.simulation.activity import SIX, ActivityConfig, ActivityMotif, simulate_activity, write_activity
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


@dataclass(frozen=True, kw_only=True)
class SimulatedActivity:
    """The folder that was written, and the R2 that no prediction of a number can expect to exceed."""

    folder: Path
    bayes_optimal_r2: Mapping[str, float]


def uses(*, activity: bool, classes: Mapping[str, Any], numbers: Mapping[str, Any]) -> None:
    """Refuse options of classes with numbers, and the other way round.

    Raises:
        InputError: such an option is given.
    """
    wrong = [name for name, value in (classes if activity else numbers).items() if value is not None]
    if wrong and activity:
        raise InputError(f"{wrong[0]}: not with --activity; give motifs as --effect CONSENSUS=NUMBER")
    if wrong:
        raise InputError(f"{wrong[0]}: only with --activity")


def simulate_activity_files(
    out: Path,
    *,
    effects: Sequence[str] = (),
    targets: str | None = None,
    noise: Mapping[str, Any] | None = None,
    planting: Mapping[str, Any] | None = None,
    gc: float | None = None,
    seed: int = 0,
) -> SimulatedActivity:
    """Simulate numbers that motifs raise and lower, with replicates, into `out`.

    `effects` are texts such as "TGACTCA=2,-0.5", a number for each of the `targets` (a,b); `noise` and `planting`
    override fields of ActivityConfig; None overrides nothing. Raises InputError for what is impossible.
    """
    changes = _given(noise) | _given(planting) | ({} if gc is None else {"background": gc_background(gc)})
    if effects:
        changes["motifs"] = motifs = tuple(_with_effects(text) for text in effects)
        changes["targets"] = _names(len(motifs[0].effects), targets)
    elif targets is not None:
        changes["targets"] = _names(len(SIX[0].effects), targets)
    made = simulate_activity(ActivityConfig(**changes), seed=seed)
    best = dict(zip(made.dataset.targets, made.bayes_optimal_r2, strict=True))
    return SimulatedActivity(folder=write_activity(made, out), bayes_optimal_r2=best)


def _with_effects(text: str) -> ActivityMotif:
    consensus, _, numbers = text.partition("=")
    try:
        effects = tuple(float(number) for number in numbers.split(","))
    except ValueError as error:
        raise InputError(f"effect {text!r}: give a motif and a number for each target, TGACTCA=2,-0.5") from error
    if not all(map(math.isfinite, effects)):
        raise InputError(f"effect {text!r}: give finite numbers")
    return ActivityMotif(consensus=consensus, effects=effects)


def _names(count: int, text: str | None) -> tuple[str, ...]:
    if text is None:
        return tuple(f"activity_{i}" for i in range(1, count + 1)) if count > 1 else ("activity",)
    return tuple(name.strip() for name in text.split(","))
