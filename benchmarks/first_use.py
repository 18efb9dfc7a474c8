"""What a new user waits for: the start-up of the command line, encoding, the demo; and a kill in mid-training.

python benchmarks/first_use.py [--repeats 5] [--only help encode demo kill]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def command(*arguments: str) -> list[str]:
    """The command line of this environment."""
    return [str(Path(sys.executable).with_name("motiflens")), *arguments]


def seconds(arguments: list[str]) -> float:
    """Wall time of a command that must succeed."""
    start = time.perf_counter()
    subprocess.run(arguments, check=True, capture_output=True)
    return time.perf_counter() - start


def spread(name: str, values: list[float], unit: str) -> None:
    row = {"what": name, "median": round(statistics.median(values), 3), "unit": unit}
    print(json.dumps(row | {"low": round(min(values), 3), "high": round(max(values), 3), "n": len(values)}), flush=True)


def tutorial_one_hot(sequences: list[str]) -> np.ndarray:
    """The tutorial's loop, one letter at a time."""
    mapping = {"A": 0, "T": 1, "G": 2, "C": 3}
    encoded = np.zeros((len(sequences), len(sequences[0]), 4))
    for i, sequence in enumerate(sequences):
        for j, letter in enumerate(sequence):
            if letter in mapping:
                encoded[i, j, mapping[letter]] = 1
    return encoded


def encoding(repeats: int) -> None:
    """Mbp/s from strings to one-hot, ours and the tutorial's loop in alternation."""
    from motiflens.sequence.alphabet import encode, one_hot

    letters = np.array(list("ACGT"))[np.random.default_rng(0).integers(0, 4, (5000, 200))]
    sequences = ["".join(row) for row in letters]
    size = letters.size / 1e6
    ours: list[float] = []
    loop: list[float] = []
    for _ in range(repeats):
        for function, rates in ((lambda s: one_hot(encode(s)), ours), (tutorial_one_hot, loop)):
            start = time.perf_counter()
            function(sequences)
            rates.append(size / (time.perf_counter() - start))
    spread("one-hot encoding", ours, "Mbp/s")
    spread("the tutorial's loop", loop, "Mbp/s")


def demo(folder: Path) -> None:
    out = folder / "demo"
    spread("motiflens demo splice", [seconds(command("demo", "splice", "--out", str(out)))], "s")
    metrics = json.loads((out / "metrics.json").read_text())
    size = (out / "report.html").stat().st_size / 1e6
    shown = {name: round(metrics["test"][name], 4) for name in ("n", "accuracy", "auroc", "ece")}
    print(json.dumps({"what": "splice demo", **shown, "report_mb": round(size, 2)}), flush=True)


def killed(folder: Path) -> None:
    """kill -9 once checkpoints are there, the same command again, and the uninterrupted run's metrics."""
    arguments = ["demo", "promoter", "--out"]
    seconds(command(*arguments, str(folder / "whole")))
    checkpoints = folder / ".cut.partial" / "checkpoints"
    kills = 0
    for pattern in ("pilot_*/last.ckpt", "member_1/last.ckpt"):
        process = subprocess.Popen(command(*arguments, str(folder / "cut")), stderr=subprocess.DEVNULL)
        while process.poll() is None and not list(checkpoints.glob(pattern)):
            time.sleep(0.01)
        if process.poll() is None:
            os.kill(process.pid, 9)
            kills += 1
        process.wait()
    seconds(command(*arguments, str(folder / "cut"), "--force"))
    one, other = (json.loads((folder / name / "metrics.json").read_text()) for name in ("whole", "cut"))
    print(json.dumps({"what": "kill -9, then the same command", "kills": kills, "metrics_equal": one == other}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=["help", "encode", "demo", "kill"])
    args = parser.parse_args()
    if "help" in args.only:
        spread("motiflens --help", [seconds(command("--help")) for _ in range(args.repeats)], "s")
    if "encode" in args.only:
        encoding(args.repeats)
    with tempfile.TemporaryDirectory() as folder:
        if "demo" in args.only:
            demo(Path(folder))
        if "kill" in args.only:
            killed(Path(folder))


if __name__ == "__main__":
    main()
