"""Weights of several terms of a logit by the loss of validation data (stacking; Breiman 1996)."""

from dataclasses import dataclass

import numpy as np
import scipy.optimize
from jaxtyping import Float64

from motiflens.model.output import Output
from motiflens.model.targets import TargetOutput
from motiflens.shapes import Truth
from motiflens.training.task import TrainingData


@dataclass(frozen=True, kw_only=True)
class Mix:
    """logit = bias + sum over terms of weights * term, for each output."""

    weights: Float64[np.ndarray, "terms outputs"]
    bias: Float64[np.ndarray, " outputs"]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Terms of the logits of data held out, with their truth, and weights and offsets where there are any."""

    terms: Float64[np.ndarray, "n terms outputs"]
    truth: Truth
    weights: Float64[np.ndarray, " n"] | None = None
    offset: Float64[np.ndarray, " n"] | None = None

    @classmethod
    def of(cls, data: TrainingData, terms: Float64[np.ndarray, "n terms outputs"]) -> "Columns":
        """Return the validation data's; classes count as often as they are there, so that the mix calibrates."""
        weights, offset = data.validation_weights, data.validation_offset
        return cls(terms=terms, truth=data.validation_labels, weights=weights, offset=offset)


def best_mix(columns: Columns, *, output: Output, start: Mix, prior: float) -> Mix:
    """Return the weights >= 0 and bias of lowest loss; calibrates as it mixes.

    Targets have weights each; the logits of classes, which are one decision, share theirs.

    Args:
        columns: terms of the logits and what they should say.
        output: what the logits mean.
        start: where the search starts, and the weights that are pulled towards.
        prior: strength of the pull, in observations.
    """
    terms, n_outputs = columns.terms.shape[1:]
    own = n_outputs if isinstance(output, TargetOutput) else 1  # sets of weights
    rows = np.ones(len(columns.terms)) if columns.weights is None else columns.weights
    shift = 0.0 if columns.offset is None else columns.offset[:, None]
    towards = start.weights[:, :own]

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = parameters[: terms * own].reshape(terms, own), parameters[terms * own :]
        logits = np.einsum("nth,th->nh", columns.terms, np.broadcast_to(weights, (terms, n_outputs))) + bias
        loss, error = output.loss_gradient(logits + shift, columns.truth)
        error = error * rows[:, None]
        by_output = np.einsum("nth,nh->th", columns.terms, error)
        pull = weights - towards
        slope = (by_output if own > 1 else by_output.sum(1, keepdims=True)) + 2 * prior * pull
        return float(rows @ loss + prior * (pull**2).sum()), np.concatenate((slope.ravel(), error.sum(0)))

    bounds = [(0, None)] * (terms * own) + [(None, None)] * n_outputs
    first = np.concatenate((towards.ravel(), start.bias))
    found = scipy.optimize.minimize(objective, first, jac=True, bounds=bounds, method="L-BFGS-B").x
    weights = np.broadcast_to(found[: terms * own].reshape(terms, own), (terms, n_outputs))
    return Mix(weights=weights.copy(), bias=found[terms * own :])
