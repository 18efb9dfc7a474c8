"""What a network says of the validation data, of both strands their mean: for choices that are made on them."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from motiflens.model.network import Network
from motiflens.model.predict import in_batches
from motiflens.training.task import TrainingData


def validation_terms(
    terms: Callable[[Tensor], Tensor], data: TrainingData, *, device: torch.device | str
) -> Float64[np.ndarray, "n terms heads"]:
    """Terms of the validation data's logits; `terms` gives (terms, n, heads) of one-hot (n, 4, length)."""

    def of_batch(x: Tensor) -> Tensor:
        found = terms(x)
        if data.both_strands:
            found = (found + terms(x.flip(1, 2))) / 2
        return found.transpose(0, 1)

    return in_batches(of_batch, data.validation_codes, device=device).double().numpy()


def validation_logits(network: Network, data: TrainingData) -> Float64[np.ndarray, "n heads"]:
    """Logits of the validation data."""
    return validation_terms(lambda x: network(x)[None], data, device=network.device)[:, 0]
