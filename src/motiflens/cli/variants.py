"""`motiflens variants`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from motiflens.apply.variants.config import VariantConfig
from motiflens.cli.console import notify
from motiflens.cli.inputs import read_once
from motiflens.cli.log import log
from motiflens.cli.options import DEFAULTS, DeviceName, RunFolder, option
from motiflens.cli.progress import progress

_DEFAULTS = VariantConfig()


def variants(
    *,
    run: RunFolder,
    variants: Annotated[
        str,
        typer.Argument(
            metavar="VARIANTS",
            help="VCF or BCF; a table with chrom, pos, ref, alt; or one with ref, alt as sequences; - for stdin.",
        ),
    ],
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
    device: DeviceName = None,
) -> None:
    """Score the variants of a file: the same file comes out, with scores, p-values and the motifs that changed.

    Example: motiflens variants RUN calls.vcf.gz --genome hg38.fa --out scored.vcf.gz
    """
    from motiflens.workflow.variant_job import VariantOptions
    from motiflens.workflow.variants import score_variants

    read_once((variants, genome))
    config = VariantConfig(offsets=offsets, allow_mismatches=allow_mismatches)
    options = VariantOptions(genome=genome, database=database, config=config, device=device or DEFAULTS.device)
    with progress("scoring") as bar:
        lines = score_variants(run, variants, out, options=options, notify=notify, progress=bar)
    for line in lines:
        log(line)
        print(line, file=sys.stderr)
    print(out)
