"""`motiflens import-keras`."""

from pathlib import Path
from typing import Annotated

import typer

from motiflens.cli.console import command_line, screen
from motiflens.cli.options import MODEL, Force, Out, option

EXAMPLES = ("motiflens import-keras model.keras --classes background,bound --out run",)


def import_keras(
    *,
    model: Annotated[Path, typer.Argument(metavar="MODEL.keras", help="The tutorial's model, saved by Keras 3.")],
    classes: Annotated[
        str | None,
        option("Class names in the model's order.", "0,1,...", "--classes", panel=MODEL, metavar="NAME,NAME,..."),
    ] = None,
    out: Out,
    force: Force = False,
) -> None:
    """Import a trained .keras model of the tutorial; its predictions stay the same."""
    names = tuple(classes.split(",")) if classes else None
    with screen("importing"):
        from motiflens.workflow.keras import import_keras_run

        run = import_keras_run(model, out, classes=names, force=force, command=command_line())
    print(run.path)
