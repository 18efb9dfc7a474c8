"""Weights of several terms of a logit by the log loss of validation data (stacking; Breiman 1996)."""

from dataclasses import dataclass

import numpy as np
import scipy.optimize
from jaxtyping import Float64

from motiflens.model.output import Output
from motiflens.shapes import Truth


@dataclass(frozen=True, kw_only=True)
class Mix:
    """logit = bias + sum over terms of weights * term."""

    weights: Float64[np.ndarray, " terms"]
    bias: Float64[np.ndarray, " outputs"]


def best_mix(
    columns: Float64[np.ndarray, "n terms outputs"], labels: Truth, *, output: Output, start: Mix, prior: float
) -> Mix:
    """Return the weights >= 0 and bias of lowest log loss; calibrates as it mixes.

    Args:
        columns: terms of the logits.
        labels: the truth.
        output: what the logits mean.
        start: where the search starts, and the weights that are pulled towards.
        prior: strength of the pull, in observations.
    """
    terms, n_outputs = columns.shape[1:]

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        logits = np.einsum("nth,t->nh", columns, parameters[:terms]) + parameters[terms:]
        loss, error = output.loss_gradient(logits, labels)
        pull = parameters[:terms] - start.weights
        slope = np.einsum("nth,nh->t", columns, error) + 2 * prior * pull
        return loss.sum() + prior * (pull**2).sum(), np.concatenate((slope, error.sum(0)))

    bounds = [(0, None)] * terms + [(None, None)] * n_outputs
    first = np.concatenate((start.weights, start.bias))
    found = scipy.optimize.minimize(objective, first, jac=True, bounds=bounds, method="L-BFGS-B").x
    return Mix(weights=found[:terms], bias=found[terms:])
