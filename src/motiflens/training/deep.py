"""Training of preset `deep`: the additive network first, then the deep term from where that one's motif term ended."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import torch

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.config import DeepConfig
from motiflens.model.deep.network import DeepNetwork
from motiflens.training.additive import mix_terms, refit_terms
from motiflens.training.config import ADDITIVE_RECIPE
from motiflens.training.refit import trained_on_all
from motiflens.training.stacking import Mix, best_mix
from motiflens.training.task import Trained, TrainingData
from motiflens.training.trial import Attempt, settle_variant
from motiflens.training.validation import validation_terms

PRIOR = 2.0  # observations that speak for the additive network alone


def additive_stage(attempt: Attempt) -> Attempt:
    """The attempt at the additive network that a deep one starts from."""
    assert isinstance(attempt.network, DeepConfig)
    given = {name: getattr(attempt.recipe, name) for name in ("epochs", "batch_size", "sparsity")}
    return replace(attempt, network=attempt.network.front, recipe=ADDITIVE_RECIPE.model_copy(update=given))


def settle_deep(
    attempt: Attempt,
    *,
    strands: Literal["auto", "both", "forward"],
    on_stage: Callable[[str], None],
    anchored: bool = False,
) -> tuple[Attempt, list[str]]:
    """Settle strands, profile, competition and sparsity as of the additive network; with notes."""
    assert isinstance(attempt.network, DeepConfig)
    settled, notes = settle_variant(additive_stage(attempt), strands=strands, on_stage=on_stage, anchored=anchored)
    network = attempt.network.model_copy(update={"front": settled.network})
    recipe = attempt.recipe.model_copy(update={"sparsity": settled.recipe.sparsity})
    return replace(attempt, network=network, recipe=recipe, data=settled.data), notes


def descend_deep(attempt: Attempt) -> Trained:
    """Train the additive network, then the deep term from its motif term, mix the two, then train both on all data."""
    shallow = replace(additive_stage(attempt), where=attempt.where.stage("additive"))
    first = shallow.descend()
    additive = first.network
    assert isinstance(additive, AdditiveNetwork)
    start = copy.deepcopy(additive)

    def deepen(of: Attempt, until: int | None = None) -> Trained:
        return _deepen(of, start, until=until)

    attempt = replace(attempt, where=attempt.where.stage("deep"))
    second = deepen(attempt)
    network = second.network
    assert isinstance(network, DeepNetwork)
    intercept = network.bias.detach().clone()
    mixed = mix_terms(shallow, first)
    network.additive.load_state_dict(additive.state_dict())
    mix_deep(network, attempt.data)
    before = additive.bias.detach().clone()
    notes = refit_terms(shallow, mixed)
    network.additive.load_state_dict(additive.state_dict())
    network.bias.data += network.mix[1] * (additive.bias.detach() - before)
    third, more = trained_on_all(attempt, second, again=deepen)
    if third is not None:
        assert isinstance(third.network, DeepNetwork)
        network.deep.load_state_dict(third.network.deep.state_dict())
        network.bias.data += network.mix[0] * (third.network.bias.detach() - intercept)
    epochs = len(first.history)
    deeper = [record | {"epoch": record["epoch"] + epochs} for record in second.history]
    return Trained(network=network, history=first.history + deeper, notes=[*first.notes, *second.notes, *notes, *more])


def _deepen(attempt: Attempt, additive: AdditiveNetwork, *, until: int | None) -> Trained:
    """Train the deep term from where the additive network's motif term ended."""
    assert isinstance(attempt.network, DeepConfig)
    with torch.random.fork_rng():
        torch.manual_seed(attempt.seed)
        network = DeepNetwork(attempt.network, length=additive.length, heads=additive.heads)
    network.deep.motif.load_state_dict(additive.motif.state_dict())
    network.bias.data.copy_(additive.bias)
    return attempt.train(network, until=until)


def mix_deep(network: DeepNetwork, data: TrainingData) -> None:
    """Choose `mix` >= 0 and `bias` by the log loss of the validation data, in place."""
    columns = validation_terms(network.terms, data, device=network.device)
    bias = network.additive.bias.detach().cpu().double().numpy()
    start = Mix(weights=np.array([0.0, 1.0]), bias=bias)
    mix = best_mix(columns, data.validation_labels, start=start, prior=PRIOR)
    network.mix.data = torch.tensor(mix.weights, dtype=torch.float32, device=network.device)
    network.bias.data = torch.tensor(mix.bias, dtype=torch.float32, device=network.device)
