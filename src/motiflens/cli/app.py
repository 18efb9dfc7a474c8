"""Commands of `motiflens`. Progress on stderr, results on stdout; heavy imports wait until a command runs."""

import json
import shlex
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import motiflens
from motiflens.cli.progress import progress
from motiflens.data.config import Align, SplitBy
from motiflens.cli.progress import progress
from motiflens.errors import InputError, MotiflensError
from motiflens.workflow.config import ExplainOptions, Method
from motiflens.workflow.config import ExplainOptions, Method
from motiflens.workflow.settings import Device, Settings, settings_from

app = typer.Typer(
    name="motiflens",
    help="Labelled DNA in; the motifs that explain the labels, with names and evidence, out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_DEFAULTS = Settings()
_EXPLAIN = ExplainOptions()


def _option(text: str, default: object, *names: str) -> Any:
    return typer.Option(*names, help=text, show_default=str(default))


Data = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA", help="CLASS=FILE.fa[.gz] for each class (positive first), or one .csv/.tsv/.parquet table."
    ),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, as `motiflens fit` writes it.")]
Sequences = Annotated[str, typer.Argument(metavar="SEQUENCES", help="FASTA (plain, gzip) or a table with `sequence`.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder to write the run to.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a run that is there already.")]
Preset = Annotated[str | None, _option("Network: additive, deep or classic.", _DEFAULTS.fit.network.preset, "--preset")]
Seed = Annotated[int | None, _option("Seed of every random choice.", _DEFAULTS.seed, "--seed")]
Epochs = Annotated[int | None, _option("Epochs at most.", "by preset", "--epochs")]
DeviceName = Annotated[Device | None, _option("auto, cpu, cuda or mps.", _DEFAULTS.device, "--device")]
Strands = Annotated[str | None, _option("both, forward or auto (validation data).", _DEFAULTS.fit.strands, "--strands")]
Ensemble = Annotated[int | None, _option("Networks to train and average.", _DEFAULTS.fit.ensemble, "--ensemble")]
Baseline = Annotated[list[str] | None, _option("Also fit: gkm-svm (slow).", "none", "--baseline")]
Anchored = Annotated[bool, typer.Option("--anchored", help="Sequences are aligned: where a motif lies counts.")]
Positive = Annotated[str | None, _option("Positive class of two.", "the first given; 1 in a table", "--positive")]
Length = Annotated[int | None, _option("Crop or pad sequences to this many bp.", "off", "--length")]
Aligned = Annotated[Align | None, _option("left, center or right: what stays.", _DEFAULTS.data.align, "--align")]
Config = Annotated[Path | None, typer.Option("--config", help="TOML file with settings; options override it.")]
Test = Annotated[list[str] | None, typer.Option("--test", metavar="DATA", help="Held-out data, as DATA; repeatable.")]
SplitColumn = Annotated[SplitBy | None, _option("What stays on one side.", _DEFAULTS.data.split_by, "--split-by")]
Database = Annotated[Path | None, _option("Motif file to name motifs by.", "JASPAR", "--database")]


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
) -> None:
    del debug, version  # the first is read from the arguments, since errors surface outside of the command


@app.command()
def demo(
    name: Annotated[str, typer.Argument(metavar="[splice|promoter|simulated]")] = "splice",
    out: Annotated[Path | None, _option("Folder to write the run to.", "motiflens-demo-NAME", "--out", "-o")] = None,
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

    settings = _settings(
        config, preset=preset, seed=seed, epochs=epochs, device=device, strands=strands, ensemble=ensemble
    )
    run = run_demo(name, out or Path(f"motiflens-demo-{name}"), settings=settings, force=force, console=_console())
    _show(run)


@app.command()
def fit(
    data: Data,
    out: Out,
    test: Test = None,
    preset: Preset = None,
    seed: Seed = None,
    epochs: Epochs = None,
    device: DeviceName = None,
    strands: Strands = None,
    ensemble: Ensemble = None,
    baseline: Baseline = None,
    anchored: Anchored = False,
    positive: Positive = None,
    length: Length = None,
    align: Aligned = None,
    database: Database = None,
    split_by: SplitColumn = None,
    drop: Annotated[bool, typer.Option("--drop", help="Remove disputed and repeated records; list them.")] = False,
    allow_leakage: Annotated[bool, typer.Option("--allow-leakage", help="Fit though the test set has copies.")] = False,
    config: Config = None,
    force: Force = False,
) -> None:
    """Train on labelled sequences, evaluate, explain, find motifs, and write a run with a report."""
    from motiflens.workflow.fit import fit_files

    settings = _settings(
        config, preset=preset, seed=seed, epochs=epochs, device=device, strands=strands, ensemble=ensemble,
        baseline=baseline, anchored=anchored or None, positive=positive, length=length, align=align,
        database=database, split_by=split_by,
    )  # fmt: skip
    run = fit_files(
        data, out, test=test or (), settings=settings, force=force, drop=drop, allow_leakage=allow_leakage,
        console=_console(),
    )  # fmt: skip
    _show(run)


@app.command()
def audit(
    data: Data,
    test: Test = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the findings to this JSON file too.")] = None,
    strands: Strands = None,
    positive: Positive = None,
    length: Length = None,
    align: Aligned = None,
    config: Config = None,
) -> None:
    """Look for leaks, duplicates, shortcuts and shuffled negatives, without training."""
    from motiflens.workflow.apply import write_json_atomically
    from motiflens.workflow.audit import audit_files

    settings = _settings(config, strands=strands, positive=positive, length=length, align=align)
    found = audit_files(data, test=test or (), settings=settings)
    if out:
        write_json_atomically(out, found.record())
    for finding in found.findings:
        print(f"{finding.severity}: {finding}")
    print(f"{found.records:,} records; near duplicates have {found.similarity}.")


@app.command()
def evaluate(
    run: RunFolder,
    data: Data,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the figures to this JSON file.")] = None,
    length: Length = None,
    align: Aligned = None,
) -> None:
    """Score a run's model on other labelled data."""
    from motiflens.workflow.apply import evaluate_run, write_json_atomically

    metrics = evaluate_run(run, data, length=length, align=align)
    if out:
        write_json_atomically(out, metrics)
    else:
        json.dump(metrics, sys.stdout, indent=1)
        print()


@app.command()
def predict(
    run: RunFolder,
    sequences: Sequences,
    out: Annotated[Path | None, _option("TSV file to write.", "stdout", "--out", "-o")] = None,
    align: Aligned = None,
) -> None:
    """Probabilities of each class for new sequences: id and one column a class; streams."""
    from motiflens.workflow.apply import predict_file

    predict_file(run, sequences, out, align=align)


@app.command()
def explain(
    run: RunFolder,
    sequences: Sequences,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")],
    method: Annotated[
        Method, typer.Option(help="mutagenesis, contributions, saliency, integrated-gradients or deeplift.")
    ] = _EXPLAIN.method,
    target: Annotated[str | None, _option("Class to explain.", "positive or predicted class", "--target")] = None,
    align: Aligned = None,
    pictures: Annotated[int, typer.Option(min=0, help="Draw the first so many sequences.")] = _EXPLAIN.pictures,
    force: Force = False,
) -> None:
    """Explain new sequences: attributions and attention (npz), pictures, genome tracks; streams and resumes."""
    from motiflens.workflow.explanations import explain_file

    options = ExplainOptions(method=method, target=target, align=align, pictures=pictures)
    with progress("explaining") as told:
        announce = _console().announce
        written = explain_file(run, sequences, out, options=options, force=force, announce=announce, progress=told)
    print(written)


@app.command()
def motifs(run: RunFolder, database: Database = None) -> None:
    """Find and name the motifs of a run again, without training again."""
    from motiflens.workflow.apply import rediscover

    _show(rediscover(run, database=database, console=_console()))


@app.command()
def scan(
    motifs: Annotated[Path, typer.Argument(metavar="MOTIFS", help="MEME, JASPAR, TRANSFAC or HOMER file.")],
    sequences: Sequences,
    out: Annotated[Path | None, _option("File to write: .bed or TSV.", "stdout, as TSV", "--out", "-o")] = None,
    *,
    p_value: Annotated[float, typer.Option("--p-value", help="Largest p-value of a hit.")] = 1e-4,
    strands: Annotated[Literal["both", "forward"], typer.Option("--strands", help="both or forward.")] = "both",
) -> None:
    """Find the places where known motifs match, with exact p-values."""
    from motiflens.workflow.scan import scan_file

    hits = scan_file(motifs, sequences, out, p_threshold=p_value, strands=strands)
    if out is None:
        hits.to_csv(sys.stdout, sep="\t", index=False, float_format="%.6g")


@app.command()
def report(run: RunFolder) -> None:
    """Rebuild figures and report.html from the run folder alone."""
    from motiflens.workflow.apply import rebuild_report

    _show(rebuild_report(run))


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", "-o", help="New folder to write to.")],
    motif: Annotated[
        list[str] | None,
        _option(
            "Plant an IUPAC consensus, a motif file's motifs, or FILE:NAME; repeatable.",
            "the tutorial's four, and homopolymers in negatives",
            "--motif",
        ),
    ] = None,
    n: Annotated[int | None, _option("Sequences in all, half of them positives.", "as the tutorial", "--n")] = None,
    length: Annotated[int | None, _option("bp of each sequence.", "as the tutorial", "--length")] = None,
    density: Annotated[float | None, _option("Share of positives that carry.", "all", "--density")] = None,
    positions: Annotated[
        tuple[int, int] | None, _option("Sites lie in [START, END), 0-based.", "anywhere", "--positions")
    ] = None,
    strands: Annotated[
        Literal["forward", "both"] | None, _option("Strands that sites lie on.", "forward", "--strands")
    ] = None,
    spacing: Annotated[
        tuple[int, int] | None, _option("All motifs in a row, LEAST to MOST bp apart.", "one of them", "--spacing")
    ] = None,
    gc: Annotated[float | None, _option("Share of G and C.", "even", "--gc")] = None,
    seed: Seed = None,
) -> None:
    """Write sequences with known planted motifs: FASTA a class, a table, and a BED of the sites."""
    from motiflens.workflow.simulate import simulate_files

    written = simulate_files(
        out,
        motifs=motif or (),
        planting={"density": density, "positions": positions, "strands": strands, "spacing": spacing},
        size={"n": n, "length": length},
        gc=gc,
        seed=_DEFAULTS.seed if seed is None else seed,
    )
    if best := written.ceiling:
        print(f"The best possible rule reaches accuracy {best.accuracy:.3f}, AUROC {best.auroc:.3f}.")
    print(f"Sequences: {written.folder}")


@app.command(name="import-keras")
def import_keras_command(
    model: Annotated[Path, typer.Argument(metavar="MODEL.keras", help="The tutorial's model, saved by Keras 3.")],
    out: Out,
    classes: Annotated[
        str | None, _option("Class names in the model's order, comma-separated.", "0, 1, ...", "--classes")
    ] = None,
    force: Force = False,
) -> None:
    """Take over a trained .keras model of the tutorial, with equal predictions."""
    from motiflens.workflow.keras import import_keras_run

    names = tuple(classes.split(",")) if classes else None
    print(import_keras_run(model, out, classes=names, force=force).path)


_PATHS = {
    "preset": "fit.network.preset",
    "epochs": "fit.training.epochs",
    "strands": "fit.strands",
    "ensemble": "fit.ensemble",
    "seed": "seed",
    "device": "device",
    "baseline": "evaluation.baselines",
    "anchored": "fit.anchored",
    "positive": "data.positive",
    "length": "data.length",
    "align": "data.align",
    "split_by": "data.split_by",
    "database": "motifs.database",
}


def _settings(config: Path | None, **options: Any) -> Settings:
    return settings_from({_PATHS[name]: value for name, value in options.items()}, file=config)


def _console() -> Any:
    from motiflens.workflow.fit import Console

    terminal = sys.stderr.isatty()

    def announce(text: str) -> None:
        if terminal or text.startswith("warning"):
            print(text, file=sys.stderr)

    command = shlex.join(["motiflens", *sys.argv[1:]])
    return Console(announce=announce, progress=terminal, command=command)


def _show(run: Any) -> None:
    """The result on stdout: the verdict and where the report is."""
    if run.has("metrics.json"):
        verdict = run.metrics()["verdict"]
        print(verdict["headline"])
        if ceiling := run.metrics().get("ceiling"):
            print(f"The best possible rule reaches accuracy {ceiling['accuracy']:.3f}, AUROC {ceiling['auroc']:.3f}.")
    print(f"Report: {run.path / 'report.html'}")


def run() -> None:
    """Run the command line and exit: 0 done, 2 the user's input or usage, 1 anything else."""
    try:
        code = app(prog_name="motiflens", standalone_mode=False)
    except MotiflensError as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        print(f"motiflens: {error}", file=sys.stderr)
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
    sys.exit(code)
