"""Gradient descent of a task, without the cost of importing Lightning before it is needed."""

from motiflens.model.network import Network
from motiflens.training.task import Task, Trained


def train(task: Task, network: Network, *, stop_epoch: int | None = None) -> Trained:
    """Train a network, in place, by the task's settings on its data; see `loop.fit_network`."""
    from motiflens.training.loop import fit_network  # Lightning takes seconds to import: no other command should wait

    return fit_network(
        network, task.data, config=task.settings, seed=task.seed, compute=task.compute, stop_epoch=stop_epoch
    )
