"""Training of preset `additive`: gradient descent of the motif term, linear terms, their mix, and all on all data."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.network import Network
from motiflens.training.gradient_descent import train
from motiflens.training.recipes.initial_filters import initialise_filters
from motiflens.training.recipes.linear_terms import LinearFit, fit_linear_terms, refit_linear_terms
from motiflens.training.recipes.position_weights import chosen_position_weights
from motiflens.training.recipes.recipe import Recipe
from motiflens.training.recipes.refit import trained_on_all
from motiflens.training.recipes.stacking import Columns, Mix, best_mix
from motiflens.training.recipes.strands import select_strands
from motiflens.training.task import Selected, Task, Trained, TrainingData

#: Towards no term at all: the motif term's epoch was chosen on the validation data, and looks better than it is.
_PRIOR = 1.0


class AdditiveRecipe(Recipe):
    """The motif term by gradient descent, the linear terms by regression, stacked on the validation data."""

    min_sequences = 100

    def select_strands(self, task: Task) -> Selected:
        return select_strands(task)

    def select_position_weights(self, task: Task) -> Selected:
        assert isinstance(task.network, AdditiveConfig)
        network, notes = chosen_position_weights(task.network, task.data)
        return Selected(replace(task, network=network), notes)

    def train(self, task: Task) -> Trained:
        trained = train_motif_term(task)
        mixed = mix_terms(task, trained)
        held_out = task.data.validation_logits(trained.network)
        return replace(trained, notes=trained.notes + refit_terms(task, mixed), held_out=held_out)


def train_motif_term(task: Task, stop_epoch: int | None = None) -> Trained:
    """Train the motif term from filters set to discriminative k-mers, up to `stop_epoch` of the schedule."""
    network = additive(task.initial_network())
    initialise_filters(
        network.motif, task.data.codes, task.data.labels, strands=task.data.strands, output=task.data.output
    )
    return train(task, network, stop_epoch=stop_epoch)


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """A trained network with its three terms mixed, and the intercepts of its terms alone."""

    trained: Trained
    linear: LinearFit
    motif_intercept: Tensor


def mix_terms(task: Task, trained: Trained) -> Mixed:
    """Fit the linear terms and mix the three, in place."""
    network = additive(trained.network)
    intercept = network.bias.detach().clone()
    linear = fit_linear_terms(network, task.data)
    _fit_mix(network, task.data)
    return Mixed(trained=trained, linear=linear, motif_intercept=intercept)


def _fit_mix(network: AdditiveNetwork, data: TrainingData) -> None:
    """Choose `mix` >= 0 and `bias` by the loss of the validation data, in place (stacking; Breiman 1996)."""
    columns = Columns.of(data, data.validation_terms(network.terms, device=network.device))
    start = Mix(weights=np.zeros(network.mix.shape), bias=network.bias.detach().cpu().double().numpy())
    set_mix(network, best_mix(columns, output=data.output, start=start, prior=_PRIOR))


def set_mix(network: Network, mix: Mix) -> None:
    """Write mixing weights and bias into a network that has them."""
    network.get_parameter("mix").data = torch.tensor(mix.weights, dtype=torch.float32, device=network.device)
    network.get_parameter("bias").data = torch.tensor(mix.bias, dtype=torch.float32, device=network.device)


def refit_terms(task: Task, mixed: Mixed) -> list[str]:
    """Train and fit the three terms again on all data, in place; return notes.

    The mix stays; `bias` moves with the intercepts, so that it stays calibrated.
    """
    network = additive(mixed.trained.network)
    refit_linear_terms(network, task.data, mixed.linear)
    second, notes = trained_on_all(task, mixed.trained, again=train_motif_term)
    if second is not None:
        again = additive(second.network)
        network.motif.load_state_dict(again.motif.state_dict())
        network.bias.data += network.mix[0] * (again.bias.detach() - mixed.motif_intercept)
    return notes


def additive(network: Network) -> AdditiveNetwork:
    """Return the network, known to be additive."""
    assert isinstance(network, AdditiveNetwork)
    return network
