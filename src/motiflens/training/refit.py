"""The last training: once the validation data have chosen all that they can, they join the training data.

Early stopping has found how many epochs suit the data; as many on all of them give better weights, since every sequence
counts where there are few (Goodfellow, Bengio and Courville 2016, algorithm 7.2).
"""

from collections.abc import Callable
from dataclasses import replace

from motiflens.errors import ModelError
from motiflens.training.task import Trained
from motiflens.training.trial import Attempt


def trained_on_all(
    attempt: Attempt, first: Trained, *, again: Callable[[Attempt, int], Trained]
) -> tuple[Trained | None, list[str]]:
    """What `again` makes of an attempt at all data, until the epoch that was best in `first`; with notes.

    The schedule is as long as the first. None where there are more training sequences than the recipe's `refit_most`,
    or where it failed: sequences must not be explained worse once they have been learned from.
    """
    recipe, n = attempt.recipe, len(attempt.data.labels)
    if n > recipe.refit_most:
        return None, []
    epochs = int(first.best["epoch"])
    wider = replace(
        attempt,
        data=attempt.data.with_validation(),
        recipe=recipe.model_copy(update={"epochs": recipe.epochs_for(n)}),
        where=attempt.where.stage("all_data"),
    )
    try:
        second = again(wider, epochs)
    except ModelError as error:
        return None, [f"training on all data failed ({error}): the weights from the training data alone are kept"]
    if second.history[-1]["val_loss"] > first.best["val_loss"]:
        return None, ["training on all data was no better: the weights from the training data alone are kept"]
    return second, [f"trained again for {epochs} epochs with the validation data among the training data"]
