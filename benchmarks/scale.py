"""Seconds an epoch and peak memory of training on many sequences, memory-mapped as bytes; one JSON line a case.

    python benchmarks/scale.py [--cases 100000x200 1000000x1000] [--presets additive] [--threads 2] [--steps N]

The sequences are random and lie in a file, half of them with a planted word; validation takes 2,000 more. `--steps`
trains on as many batches only and prints the seconds that a whole epoch would take. Each case runs in a process of
its own; its peak is the process's largest resident set, and `mapped_mb` what of it are pages of the mapped file, which
the system takes back when it needs them. `before_mb` is the peak before training: Python, PyTorch, Lightning.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np
from results import Recorder, Row, add_out

BLOCK = 20_000
WORD = [3, 2, 0, 1, 3, 1, 0]


def write(path: Path, n: int, length: int) -> None:
    """Codes (n, length) uint8 as .npy, a block at a time."""
    file = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(n, length))
    rng = np.random.default_rng(0)
    for start in range(0, n, BLOCK):
        block = rng.integers(0, 4, (min(BLOCK, n - start), length), dtype=np.uint8)
        at = rng.integers(0, length - len(WORD), len(block))
        odd = np.flatnonzero(np.arange(start, start + len(block)) % 2)
        block[odd[:, None], at[odd, None] + np.arange(len(WORD))] = WORD
        file[start : start + len(block)] = block
    file.flush()


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def mapped_mb() -> float:
    """Resident pages that belong to files; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssFile")) / 1024


def train_case(path: Path, preset: str, threads: int, steps: int | None, rows: "Queue[Row]") -> None:
    """One epoch, in this process; the row goes to the parent."""
    import torch

    from motiflens.model.additive.config import AdditiveConfig
    from motiflens.model.classic.config import ClassicConfig
    from motiflens.model.config import NetworkConfig
    from motiflens.model.deep.config import DeepConfig
    from motiflens.model.output import Binary
    from motiflens.model.presets import build_network
    from motiflens.training.config import FitConfig
    from motiflens.training.loop import fit_network
    from motiflens.training.task import Compute, TrainingData

    torch.set_num_threads(threads)
    codes = np.lib.format.open_memmap(path, mode="r")
    n, length = codes.shape
    front = AdditiveConfig(position_weights="none")
    networks: dict[str, NetworkConfig] = {
        "additive": front,
        "deep": DeepConfig(front=front),
        "classic": ClassicConfig(),
    }
    network = networks[preset]
    settings = FitConfig(network=network).training.model_copy(update={"epochs": 1})
    used = n - 2000 if steps is None else min(n - 2000, steps * settings.batch_size)
    labels = np.arange(n, dtype=np.int64) % 2
    data = TrainingData(
        codes=codes[:used],
        labels=labels[:used],
        validation_codes=codes[n - 2000 :],
        validation_labels=labels[n - 2000 :],
        class_weights=np.ones(2),
        output=Binary(("no", "yes")),
        strands="forward",
    )
    built = build_network(network, length=length, n_outputs=1)
    before, start, cpu = peak_mb(), time.perf_counter(), time.process_time()
    trained = fit_network(built, data, config=settings, seed=0, compute=Compute())
    seconds, busy = time.perf_counter() - start, time.process_time() - cpu
    row = {
        "preset": preset,
        "sequences": n,
        "length": length,
        "trained_on": used,
        "seconds_an_epoch": round(seconds * (n - 2000) / used, 1),
        "cpu_seconds_an_epoch": round(busy * (n - 2000) / used, 1),
        "peak_mb": round(peak_mb()),
        "before_mb": round(before),
        "mapped_mb": round(mapped_mb()),
        "data_mb": round(codes.nbytes / 1e6),
        "val_loss": round(trained.best["val_loss"], 4),
    }
    rows.put(row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", default=["100000x200", "1000000x1000"])
    parser.add_argument("--presets", nargs="+", default=["additive"], choices=["additive", "deep", "classic"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--folder", type=Path, help="for the file of sequences (default: a temporary one)")
    add_out(parser)
    args = parser.parse_args()
    record = Recorder(args.out)
    fresh = multiprocessing.get_context("spawn")
    rows: Queue[Row] = fresh.Queue()
    for case in args.cases:
        n, length = map(int, case.split("x"))
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            path = Path(folder) / "codes.npy"
            # Nothing large in this process: its children would inherit its peak.
            tasks: list[tuple[Callable[..., None], tuple]] = [(write, (path, n, length))]
            tasks += [(train_case, (path, preset, args.threads, args.steps, rows)) for preset in args.presets]
            for target, arguments in tasks:
                process = fresh.Process(target=target, args=arguments)
                process.start()
                process.join()
                if process.exitcode:
                    raise SystemExit(f"{case}: exit code {process.exitcode}")
                if target is train_case:
                    record(rows.get())


if __name__ == "__main__":
    main()
