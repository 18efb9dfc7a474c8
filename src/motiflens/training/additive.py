"""What makes an additive network whole after gradient descent: linear terms, their mix, and all three on all data."""

from dataclasses import dataclass

from torch import Tensor

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.training.linear import LinearFit, fit_linear_terms, refit_linear_terms
from motiflens.training.mixing import fit_mix
from motiflens.training.refit import trained_on_all
from motiflens.training.task import Trained
from motiflens.training.trial import Attempt


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """What was trained, mixed by now, and the intercepts of its terms alone."""

    trained: Trained
    linear: LinearFit
    motif_intercept: Tensor


def mix_terms(attempt: Attempt, trained: Trained) -> Mixed:
    """Fit the linear terms and mix the three, in place."""
    network = _additive(trained)
    intercept = network.bias.detach().clone()
    linear = fit_linear_terms(network, attempt.data)
    fit_mix(network, attempt.data)
    return Mixed(trained=trained, linear=linear, motif_intercept=intercept)


def refit_terms(attempt: Attempt, mixed: Mixed) -> list[str]:
    """Train and fit the three terms again on all data, in place, as the validation data have chosen; with notes.

    The mix stays; `bias` moves with the intercepts, so that it stays calibrated.
    """
    network = _additive(mixed.trained)
    refit_linear_terms(network, attempt.data, mixed.linear)
    second, notes = trained_on_all(attempt, mixed.trained, again=Attempt.descend)
    if second is not None:
        again = _additive(second)
        network.motif.load_state_dict(again.motif.state_dict())
        network.bias.data += network.mix[0] * (again.bias.detach() - mixed.motif_intercept)
    return notes


def _additive(trained: Trained) -> AdditiveNetwork:
    assert isinstance(trained.network, AdditiveNetwork)
    return trained.network
