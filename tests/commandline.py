"""The command line in this process."""

import sys
from unittest import mock

from motiflens.cli.app import run as _run


def run(words: list[str]) -> None:
    """Run `motiflens` with these words; ends in SystemExit, as the program does."""
    with mock.patch.object(sys, "argv", ["motiflens", *words]):
        _run()
