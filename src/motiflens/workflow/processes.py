"""One fit by several processes: the first does everything, the others only take part in the training.

torchrun and SLURM start the processes; on one machine Lightning does, with the command line of the first.
"""

import os
from pathlib import Path

from motiflens.data.dataset import AnyDataset
from motiflens.run.folder import await_checkpoints
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.workflow.audit import LeakagePolicy, check_and_split
from motiflens.workflow.run_log import RunLog
from motiflens.workflow.settings import Settings


def follows(settings: Settings) -> bool:
    """Return whether this process is one of several and not the first."""
    if settings.devices * settings.num_nodes == 1:
        return False
    names = ("RANK", "LOCAL_RANK", "SLURM_PROCID")  # torchrun, Lightning, SLURM
    ranks = {name: int(os.environ[name]) for name in names if name in os.environ}
    if "RANK" not in ranks and "LOCAL_RANK" in ranks:
        return ranks["LOCAL_RANK"] + settings.devices * int(os.environ.get("NODE_RANK", "0")) > 0
    return next(iter(ranks.values()), 0) > 0


def compute_of(settings: Settings, device: str, folder: Path) -> Compute:
    """Return this process's share of the training."""
    return Compute(device=device, folder=folder, devices=settings.devices, nodes=settings.num_nodes)


def train_along(
    dataset: AnyDataset, out: str | Path, *, settings: Settings, policy: LeakagePolicy, device: str, key: str
) -> None:
    """Take part in the training of the run that the first process writes at `out`."""
    split = check_and_split(dataset, settings=settings, policy=policy, log=RunLog()).split
    folder = await_checkpoints(out, resume_key=key)
    train, val = dataset.take(split.train), dataset.take(split.val)
    compute = compute_of(settings, device, folder)
    fit_model(train, val, config=settings.fit, seed=settings.seed, compute=compute)
