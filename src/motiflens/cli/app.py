"""Commands of `motiflens`. Progress on stderr, results on stdout; heavy imports wait until a command runs."""

import sys
import traceback
from pathlib import Path
from typing import Annotated, Literal

import typer

import motiflens
from motiflens.cli.audit import audit
from motiflens.cli.console import command_line, console, notify, show, show_best_possible
from motiflens.cli.failure import environment_failure
from motiflens.cli.inputs import labelled_regions, negatives_kind, read_once, sequence_source
from motiflens.cli.log import close_log, log, open_log
from motiflens.cli.options import (
    DEFAULTS,
    Average,
    Bed,
    Config,
    CropOff,
    CropSide,
    Database,
    DataOrPeaks,
    DeviceName,
    Devices,
    Ensemble,
    Epochs,
    Force,
    Genome,
    Labels,
    Length,
    LossName,
    NamesOf,
    NegativesOption,
    Nodes,
    Offset,
    Out,
    Positive,
    Preset,
    Replicates,
    RunFolder,
    Seed,
    Sequences,
    SharedReference,
    SplitColumn,
    Strands,
    Targets,
    Test,
    Weight,
    columns_of,
    option,
    settings_of,
)
from motiflens.cli.progress import progress
from motiflens.cli.report import explore, report
from motiflens.cli.variants import variants
from motiflens.errors import InputError, MotiflensError
from motiflens.workflow.config import ExplainOptions, Method

app = typer.Typer(
    name="motiflens",
    help="Labelled DNA in; the motifs that explain the labels, with names and evidence, out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(variants)

_EXPLAIN = ExplainOptions()


def _version(asked: bool | None) -> bool | None:
    if asked:
        print(f"motiflens {motiflens.__version__}")
        raise typer.Exit
    return asked


@app.callback()
def _main(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool | None, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = None,
    log_file: Annotated[
        Path | None, typer.Option("--log-file", help="Append progress and warnings to this file.")
    ] = None,
) -> None:
    if log_file:
        open_log(log_file)
        log(command_line())
    del debug, version  # the first is read from the arguments, since errors surface outside of the command


@app.command()
def demo(
    *,
    name: Annotated[str, typer.Argument(metavar="[splice|promoter|simulated]")] = "splice",
    out: Annotated[Path | None, option("Folder to write the run to.", "motiflens-demo-NAME", "--out", "-o")] = None,
    preset: Preset = None,
    seed: Seed = None,
    epochs: Epochs = None,
    device: DeviceName = None,
    strands: Strands = None,
    ensemble: Ensemble = None,
    config: Config = None,
    force: Force = False,
) -> None:
    """Fit bundled real data (splice junctions, E. coli promoters) or the tutorial's simulated task."""
    from motiflens.workflow.demo import run_demo

    settings = settings_of(
        config, preset=preset, seed=seed, epochs=epochs, device=device, strands=strands, ensemble=ensemble
    )
    run = run_demo(name, out or Path(f"motiflens-demo-{name}"), settings=settings, force=force, console=console())
    if run is not None:  # None in a process that only helped to train
        show(run)


@app.command()
def fit(
    *,
    out: Out,
    data: DataOrPeaks = None,
    test: Test = None,
    bed: Bed = None,
    genome: Genome = None,
    negatives: NegativesOption = None,
    preset: Preset = None,
    seed: Seed = None,
    epochs: Epochs = None,
    device: DeviceName = None,
    strands: Strands = None,
    ensemble: Ensemble = None,
    devices: Devices = None,
    num_nodes: Nodes = None,
    aligned: SharedReference = False,
    positive: Positive = None,
    length: Length = None,
    crop: CropSide = None,
    database: Database = None,
    taxon: NamesOf = None,
    split_by: SplitColumn = None,
    target: Targets = None,
    replicates: Replicates = None,
    labels: Labels = None,
    weight: Weight = None,
    loss: LossName = None,
    offset: Offset = None,
    average: Average = False,
    drop: Annotated[bool, typer.Option("--drop", help="Remove conflicting, repeated and leaking records.")] = False,
    allow_leakage: Annotated[bool, typer.Option("--allow-leakage", help="Fit although test data leak.")] = False,
    config: Config = None,
    force: Force = False,
) -> None:
    """Train on labelled sequences, evaluate, explain, find motifs, and write a run with a report."""
    from motiflens.workflow.fit import fit_files

    settings = settings_of(
        config, preset=preset, seed=seed, epochs=epochs, device=device, strands=strands, ensemble=ensemble,
        devices=devices, num_nodes=num_nodes, aligned=aligned or None,
        positive=positive, length=length, crop=crop,
        database=database, taxon=taxon, split_by=split_by, negatives=negatives_kind(negatives), loss=loss,
        **columns_of(target, labels=labels, replicates=replicates, weight=weight, offset=offset, average=average),
    )  # fmt: skip
    regions = labelled_regions(data or (), bed=bed or (), genome=genome, negatives=negatives, test=test or ())
    run = fit_files(
        data or (), out, test=test or (), regions=regions, settings=settings, force=force, drop=drop,
        allow_leakage=allow_leakage, console=console())  # fmt: skip
    if run is not None:  # None in a process that only helped to train
        show(run)


app.command()(audit)


@app.command()
def evaluate(
    *,
    run: RunFolder,
    data: DataOrPeaks = None,
    bed: Bed = None,
    genome: Genome = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the figures to this JSON file.")] = None,
    length: Length = None,
    crop: CropSide = None,
    device: DeviceName = None,
) -> None:
    """Score a run's model on other labelled data."""
    from motiflens.workflow.apply import evaluate_run
    from motiflens.workflow.outputs import refuse_inputs, write_record_whole

    refuse_inputs(out, (*(data or ()), *(bed or ()), genome))
    regions = labelled_regions(data or (), bed=bed or (), genome=genome)
    metrics = evaluate_run(
        run, data or (), regions=regions, length=length, crop=crop, device=device or DEFAULTS.device, notify=notify
    )
    if out:
        write_record_whole(out, metrics)
    else:
        print(metrics.model_dump_json(indent=1))


@app.command()
def predict(
    *,
    run: RunFolder,
    sequences: Sequences = None,
    bed: Bed = None,
    genome: Genome = None,
    out: Annotated[Path | None, option("TSV file to write.", "stdout", "--out", "-o")] = None,
    crop: CropOff = None,
    device: DeviceName = None,
) -> None:
    """Predict class probabilities or numbers of new sequences, a row each; streams."""
    from motiflens.workflow.apply import predict_file

    source = sequence_source(sequences, bed=bed or (), genome=genome)
    predict_file(run, source, out, crop=crop, device=device or DEFAULTS.device, notify=notify)


@app.command()
def explain(
    *,
    run: RunFolder,
    sequences: Sequences = None,
    bed: Bed = None,
    genome: Genome = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")],
    method: Annotated[
        Method, typer.Option(help="mutagenesis, contributions, saliency, integrated-gradients or deeplift.")
    ] = _EXPLAIN.method,
    target: Annotated[str | None, option("Class to explain.", "positive or predicted class", "--target")] = None,
    crop: CropOff = None,
    pictures: Annotated[int, typer.Option(min=0, help="Number of sequences to draw.")] = _EXPLAIN.pictures,
    device: DeviceName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing folder.")] = False,
) -> None:
    """Explain new sequences: attributions and attention (npz), pictures, genome tracks; streams and resumes."""
    from motiflens.workflow.explain_file import explain_file

    options = ExplainOptions(
        method=method, target=target, crop=crop, pictures=pictures, device=device or DEFAULTS.device
    )
    source = sequence_source(sequences, bed=bed or (), genome=genome)
    with progress("explaining") as bar:
        written = explain_file(run, source, out, options=options, force=force, notify=notify, progress=bar)
    print(written)


@app.command()
def motifs(run: RunFolder, database: Database = None, taxon: NamesOf = None) -> None:
    """Name the motifs of a run by another database or group, without a new search."""
    from motiflens.workflow.name_motifs import name_motifs_of_run

    named = name_motifs_of_run(run, database=database, taxon=taxon or "auto", notify=notify)
    record = named.motifs()
    print(f"{len(record.motifs)} motifs of the fit, named by {record.database}:")
    for motif in record.motifs:
        print(f"{motif.name}\t{motif.consensus}\t{motif.known_as}")
    if record.naming_note:
        print(record.naming_note)
    print(f"Report: {named.path / 'report.html'}")


@app.command()
def scan(
    motifs: Annotated[Path, typer.Argument(metavar="MOTIFS", help="Motif file (MEME, JASPAR, HOMER, ...).")],
    sequences: Sequences = None,
    *,
    bed: Bed = None,
    genome: Genome = None,
    out: Annotated[Path | None, option("File to write: .bed or TSV.", "stdout, as TSV", "--out", "-o")] = None,
    p_value: Annotated[float, typer.Option("--p-value", help="Largest p-value of a hit.")] = 1e-4,
    strands: Annotated[Literal["both", "forward"], typer.Option("--strands", help="both or forward.")] = "both",
) -> None:
    """Find matches of known motifs, with exact p-values."""
    from motiflens.workflow.scan import scan_file

    read_once((motifs, sequences))
    source = sequence_source(sequences, bed=bed or (), genome=genome)
    hits = scan_file(motifs, source, out, p_threshold=p_value, strands=strands, notify=notify)
    if out is None:
        hits.to_csv(sys.stdout, sep="\t", index=False, float_format="%.6g")


app.command()(report)
app.command()(explore)


@app.command()
def simulate(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="New folder to write to.")],
    motif: Annotated[
        list[str] | None,
        option(
            "Plant an IUPAC consensus, a motif file's motifs, or FILE:NAME; repeatable.",
            "the tutorial's four, and homopolymers in negatives",
            "--motif",
        ),
    ] = None,
    n: Annotated[int | None, option("Number of sequences, half of them positives.", "as the tutorial", "--n")] = None,
    length: Annotated[int | None, option("bp of each sequence.", "as the tutorial", "--length")] = None,
    density: Annotated[float | None, option("Fraction of positives with a site.", "all", "--density")] = None,
    positions: Annotated[
        tuple[int, int] | None, option("Sites lie in [START, END), 0-based.", "anywhere", "--positions")
    ] = None,
    strands: Annotated[
        Literal["forward", "both"] | None, option("Strands of the sites.", "forward", "--strands")
    ] = None,
    spacing: Annotated[
        tuple[int, int] | None, option("All motifs in a row, MIN to MAX bp apart.", "one of them", "--spacing")
    ] = None,
    gc: Annotated[float | None, option("GC content.", "even", "--gc")] = None,
    seed: Seed = None,
) -> None:
    """Simulate sequences with planted motifs: one FASTA per class, a table, and the sites as BED."""
    from motiflens.workflow.simulate import simulate_files

    written = simulate_files(
        out,
        motifs=motif or (),
        planting={"density": density, "positions": positions, "strands": strands, "spacing": spacing},
        size={"n": n, "length": length},
        gc=gc,
        seed=DEFAULTS.seed if seed is None else seed,
    )
    if best := written.bayes_optimal:
        show_best_possible(best.accuracy, best.auroc)
    print(f"Sequences: {written.folder}")


@app.command(name="import-keras")
def import_keras_command(
    *,
    model: Annotated[Path, typer.Argument(metavar="MODEL.keras", help="The tutorial's model, saved by Keras 3.")],
    out: Out,
    classes: Annotated[
        str | None, option("Class names in the model's order, comma-separated.", "0, 1, ...", "--classes")
    ] = None,
    force: Force = False,
) -> None:
    """Import a trained .keras model of the tutorial; its predictions stay the same."""
    from motiflens.workflow.keras import import_keras_run

    names = tuple(classes.split(",")) if classes else None
    print(import_keras_run(model, out, classes=names, force=force, command=command_line()).path)


def run() -> None:
    """Run the command line and exit: 0 done, 2 the user's input or usage, 1 anything else."""
    try:
        code = app(prog_name="motiflens", standalone_mode=False)
    except MotiflensError as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        print(f"motiflens: {error}", file=sys.stderr)
        log(f"error: {error}")
        code = 2 if isinstance(error, InputError) else 1
    except typer.TyperException as error:
        if reason := error.format_message().rstrip("."):  # none where the help is the answer
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "motiflens"
            print(f"motiflens: {reason}; see {command} --help", file=sys.stderr)
        code = error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except Exception as error:
        log(f"error: {error!r}")
        if (failure := environment_failure(error)) is None or "--debug" in sys.argv:
            raise
        print(f"motiflens: {failure}", file=sys.stderr)
        code = 1
    finally:
        close_log()
    sys.exit(code)
