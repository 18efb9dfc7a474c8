"""What becomes of a command that is killed, has no room, may not write, is not alone, or finds damaged files.

    python benchmarks/faults.py [--kills 50] [--only kill|disk|readonly|two|bytes]

Every trial runs the real command line in processes of its own on a small data set. After each, the run folder must be
whole or absent, a message must be there, and the same command must bring a whole run. Prints a JSON line a fault: how
many trials, what happened how often, and `wrong`: how many broke the promise. The full disk and the read-only one are
small tmpfs mounts, which need root.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from results import Recorder, add_out

QUICK = """
[fit]
strands = "both"
[fit.network]
widths = [7]
filters = 8
position_weights = "none"
kmer = 4
[fit.training]
epochs = 4
learning_rate = 0.02
sparsity = 0.2
"""


def write_data(folder: Path, *, n: int = 300, length: int = 40) -> list[str]:
    """Two FASTA files; the positives carry TGACTCA."""
    rng = np.random.default_rng(0)
    words = []
    for name in ("bound", "other"):
        rows = rng.choice(list("ACGT"), (n // 2, length))
        if name == "bound":
            rows[:, 10:17] = list("TGACTCA")
        (folder / f"{name}.fa").write_text("".join(f">{name}{i}\n{''.join(row)}\n" for i, row in enumerate(rows)))
        words.append(f"{name}={folder / name}.fa")
    (folder / "quick.toml").write_text(QUICK)
    return words


def command(*words: object, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """`motiflens` in a process group of its own."""
    call = [sys.executable, "-c", "from motiflens.cli import main; main()", *map(str, words)]
    pipe, environment = subprocess.PIPE, os.environ | (env or {})
    return subprocess.Popen(call, text=True, start_new_session=True, env=environment, stdout=pipe, stderr=pipe)


def run(*words: object) -> tuple[int, str]:
    """Exit code and stderr of a command that is left alone."""
    process = command(*words)
    _, said = process.communicate()
    return process.returncode, said


class Bench:
    """A folder with data and a finished run to spoil."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = write_data(folder)
        self.run = folder / "whole"
        code, said = run("fit", *self.data, "--config", folder / "quick.toml", "--out", self.run)
        assert code == 0, said

    def fit(self, out: Path) -> list[object]:
        return ["fit", *self.data, "--config", self.folder / "quick.toml", "--out", out]

    def copy(self) -> Path:
        out = self.folder / "copy"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(self.run, out)
        return out


def whole(run_folder: Path) -> bool:
    """Whether a reader accepts the run with all files that a fit writes."""
    from motiflens.errors import InputError
    from motiflens.run.folder import Run

    try:
        found = Run.load(run_folder)
        found.metrics(), found.motifs(), found.predictions(), found.hits(), found.attributions(), found.history()
    except InputError:
        return False
    return True


def one_line(said: str) -> bool:
    """Whether a failure was told in words, without a traceback."""
    return "motiflens: " in said and "Traceback" not in said


def kills(bench: Bench, times: int) -> Iterator[dict]:
    """kill -9 of the process group at random moments of fit, explain, motifs and report."""
    rng = random.Random(0)
    for name in ("fit", "explain", "motifs", "report"):
        out = bench.folder / f"killed-{name}"
        seen: Counter[str] = Counter()
        words = {
            "fit": bench.fit(out),
            "explain": ["explain", bench.run, bench.folder / "bound.fa", "--out", out],
            "motifs": ["motifs", out],
            "report": ["report", out],
        }[name]
        seconds = _duration(bench, name, words, out)
        for _ in range(times):
            _fresh(bench, name, out)
            process = command(*words)
            time.sleep(rng.uniform(0.02, 1.05) * seconds)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            seen["ended before" if process.returncode == 0 else "killed"] += 1
            if out.exists() and name != "explain":
                seen["run whole at once"] += whole(out)
                seen["wrong"] += not whole(out)
            code, said = run(*words) if process.returncode else (0, "")
            if code == 2 and ("already holds a run" in said or "exists" in said):
                code = 0  # killed after the run had been moved into place
            good = code == 0 and (out.exists() if name == "explain" else whole(out))
            seen["same command finished it" if good else "wrong"] += 1
            if not good:
                print(name, code, said[-300:], file=sys.stderr)
        yield {"fault": f"kill -9 during {name}", "trials": times, **_told(seen)}


def _fresh(bench: Bench, name: str, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    for leftover in out.parent.glob(f".{out.name}.*"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    if name in ("motifs", "report"):
        shutil.copytree(bench.run, out)


def _duration(bench: Bench, name: str, words: list[object], out: Path) -> float:
    _fresh(bench, name, out)
    start = time.perf_counter()
    code, said = run(*words)
    assert code == 0, said
    return time.perf_counter() - start


def _told(seen: Counter) -> dict:
    return {"wrong": seen.pop("wrong", 0), "seen": dict(seen)}


@contextlib.contextmanager
def tmpfs(folder: Path, options: str) -> Iterator[Path]:
    """A small file system of its own."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def _names_the_disk(said: str) -> bool:
    return "the disk is full" in said or "No space left" in said


def full_disk(bench: Bench, sizes: tuple[int, ...]) -> Iterator[dict]:
    """A fit on a disk of so many kB: it ends whole or with one line, and goes on when there is room."""
    seen: Counter = Counter()
    for size in sizes:
        with tmpfs(bench.folder / "disk", f"size={size}k") as disk:
            code, said = run(*bench.fit(disk / "run"))
            ended = "enough room" if code == 0 else "one line" if one_line(said) and _names_the_disk(said) else "wrong"
            seen[ended] += 1
            if ended == "wrong":
                print("disk", size, said[-500:], file=sys.stderr)
            seen["wrong"] += (disk / "run").exists() and not whole(disk / "run")
            subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
            if code:
                seen["same command finished it" if run(*bench.fit(disk / "run"))[0] == 0 else "wrong"] += 1
    yield {"fault": f"disk full ({sizes[0]} to {sizes[-1]} kB)", "trials": len(sizes), **_told(seen)}


def read_only(bench: Bench) -> Iterator[dict]:
    """Every writing command on a read-only file system."""
    seen: Counter = Counter()
    with tmpfs(bench.folder / "readonly", "size=200m") as disk:
        shutil.copytree(bench.run, disk / "run")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        fasta = bench.folder / "bound.fa"
        calls = (
            bench.fit(disk / "new"),
            ["predict", disk / "run", fasta, "--out", disk / "p.tsv"],
            ["explain", disk / "run", fasta, "--out", disk / "why"],
            ["motifs", disk / "run"],
            ["report", disk / "run"],
            ["evaluate", disk / "run", *bench.data, "--out", disk / "e.json"],
            ["simulate", "--out", disk / "sim"],
            ["audit", *bench.data, "--out", disk / "a.json"],
        )
        for words in calls:
            code, said = run(*words)
            seen["one line" if code and one_line(said) else "wrong"] += 1
            if not one_line(said):
                print("read-only", words[0], code, said[-400:], file=sys.stderr)
        code, _ = run("predict", disk / "run", fasta)
        seen["predict from a read-only run" if code == 0 else "wrong"] += 1
    yield {"fault": "read-only target", "trials": len(calls) + 1, **_told(seen)}


def two_writers(bench: Bench, times: int) -> Iterator[dict]:
    """Two fits of one run folder at once."""
    seen: Counter = Counter()
    for trial in range(times):
        out = bench.folder / f"shared{trial}"
        first, second = command(*bench.fit(out)), command(*bench.fit(out))
        said = [process.communicate()[1] for process in (first, second)]
        codes = sorted(process.returncode for process in (first, second))
        told = any("another motiflens process" in text or "already holds a run" in text for text in said)
        good = codes == [0, 2] and told and whole(out)
        seen["one wrote, the other said so" if good else "wrong"] += 1
    yield {"fault": "two processes on one run folder", "trials": times, **_told(seen)}


def damaged_bytes(bench: Bench, times: int) -> Iterator[dict]:
    """One byte changed in each file of a run: named by whoever needs the file, in one line."""
    rng = random.Random(0)
    seen: Counter[str] = Counter()
    files = sorted(path.relative_to(bench.run) for path in bench.run.rglob("*") if path.is_file())
    for relative in files:
        for _ in range(times):
            folder = bench.copy()
            content = bytearray((folder / relative).read_bytes())
            content[rng.randrange(len(content))] ^= rng.randrange(1, 256)
            (folder / relative).write_bytes(content)
            seen[_outcome(folder, relative)] += 1
    yield {"fault": "one byte changed in a file of a run", "trials": len(files) * times, **_told(seen)}


def _outcome(folder: Path, relative: Path) -> str:
    """In this process: what `Run.load` and every reader say."""
    from motiflens.errors import InputError
    from motiflens.model.store import load_model
    from motiflens.run.folder import Run

    try:
        found = Run.load(folder)
        found.metrics(), found.motifs(), found.predictions(), found.hits(), found.attributions(), found.history()
        load_model(found.model_folder)
    except InputError as error:
        return "file named" if relative.name in str(error) else "refused"
    except Exception as error:
        print(relative, repr(error), file=sys.stderr)
        return "wrong"
    rebuilt = relative.name == "report.html" or relative.parts[0] == "figures"
    return "rebuilt by report" if rebuilt else "run.json: no checked value" if relative.name == "run.json" else "wrong"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--disks", type=int, nargs="*", default=(200, 500, 1000, 1500, 2000, 3000, 4000, 6000, 9000))
    parser.add_argument("--only", nargs="*", choices=("kill", "disk", "readonly", "two", "bytes"))
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    chosen = options.only or ("bytes", "two", "readonly", "disk", "kill")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        trials = {
            "bytes": lambda: damaged_bytes(bench, 5),
            "two": lambda: two_writers(bench, 3),
            "readonly": lambda: read_only(bench),
            "disk": lambda: full_disk(bench, tuple(options.disks)),
            "kill": lambda: kills(bench, options.kills),
        }
        for name in chosen:
            for row in trials[name]():
                record(row)


if __name__ == "__main__":
    main()
