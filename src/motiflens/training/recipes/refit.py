"""Final refit on training and validation data, once model selection is done.

Early stopping has found how many epochs suit the data; as many on all of them give better weights, since every sequence
counts where there are few (Goodfellow, Bengio and Courville 2016, algorithm 7.2).
"""

from collections.abc import Callable
from dataclasses import replace

from motiflens.errors import ModelError
from motiflens.training.task import Task, Trained


def trained_on_all(
    task: Task, first: Trained, *, again: Callable[[Task, int], Trained]
) -> tuple[Trained | None, list[str]]:
    """Return what `again` makes of the task on all data, up to the epoch that was best in `first`; with notes.

    The schedule is as long as the first. None where there are more training sequences than the settings'
    `refit_max_sequences`, or where it failed: sequences must not be predicted worse once they have been learned from.
    """
    settings, n = task.settings, len(task.data.labels)
    if n > settings.refit_max_sequences:
        return None, []
    epochs = int(first.best["epoch"])
    wider = replace(
        task,
        data=task.data.with_validation(),
        settings=settings.model_copy(update={"epochs": settings.epochs_for(n)}),
        compute=task.compute.stage("all_data"),
    )
    try:
        second = again(wider, epochs)
    except ModelError as error:
        return None, [f"training on all data failed ({error}): the weights from the training data alone are kept"]
    if second.history[-1]["val_loss"] > first.best["val_loss"]:
        return None, ["training on all data was no better: the weights from the training data alone are kept"]
    shown = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    return second, [f"trained again for {shown} with the validation data among the training data"]
