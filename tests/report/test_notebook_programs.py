"""The live view in the notebooks that people have: JupyterLab in Chromium, and marimo."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from motiflens import Explorer
from motiflens.run.folder import Run

_PATIENCE = 120_000  # milliseconds in which a busy machine starts a kernel that imports motiflens


@pytest.fixture
def jupyter(splice_run: Run, tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab beside a notebook that shows a run."""
    pytest.importorskip("jupyterlab", reason="needs JupyterLab: pip install jupyterlab")
    code = f"import motiflens\nmotiflens.Explorer({str(splice_run.path)!r})"
    cell = {"cell_type": "code", "id": "a", "execution_count": None, "metadata": {}, "outputs": [], "source": code}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "try.ipynb").write_text(json.dumps(book))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    words = [
        "--no-browser",
        f"--port={port}",
        "--IdentityProvider.token=",
        "--allow-root",
        f"--notebook-dir={tmp_path}",
    ]
    homes = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    with (tmp_path / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *words], env=os.environ | homes, stdout=log, stderr=log, cwd=tmp_path
        )
        try:
            wait_for(f"{address}/api/status", server)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    """Wait until a server answers."""
    end = time.monotonic() + _PATIENCE / 1000
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{address} did not answer")


@pytest.mark.slow
@pytest.mark.browser
def test_explorer_answers_in_jupyterlab(chromium: Any, jupyter: str) -> None:
    page = chromium.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{jupyter}/lab/tree/try.ipynb")
    page.locator(".jp-Notebook .jp-Cell").first.click(timeout=_PATIENCE)
    page.keyboard.press("Shift+Enter")
    editor = page.locator("#try-editor")  # a locator looks into shadow roots
    editor.locator(".cells").wait_for(timeout=_PATIENCE)
    page.locator("[data-try=up]").click()
    edits = page.locator("[data-try=edits] li:not(.faint)")
    edits.first.wait_for()
    assert edits.count() == 1
    page.keyboard.press("Escape")  # the notebook is in command mode, in which letters are commands
    editor.focus()
    for key in ("Home", "Delete", "a", "b", "d", "d", "Shift+G"):
        page.keyboard.press(key)
    page.wait_for_timeout(600)
    assert edits.count() >= 3
    assert " logit" in page.locator("[data-try=said]").text_content()
    assert page.locator(".jp-Notebook .jp-Cell").count() == 2
    page.close()


def test_explorer_is_an_element_of_marimo(splice_run: Run) -> None:
    marimo = pytest.importorskip("marimo", reason="needs marimo: pip install marimo")
    shown = marimo.ui.anywidget(Explorer(splice_run.path).widget)
    assert re.search(r"<marimo-anywidget\b", shown.text)
    assert json.loads(shown.widget.live)["model"]["length"] == splice_run.info.length
