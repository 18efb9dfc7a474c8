"""The program `motiflens`. Progress on stderr, results on stdout; heavy imports wait until a command runs."""

import sys
import traceback
from typing import Annotated

import typer

import motiflens
from motiflens.cli.command import Group, register, with_common_options
from motiflens.cli.commands import (
    audit,
    demo,
    evaluate,
    explain,
    explore,
    fit,
    import_keras,
    motifs,
    predict,
    report,
    scan,
    simulate,
    variants,
)
from motiflens.cli.failure import Interrupted, environment_failure
from motiflens.cli.log import close_log, log
from motiflens.errors import InputError, MotiflensError

_INTERRUPTED = 130

app = typer.Typer(
    name="motiflens",
    cls=Group,
    help="Measured DNA in; the motifs that explain the measurements, with names and evidence, out.",
    epilog="Try it on bundled data:\nmotiflens demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool | None) -> bool | None:
    if asked:
        print(f"motiflens {motiflens.__version__}")
        raise typer.Exit
    return asked


def _program(
    *,
    version: Annotated[
        bool | None, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = None,
) -> None:
    del version


app.callback()(with_common_options(_program))
register(app, demo.demo, examples=demo.EXAMPLES)
register(app, fit.fit, examples=fit.EXAMPLES)
register(app, audit.audit, examples=audit.EXAMPLES)
register(app, evaluate.evaluate, examples=evaluate.EXAMPLES)
register(app, predict.predict, examples=predict.EXAMPLES)
register(app, explain.explain, examples=explain.EXAMPLES)
register(app, variants.variants, examples=variants.EXAMPLES)
register(app, motifs.motifs, examples=motifs.EXAMPLES)
register(app, scan.scan, examples=scan.EXAMPLES)
register(app, report.report, examples=report.EXAMPLES)
register(app, explore.explore, examples=explore.EXAMPLES)
register(app, simulate.simulate, examples=simulate.EXAMPLES)
register(app, import_keras.import_keras, examples=import_keras.EXAMPLES, name="import-keras")


def run() -> None:
    """Run the command line and exit: 0 done, 2 the user's input or usage, 130 Ctrl-C, 1 anything else."""
    try:
        code = app(prog_name="motiflens", standalone_mode=False)
        if code == _INTERRUPTED:  # before the command showed anything
            raise Interrupted
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
    except (Interrupted, typer.Abort, KeyboardInterrupt) as error:
        print(f"motiflens: {error if isinstance(error, Interrupted) else 'interrupted'}", file=sys.stderr)
        log("interrupted")
        code = _INTERRUPTED
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
