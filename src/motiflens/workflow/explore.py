"""`motiflens explore`: where a run's model can be tried on sequences."""

from pathlib import Path

from motiflens.report.page import write_report
from motiflens.run.folder import Run

_VIEW = "#try"


def live_page(path: str | Path) -> str:
    """Return the address of the live view in the run's report, which is written where there is none.

    Raises:
        InputError: `path` is no run.
        RunFolderError: a file of the run is missing or damaged.
    """
    run = Run.load(path)
    page = run.path / "report.html"
    if not page.exists():
        write_report(run)
    return page.as_uri() + _VIEW
