"""The one loop that feeds sequences to a model in batches, on whatever device."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from motiflens.errors import InputError
from motiflens.model.ensemble import Model, to_probabilities
from motiflens.sequence.alphabet import one_hot
from motiflens.shapes import Codes, Scores

BATCH_SIZE = 512


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
            f"(--length {model.length} --align left|center|right)"
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
