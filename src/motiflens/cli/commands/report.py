"""`motiflens report`."""

from pathlib import Path
from typing import Annotated

from motiflens.cli.console import screen
from motiflens.cli.options import OUTPUT, RunFolder, option
from motiflens.cli.summary import run_summary

EXAMPLES = ("motiflens report run", "motiflens report run --out page.html")


def report(
    *,
    run: RunFolder,
    out: Annotated[
        Path | None,
        option("HTML file to write, and nothing else.", "into the run", "--out", "-o", panel=OUTPUT, metavar="FILE"),
    ] = None,
) -> None:
    """Rebuild figures and report.html from the run folder alone."""
    with screen("drawing the report"):
        from motiflens.workflow.apply import rebuild_report, write_page

        if out is None:
            lines = run_summary(rebuild_report(run))
        else:
            write_page(run, out)
            lines = [f"Report: {out}"]
    print(*lines, sep="\n")
