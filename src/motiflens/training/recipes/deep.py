"""Training of preset `deep`: the additive network first, then the deep term from where its motif term ended."""

import copy
from dataclasses import replace

import numpy as np

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.deep.config import DeepConfig
from motiflens.model.deep.network import DeepNetwork
from motiflens.model.network import Network
from motiflens.training.gradient_descent import train
from motiflens.training.recipes.additive import (
    additive,
    mix_terms,
    refit_terms,
    set_mix,
    train_motif_term,
)
from motiflens.training.recipes.position_weights import chosen_position_weights
from motiflens.training.recipes.recipe import Recipe
from motiflens.training.recipes.refit import trained_on_all
from motiflens.training.recipes.settings import training_settings
from motiflens.training.recipes.stacking import Columns, Mix, best_mix
from motiflens.training.recipes.strands import select_strands
from motiflens.training.task import Selected, Task, Trained, TrainingData

_PRIOR = 2.0  # observations in favour of the additive network alone


class DeepRecipe(Recipe):
    """The additive network, then the deep term from its motif term; mix the two, then train both on all data."""

    min_sequences = 2_000

    def select_strands(self, task: Task) -> Selected:
        return select_strands(task)

    def select_position_weights(self, task: Task) -> Selected:
        network = _config(task)
        front, notes = chosen_position_weights(network.front, task.data)
        return Selected(replace(task, network=network.model_copy(update={"front": front})), notes)

    def train(self, task: Task) -> Trained:
        shallow = _additive_task(replace(task, compute=task.compute.stage("additive")))
        first = train_motif_term(shallow)
        nested = additive(first.network)
        start = copy.deepcopy(nested)

        def deepen(of: Task, stop_epoch: int | None = None) -> Trained:
            return _train_deep_term(of, start, stop_epoch=stop_epoch)

        task = replace(task, compute=task.compute.stage("deep"))
        second = deepen(task)
        network = _deep(second.network)
        intercept = network.bias.detach().clone()
        mixed = mix_terms(shallow, first)
        network.additive.load_state_dict(nested.state_dict())
        _fit_mix(network, task.data)
        held_out = task.data.validation_logits(network)
        before = nested.bias.detach().clone()
        notes = refit_terms(shallow, mixed)
        network.additive.load_state_dict(nested.state_dict())
        network.bias.data += network.mix[1] * (nested.bias.detach() - before)
        third, more = trained_on_all(task, second, again=deepen)
        if third is not None:
            again = _deep(third.network)
            network.deep.load_state_dict(again.deep.state_dict())
            network.bias.data += network.mix[0] * (again.bias.detach() - intercept)
        epochs = len(first.history)
        deeper = [record | {"epoch": record["epoch"] + epochs} for record in second.history]
        notes = [*first.notes, *second.notes, *notes, *more]
        return Trained(network=network, history=first.history + deeper, notes=notes, held_out=held_out)


def _additive_task(task: Task) -> Task:
    """Return the task of the additive network that a deep one starts from."""
    front = _config(task).front
    given = {name: getattr(task.settings, name) for name in ("epochs", "batch_size", "sparsity")}
    settings = training_settings(front.preset).model_copy(update=given)
    return replace(task, network=front, settings=settings)


def _train_deep_term(task: Task, start: AdditiveNetwork, *, stop_epoch: int | None) -> Trained:
    """Train the deep term from where the additive network's motif term ended."""
    network = _deep(task.initial_network())
    network.deep.motif.load_state_dict(start.motif.state_dict())
    network.bias.data.copy_(start.bias)
    return train(task, network, stop_epoch=stop_epoch)


def _fit_mix(network: DeepNetwork, data: TrainingData) -> None:
    """Choose `mix` >= 0 and `bias` by the loss of the validation data, in place."""
    columns = Columns.of(data, data.validation_terms(network.terms, device=network.device))
    alone = np.zeros(network.mix.shape)
    alone[1] = 1
    start = Mix(weights=alone, bias=network.additive.bias.detach().cpu().double().numpy())
    set_mix(network, best_mix(columns, output=data.output, start=start, prior=_PRIOR))


def _config(task: Task) -> DeepConfig:
    assert isinstance(task.network, DeepConfig)
    return task.network


def _deep(network: Network) -> DeepNetwork:
    assert isinstance(network, DeepNetwork)
    return network
