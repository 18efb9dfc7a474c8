"""`motiflens report`."""

from motiflens.cli.console import screen
from motiflens.cli.options import RunFolder
from motiflens.cli.summary import run_summary

EXAMPLES = ("motiflens report run",)


def report(*, run: RunFolder) -> None:
    """Rebuild figures and report.html from the run folder alone."""
    with screen("drawing the report"):
        from motiflens.workflow.apply import rebuild_report

        rebuilt = rebuild_report(run)
    print(*run_summary(rebuilt), sep="\n")
