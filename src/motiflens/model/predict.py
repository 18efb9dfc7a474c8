"""The one loop that feeds sequences to a model in batches, on whatever device."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.stats
import torch
from jaxtyping import Float32
from scipy.special import expit, logsumexp
from torch import Tensor

from motiflens.errors import InputError
from motiflens.model.ensemble import Model, to_probabilities
from motiflens.sequence.alphabet import one_hot
from motiflens.shapes import Codes, Scores

BATCH_SIZE = 512
CONFIDENCE = 0.95


def in_batches(function: Callable[[Tensor], Tensor], codes: Codes, *, device: torch.device | str) -> Tensor:
    """`function` of one-hot batches (b, 4, length), concatenated over all sequences, on the CPU."""
    parts = []
    with torch.inference_mode():
        for start in range(0, len(codes), BATCH_SIZE):
            x = torch.from_numpy(one_hot(codes[start : start + BATCH_SIZE])).to(device)
            parts.append(function(x).cpu())
    return torch.cat(parts)


def check_length(model: Model, codes: Codes) -> None:
    """Raise InputError when the sequences are not of the model's length."""
    if codes.shape[1] != model.length:
        raise InputError(
            f"sequences of {codes.shape[1]} bp for a model of {model.length} bp: crop or pad them "
            f"(--length {model.length} --crop left|center|right)"
        )


def predict_logits(model: Model, codes: Codes) -> Scores:
    """Logits (n, heads) float32. Raises InputError for sequences of another length."""
    check_length(model, codes)
    device = model.members[0].device
    if not len(codes):
        return np.empty((0, model.heads), np.float32)
    return in_batches(model.logits, codes, device=device).numpy()


def predict_probabilities(model: Model, codes: Codes) -> Scores:
    """Probabilities (n, classes) float32. Raises InputError for sequences of another length."""
    return to_probabilities(torch.from_numpy(predict_logits(model, codes))).numpy()


@dataclass(frozen=True, kw_only=True)
class EnsemblePrediction:
    """Probabilities of an ensemble, each with an interval, and those of its members."""

    probabilities: Float32[np.ndarray, "n classes"]
    low: Float32[np.ndarray, "n classes"]
    high: Float32[np.ndarray, "n classes"]
    members: Float32[np.ndarray, "members n classes"]


def predict_ensemble(model: Model, codes: Codes) -> EnsemblePrediction:
    """Probabilities with the 95 % predictive intervals of a deep ensemble (Lakshminarayanan et al. 2017).

    Where a network trained alike from another seed would put the probability: mean and spread of the members' log-odds,
    with Student's t for their small number. It tells the uncertainty of training, not that of the labels. Raises
    InputError for sequences of another length, and for a model of one member, which has no spread.
    """
    count = len(model.members)
    if count < 2:
        raise InputError("a model of one network has no predictive interval: fit with --ensemble 3 or more")
    logits = np.stack([predict_logits(replace(model, members=[member]), codes) for member in model.members])
    members = np.stack([to_probabilities(torch.from_numpy(one)).numpy() for one in logits])
    mean = to_probabilities(torch.from_numpy(logits).mean(0)).numpy()
    odds = np.stack([_log_odds(one) for one in logits.astype(np.float64)])
    reach = scipy.stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * odds.std(0, ddof=1) * np.sqrt(1 + 1 / count)
    low, high = expit(odds.mean(0) - reach), expit(odds.mean(0) + reach)
    return EnsemblePrediction(
        probabilities=mean,
        low=np.minimum(low, mean).astype(np.float32),  # of several classes, the mean of log-odds is not the mean's
        high=np.maximum(high, mean).astype(np.float32),
        members=members,
    )


def _log_odds(logits: np.ndarray) -> np.ndarray:
    """log p / (1 - p) of each class (n, classes) of logits (n, heads)."""
    if logits.shape[1] == 1:
        return np.hstack((-logits, logits))
    others = np.stack([logsumexp(np.delete(logits, c, 1), axis=1) for c in range(logits.shape[1])], 1)
    return logits - others
