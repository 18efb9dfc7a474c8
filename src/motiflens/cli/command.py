"""What all commands have in common: options that each takes, examples in each help, and no type behind a flag."""

import functools
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from motiflens.cli.console import command_line, set_volume
from motiflens.cli.log import log, open_log

_PANEL = "Every command"


def _common(
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress: only warnings and errors.", rich_help_panel=_PANEL)
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also details, such as each epoch.", rich_help_panel=_PANEL)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Traceback of an error.", rich_help_panel=_PANEL)] = False,
    log_file: Annotated[
        Path | None,
        typer.Option("--log-file", metavar="FILE", help="Append progress and warnings.", rich_help_panel=_PANEL),
    ] = None,
) -> None:
    """Apply the options that every command takes, given before or after its name."""
    if quiet and verbose:
        raise typer.BadParameter("give --quiet or --verbose, not both")
    if quiet or verbose:
        set_volume(quiet=quiet, verbose=verbose)
    if log_file:
        open_log(log_file)
        log(command_line())
    del debug  # is read from the arguments, since errors surface outside of the command


def register(app: typer.Typer, function: Callable[..., None], *, examples: Sequence[str], name: str = "") -> None:
    """Make a function a command of `app` that takes the common options too, with examples below its help."""
    app.command(
        name or function.__name__,
        cls=_Command,
        epilog="\n".join(("Example:" if len(examples) == 1 else "Examples:", *examples)),
    )(with_common_options(function))


def with_common_options(function: Callable[..., None]) -> Callable[..., None]:
    """Return the function with the common options as further parameters, applied before it runs."""
    own, common = inspect.signature(function).parameters, inspect.signature(_common).parameters

    @functools.wraps(function)
    def command(**given: Any) -> None:
        _common(**{name: given.pop(name) for name in common})
        function(**given)

    command.__signature__ = inspect.Signature([*own.values(), *common.values()])  # type: ignore[attr-defined]
    command.__annotations__ = function.__annotations__ | _common.__annotations__
    return command


#: What stands for a value in the help, by the name of its type.
_VALUES = {"int": "N", "float": "NUMBER", "Path": "FILE", "str": "TEXT"}


def _shown(params: Sequence[Any]) -> list[Any]:
    """Show no type of Python: none of flags and arguments, a word for others; the help option stands by its like."""
    for param in params:
        if param.param_type_name == "argument":
            param.display_type_rich = lambda ctx: None  # noqa: ARG005, its name and help say what it is
        elif param.metavar is None:
            param.metavar = "" if param.is_flag else _VALUES.get(param.bare_type())
        if "--help" in param.opts:
            param.rich_help_panel = _PANEL
    return list(params)


class _Command(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        return _shown(super().get_params(ctx))


class Group(TyperGroup):
    """The program: its commands in the order in which they are registered."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _shown(super().get_params(ctx))
