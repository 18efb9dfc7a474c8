"""The one format of a benchmark's result, and the helper with which every script writes it.

A result file is JSON:

    {"benchmark": "models", "command": "python benchmarks/models.py --seeds 3",
     "machine": {"cpu": "AMD EPYC", "cores": 2, "avx512": true, "memory_gb": 24},
     "date": "2026-11-26", "commit": "4158be4", "rows": [{"set": "nfe2", "auroc": 0.994}, ...]}

`rows` hold what the script prints, one object per line of output. `note` is optional. Running `command` again with
`--out FILE` replaces the file; `make benchmarks-page` then renders the pages in docs/ from all files.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

Row = dict[str, Any]

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "benchmarks" / "results"
FIELDS = ("benchmark", "command", "machine", "date", "commit", "rows")


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add `--out` to a script's options."""
    parser.add_argument("--out", type=Path, help="result file to write (JSON); see benchmarks/results.py")


class Recorder:
    """Print each row as a JSON line; with `out`, keep a result file that holds all rows so far."""

    def __init__(self, out: Path | None) -> None:
        self.out = out
        self.rows: list[Row] = []
        self.head = {
            "benchmark": Path(sys.argv[0]).stem,
            "command": command(sys.argv),
            "machine": machine(),
            "date": datetime.date.today().isoformat(),
            "commit": commit(),
        }

    def __call__(self, row: Row) -> None:
        print(json.dumps(row), flush=True)
        self.rows.append(row)
        if self.out:
            write(self.out, self.head | {"rows": self.rows})


def write(path: Path, result: Row) -> None:
    """Write a result file, one row per line."""
    missing = [name for name in FIELDS if name not in result]
    if missing:
        raise ValueError(f"{path.name}: the result lacks {', '.join(missing)}")
    head = json.dumps({name: value for name, value in result.items() if name != "rows"}, indent=1)
    rows = ",\n".join("  " + json.dumps(row) for row in result["rows"])
    path.write_text(f'{head[:-2]},\n "rows": [\n{rows}\n ]\n}}\n')


def read(name: str, folder: Path = FOLDER) -> Row:
    """Return the result file `folder`/`name`.json."""
    return json.loads((folder / f"{name}.json").read_text())


def command(words: list[str]) -> str:
    """Return the command line that repeats this run, without `--out` and with the script's path in the repository."""
    kept: list[str] = []
    skip = False
    for word in words[1:]:
        if not skip and not word.startswith("--out"):
            kept.append(word)
        skip = word == "--out"
    return " ".join(["python", f"benchmarks/{Path(words[0]).name}", *kept])


def machine() -> Row:
    """Return processor, usable cores, whether it has AVX-512, and memory in GB (0 where unknown)."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (ValueError, OSError):
        memory = 0
    return {
        "cpu": names[0] if names else "unknown",
        "cores": cores,
        "avx512": "avx512f" in info,
        "memory_gb": round(memory),
    }


def commit() -> str:
    """Return the short hash of the checkout's commit, with "+changes" if tracked files differ from it."""
    call = ["git", "-C", str(ROOT)]
    try:
        short = subprocess.run([*call, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*call, "diff", "--quiet", "HEAD", "--", "src"], check=False).returncode
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return short.stdout.strip() + ("+changes" if changed else "")
