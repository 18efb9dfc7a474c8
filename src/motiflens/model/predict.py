"""The one loop that feeds sequences to a model in batches, on whatever device."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from motiflens.errors import InputError
from motiflens.model.device import whole_float32
from motiflens.model.ensemble import Model
from motiflens.shapes import Codes, Scores

BATCH_SIZE = 512
_LETTERS = BATCH_SIZE * 512  # of a batch: of longer sequences there are fewer, so that memory stays bounded
CONFIDENCE = 0.95


@whole_float32()
def in_batches(function: Callable[[Tensor], Tensor], codes: Codes, *, device: torch.device | str) -> Tensor:
    """Return `function` of batches of codes (b, length), concatenated over all sequences, on the CPU."""
    parts = []
    size = max(1, min(BATCH_SIZE, _LETTERS // max(codes.shape[1], 1)))
    with torch.inference_mode():
        for start in range(0, len(codes), size):
            batch = torch.tensor(codes[start : start + size], device=device)
            parts.append(function(batch).cpu())
    return torch.cat(parts)


def check_length(model: Model, codes: Codes) -> None:
    """Raise InputError when the sequences are not of the model's length."""
    if codes.shape[1] != model.length:
        raise InputError(
            f"sequences of {codes.shape[1]} bp for a model of {model.length} bp: crop or pad them to {model.length} bp"
        )


def predict_logits(model: Model, codes: Codes) -> Float[np.ndarray, "n outputs"]:
    """Return logits, in the precision of the model's weights.

    Raises:
        InputError: sequences of another length than the model's.
    """
    check_length(model, codes)
    if not len(codes):
        return np.empty((0, model.n_outputs), torch.empty(0, dtype=model.members[0].dtype).numpy().dtype)
    return in_batches(model.logits, codes, device=model.device).numpy()


def predict_values(model: Model, codes: Codes) -> Scores:
    """Return what the model predicts, (n, names): the probability of every class or label, or numbers in target units.

    Raises:
        InputError: sequences of another length than the model's.
    """
    return model.output.values(predict_logits(model, codes))


@dataclass(frozen=True, kw_only=True)
class EnsemblePrediction:
    """What an ensemble predicts, each value with an interval, and what its members do."""

    values: Float32[np.ndarray, "n names"]
    low: Float32[np.ndarray, "n names"]
    high: Float32[np.ndarray, "n names"]
    members: Float32[np.ndarray, "members n names"]


def predict_ensemble(model: Model, codes: Codes) -> EnsemblePrediction:
    """Return what an ensemble predicts, with 95 % predictive intervals (Lakshminarayanan et al. 2017).

    Of classes and labels the interval is that of the probability of a network trained alike from another seed: the
    uncertainty of training, not of the labels. Of numbers it is that of a new measurement, for which one member
    will do.

    Raises:
        InputError: sequences of another length, or a model of one member, which has no spread.
    """
    if len(model.members) < model.output.fewest_members:
        raise InputError("a model of one network has no predictive interval: fit with --ensemble 3 or more")
    logits = np.stack([predict_logits(replace(model, members=[member]), codes) for member in model.members])
    output = model.output
    mean = output.values(torch.from_numpy(logits).mean(0).numpy())
    low, high = output.interval(logits.astype(np.float64), confidence=CONFIDENCE)
    return EnsemblePrediction(
        values=mean,
        low=np.minimum(low, mean).astype(np.float32),  # of several classes, the mean of log-odds is not the mean's
        high=np.maximum(high, mean).astype(np.float32),
        members=np.stack([output.values(one) for one in logits]),
    )
