"""How far measured numbers lie from predicted ones, on data that the networks have not learned from."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from motiflens.model.output import Output
from motiflens.model.targets import Numbers
from motiflens.training.task import TrainingData

_LEAST_SHARE = 0.1  # of the residual variance that is noise at least: few residuals are known badly


def with_noise(output: Output, data: TrainingData, logits: Sequence[Float64[np.ndarray, "judged outputs"]]) -> Output:
    """Return the output of numbers with the noise of each target; any other as it is.

    Noise is what the squared residuals of the validation data have beyond the spread of the members, which
    `Numbers.interval` adds: the two together then are as wide as the residuals.

    Args:
        output: what is predicted.
        data: with the validation data.
        logits: of the validation data by each member, before it learned from them; or of all data, cross-fitted.
    """
    if not isinstance(output, Numbers):
        return output
    members = np.stack(logits)
    if len(members[0]) > len(data.validation_labels):
        data = data.all_for_validation()
    if data.validation_offset is not None:
        members = members + data.validation_offset[:, None]
    count, units = len(members), np.diag(output.target_weights())
    residuals = (output.logits_of(np.nan_to_num(data.validation_labels)) - members.mean(0)) * units
    spread = members.var(0, ddof=1) * units**2 * (1 + 1 / count) if count > 1 else np.zeros_like(residuals)
    rows = np.ones(len(residuals)) if data.validation_weights is None else data.validation_weights
    weights = np.where(np.isnan(data.validation_labels), 0.0, rows[:, None])
    known, total = weights.sum(0) > 0, np.maximum(weights.sum(0), 1e-12)
    # Without a value to compare with, as if nothing were predicted.
    variance = np.where(known, (weights * residuals**2).sum(0) / total, units**2)
    noise = np.maximum(variance - (weights * spread).sum(0) / total, _LEAST_SHARE * variance)
    return replace(output, noise=tuple(np.sqrt(noise).tolist()))
