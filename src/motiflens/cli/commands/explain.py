"""`motiflens explain`."""

from pathlib import Path
from typing import Annotated

import typer

from motiflens.cli.console import screen
from motiflens.cli.inputs import sequence_source
from motiflens.cli.options import (
    DEFAULTS,
    EXPLANATION,
    OUTPUT,
    ApplyDevice,
    Bed,
    CropOff,
    Genome,
    ModelLength,
    RunFolder,
    Scheduler,
    Sequences,
    WorkerCount,
    option,
    plain_option,
)
from motiflens.workflow.config import ExplainOptions, Method
from motiflens.workflow.workers import Workers

EXAMPLES = (
    "motiflens explain run new.fa --out explained",
    "motiflens explain run --bed regions.bed --genome genome.fa --out tracks",
)

_EXPLAIN = ExplainOptions()


def explain(
    *,
    run: RunFolder,
    sequences: Sequences = None,
    bed: Bed = None,
    genome: Genome = None,
    length: ModelLength = None,
    crop: CropOff = None,
    method: Annotated[
        Method, typer.Option("--method", help="How to explain.", rich_help_panel=EXPLANATION)
    ] = _EXPLAIN.method,
    target: Annotated[
        str | None,
        option(
            "Class or target to explain.", "positive or predicted class", "--target", panel=EXPLANATION, metavar="CLASS"
        ),
    ] = None,
    workers: WorkerCount = 1,
    scheduler: Scheduler = None,
    device: ApplyDevice = None,
    out: Annotated[Path, plain_option("Folder to write to.", "--out", "-o", panel=OUTPUT, metavar="FOLDER")],
    pictures: Annotated[
        int, typer.Option("--pictures", min=0, help="Number of sequences to draw.", rich_help_panel=OUTPUT)
    ] = _EXPLAIN.pictures,
    force: Annotated[bool, plain_option("Replace an existing folder.", "--force", panel=OUTPUT)] = False,
) -> None:
    """Explain new sequences: attributions and attention (npz), pictures, genome tracks; streams and resumes."""
    options = ExplainOptions(
        method=method,
        target=target,
        length=length,
        crop=crop,
        pictures=pictures,
        device=device or DEFAULTS.device,
        workers=Workers(count=workers, scheduler=scheduler),
    )
    source = sequence_source(sequences, bed=bed or (), genome=genome)
    with screen("explaining", resumes=sequences != "-") as shown:
        from motiflens.workflow.explain_file import explain_file

        written = explain_file(
            run, source, out, options=options, force=force, notify=shown.notify, progress=shown.counted
        )
    print(written)
