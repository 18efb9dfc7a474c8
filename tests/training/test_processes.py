"""Several processes train as one does with the batch of all: two on this machine's CPU, over gloo."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
import trainings

from motiflens.training.task import Compute, Trained

CHILD = """
import sys
sys.path[:0] = [{tests!r}, {training!r}]
import torch
torch.set_num_threads(1)
from pathlib import Path
import test_processes
test_processes.trained(2, batch_size=16, folder=Path({folder!r}))
"""


def trained(processes: int, *, batch_size: int, folder: Path | None) -> Trained:
    """Training without dropout, on a number of sequences that no batch divides."""
    config = trainings.NETWORKS["additive"].model_copy(update={"dropout": 0.0})
    trainings.NETWORKS["additive"] = config
    compute = Compute(folder=folder, devices=processes)
    return trainings.run("additive", batch_size=batch_size, compute=compute, on=trainings.data(214))


@pytest.fixture
def alone(monkeypatch) -> Trained:
    monkeypatch.setattr(trainings, "NETWORKS", dict(trainings.NETWORKS))
    return trained(1, batch_size=32, folder=None)


def test_two_processes_equal_one_with_the_doubled_batch(alone, tmp_path):
    here = Path(__file__).parent
    script = tmp_path / "child.py"
    folder = tmp_path / "stage"
    script.write_text(CHILD.format(tests=str(here.parent), training=str(here), folder=str(folder)))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr[-3000:]
    together = safetensors.torch.load_file(folder / "trained.safetensors")
    expected = alone.network.state_dict()
    assert together.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(together[name], value, rtol=1e-4, atol=1e-5, msg=name)
    with safetensors.safe_open(folder / "trained.safetensors", "pt") as file:
        history = json.loads(file.metadata()["history"])
    assert len(history) == 4
    for one, other in zip(history, alone.history, strict=True):
        assert one == pytest.approx(other, rel=1e-4)
