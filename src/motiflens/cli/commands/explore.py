"""`motiflens explore`."""

import sys
import webbrowser
from typing import Annotated

from motiflens.cli.console import screen
from motiflens.cli.options import OUTPUT, RunFolder, plain_option

EXAMPLES = ("motiflens explore run",)


def explore(
    *,
    run: RunFolder,
    no_browser: Annotated[bool, plain_option("Only print the address.", "--no-browser", panel=OUTPUT)] = False,
) -> None:
    """Open the run's page where its model can be tried on sequences, and print its address."""
    with screen("opening"):
        from motiflens.workflow.explore import live_page

        page = live_page(run)
    print(page)
    if not no_browser and not webbrowser.open(page):
        print("no browser could be opened here: open this address in one", file=sys.stderr)
