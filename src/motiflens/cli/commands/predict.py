"""`motiflens predict`."""

import sys
from pathlib import Path
from typing import Annotated

from motiflens.cli.console import screen
from motiflens.cli.inputs import sequence_source
from motiflens.cli.options import (
    DEFAULTS,
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
)

EXAMPLES = (
    "motiflens predict run new.fa --out predictions.tsv",
    "motiflens predict run long.fa --length 200 --crop center > predictions.tsv",
    "motiflens predict run --bed regions.bed --genome genome.fa > predictions.tsv",
)


def predict(
    *,
    run: RunFolder,
    sequences: Sequences = None,
    bed: Bed = None,
    genome: Genome = None,
    length: ModelLength = None,
    crop: CropOff = None,
    workers: WorkerCount = 1,
    scheduler: Scheduler = None,
    device: ApplyDevice = None,
    out: Annotated[
        Path | None, option("TSV file to write.", "stdout", "--out", "-o", panel=OUTPUT, metavar="FILE")
    ] = None,
) -> None:
    """Predict class probabilities or numbers of new sequences, a row each; streams."""
    source = sequence_source(sequences, bed=bed or (), genome=genome)
    with screen("predicting", bar=out is not None or not sys.stdout.isatty()) as shown:
        from motiflens.workflow.apply import predict_file
        from motiflens.workflow.workers import Workers

        predict_file(
            run, source, out, length=length, crop=crop,
            device=device or DEFAULTS.device, workers=Workers(count=workers, scheduler=scheduler),
            notify=shown.notify, progress=shown.counted,
        )  # fmt: skip
