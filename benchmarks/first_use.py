"""What a new user waits for: the start-up of the command line, encoding, the demo; and a kill in mid-training.

python benchmarks/first_use.py [--repeats 5] [--seeds 1] [--only help encode demo kill]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from results import Recorder, Row, add_out


def command(*arguments: str) -> list[str]:
    """The command line of this environment."""
    return [str(Path(sys.executable).with_name("motiflens")), *arguments]


def seconds(arguments: list[str]) -> float:
    """Wall time of a command that must succeed."""
    start = time.perf_counter()
    subprocess.run(arguments, check=True, capture_output=True)
    return time.perf_counter() - start


def spread(name: str, values: list[float], unit: str) -> Row:
    row = {"what": name, "median": round(statistics.median(values), 3), "unit": unit}
    return row | {"low": round(min(values), 3), "high": round(max(values), 3), "n": len(values)}


def tutorial_one_hot(sequences: list[str]) -> np.ndarray:
    """The tutorial's loop, one letter at a time."""
    mapping = {"A": 0, "T": 1, "G": 2, "C": 3}
    encoded = np.zeros((len(sequences), len(sequences[0]), 4))
    for i, sequence in enumerate(sequences):
        for j, letter in enumerate(sequence):
            if letter in mapping:
                encoded[i, j, mapping[letter]] = 1
    return encoded


def encoding(repeats: int) -> Iterator[Row]:
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
    yield spread("one-hot encoding", ours, "Mbp/s")
    yield spread("the tutorial's loop", loop, "Mbp/s")


def demo(folder: Path, seeds: int) -> Iterator[Row]:
    """Fit the splice demo on the split of each seed; the seconds of the first."""
    for seed in range(seeds):
        out = folder / f"demo{seed}"
        wall = seconds(command("demo", "splice", "--seed", str(seed), "--out", str(out)))
        metrics = json.loads((out / "metrics.json").read_text())
        if seed == 0:
            yield spread("the demo's run", [wall], "s")
            yield spread("the demo's report", [(out / "report.html").stat().st_size / 1e6], "MB")
        shown = {name: round(metrics["test"][name], 4) for name in ("n", "accuracy", "auroc", "mcc", "ece")}
        scores = {
            name: {key: round(figures[key], 4) for key in ("accuracy", "auroc", "mcc")}
            for name, figures in metrics["baselines"].items()
        }
        yield {"what": "splice demo", "seed": seed, **shown, **scores}


def killed(folder: Path) -> Row:
    """kill -9 once checkpoints are there, the same command again, and the uninterrupted run's metrics."""
    arguments = ["demo", "promoter", "--out"]
    seconds(command(*arguments, str(folder / "whole")))
    checkpoints = folder / ".cut.partial" / "checkpoints"
    kills = 0
    for pattern in ("member_1/last.ckpt", "member_1/all_data/last.ckpt"):
        process = subprocess.Popen(command(*arguments, str(folder / "cut")), stderr=subprocess.DEVNULL)
        while process.poll() is None and not list(checkpoints.glob(pattern)):
            time.sleep(0.01)
        if process.poll() is None:
            os.kill(process.pid, 9)
            kills += 1
        process.wait()
    seconds(command(*arguments, str(folder / "cut"), "--force"))
    one, other = (json.loads((folder / name / "metrics.json").read_text()) for name in ("whole", "cut"))
    return {"what": "kill -9, then the same command", "kills": kills, "metrics_equal": one == other}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1, help="splits of the demo")
    parser.add_argument("--only", nargs="*", default=["help", "encode", "demo", "kill"])
    add_out(parser)
    args = parser.parse_args()
    record = Recorder(args.out)
    if "help" in args.only:
        record(spread("motiflens --help", [seconds(command("--help")) for _ in range(args.repeats)], "s"))
    if "encode" in args.only:
        for row in encoding(args.repeats):
            record(row)
    with tempfile.TemporaryDirectory() as folder:
        if "demo" in args.only:
            for row in demo(Path(folder), args.seeds):
                record(row)
        if "kill" in args.only:
            record(killed(Path(folder)))


if __name__ == "__main__":
    main()
