"""Training of preset `deep`: the additive network first, then the term of interactions."""

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.deep.config import DeepConfig
from motiflens.model.deep.mixed import MixedNetwork
from motiflens.model.deep.network import DeepNetwork
from motiflens.model.deep.pooled import PooledNetwork
from motiflens.model.network import Network
from motiflens.model.targets import Numbers
from motiflens.training.gradient_descent import train
from motiflens.training.recipes.additive import (
    additive,
    chosen_network,
    mix_terms,
    refit_terms,
    set_mix,
    start_filters,
    starting_motifs,
    train_motif_term,
)
from motiflens.training.recipes.known_motifs import KnownMotif
from motiflens.training.recipes.recipe import Recipe
from motiflens.training.recipes.refit import trained_on_all
from motiflens.training.recipes.settings import ADDITIVE, DEEP, training_settings
from motiflens.training.recipes.stacking import Columns, Mix, best_mix
from motiflens.training.recipes.strands import select_strands
from motiflens.training.task import Selected, Task, Trained, TrainingData
from motiflens.training.training_config import TrainingConfig

_PARTS = (0.0, 0.2, 0.5, 0.55, 0.75, 1.0)  # of the work: the motif term, the deep one, mixing, both again on all data
_PRIOR = 2.0  # observations in favour of the additive network alone


class DeepRecipe(Recipe):
    """The additive network, then the term of interactions; mix the two, then train both on all data.

    A term of near interactions starts from where the motif term ended. One of pooled interactions is trained from the
    start as the additive network is: filters that only have to add up are not those that mean something together.
    """

    min_sequences = 2_000

    def select_strands(self, task: Task) -> Selected:
        return select_strands(task)

    def select_network(self, task: Task) -> Selected:
        network = _config(task)
        front, settings, notes = chosen_network(network.front, task)
        kind = network.interactions
        if kind == "auto":
            kind = "pooled" if isinstance(task.data.output, Numbers) else "near"
        chosen = network.model_copy(update={"front": front, "interactions": kind})
        return Selected(replace(task, network=chosen, settings=settings), notes)

    def train(self, task: Task) -> Trained:
        first_part, deep_part, mixing, refitting, again_part = (task.compute.part(*_PARTS[i : i + 2]) for i in range(5))
        shallow = _additive_task(replace(task, compute=first_part.stage("additive")))
        motifs = starting_motifs(_config(task).front, shallow)
        first = train_motif_term(shallow, motifs=motifs)
        nested = additive(first.network)
        start = copy.deepcopy(nested)

        pooled = _config(task).interactions == "pooled"

        def deepen(of: Task, stop_epoch: int | None = None) -> Trained:
            if pooled:
                return _train_pooled_term(of, motifs)
            return _train_near_term(of, start, stop_epoch=stop_epoch)

        settings = _settings_of_pooled(task) if pooled else task.settings
        task = replace(task, settings=settings, compute=deep_part.stage("deep"))
        second = deepen(task)
        network = _mixed(second.network)
        intercept = network.bias.detach().clone()
        mixed = mix_terms(replace(shallow, compute=mixing.stage("additive")), first)
        network.additive.load_state_dict(nested.state_dict())
        _fit_mix(network, task.data)
        held_out = task.data.validation_logits(network)
        before = nested.bias.detach().clone()
        notes = refit_terms(replace(shallow, compute=refitting.stage("additive")), mixed, motifs)
        network.additive.load_state_dict(nested.state_dict())
        network.bias.data += network.mix[1] * (nested.bias.detach() - before)
        third, more = trained_on_all(replace(task, compute=again_part.stage("deep")), second, again=deepen)
        if third is not None:
            again = _mixed(third.network)
            network.get_submodule("deep").load_state_dict(again.get_submodule("deep").state_dict())
            network.bias.data += network.mix[0] * (again.bias.detach() - intercept)
        epochs = len(first.history)
        deeper = [record | {"epoch": record["epoch"] + epochs} for record in second.history]
        notes = [*first.notes, *second.notes, *notes, *more]
        return Trained(network=network, history=first.history + deeper, notes=notes, held_out=held_out)


def _additive_task(task: Task) -> Task:
    """Return the task of the additive network that a deep one starts from."""
    front = _config(task).front
    given = {name: getattr(task.settings, name) for name in ("epochs", "batch_size", "sparsity", "known_motifs")}
    settings = training_settings(front.preset).model_copy(update=given)
    return replace(task, network=front, settings=settings)


def _settings_of_pooled(task: Task) -> TrainingConfig:
    """Return the settings of the additive network, with what was set for the term of interactions."""
    return ADDITIVE.model_copy(update={name: value for name, value in task.settings if value != getattr(DEEP, name)})


def _train_pooled_term(task: Task, motifs: Sequence[KnownMotif]) -> Trained:
    """Train a motif term together with the dense head on what it pools, to the end of the schedule.

    The validation loss rises while the head learns faster than the filters become sparse, and falls again later.
    """
    network = task.initial_network()
    assert isinstance(network, PooledNetwork)
    start_filters(network.deep.motif, task.data, motifs)
    return train(task, network, stop_epoch=task.settings.epochs_for(len(task.data.labels)))


def _train_near_term(task: Task, start: AdditiveNetwork, *, stop_epoch: int | None) -> Trained:
    """Train the deep term from where the additive network's motif term ended."""
    network = task.initial_network()
    assert isinstance(network, DeepNetwork)
    network.deep.motif.load_state_dict(start.motif.state_dict())
    network.bias.data.copy_(start.bias)
    return train(task, network, stop_epoch=stop_epoch)


def _fit_mix(network: MixedNetwork, data: TrainingData) -> None:
    """Choose `mix` >= 0 and `bias` by the loss of the validation data, in place."""
    columns = Columns.of(data, data.validation_terms(network.terms, device=network.device))
    alone = np.zeros(network.mix.shape)
    alone[1] = 1
    start = Mix(weights=alone, bias=network.additive.bias.detach().cpu().double().numpy())
    set_mix(network, best_mix(columns, output=data.output, start=start, prior=_PRIOR))


def _config(task: Task) -> DeepConfig:
    assert isinstance(task.network, DeepConfig)
    return task.network


def _mixed(network: Network) -> MixedNetwork:
    assert isinstance(network, MixedNetwork)
    return network
