"""Runs with their reports, made once; Chromium where the machine has it."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from make_example import binary, splice, tiny
from make_measured_run import make_measured_run
from make_run import make_run

from motiflens.report.page import write_report
from motiflens.run.folder import Run

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def reported(run: Run) -> Run:
    write_report(run)
    return run


@pytest.fixture(scope="session")
def splice_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three classes, two motifs; with figures."""
    return reported(make_run(tmp_path_factory.mktemp("runs") / "splice", splice(450)))


@pytest.fixture(scope="session")
def binary_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two classes, two motifs."""
    return reported(make_run(tmp_path_factory.mktemp("runs") / "promoter", binary(300)))


@pytest.fixture(scope="session")
def motifless_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Sixty short sequences in which nothing was found."""
    return reported(make_run(tmp_path_factory.mktemp("runs") / "tiny", tiny(), with_motifs=False))


@pytest.fixture(scope="session")
def measured_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Numbers of two targets with replicates, and no motif search."""
    return reported(make_measured_run(tmp_path_factory.mktemp("runs") / "measured"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser; skips where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install .[test]")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
