"""Weights of several terms of a logit by the log loss of validation data (stacking; Breiman 1996)."""

from dataclasses import dataclass

import numpy as np
import scipy.optimize
from jaxtyping import Float64
from scipy.special import expit, log_expit, log_softmax, softmax

from motiflens.shapes import Labels


@dataclass(frozen=True, kw_only=True)
class Mix:
    """logit = bias + sum over terms of weights * term."""

    weights: Float64[np.ndarray, " terms"]
    bias: Float64[np.ndarray, " heads"]


def best_mix(columns: Float64[np.ndarray, "n terms heads"], labels: Labels, *, start: Mix, prior: float) -> Mix:
    """Weights >= 0 and bias of least log loss, the weights pulled to those of `start`; calibrates as it mixes.

    `prior` is the strength of the pull, in observations.
    """
    terms, heads = columns.shape[1:]
    target = labels[:, None].astype(float) if heads == 1 else np.eye(heads)[labels]

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        logits = np.einsum("nth,t->nh", columns, parameters[:terms]) + parameters[terms:]
        if heads == 1:
            loss = -(target * log_expit(logits) + (1 - target) * log_expit(-logits)).sum()
            error = expit(logits) - target
        else:
            loss = -(target * log_softmax(logits, axis=1)).sum()
            error = softmax(logits, axis=1) - target
        pull = parameters[:terms] - start.weights
        slope = np.einsum("nth,nh->t", columns, error) + 2 * prior * pull
        return loss + prior * (pull**2).sum(), np.concatenate((slope, error.sum(0)))

    bounds = [(0, None)] * terms + [(None, None)] * heads
    first = np.concatenate((start.weights, start.bias))
    found = scipy.optimize.minimize(objective, first, jac=True, bounds=bounds, method="L-BFGS-B").x
    return Mix(weights=found[:terms], bias=found[terms:])
