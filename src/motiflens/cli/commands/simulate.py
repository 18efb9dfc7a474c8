"""`motiflens simulate`."""

from pathlib import Path
from typing import Annotated, Literal

from motiflens.cli.console import screen
from motiflens.cli.options import DATA, DEFAULTS, MOTIFS, OUTPUT, TARGETS, option, plain_option
from motiflens.cli.summary import best_possible

Effects = Annotated[
    list[str] | None,
    option(
        "With --activity: a motif and what a site adds to each number; repeatable.",
        "six motifs, two numbers",
        "--effect",
        panel=TARGETS,
        metavar="CONSENSUS=2,-0.5",
    ),
]
Names = Annotated[
    str | None,
    option("With --activity: names of the numbers.", "activity_1,...", "--target", panel=TARGETS, metavar="NAMES"),
]
Measurements = Annotated[
    int | None, option("With --activity: measurements of each.", "2", "--replicates", panel=TARGETS)
]
Ceiling = Annotated[
    float | None,
    option("With --activity: R2 of the replicates' mean with the truth.", "0.7", "--ceiling", panel=TARGETS),
]

Motifs = Annotated[
    list[str] | None,
    option(
        "Plant an IUPAC consensus, a motif file's motifs, or FILE:NAME; repeatable.",
        "the tutorial's four, and homopolymers in negatives",
        "--motif",
        panel=MOTIFS,
        metavar="CONSENSUS|FILE",
    ),
]
Density = Annotated[float | None, option("Fraction of positives with a site.", "all", "--density", panel=MOTIFS)]
Positions = Annotated[
    tuple[int, int] | None,
    option("Sites lie in [START, END), 0-based.", "anywhere", "--positions", panel=MOTIFS, metavar="START END"),
]
SiteStrands = Annotated[
    Literal["forward", "both"] | None, option("Strands of the sites.", "forward", "--strands", panel=MOTIFS)
]
Spacing = Annotated[
    tuple[int, int] | None,
    option("All motifs in a row, so many bp apart.", "one of them", "--spacing", panel=MOTIFS, metavar="MIN MAX"),
]
Activity = Annotated[
    bool, plain_option("Numbers in place of classes, that motifs raise or lower.", "--activity", panel=TARGETS)
]
Size = Annotated[
    int | None, option("Number of sequences, half of them positives.", "as the tutorial", "--n", panel=DATA)
]
Bases = Annotated[int | None, option("bp of each sequence.", "as the tutorial", "--length", panel=DATA)]
Gc = Annotated[float | None, option("GC content.", "even", "--gc", panel=DATA)]
Seed = Annotated[int | None, option("Seed of every random choice.", DEFAULTS.seed, "--seed", panel=DATA)]
Folder = Annotated[Path, plain_option("New folder to write to.", "--out", "-o", panel=OUTPUT, metavar="FOLDER")]

EXAMPLES = (
    "motiflens simulate --out simulated",
    "motiflens simulate --activity --out simulated",
    "motiflens simulate --motif TATAWAW --motif CACGTG --spacing 5 20 --out simulated",
)


def simulate(
    *,
    motif: Motifs = None,
    density: Density = None,
    positions: Positions = None,
    strands: SiteStrands = None,
    spacing: Spacing = None,
    activity: Activity = False,
    effect: Effects = None,
    target: Names = None,
    replicates: Measurements = None,
    ceiling: Ceiling = None,
    n: Size = None,
    length: Bases = None,
    gc: Gc = None,
    seed: Seed = None,
    out: Folder,
) -> None:
    """Simulate sequences with planted motifs: classes (FASTA, table, sites as BED) or, with --activity, numbers."""
    chosen = DEFAULTS.seed if seed is None else seed
    planting = {"density": density, "positions": positions, "strands": strands}
    size = {"n": n, "length": length}
    noise = {"replicates": replicates, "ceiling": ceiling}
    with screen("simulating"):
        from motiflens.workflow.simulate import simulate_activity_files, simulate_files, uses

        numbers = {"--effect": effect, "--target": target, "--replicates": replicates, "--ceiling": ceiling}
        uses(activity=activity, classes={"--motif": motif, "--spacing": spacing}, numbers=numbers)
        if activity:
            made = simulate_activity_files(
                out, effects=effect or (), targets=target, noise=noise, planting=planting | size, gc=gc, seed=chosen
            )
            best_r2 = made.bayes_optimal_r2.items()
            known = [f"{name}: the best possible prediction reaches R2 {r2:.3f}." for name, r2 in best_r2]
        else:
            planting |= {"spacing": spacing}
            written = simulate_files(out, motifs=motif or (), planting=planting, size=size, gc=gc, seed=chosen)
            best = written.bayes_optimal
            known = best_possible(best.accuracy, best.auroc) if best else []
    print(*known, f"Sequences: {made.folder if activity else written.folder}", sep="\n")
