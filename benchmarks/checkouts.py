"""Run Python with the code of another checkout, for comparisons of two versions."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_LIBRARIES = ("OMP", "MKL", "OPENBLAS", "NUMBA")


def rows_of(tree: Path, arguments: Sequence[str]) -> list[dict]:
    """Return the JSON lines that Python prints with these arguments, on one core; end the script where it fails."""
    threads = {f"{library}_NUM_THREADS": "1" for library in _LIBRARIES}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | threads | {"PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{tree}: {done.stderr.splitlines()[-1]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
