"""Training of preset `additive`: gradient descent of the motif term, linear terms, their mix, and all on all data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.additive.terms import MotifTerm
from motiflens.model.network import Network
from motiflens.model.output import ClassOutput
from motiflens.model.targets import Numbers
from motiflens.training.gradient_descent import train
from motiflens.training.recipes.initial_filters import initialise_filters, start_from_known_motifs
from motiflens.training.recipes.known_motifs import GROUPS, KnownMotif, chosen_known_motifs, informative_motifs
from motiflens.training.recipes.linear_terms import (
    LinearFit,
    average_fit,
    fit_linear_terms,
    refit_linear_terms,
)
from motiflens.training.recipes.position_weights import chosen_position_weights
from motiflens.training.recipes.recipe import Recipe
from motiflens.training.recipes.refit import trained_on_all
from motiflens.training.recipes.stacking import Columns, Mix, best_mix
from motiflens.training.recipes.strands import select_strands
from motiflens.training.task import Selected, Task, Trained, TrainingData
from motiflens.training.training_config import TrainingConfig

_ENOUGH_FOR_INTERACTIONS = 2_000  # training sequences
#: Towards no term at all: the motif term's epoch was chosen on the validation data, and looks better than it is.
_PRIOR = 1.0
_KMERS_PER_MOTIF = 2  # and logit, at most, of a scale's filters; motifs replace the first
_PARTS = (0.0, 0.45, 0.55, 1.0)  # of the work: the motif term, the linear ones and the mix, all again on all data
_LINEAR = 0.1  # of the last part


class AdditiveRecipe(Recipe):
    """The motif term by gradient descent, the linear terms by regression, stacked on the validation data."""

    min_sequences = 100

    def select_strands(self, task: Task) -> Selected:
        return select_strands(task)

    def select_network(self, task: Task) -> Selected:
        network, settings, notes = chosen_network(_config(task), task)
        if isinstance(task.data.output, Numbers) and len(task.data.labels) >= _ENOUGH_FOR_INTERACTIONS:
            notes.append("what motifs mean together is not learned: --preset deep does, and says what it gains")
        return Selected(replace(task, network=network, settings=settings), notes)

    def train(self, task: Task) -> Trained:
        if task.data.folds is not None:
            return train_cross_fitted(task)
        motif_term, terms, again = (replace(task, compute=task.compute.part(*_PARTS[i : i + 2])) for i in range(3))
        motifs = starting_motifs(_config(task), task)
        trained = train_motif_term(motif_term, motifs=motifs)
        mixed = mix_terms(terms, trained)
        held_out = task.data.validation_logits(trained.network)
        return replace(trained, notes=trained.notes + refit_terms(again, mixed, motifs), held_out=held_out)


def chosen_network(config: AdditiveConfig, task: Task) -> tuple[AdditiveConfig, TrainingConfig, list[str]]:
    """Return the configuration and the settings with what they leave to the data, and notes on why."""
    chosen, notes = chosen_position_weights(config, task.data)
    if config.dropout == "auto" and isinstance(task.data.output, Numbers):
        chosen = chosen.model_copy(update={"dropout": 0.0})
    settings, more = chosen_known_motifs(task.settings, task.data, widest=max(config.widths))
    return chosen, settings, notes + more


def train_motif_term(task: Task, stop_epoch: int | None = None, *, motifs: Sequence[KnownMotif]) -> Trained:
    """Train the motif term from filters set to k-mers and known motifs, up to `stop_epoch` of the schedule."""
    network = additive(task.initial_network())
    start_filters(network.motif, task.data, motifs)
    return train(task, network, stop_epoch=stop_epoch)


def starting_motifs(config: AdditiveConfig, task: Task) -> list[KnownMotif]:
    """Return known motifs for filters to start from, chosen by the training data; none without a group of them."""
    data, group = task.data, task.settings.known_motifs
    if group not in GROUPS:
        return []
    widest = max(config.widths)
    return informative_motifs(
        data.codes, data.labels, output=data.output, group=group, widest=widest, strands=data.strands
    )


def start_filters(term: MotifTerm, data: TrainingData, motifs: Sequence[KnownMotif]) -> None:
    """Set filters to k-mers that differ between classes or go with a target, and to known motifs.

    Beside few motifs start few k-mers a scale: more would be noise, for motifs are few where few tell all. Training on
    both strands sees one at a time, where half of the sites are the other way round: there the first k-mers of classes,
    or their known motifs as far as filters reach, start from both ways.
    """
    both_ways = data.strands == "both" and isinstance(data.output, ClassOutput)
    initialise_filters(
        term,
        data.codes,
        data.labels,
        strands=data.strands,
        output=data.output,
        most=_KMERS_PER_MOTIF * len(motifs) * data.output.n_outputs if motifs else None,
        both_ways=both_ways and not motifs,
    )
    turned = [motif.reverse_complement() for motif in motifs] if both_ways else []
    start_from_known_motifs(term, [*motifs, *turned])


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
    linear = fit_linear_terms(network, task.data, heard=task.compute.heard)
    _fit_mix(network, task.data)
    return Mixed(trained=trained, linear=linear, motif_intercept=intercept)


def _fit_mix(network: AdditiveNetwork, data: TrainingData) -> None:
    """Choose `mix` >= 0 and `bias` by the loss of the validation data, in place (stacking; Breiman 1996)."""
    columns = Columns.of(data, data.validation_terms(network.terms, device=network.device))
    start = Mix(weights=np.zeros(network.mix.shape), bias=network.bias.detach().cpu().double().numpy())
    set_mix(network, best_mix(columns, output=data.output, start=start, prior=_PRIOR))


def train_cross_fitted(task: Task) -> Trained:
    """Train on all data to the end of the schedule, with a mix that data left out in turn have chosen.

    The validation data are one part, the folds of the training data the others. A few dozen validation sequences would
    stop the training anywhere, and weigh the terms by chance.
    """
    data = task.data
    assert data.folds is not None
    epochs = task.settings.epochs_for(len(data.labels))
    parts = [data, *(data.left_out(data.folds == fold) for fold in np.unique(data.folds))]
    each = [task.compute.part(i / (len(parts) + 1), (i + 1) / (len(parts) + 1)) for i in range(len(parts) + 1)]
    fits = [
        _cross_fit(replace(task, data=part, compute=each[number].stage(f"part_{number}")), epochs)
        for number, part in enumerate(parts)
    ]
    rows = [np.arange(len(data.validation_labels)) + len(data.labels)]
    rows += [np.flatnonzero(data.folds == fold) for fold in np.unique(data.folds)]
    order = np.argsort(np.concatenate(rows))
    columns = Columns.of(data.all_for_validation(), np.concatenate([fit.terms for fit in fits])[order])
    outputs = columns.terms.shape[2]
    start = Mix(weights=np.zeros(columns.terms.shape[1:]), bias=np.zeros(outputs))
    mix = best_mix(columns, output=data.output, start=start, prior=_PRIOR)
    whole = replace(task, data=data.with_validation(), compute=each[-1].stage("all_data"))
    trained = train_motif_term(whole, stop_epoch=epochs, motifs=starting_motifs(_config(task), whole))
    network = additive(trained.network)
    intercept = network.bias.detach().cpu().double().numpy()
    set_mix(network, replace(mix, bias=mix.bias + mix.weights[0] * intercept))
    refit_linear_terms(network, data, average_fit([fit.linear for fit in fits]))
    held_out = np.einsum("nth,th->nh", columns.terms, mix.weights) + mix.bias
    notes = [f"trained for {epochs} epochs on all data; the terms weighed on {len(parts)} parts left out in turn"]
    return Trained(network=network, history=fits[0].trained.history, notes=notes, held_out=held_out)


@dataclass(frozen=True, kw_only=True)
class _CrossFit:
    """What a network that has not seen them makes of sequences: its terms (n, terms, n_outputs), intercepts added."""

    trained: Trained
    linear: LinearFit
    terms: np.ndarray


def _cross_fit(task: Task, epochs: int) -> _CrossFit:
    trained = train_motif_term(task, stop_epoch=epochs, motifs=starting_motifs(_config(task), task))
    network = additive(trained.network)
    intercept = network.bias.detach().cpu().double().numpy()
    linear = fit_linear_terms(network, task.data)
    terms = task.data.validation_terms(network.terms, device=network.device)
    return _CrossFit(trained=trained, linear=linear, terms=terms + np.stack((intercept, *linear.intercepts)))


def set_mix(network: Network, mix: Mix) -> None:
    """Write mixing weights and bias into a network that has them."""
    network.get_parameter("mix").data = torch.tensor(mix.weights, dtype=torch.float32, device=network.device)
    network.get_parameter("bias").data = torch.tensor(mix.bias, dtype=torch.float32, device=network.device)


def refit_terms(task: Task, mixed: Mixed, motifs: Sequence[KnownMotif]) -> list[str]:
    """Train and fit the three terms again on all data, from the same known motifs, in place; return notes.

    The mix stays; `bias` moves with the intercepts, so that it stays calibrated.
    """
    network = additive(mixed.trained.network)
    refit_linear_terms(network, task.data, mixed.linear)
    task = replace(task, compute=task.compute.part(_LINEAR, 1.0))
    second, notes = trained_on_all(task, mixed.trained, again=partial(train_motif_term, motifs=motifs))
    if second is not None:
        again = additive(second.network)
        network.motif.load_state_dict(again.motif.state_dict())
        network.bias.data += network.mix[0] * (again.bias.detach() - mixed.motif_intercept)
    return notes


def _config(task: Task) -> AdditiveConfig:
    assert isinstance(task.network, AdditiveConfig)
    return task.network


def additive(network: Network) -> AdditiveNetwork:
    """Return the network, known to be additive."""
    assert isinstance(network, AdditiveNetwork)
    return network
