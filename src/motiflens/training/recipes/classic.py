"""Training of preset `classic`: the tutorial's recipe, repeated where it collapses, then calibrated."""

from dataclasses import replace

import numpy as np
import torch
from sklearn.metrics import recall_score

from motiflens.model.classic.network import ClassicNetwork
from motiflens.model.output import ClassOutput
from motiflens.training.gradient_descent import train
from motiflens.training.recipes.recipe import Recipe
from motiflens.training.recipes.stacking import Columns, Mix, best_mix
from motiflens.training.task import Task, Trained, TrainingData

_MAX_TRIES = 3
_LEFT = 0.4  # of the work, for further tries, of which nobody knows how many there will be
_CHANCE = 0.01  # mean recall beyond that of a guess that still counts as none
_ERRORS = 2.0  # standard errors of a correlation that still count as none
_PRIOR = 1e-3  # next to none: logits of a network stopped early may need to grow tenfold


class ClassicRecipe(Recipe):
    """Gradient descent, from other initial weights while the best ones tell nothing; then a temperature.

    The tutorial's recipe ends there often: early stopping looks at batch norm's running means, which with a momentum
    of .99 take some 700 steps to mean anything, and can give up before.
    """

    min_sequences = 2_000

    def train(self, task: Task) -> Trained:
        notes: list[str] = []
        for attempt in range(_MAX_TRIES):
            seed = task.seed + 1000 * attempt
            part = task.compute.part(1 - _LEFT**attempt, 1 - _LEFT ** (attempt + 1))
            retry = replace(task, seed=seed, compute=part.stage(f"try_{attempt + 1}"))
            trained = train(retry, retry.initial_network())
            if not _collapsed(trained, task.data):
                break
            last = attempt + 1 == _MAX_TRIES
            then = "kept; try preset additive" if last else f"trained again with seed {seed + 1000}"
            notes.append(f"seed {seed}: the best weights tell nothing of the validation data; {then}")
        assert isinstance(trained.network, ClassicNetwork)
        calibrate(trained.network, task.data)
        return replace(trained, notes=notes + trained.notes)


def _collapsed(trained: Trained, data: TrainingData) -> bool:
    logits = data.validation_logits(trained.network)
    if not isinstance(data.output, ClassOutput):
        return not any(_tells(*pair) for pair in zip(logits.T, data.validation_labels.T, strict=True))
    # Balanced, since a weighted loss trains for equally frequent classes.
    recall = recall_score(data.validation_labels, data.output.predicted(logits), average="macro", zero_division=0)
    return bool(recall <= 1 / len(data.class_weights) + _CHANCE)


def _tells(logit: np.ndarray, truth: np.ndarray) -> bool:
    """Return whether a logit correlates with its target by more than chance."""
    there = ~np.isnan(truth)
    if there.sum() < 3 or logit[there].std() == 0 or truth[there].std() == 0:
        return False
    return bool(np.corrcoef(logit[there], truth[there])[0, 1] > _ERRORS / np.sqrt(there.sum()))


def calibrate(network: ClassicNetwork, data: TrainingData) -> None:
    """Scale the logits by a temperature and shift them, in place, by the validation data's log loss (Guo et al. 2017).

    The search starts from the shift that undoes the class weights: probabilities refer to the data's class frequencies.
    """
    logits = data.validation_logits(network)
    start = Mix(weights=np.ones((1, logits.shape[1])), bias=data.output.shift_for(data.class_weights))
    found = best_mix(Columns.of(data, logits[:, None]), output=data.output, start=start, prior=_PRIOR)
    with torch.no_grad():
        factor = torch.as_tensor(found.weights[0], dtype=torch.float32, device=network.device)
        network.output.weight.mul_(factor[:, None])
        network.output.bias.mul_(factor)
        network.output.bias.add_(torch.as_tensor(found.bias, dtype=torch.float32, device=network.device))
