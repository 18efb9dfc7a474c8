"""`motiflens variants`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motiflens.apply.variants.config import VariantConfig
from motiflens.cli.console import notify
from motiflens.cli.inputs import read_once
from motiflens.cli.log import log
from motiflens.cli.options import DEFAULTS, Bed, DeviceName, RunFolder, Scheduler, WorkerCount, option
from motiflens.cli.progress import progress
from motiflens.errors import InputError

if TYPE_CHECKING:
    from motiflens.apply.variants.all_snvs import AllSubstitutions

_DEFAULTS = VariantConfig()


def variants(
    *,
    run: RunFolder,
    variants: Annotated[
        str | None,
        typer.Argument(
            metavar="[VARIANTS]",
            help="VCF or BCF; a table with chrom, pos, ref, alt; or one with ref, alt as sequences; - for stdin.",
        ),
    ] = None,
    all_snvs: Annotated[
        bool, typer.Option("--all-snvs", help="Score every substitution of the regions of --bed, in place of VARIANTS.")
    ] = False,
    bed: Bed = None,
    genome: Annotated[
        str | None,
        typer.Option("--genome", metavar="FILE", help="Genome of the variants: FASTA (plain, bgzip) or 2bit."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write: .vcf, .vcf.gz (with its index) or .tsv.")],
    database: Annotated[Path | None, option("Motif file to watch too.", "the run's motifs", "--database")] = None,
    offsets: Annotated[
        int, typer.Option("--offsets", min=1, help="Places in the window; the largest change is reported.")
    ] = _DEFAULTS.offsets,
    allow_mismatches: Annotated[
        bool, typer.Option("--allow-mismatches", help="Go on where over 5 % of REF are not the genome's.")
    ] = False,
    workers: WorkerCount = 1,
    scheduler: Scheduler = None,
    device: DeviceName = None,
) -> None:
    """Score the variants of a file: the same file comes out, with scores, p-values and the motifs that changed.

    Example: motiflens variants RUN calls.vcf.gz --genome hg38.fa --out scored.vcf.gz
    """
    from motiflens.workflow.variant_job import VariantOptions
    from motiflens.workflow.variants import score_variants
    from motiflens.workflow.workers import Workers

    read_once((variants, genome, *(bed or ())))
    options = VariantOptions(
        genome=genome,
        database=database,
        config=VariantConfig(offsets=offsets, allow_mismatches=allow_mismatches),
        device=device or DEFAULTS.device,
        workers=Workers(count=workers, scheduler=scheduler),
    )
    with progress("scoring") as bar:
        lines = score_variants(
            run, _source(variants, bed or (), all_snvs=all_snvs), out, options=options, notify=notify, progress=bar
        )
    for line in lines:
        log(line)
        print(line, file=sys.stderr)
    print(out)


def _source(variants: str | None, bed: Sequence[str], *, all_snvs: bool) -> "str | AllSubstitutions":
    """Return what to score. Raises InputError unless it is one of a file of variants, and --all-snvs with --bed."""
    from motiflens.apply.variants.all_snvs import AllSubstitutions

    if all_snvs != bool(bed):
        raise InputError("--all-snvs and --bed: give both or neither")
    if bool(variants) == all_snvs:
        raise InputError("give a file of variants (VCF, BCF or a table), or --all-snvs with --bed")
    return variants or AllSubstitutions(beds=tuple(bed))
