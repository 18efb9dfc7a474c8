"""`motiflens variants`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motiflens.apply.variants.config import VariantConfig
from motiflens.cli.console import screen
from motiflens.cli.inputs import read_once
from motiflens.cli.log import log
from motiflens.cli.options import (
    DATA,
    DEFAULTS,
    MOTIFS,
    OUTPUT,
    ApplyDevice,
    Bed,
    RunFolder,
    Scheduler,
    WorkerCount,
    option,
    plain_option,
)
from motiflens.errors import InputError

if TYPE_CHECKING:
    from motiflens.apply.variants.all_snvs import AllSubstitutions

EXAMPLES = (
    "motiflens variants run calls.vcf.gz --genome hg38.fa --out scored.vcf.gz",
    "motiflens variants run --all-snvs --bed enhancer.bed --genome hg38.fa --out e.tsv",
)

_DEFAULTS = VariantConfig()


_File = Annotated[
    str | None,
    typer.Argument(
        metavar="VARIANTS",
        help="VCF or BCF; a table with chrom, pos, ref, alt; or one with ref, alt as sequences; - for stdin.",
    ),
]
_AllSnvs = Annotated[
    bool, plain_option("Score every substitution of --bed, in place of VARIANTS.", "--all-snvs", panel=DATA)
]
_Genome = Annotated[
    str | None,
    plain_option("Genome of the variants: FASTA (plain, bgzip) or 2bit.", "--genome", panel=DATA, metavar="FILE"),
]
_Offsets = Annotated[
    int,
    typer.Option(
        "--offsets", min=1, help="Places in the window; the largest change is reported.", rich_help_panel=DATA
    ),
]
_Haplotypes = Annotated[
    str | None,
    plain_option(
        "Sample whose phased variants are also scored together.", "--haplotypes", panel=DATA, metavar="SAMPLE"
    ),
]
_AllowMismatches = Annotated[
    bool, plain_option("Go on where over 5 % of REF are not the genome's.", "--allow-mismatches", panel=DATA)
]
_Watched = Annotated[
    Path | None, option("Motif file to watch too.", "the run's motifs", "--database", panel=MOTIFS, metavar="FILE")
]
_Out = Annotated[
    Path,
    plain_option("File to write: .vcf, .vcf.gz (with its index) or .tsv.", "--out", "-o", panel=OUTPUT, metavar="FILE"),
]


def variants(
    *,
    run: RunFolder,
    variants: _File = None,
    all_snvs: _AllSnvs = False,
    bed: Bed = None,
    genome: _Genome = None,
    offsets: _Offsets = _DEFAULTS.offsets,
    haplotypes: _Haplotypes = None,
    allow_mismatches: _AllowMismatches = False,
    database: _Watched = None,
    workers: WorkerCount = 1,
    scheduler: Scheduler = None,
    device: ApplyDevice = None,
    out: _Out,
) -> None:
    """Score the variants of a file: the same file comes out, with scores, p-values and the motifs that changed."""
    read_once((variants, genome, *(bed or ())))
    with screen("scoring", resumes=variants != "-", unit="records") as shown:
        from motiflens.workflow.variant_job import VariantOptions
        from motiflens.workflow.variants import score_variants
        from motiflens.workflow.workers import Workers

        options = VariantOptions(
            genome=genome,
            database=database,
            config=VariantConfig(offsets=offsets, haplotypes=haplotypes, allow_mismatches=allow_mismatches),
            device=device or DEFAULTS.device,
            workers=Workers(count=workers, scheduler=scheduler),
        )
        source = _source(variants, bed or (), all_snvs=all_snvs)
        lines = score_variants(run, source, out, options=options, notify=shown.notify, progress=shown.counted)
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
