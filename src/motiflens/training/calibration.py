"""Temperature of the classic network (Guo et al. 2017); the other presets are calibrated by their mix."""

import numpy as np
import torch

from motiflens.model.classic.network import ClassicNetwork
from motiflens.training.stacking import Mix, best_mix
from motiflens.training.task import TrainingData
from motiflens.training.validation import validation_logits

PRIOR = 1e-3  # next to none: logits of a network stopped early may need to grow tenfold


def calibrate(network: ClassicNetwork, data: TrainingData) -> None:
    """Scale the logits by a temperature and shift them, in place, as the validation data's log loss likes best.

    The search starts from the shift that undoes the class weights: probabilities speak of the data's class shares.
    """
    columns = validation_logits(network, data)
    shift = -np.log(data.class_weights)
    start = Mix(weights=np.ones(1), bias=shift[1:] - shift[:1] if network.heads == 1 else shift)
    found = best_mix(columns[:, None], data.validation_labels, start=start, prior=PRIOR)
    with torch.no_grad():
        for parameter in network.output.parameters():
            parameter.mul_(float(found.weights[0]))
        network.output.bias.add_(torch.as_tensor(found.bias, dtype=torch.float32, device=network.device))
