"""Options that several commands share, in the groups of the help; each takes its default from the settings."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from motiflens.data.config import Crop, SplitBy
from motiflens.errors import InputError
from motiflens.model.presets import PRESETS
from motiflens.motifs.config import Taxon
from motiflens.training.training_config import Loss
from motiflens.workflow.config import Device
from motiflens.workflow.settings import Settings, settings_from

DEFAULTS = Settings()

#: Groups of options, as the help shows them.
DATA, TARGETS, NEGATIVES, MODEL, TRAINING = "Data", "Numbers and labels", "Negatives", "Model", "Training"
EXPLANATION, MOTIFS, OUTPUT = "Explanation", "Motifs", "Output"


def option(text: str, default: object, *names: str, panel: str, metavar: str | None = None) -> Any:
    """Return an option whose help shows a default that the settings hold, not the signature."""
    return typer.Option(*names, help=text, show_default=str(default), rich_help_panel=panel, metavar=metavar)


def plain_option(text: str, *names: str, panel: str, metavar: str | None = None) -> Any:
    """Return an option without a default in its help: a flag, one that is required, or one that is off."""
    return typer.Option(*names, help=text, rich_help_panel=panel, metavar=metavar)


DataOrPeaks = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DATA",
        help="CLASS=FILE for each class (positive first; FASTA, or BED with --genome), or one table; - for stdin.",
    ),
]
Bed = Annotated[
    list[str] | None,
    plain_option(
        "Intervals (BED, narrowPeak) in place of a file; repeatable.",
        "--bed",
        panel=DATA,
        metavar="FILE",
    ),
]
Genome = Annotated[
    str | None, plain_option("Genome of the intervals: FASTA[.gz] or 2bit.", "--genome", panel=DATA, metavar="FILE")
]
NegativesOption = Annotated[
    str | None,
    option(
        "Negatives of the genome, or a BED file of your own.",
        DEFAULTS.data.negatives,
        "--negatives",
        panel=NEGATIVES,
        metavar="matched|flanking|shuffled|FILE",
    ),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, as `motiflens fit` writes it.")]
Sequences = Annotated[
    str | None,
    typer.Argument(
        metavar="SEQUENCES",
        help="FASTA (plain, gzip) or a table with `sequence`; - for stdin; or --bed and --genome.",
    ),
]
Out = Annotated[Path, plain_option("Folder to write the run to.", "--out", "-o", panel=OUTPUT, metavar="FOLDER")]
Force = Annotated[bool, plain_option("Replace an existing run.", "--force", panel=OUTPUT)]
Preset = Annotated[
    str | None,
    option("Network.", DEFAULTS.fit.network.preset, "--preset", panel=MODEL, metavar="|".join(PRESETS)),
]
Seed = Annotated[int | None, option("Seed of every random choice.", DEFAULTS.seed, "--seed", panel=TRAINING)]
Epochs = Annotated[int | None, option("Largest number of epochs.", "by preset", "--epochs", panel=TRAINING)]
DeviceName = Annotated[Device | None, option("Where to compute.", DEFAULTS.device, "--device", panel=TRAINING)]
ApplyDevice = Annotated[Device | None, option("Where to compute.", DEFAULTS.device, "--device", panel=MODEL)]
Devices = Annotated[
    int | None, option("Training devices on each machine.", DEFAULTS.devices, "--devices", panel=TRAINING)
]
Nodes = Annotated[int | None, option("Machines (torchrun, SLURM).", DEFAULTS.num_nodes, "--num-nodes", panel=TRAINING)]
Strands = Annotated[
    Literal["auto", "both", "forward"] | None,
    option("Strands to read; auto: the training data choose.", DEFAULTS.fit.strands, "--strands", panel=MODEL),
]
Ensemble = Annotated[
    int | None, option("Networks to train and average.", DEFAULTS.fit.ensemble, "--ensemble", panel=MODEL)
]
SharedReference = Annotated[
    bool,
    plain_option(
        "Sequences share a reference position (a TSS, a junction): learn position weights.", "--aligned", panel=MODEL
    ),
]
Positive = Annotated[
    str | None,
    option("Positive class of two.", "the first given; 1 in a table", "--positive", panel=DATA, metavar="CLASS"),
]
Targets = Annotated[
    str | None,
    plain_option(
        "Learn the numbers in these columns of the table.", "--target", panel=TARGETS, metavar="COLUMN,COLUMN,..."
    ),
]
Labels = Annotated[
    str | None,
    plain_option(
        "Learn several labels a sequence: columns of 0 and 1.", "--labels", panel=TARGETS, metavar="COLUMN,COLUMN,..."
    ),
]
Replicates = Annotated[
    list[str] | None,
    plain_option(
        "Learn the mean of these columns; their agreement is the ceiling. Repeat for further targets.",
        "--replicates",
        panel=TARGETS,
        metavar="COLUMN,COLUMN,...",
    ),
]
Weight = Annotated[
    str | None,
    plain_option("How much a row counts: barcodes, reads.", "--weight", panel=TARGETS, metavar="COLUMN"),
]
LossName = Annotated[
    Loss | None, option("Loss of numbers; poisson: of counts.", DEFAULTS.fit.loss, "--loss", panel=TARGETS)
]
Offset = Annotated[
    str | None,
    plain_option("Exposure of counts, such as the library size.", "--offset", panel=TARGETS, metavar="COLUMN"),
]
Average = Annotated[bool, plain_option("Average the numbers of rows with one sequence.", "--average", panel=TARGETS)]
Contrast = Annotated[
    list[str] | None,
    plain_option(
        "Also find motifs of the difference of two targets; repeatable.", "--contrast", panel=TARGETS, metavar="A-B"
    ),
]
Length = Annotated[int | None, option("Crop or pad sequences to this many bp.", "off", "--length", panel=DATA)]
CropSide = Annotated[Crop | None, option("Part to keep.", DEFAULTS.data.crop, "--crop", panel=DATA)]
CropOff = Annotated[Crop | None, option("Crop or pad to the model's length: part kept.", "off", "--crop", panel=DATA)]
ModelLength = Annotated[
    int | None, option("Crop or pad to the model's length, which this must be.", "off", "--length", panel=DATA)
]
ClassNames = Annotated[
    str | None,
    plain_option(
        "What labels of a table are called: 0=background,1=bound.",
        "--class-names",
        panel=DATA,
        metavar="LABEL=NAME,...",
    ),
]
Config = Annotated[
    Path | None,
    plain_option("TOML file with settings; options override it.", "--config", panel=TRAINING, metavar="FILE"),
]
Test = Annotated[
    list[str] | None, plain_option("Held-out data, like DATA; repeatable.", "--test", panel=DATA, metavar="DATA")
]
Drop = Annotated[bool, plain_option("Remove conflicting, repeated and leaking records.", "--drop", panel=DATA)]
AllowLeakage = Annotated[bool, plain_option("Fit although test data leak.", "--allow-leakage", panel=DATA)]
SplitColumn = Annotated[
    SplitBy | None, option("Unit that is never split.", DEFAULTS.data.split_by, "--split-by", panel=DATA)
]
Database = Annotated[
    Path | None, option("Motif file to name motifs by.", "JASPAR", "--database", panel=MOTIFS, metavar="FILE")
]
NamesOf = Annotated[
    Taxon | None, option("Group of JASPAR's motifs to name by.", DEFAULTS.motifs.taxon, "--taxon", panel=MOTIFS)
]

WorkerCount = Annotated[
    int,
    typer.Option("--workers", min=1, help="Processes of this machine that share the work.", rich_help_panel=MODEL),
]
Scheduler = Annotated[
    str | None,
    plain_option("Dask scheduler to work with: tcp://HOST:PORT.", "--scheduler", panel=MODEL, metavar="ADDRESS"),
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
    "class_names": "data.class_names",
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
    "contrast": "motifs.contrasts",
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


def names_of_classes(given: str | None) -> dict[str, str] | None:
    """Return names by label of LABEL=NAME,... Raises InputError for text of another form, and a label named twice."""
    if given is None:
        return None
    names: dict[str, str] = {}
    for pair in given.split(","):
        label, equals, name = (part.strip() for part in pair.partition("="))
        if not (label and equals and name):
            raise InputError(f"--class-names {given}: give LABEL=NAME pairs, such as 0=background,1=bound")
        if label in names:
            raise InputError(f"--class-names {given}: label {label} is named twice; name it once")
        names[label] = name
    return names


def settings_of(config: Path | None, **options: Any) -> Settings:
    """The settings that a configuration file and the options over it name."""
    return settings_from({_PATHS[name]: value for name, value in options.items()}, file=config)
