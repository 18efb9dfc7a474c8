"""Mixing the additive model's terms on validation data, which calibrates it at the same time."""

import numpy as np
import torch

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.training.stacking import Mix, best_mix
from motiflens.training.task import TrainingData
from motiflens.training.validation import validation_terms

#: Towards no term at all: the motif term's epoch was chosen on these data, and looks better than it is.
PRIOR = 1.0


def fit_mix(network: AdditiveNetwork, data: TrainingData) -> None:
    """Choose `mix` >= 0 and `bias` by the log loss of the validation data, in place (stacking; Breiman 1996)."""
    columns = validation_terms(network.terms, data, device=network.device)
    start = Mix(weights=np.zeros(3), bias=network.bias.detach().cpu().double().numpy())
    mix = best_mix(columns, data.validation_labels, start=start, prior=PRIOR)
    network.mix.data = torch.tensor(mix.weights, dtype=torch.float32, device=network.device)
    network.bias.data = torch.tensor(mix.bias, dtype=torch.float32, device=network.device)
