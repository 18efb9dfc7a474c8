"""`motiflens demo`."""

from pathlib import Path
from typing import Annotated

import typer

from motiflens.cli.console import screen
from motiflens.cli.options import (
    OUTPUT,
    Config,
    DeviceName,
    Ensemble,
    Epochs,
    Force,
    Preset,
    Seed,
    Strands,
    option,
    settings_of,
)
from motiflens.cli.summary import run_summary

EXAMPLES = ("motiflens demo", "motiflens demo promoter --out promoters")


def demo(
    *,
    name: Annotated[str, typer.Argument(metavar="[splice|promoter|simulated]")] = "splice",
    out: Annotated[
        Path | None,
        option("Folder to write the run to.", "motiflens-demo-NAME", "--out", "-o", panel=OUTPUT, metavar="FOLDER"),
    ] = None,
    preset: Preset = None,
    seed: Seed = None,
    epochs: Epochs = None,
    device: DeviceName = None,
    strands: Strands = None,
    ensemble: Ensemble = None,
    config: Config = None,
    force: Force = False,
) -> None:
    """Fit bundled real data (splice junctions, E. coli promoters) or the tutorial's simulated task."""
    settings = settings_of(
        config, preset=preset, seed=seed, epochs=epochs, device=device, strands=strands, ensemble=ensemble
    )
    folder = out or Path(f"motiflens-demo-{name}")
    with screen("reading", stages=True, resumes=True) as shown:
        from motiflens.workflow.demo import run_demo

        run = run_demo(name, folder, settings=settings, force=force, console=shown.console())
    if run is not None:  # None in a process that only helped to train
        print(*run_summary(run), sep="\n")
