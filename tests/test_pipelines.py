"""Pipelines and other tools as the documentation has them, run by Snakemake and the tools themselves."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import planted
import pytest

from motiflens.run.folder import Run

SNAKEFILE = Path(__file__).resolve().parents[1] / "docs/howto/Snakefile"


@pytest.mark.slow
def test_the_snakefile_audits_fits_and_predicts(tmp_path, monkeypatch):
    here = Path(sys.executable).parent
    program = shutil.which("snakemake", path=str(here)) or shutil.which("snakemake")
    if program is None:
        pytest.skip("needs Snakemake: pip install snakemake")
    monkeypatch.setenv("PATH", f"{here}:{Path('/usr/bin')}:{Path('/bin')}")
    data = planted.write_classes(tmp_path, planted.planted(200, 40))
    (tmp_path / "quick.toml").write_text(planted.QUICK_TOML)
    config = {"new": data[0].partition("=")[2], "options": "--config quick.toml", "sets": {"ap1": " ".join(data)}}
    (tmp_path / "sets.json").write_text(json.dumps(config))
    command = [program, "--cores", "1", "--snakefile", SNAKEFILE, "--configfile", "sets.json", "--directory", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    assert Run.load(tmp_path / "runs/ap1").metrics().verdict is not None
    assert len((tmp_path / "predictions/ap1.tsv").read_text().splitlines()) == 101
    assert json.loads((tmp_path / "audit/ap1.json").read_text())["records"] == 200
    assert "error" not in (tmp_path / "logs/fit_ap1.log").read_text()
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert "Nothing to be done" in again.stderr + again.stdout


@pytest.mark.slow
def test_the_recipes_for_other_tools_run(tmp_path):
    for name in ("logomaker", "modiscolite", "tangermeme"):
        pytest.importorskip(name, reason="needs logomaker, modisco-lite and tangermeme: pip install .[test]")
    data = planted.write_classes(tmp_path, planted.planted(400, 60))
    (tmp_path / "quick.toml").write_text(planted.QUICK_TOML)
    fit = [sys.executable, "-m", "motiflens", "fit", *data, "--config", "quick.toml", "--out", "run", "--quiet"]
    subprocess.run(fit, cwd=tmp_path, check=True, capture_output=True, timeout=600)
    page = (SNAKEFILE.parent / "other-tools.md").read_text("utf-8")
    code = "import matplotlib\nmatplotlib.use('agg')\n" + "".join(
        re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert "torch.Size([2, 4, 60])" in done.stdout
