"""`motiflens report` and `motiflens explore`: the page of a run, made anew or opened."""

import sys
import webbrowser
from typing import Annotated

import typer

from motiflens.cli.console import show
from motiflens.cli.options import RunFolder


def report(run: RunFolder) -> None:
    """Rebuild figures and report.html from the run folder alone."""
    from motiflens.workflow.apply import rebuild_report

    show(rebuild_report(run))


def explore(
    *,
    run: RunFolder,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """Open the run's page where its model can be tried on sequences, and print its address.

    Example: motiflens explore RUN
    """
    from motiflens.workflow.explore import live_page

    page = live_page(run)
    print(page)
    if not no_browser and not webbrowser.open(page):
        print("no browser could be opened here: open this address in one", file=sys.stderr)
