"""`motiflens evaluate`."""

from pathlib import Path
from typing import Annotated

from motiflens.cli.console import screen
from motiflens.cli.inputs import labelled_regions
from motiflens.cli.options import (
    DEFAULTS,
    OUTPUT,
    ApplyDevice,
    Bed,
    CropSide,
    DataOrPeaks,
    Genome,
    Length,
    RunFolder,
    plain_option,
)
from motiflens.cli.summary import evaluation

EXAMPLES = (
    "motiflens evaluate run bound=new.fa background=other.fa",
    "motiflens evaluate run new.csv --json > figures.json",
)


def evaluate(
    *,
    run: RunFolder,
    data: DataOrPeaks = None,
    bed: Bed = None,
    genome: Genome = None,
    length: Length = None,
    crop: CropSide = None,
    device: ApplyDevice = None,
    out: Annotated[
        Path | None,
        plain_option("Also write the figures to this JSON file.", "--out", "-o", panel=OUTPUT, metavar="FILE"),
    ] = None,
    json: Annotated[bool, plain_option("Print the figures as JSON.", "--json", panel=OUTPUT)] = False,
) -> None:
    """Score a run's model on other labelled data."""
    regions = labelled_regions(data or (), bed=bed or (), genome=genome)
    with screen("evaluating") as shown:
        from motiflens.workflow.apply import evaluate_run
        from motiflens.workflow.outputs import refuse_inputs, write_record_whole

        refuse_inputs(out, (*(data or ()), *(bed or ()), genome))
        metrics = evaluate_run(
            run, data or (), regions=regions, length=length, crop=crop,
            device=device or DEFAULTS.device, notify=shown.notify,
        )  # fmt: skip
        if out:
            write_record_whole(out, metrics)
    print(metrics.model_dump_json(indent=1) if json else "\n".join(evaluation(metrics)))
