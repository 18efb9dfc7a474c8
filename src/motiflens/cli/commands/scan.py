"""`motiflens scan`."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from motiflens.cli.console import screen
from motiflens.cli.inputs import read_once, sequence_source
from motiflens.cli.options import MOTIFS, OUTPUT, Bed, Genome, Sequences, option

EXAMPLES = (
    "motiflens scan run/motifs.meme new.fa --out hits.bed",
    "motiflens scan motifs.jaspar --bed regions.bed --genome genome.fa > hits.tsv",
)


def scan(
    *,
    motifs: Annotated[Path, typer.Argument(metavar="MOTIFS", help="Motif file (MEME, JASPAR, HOMER, ...).")],
    sequences: Sequences = None,
    bed: Bed = None,
    genome: Genome = None,
    p_value: Annotated[
        float, typer.Option("--p-value", help="Largest p-value of a hit.", rich_help_panel=MOTIFS)
    ] = 1e-4,
    strands: Annotated[
        Literal["both", "forward"], typer.Option("--strands", help="Strands to search.", rich_help_panel=MOTIFS)
    ] = "both",
    out: Annotated[
        Path | None,
        option("File to write: .bed or TSV.", "stdout, as TSV", "--out", "-o", panel=OUTPUT, metavar="FILE"),
    ] = None,
) -> None:
    """Find matches of known motifs, with exact p-values."""
    read_once((motifs, sequences))
    source = sequence_source(sequences, bed=bed or (), genome=genome)
    with screen("scanning") as shown:
        from motiflens.workflow.scan import scan_file

        hits = scan_file(motifs, source, out, p_threshold=p_value, strands=strands, notify=shown.notify)
    if out is None:
        hits.to_csv(sys.stdout, sep="\t", index=False, float_format="%.6g")
