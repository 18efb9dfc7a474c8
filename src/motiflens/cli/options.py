"""Options that several commands share; each takes its default from the settings."""

from pathlib import Path
from typing import Annotated, Any

import typer

from motiflens.data.config import Crop, SplitBy
from motiflens.model.presets import PRESETS
from motiflens.motifs.config import Taxon
from motiflens.training.training_config import Loss
from motiflens.workflow.config import Device
from motiflens.workflow.settings import Settings, settings_from

DEFAULTS = Settings()


def option(text: str, default: object, *names: str) -> Any:
    """Return an option whose help shows a default that the settings hold, not the signature."""
    return typer.Option(*names, help=text, show_default=str(default))


DataOrPeaks = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DATA]",
        help="CLASS=FILE for each class (positive first; FASTA, or BED with --genome), or one table; - for stdin.",
    ),
]
Bed = Annotated[
    list[str] | None,
    typer.Option("--bed", metavar="FILE", help="Intervals (BED, narrowPeak) in place of a file; repeatable."),
]
Genome = Annotated[
    str | None, typer.Option("--genome", metavar="FILE", help="Genome of the intervals: FASTA[.gz] or 2bit.")
]
NegativesOption = Annotated[
    str | None,
    typer.Option(
        "--negatives",
        metavar="KIND|FILE",
        help="Negatives of the genome: matched, flanking, shuffled, or a BED file of your own.",
        show_default=DEFAULTS.data.negatives,
    ),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, as `motiflens fit` writes it.")]
Sequences = Annotated[
    str | None,
    typer.Argument(
        metavar="[SEQUENCES]",
        help="FASTA (plain, gzip) or a table with `sequence`; - for stdin; or --bed and --genome.",
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder to write the run to.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing run.")]
Preset = Annotated[str | None, option(f"Network: {', '.join(PRESETS)}.", DEFAULTS.fit.network.preset, "--preset")]
Seed = Annotated[int | None, option("Seed of every random choice.", DEFAULTS.seed, "--seed")]
Epochs = Annotated[int | None, option("Largest number of epochs.", "by preset", "--epochs")]
DeviceName = Annotated[Device | None, option("auto, cpu, cuda or mps.", DEFAULTS.device, "--device")]
Devices = Annotated[int | None, option("Training devices on each machine.", DEFAULTS.devices, "--devices")]
Nodes = Annotated[int | None, option("Machines (torchrun, SLURM).", DEFAULTS.num_nodes, "--num-nodes")]
Strands = Annotated[str | None, option("both, forward or auto (validation data).", DEFAULTS.fit.strands, "--strands")]
Ensemble = Annotated[int | None, option("Networks to train and average.", DEFAULTS.fit.ensemble, "--ensemble")]
SharedReference = Annotated[
    bool,
    typer.Option("--aligned", help="Sequences share a reference position (a TSS, a junction): learn position weights."),
]
Positive = Annotated[str | None, option("Positive class of two.", "the first given; 1 in a table", "--positive")]
Targets = Annotated[
    str | None,
    typer.Option("--target", metavar="COLUMNS", help="Learn the numbers in these columns of the table (a,b,c)."),
]
Labels = Annotated[
    str | None,
    typer.Option("--labels", metavar="COLUMNS", help="Learn several labels a sequence: columns of 0 and 1 (A,B,C)."),
]
Replicates = Annotated[
    list[str] | None,
    typer.Option(
        "--replicates",
        metavar="COLUMNS",
        help="Learn the mean of these columns (rep1,rep2); their agreement is the ceiling. Repeat for further targets.",
    ),
]
Weight = Annotated[
    str | None, typer.Option("--weight", metavar="COLUMN", help="How much a row counts: barcodes, reads.")
]
LossName = Annotated[Loss | None, option("Loss of numbers: mse, or poisson for counts.", DEFAULTS.fit.loss, "--loss")]
Offset = Annotated[
    str | None, typer.Option("--offset", metavar="COLUMN", help="Exposure of counts, such as the library size.")
]
Average = Annotated[bool, typer.Option("--average", help="Average the numbers of rows with one sequence.")]
Length = Annotated[int | None, option("Crop or pad sequences to this many bp.", "off", "--length")]
CropSide = Annotated[Crop | None, option("Part to keep: left, center or right.", DEFAULTS.data.crop, "--crop")]
CropOff = Annotated[Crop | None, option("Crop or pad, keeping left, center or right.", "off", "--crop")]
Config = Annotated[Path | None, typer.Option("--config", help="TOML file with settings; options override it.")]
Test = Annotated[list[str] | None, typer.Option("--test", metavar="DATA", help="Held-out data, like DATA; repeatable.")]
SplitColumn = Annotated[SplitBy | None, option("Unit that is never split.", DEFAULTS.data.split_by, "--split-by")]
Database = Annotated[Path | None, option("Motif file to name motifs by.", "JASPAR", "--database")]
NamesOf = Annotated[Taxon | None, option("Group of JASPAR's motifs to name by.", DEFAULTS.motifs.taxon, "--taxon")]

WorkerCount = Annotated[int, typer.Option("--workers", min=1, help="Processes of this machine that share the work.")]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler to work with: tcp://HOST:PORT.")
]

_PATHS = {
    "preset": "fit.network.preset",
    "epochs": "fit.training.epochs",
    "strands": "fit.strands",
    "ensemble": "fit.ensemble",
    "seed": "seed",
    "device": "device",
    "devices": "devices",
    "num_nodes": "num_nodes",
    "aligned": "fit.aligned",
    "positive": "data.positive",
    "length": "data.length",
    "crop": "data.crop",
    "split_by": "data.split_by",
    "negatives": "data.negatives",
    "target": "data.columns.target",
    "labels": "data.columns.labels",
    "replicates": "data.columns.replicates",
    "weight": "data.columns.weight",
    "offset": "data.columns.offset",
    "average": "data.columns.average",
    "loss": "fit.loss",
    "database": "motifs.database",
    "taxon": "motifs.taxon",
}


def columns_of(
    target: str | None,
    *,
    labels: str | None,
    replicates: list[str] | None,
    weight: str | None = None,
    offset: str | None = None,
    average: bool = False,
) -> dict[str, Any]:
    """Return the options that name columns, lists of columns taken apart at their commas."""
    return {
        "target": _names(target),
        "labels": _names(labels),
        "replicates": None if replicates is None else tuple(map(_names, replicates)),
        "weight": weight,
        "offset": offset,
        "average": average or None,
    }


def _names(columns: str | None) -> tuple[str, ...] | None:
    return None if columns is None else tuple(name.strip() for name in columns.split(","))


def settings_of(config: Path | None, **options: Any) -> Settings:
    """The settings that a configuration file and the options over it name."""
    return settings_from({_PATHS[name]: value for name, value in options.items()}, file=config)
