"""Training of preset `deep`: the additive network first, then the deep term from where that one's motif term ended."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import torch

from motiflens.model.additive import AdditiveNetwork
from motiflens.model.config import DeepConfig
from motiflens.model.deep import DeepNetwork
from motiflens.training.attempt import Attempt, settle_variant
from motiflens.training.config import ADDITIVE_RECIPE
from motiflens.training.linear import fit_linear_terms, refit_linear_terms
from motiflens.training.loop import Trained, TrainingData, train
from motiflens.training.mixing import fit_mix
from motiflens.training.stacking import Mix, best_mix
from motiflens.training.validation import validation_terms


def additive_stage(attempt: Attempt) -> Attempt:
    """The attempt at the additive network that a deep one starts from."""
    assert isinstance(attempt.network, DeepConfig)
    given = {"epochs": attempt.recipe.epochs, "batch_size": attempt.recipe.batch_size}
    return replace(attempt, network=attempt.network.front, recipe=ADDITIVE_RECIPE.model_copy(update=given))


def settle_deep(
    attempt: Attempt,
    *,
    strands: Literal["auto", "both", "forward"],
    on_stage: Callable[[str], None],
    anchored: bool = False,
) -> tuple[Attempt, list[str]]:
    """Settle strands, profile and competition as of the additive network; with notes."""
    assert isinstance(attempt.network, DeepConfig)
    settled, notes = settle_variant(additive_stage(attempt), strands=strands, on_stage=on_stage, anchored=anchored)
    network = attempt.network.model_copy(update={"front": settled.network})
    return replace(attempt, network=network, data=settled.data), notes


def descend_deep(attempt: Attempt) -> Trained:
    """Train the additive network, then the deep term from its motif term, then mix the two."""
    assert isinstance(attempt.network, DeepConfig)
    first = replace(additive_stage(attempt), where=attempt.where.stage("additive")).descend()
    additive = first.network
    assert isinstance(additive, AdditiveNetwork)
    with torch.random.fork_rng():
        torch.manual_seed(attempt.seed)
        network = DeepNetwork(attempt.network, length=additive.length, heads=additive.heads)
    network.deep.motif.load_state_dict(additive.motif.state_dict())
    network.bias.data.copy_(additive.bias)
    second = train(network, attempt.data, config=attempt.recipe, seed=attempt.seed, where=attempt.where.stage("deep"))
    fit = fit_linear_terms(additive, attempt.data)
    fit_mix(additive, attempt.data)
    network.additive.load_state_dict(additive.state_dict())
    mix_deep(network, attempt.data)
    before = network.additive.bias.detach().clone()
    refit_linear_terms(network.additive, attempt.data, fit)
    network.bias.data += network.mix[1] * (network.additive.bias.detach() - before)
    epochs = len(first.history)
    deeper = [record | {"epoch": record["epoch"] + epochs} for record in second.history]
    return Trained(network=network, history=first.history + deeper, notes=first.notes + second.notes)


def mix_deep(network: DeepNetwork, data: TrainingData) -> None:
    """Choose `mix` >= 0 and `bias` by the log loss of the validation data, in place."""
    columns = validation_terms(network.terms, data, device=network.device)
    bias = network.additive.bias.detach().cpu().double().numpy()
    mix = best_mix(columns, data.validation_labels, start=Mix(weights=np.array([0.0, 1.0]), bias=bias))
    network.mix.data = torch.tensor(mix.weights, dtype=torch.float32, device=network.device)
    network.bias.data = torch.tensor(mix.bias, dtype=torch.float32, device=network.device)
