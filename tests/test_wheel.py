"""The wheel, built as for a release and installed without constraints.txt, works in an environment of its own."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*command: object, cwd: Path) -> str:
    """Output of a command that must succeed, started without this process's PYTHONPATH."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_the_wheel_works_in_a_fresh_environment(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--outdir", tmp_path / "dist", ROOT, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert len(list((tmp_path / "dist").glob("*.tar.gz"))) == 1
    venv.create(tmp_path / "fresh", with_pip=True)
    programs = tmp_path / "fresh" / "bin"
    # The tested PyTorch first: another one may bring gigabytes of CUDA. All else is what the ranges give today.
    run(programs / "pip", "install", "--quiet", "torch==2.13.0", cwd=tmp_path)
    run(programs / "pip", "install", "--quiet", wheel, cwd=tmp_path)
    assert run(programs / "motiflens", "--version", cwd=tmp_path).split()[-1] in wheel.name
    run(programs / "motiflens", "demo", "promoter", "--epochs", "2", "--out", "run", cwd=tmp_path)
    assert (tmp_path / "run/report.html").stat().st_size > 100_000
