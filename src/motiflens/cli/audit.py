"""`motiflens audit`."""

from pathlib import Path
from typing import Annotated

import typer

from motiflens.cli.inputs import labelled_regions, negatives_kind
from motiflens.cli.options import (
    Average,
    Bed,
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
    option,
    settings_of,
)


def audit(
    *,
    data: DataOrPeaks = None,
    test: Test = None,
    bed: Bed = None,
    genome: Genome = None,
    negatives: NegativesOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Also write the findings to this JSON file.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with code 2 if a finding is an error.")] = False,
    strands: Annotated[str | None, option("forward: a reverse complement is not a copy.", "both", "--strands")] = None,
    target: Targets = None,
    replicates: Replicates = None,
    labels: Labels = None,
    average: Average = False,
    positive: Positive = None,
    length: Length = None,
    crop: CropSide = None,
    config: Config = None,
) -> None:
    """Check data for leaks, duplicates, shortcuts and shuffled negatives, without training."""
    from motiflens.run.schema.checks import AuditRecord
    from motiflens.workflow.audit import audit_files
    from motiflens.workflow.outputs import refuse_inputs, write_record_whole

    refuse_inputs(out, (*(data or ()), *(test or ()), *(bed or ()), genome, negatives, config))
    settings = settings_of(
        config, strands=strands, positive=positive, length=length, crop=crop, negatives=negatives_kind(negatives),
        **columns_of(target, labels=labels, replicates=replicates, average=average),
    )  # fmt: skip
    regions = labelled_regions(data or (), bed=bed or (), genome=genome, negatives=negatives, test=test or ())
    found = audit_files(data or (), test=test or (), regions=regions, settings=settings)
    if out:
        write_record_whole(out, AuditRecord.model_validate(found))
    for finding in found.findings:
        print(f"{finding.severity}: {finding}")
    print(f"{found.records:,} records; near duplicates have {found.similarity}.")
    if strict and found.of("error"):
        raise typer.Exit(2)
