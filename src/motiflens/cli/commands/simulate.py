"""`motiflens simulate`."""

from pathlib import Path
from typing import Annotated, Literal

from motiflens.cli.console import screen
from motiflens.cli.options import DATA, DEFAULTS, MOTIFS, OUTPUT, option, plain_option
from motiflens.cli.summary import best_possible

EXAMPLES = (
    "motiflens simulate --out simulated",
    "motiflens simulate --motif TATAWAW --motif CACGTG --spacing 5 20 --out simulated",
)


def simulate(
    *,
    motif: Annotated[
        list[str] | None,
        option(
            "Plant an IUPAC consensus, a motif file's motifs, or FILE:NAME; repeatable.",
            "the tutorial's four, and homopolymers in negatives",
            "--motif",
            panel=MOTIFS,
            metavar="CONSENSUS|FILE",
        ),
    ] = None,
    density: Annotated[
        float | None, option("Fraction of positives with a site.", "all", "--density", panel=MOTIFS)
    ] = None,
    positions: Annotated[
        tuple[int, int] | None,
        option("Sites lie in [START, END), 0-based.", "anywhere", "--positions", panel=MOTIFS, metavar="START END"),
    ] = None,
    strands: Annotated[
        Literal["forward", "both"] | None, option("Strands of the sites.", "forward", "--strands", panel=MOTIFS)
    ] = None,
    spacing: Annotated[
        tuple[int, int] | None,
        option("All motifs in a row, so many bp apart.", "one of them", "--spacing", panel=MOTIFS, metavar="MIN MAX"),
    ] = None,
    n: Annotated[
        int | None, option("Number of sequences, half of them positives.", "as the tutorial", "--n", panel=DATA)
    ] = None,
    length: Annotated[int | None, option("bp of each sequence.", "as the tutorial", "--length", panel=DATA)] = None,
    gc: Annotated[float | None, option("GC content.", "even", "--gc", panel=DATA)] = None,
    seed: Annotated[int | None, option("Seed of every random choice.", DEFAULTS.seed, "--seed", panel=DATA)] = None,
    out: Annotated[Path, plain_option("New folder to write to.", "--out", "-o", panel=OUTPUT, metavar="FOLDER")],
) -> None:
    """Simulate sequences with planted motifs: one FASTA per class, a table, and the sites as BED."""
    with screen("simulating"):
        from motiflens.workflow.simulate import simulate_files

        written = simulate_files(
            out,
            motifs=motif or (),
            planting={"density": density, "positions": positions, "strands": strands, "spacing": spacing},
            size={"n": n, "length": length},
            gc=gc,
            seed=DEFAULTS.seed if seed is None else seed,
        )
    best = written.bayes_optimal
    known = best_possible(best.accuracy, best.auroc) if best else []
    print(*known, f"Sequences: {written.folder}", sep="\n")
