"""One fit by several processes: who follows, where it waits, and the whole run."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import planted
import pytest

from motiflens.errors import InputError
from motiflens.run.folder import Run, RunWriter, await_checkpoints
from motiflens.workflow.processes import follows
from motiflens.workflow.settings import Settings


@pytest.mark.parametrize(
    ("environment", "follower"),
    [
        ({}, False),
        ({"RANK": "0", "LOCAL_RANK": "0"}, False),
        ({"RANK": "3", "LOCAL_RANK": "0"}, True),  # torchrun, another node
        ({"LOCAL_RANK": "0"}, False),
        ({"LOCAL_RANK": "1"}, True),  # Lightning's own
        ({"LOCAL_RANK": "0", "NODE_RANK": "1"}, True),
        ({"SLURM_PROCID": "0"}, False),
        ({"SLURM_PROCID": "2"}, True),
    ],
)
def test_the_first_process_does_it_all_and_others_follow(environment, follower, monkeypatch):
    for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert follows(Settings(devices=2, num_nodes=2)) is follower
    assert not follows(Settings())  # a lone job may well have a rank in its environment


def test_a_follower_waits_for_its_run(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(InputError, match="the first process has not started this run"):
        await_checkpoints(out, resume_key="a", patience=0.2)
    with RunWriter(out, resume_key="a") as writer:
        assert await_checkpoints(out, resume_key="a") == writer.checkpoints
        with pytest.raises(InputError, match="has not started"):
            await_checkpoints(out, resume_key="other data", patience=0.2)


@pytest.mark.slow
def test_a_run_by_two_processes_is_whole(tmp_path):
    config = tmp_path / "quick.toml"
    config.write_text(planted.QUICK_TOML)
    arguments = planted.write_classes(tmp_path, planted.planted(300, 40))
    options = ["--out", str(tmp_path / "run"), "--config", str(config), "--device", "cpu", "--devices", "2"]
    command = [str(Path(sys.executable).with_name("motiflens")), "fit", *arguments, *options]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Report: ") == 1
    run = Run.load(tmp_path / "run")
    assert isinstance(run.predictions(), pd.DataFrame)
    assert run.info.config["devices"] == 2
