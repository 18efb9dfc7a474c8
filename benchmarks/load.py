"""Peak memory and time of predict, explain, fit and of a genome's matched negatives as the data grow.

    python benchmarks/load.py --run RUN [--scale 1.0] [--only predict explain genome fit audit]

RUN is any finished run. At scale 1: 5,000,000 sequences through predict, 500,000 (whose ids are places) through
explain, 1 Gbp of genome for 10,000 peaks, 1,000,000 x 200 bp through audit and fit. Each command runs as a process of
its own at a quarter of the size and at the whole size: memory is bounded where `growth_mb` stays small. Prints a JSON
line a command. Inputs are made on the fly.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from results import Recorder, add_out

from motiflens.run.folder import Run

_LINES = 10_000


def write_fasta(path: Path, n: int, *, length: int, label: str = "s", located: bool = False) -> Path:
    """n random sequences, others for another label; `located`: ids are places, 3 of 4 letters shared by neighbours."""
    rng = np.random.default_rng(list(label.encode()))
    letters = np.frombuffer(b"ACGT", np.uint8)
    with path.open("wb") as file:
        for first in range(0, n, _LINES):
            rows = letters[rng.integers(0, 4, (min(_LINES, n - first), length), np.uint8)]
            numbers = range(first, first + len(rows))
            starts = [number * (length // 4) for number in numbers]
            ids = [f"chr1:{s}-{s + length}" for s in starts] if located else [f"{label}{i}" for i in numbers]
            file.write(b"".join(b">%s\n%s\n" % (i.encode(), r.tobytes()) for i, r in zip(ids, rows, strict=True)))
    return path


def write_genome(path: Path, size: int) -> Path:
    """Chromosomes of 50 Mbp (or less) in lines of 80."""
    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGTacgt", np.uint8)
    with path.open("wb") as file:
        for number in range(max(size // 50_000_000, 1)):
            file.write(b">chr%d\n" % number)
            left = min(size, 50_000_000)
            for first in range(0, left, 8_000_000):
                rows = letters[rng.integers(0, 8, min(8_000_000, left - first), np.uint8)]
                whole = rows[: len(rows) // 80 * 80].reshape(-1, 80)
                file.write(np.column_stack([whole, np.full(len(whole), ord("\n"), np.uint8)]).tobytes())
    return path


def measure(words: list[object]) -> dict[str, float]:
    """Seconds and peak memory of a command, from the kernel's count for that child."""
    start = time.perf_counter()
    call = [sys.executable, "-c", "from motiflens.cli import main; main()", *map(str, words)]
    quiet = os.open(os.devnull, os.O_WRONLY)
    child = os.posix_spawn(sys.executable, call, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, quiet, 1)])
    _, status, usage = os.wait4(child, 0)
    os.close(quiet)
    if status:
        raise SystemExit(f"motiflens {' '.join(map(str, words))}: failed")
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)),
    }


def tasks(folder: Path, run: Path) -> dict[str, tuple[int, Callable[[int], list[object]]]]:
    """By name: the size at scale 1, and the command for a size."""
    length = Run.load(run).info.length

    def predict(n: int) -> list[object]:
        return ["predict", run, write_fasta(folder / "p.fa", n, length=length), "--out", folder / "p.tsv"]

    def explain(n: int) -> list[object]:
        sequences = write_fasta(folder / "e.fa", n, length=length, located=True)
        return ["explain", run, sequences, "--out", folder / f"why{n}", "--pictures", "0"]

    def genome(size: int) -> list[object]:
        path = write_genome(folder / "g.fa", size)
        starts = np.random.default_rng(1).integers(500, min(size, 50_000_000) - 500, 10_000)
        bed = folder / "peaks.bed"
        bed.write_text("".join(f"chr0\t{s}\t{s + 200}\n" for s in starts))
        return ["audit", "--bed", bed, "--genome", path]

    def labelled(n: int) -> list[str]:
        return [f"{name}={write_fasta(folder / f'{name}.fa', n // 2, length=200, label=name)}" for name in "ab"]

    def fit(n: int) -> list[object]:
        return ["fit", *labelled(n), "--epochs", "1", "--out", folder / f"run{n}"]

    def audit(n: int) -> list[object]:
        return ["audit", *labelled(n)]

    return {
        "predict": (5_000_000, predict),
        "explain": (500_000, explain),
        "genome": (1_000_000_000, genome),
        "audit": (1_000_000, audit),
        "fit": (1_000_000, fit),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", nargs="*")
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    with tempfile.TemporaryDirectory() as name:
        for task, (size, command) in tasks(Path(name), options.run).items():
            if options.only and task not in options.only:
                continue
            sizes = [int(size * options.scale / 4), int(size * options.scale)]
            seen = [measure(command(n)) for n in sizes]
            growth = seen[1]["peak_mb"] - seen[0]["peak_mb"]
            record({"what": task, "sizes": sizes, "measured": seen, "growth_mb": growth})


if __name__ == "__main__":
    main()
