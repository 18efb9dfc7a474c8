"""`motiflens audit`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from motiflens.cli.console import screen
from motiflens.cli.inputs import labelled_regions, negatives_kind
from motiflens.cli.options import (
    DATA,
    OUTPUT,
    Average,
    Bed,
    ClassNames,
    Config,
    CropSide,
    DataOrPeaks,
    Genome,
    Labels,
    Length,
    NegativesOption,
    Positive,
    Replicates,
    Targets,
    Test,
    columns_of,
    names_of_classes,
    option,
    plain_option,
    settings_of,
)
from motiflens.cli.summary import audit_result

EXAMPLES = (
    "motiflens audit bound=bound.fa background=random.fa",
    "motiflens audit train.csv --test test.csv --strict --out audit.json",
)


def audit(
    *,
    data: DataOrPeaks = None,
    test: Test = None,
    bed: Bed = None,
    genome: Genome = None,
    length: Length = None,
    crop: CropSide = None,
    positive: Positive = None,
    class_names: ClassNames = None,
    strands: Annotated[
        Literal["both", "forward"] | None,
        option("forward: a reverse complement is not a copy.", "both", "--strands", panel=DATA),
    ] = None,
    target: Targets = None,
    replicates: Replicates = None,
    labels: Labels = None,
    average: Average = False,
    negatives: NegativesOption = None,
    config: Config = None,
    out: Annotated[
        Path | None,
        plain_option("Also write the findings to this JSON file.", "--out", "-o", panel=OUTPUT, metavar="FILE"),
    ] = None,
    strict: Annotated[
        bool, plain_option("Exit with code 2 if a finding is an error.", "--strict", panel=OUTPUT)
    ] = False,
) -> None:
    """Check data for leaks, duplicates, shortcuts and shuffled negatives, without training."""
    settings = settings_of(
        config, strands=strands, positive=positive, length=length, crop=crop, negatives=negatives_kind(negatives),
        class_names=names_of_classes(class_names),
        **columns_of(target, labels=labels, replicates=replicates, average=average),
    )  # fmt: skip
    regions = labelled_regions(data or (), bed=bed or (), genome=genome, negatives=negatives, test=test or ())
    with screen("auditing"):
        from motiflens.run.schema.checks import AuditRecord
        from motiflens.workflow.audit import audit_files
        from motiflens.workflow.outputs import refuse_inputs, write_record_whole

        refuse_inputs(out, (*(data or ()), *(test or ()), *(bed or ()), genome, negatives, config))
        found = audit_files(data or (), test=test or (), regions=regions, settings=settings)
        if out:
            write_record_whole(out, AuditRecord.model_validate(found))
    print(*audit_result(found, test=bool(test)), sep="\n")
    if strict and found.of("error"):
        raise typer.Exit(2)
