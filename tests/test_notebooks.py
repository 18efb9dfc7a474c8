"""The notebooks run from top to bottom, and say what their text says."""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def run(name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Execute a notebook in a fresh kernel, warnings shown but not fatal there; everything that it printed."""
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": os.fspath(NOTEBOOKS)}}
    ).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in outputs)


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_synthetic_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run("synthetic_ceiling.ipynb", monkeypatch)
    scores = {
        line.split()[0]: float(line.split()[-2]) for line in shown.splitlines() if line.startswith(("best", "additive"))
    }
    assert 0.65 < scores["additive"] <= scores["best"] + 0.02
    assert float(shown.rsplit("planted positions", 1)[1].split()[0]) > 0.8


@pytest.mark.slow
def test_activities(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run("activities.ipynb", monkeypatch)
    rows = {name: cells for name, *cells in re.findall(r"^(model|truth) +(\d\.\d+) +(\d\.\d+)", shown, re.MULTILINE)}
    for own, best in zip(rows["model"], rows["truth"], strict=True):
        assert 0.8 * float(best) < float(own) < float(best) + 0.03
    assert "6 motifs" in shown


@pytest.mark.slow
def test_splice_junctions(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run("splice_junctions.ipynb", monkeypatch)
    accuracy, auroc = shown.split("accuracy ")[1].split()[0].rstrip(","), shown.split("macro AUROC ")[1].split()[0]
    assert float(accuracy) > 0.92
    assert float(auroc) > 0.97
    assert "GTRAGT" in shown.upper() or "donor" in shown.split("consensus")[1]
