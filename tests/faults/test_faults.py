"""Processes that are killed, without room, or without permission; the long version is benchmarks/faults.py."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import planted
import pytest

from motiflens.cli.failure import environment_failure
from motiflens.errors import InputError
from motiflens.model.store import load_model
from motiflens.run.folder import Run

CALL = [sys.executable, "-c", "from motiflens.cli import main; main()"]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> list[str]:
    """Words of a quick fit, without --out."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "quick.toml").write_text(planted.QUICK_TOML)
    return [*planted.write_classes(folder, planted.planted(200, 30)), "--config", str(folder / "quick.toml")]


def start(*words: object) -> subprocess.Popen:
    return subprocess.Popen(
        [*CALL, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    process = start("fit", *data, "--out", out)
    _, said = process.communicate()
    assert process.returncode == 0, said
    return out


def readers(folder: Path) -> None:
    run = Run.load(folder)
    for read in (run.metrics, run.motifs, run.predictions, run.hits, run.attributions, run.history, run.audit):
        read()
    run.faithfulness()
    run.training_sequences()
    load_model(run.model_folder)


def test_a_killed_fit_leaves_nothing_half_done_and_the_same_command_ends_it(data, tmp_path):
    out = tmp_path / "run"
    process = start("fit", *data, "--out", out)
    while process.poll() is None and not list(tmp_path.glob(".run.partial/*")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not out.exists()
    process = start("fit", *data, "--out", out)
    _, said = process.communicate()
    assert process.returncode == 0, said
    readers(out)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_byte_changed_in_any_file_is_noticed_by_who_needs_it(finished, tmp_path):
    for file in sorted(path for path in finished.rglob("*") if path.is_file() and "figures" not in path.parts):
        relative = file.relative_to(finished)
        if relative.name in ("run.json", "report.html", "motifs.tsv") or "mqc" in relative.name:
            continue  # names no value that is checked; made anew
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(finished, copy)
        content = bytearray((copy / relative).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / relative).write_bytes(content)
        with pytest.raises(InputError, match=relative.name):
            readers(copy)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(finished, data):
    fasta = data[0].partition("=")[2]
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            [*CALL, "predict", str(finished), fasta], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert process.returncode == 1, process.stderr
    assert "the disk is full" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "x/y"), "x/y: the disk is full; free some space"),
        (
            RuntimeError("PytorchStreamWriter failed writing file: No space left on device"),
            "the output: the disk is full",
        ),
        (
            OSError(30, "Read-only file system", "x"),
            "x: cannot be written (Read-only file system); choose another folder",
        ),
        (MemoryError(), "out of memory; give fewer"),
        (ValueError("a bug"), None),
        (FileNotFoundError(2, "No such file", "x"), None),
    ],
)
def test_errors_of_the_machine_are_told_from_bugs(error, said):
    found = environment_failure(error)
    assert found is None if said is None else found is not None and found.startswith(said)


def test_a_log_file_holds_stages_warnings_and_errors(data, tmp_path):
    log = tmp_path / "log.txt"
    process = start("--log-file", log, "fit", *data, "--out", tmp_path / "run")
    _, warned = process.communicate()
    assert process.returncode == 0
    text = log.read_text()
    assert all(f"INFO {stage}" in text for stage in ("check data", "train", "find motifs", "report"))
    warnings = [line.removeprefix("warning: ") for line in warned.splitlines() if line.startswith("warning: ")]
    assert warnings
    assert all(f"WARNING {warning}" in text for warning in warnings)
    start("--log-file", log, "fit", *data, "--out", tmp_path / "run").communicate()
    assert "ERROR" in log.read_text()
    assert "already holds a run" in log.read_text()
    stages = json.loads((tmp_path / "run" / "run.json").read_text())["stages"]
    assert all(stage["peak_memory_mb"] > 0 for stage in stages)
