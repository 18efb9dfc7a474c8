"""Mixing the additive model's terms on validation data, which calibrates it at the same time."""

import numpy as np
import scipy.optimize
import torch
from scipy.special import expit, log_expit, log_softmax, softmax

from motiflens.model.additive import AdditiveNetwork
from motiflens.model.predict import in_batches
from motiflens.training.loop import TrainingData

_PRIOR = 2.0  # strength of the pull towards (1, 0, 0), in observations


def fit_mix(network: AdditiveNetwork, data: TrainingData) -> None:
    """Choose `mix` >= 0 and `bias` by the log loss of the validation data, in place (stacking; Breiman 1996)."""
    device = network.device

    def terms(x: torch.Tensor) -> torch.Tensor:
        found = network.terms(x)
        if data.both_strands:
            found = (found + network.terms(x.flip(1, 2))) / 2
        return found.transpose(0, 1)

    columns = in_batches(terms, data.validation_codes, device=device).double().numpy()  # (n, 3, heads)
    labels, heads = data.validation_labels, network.heads
    target = labels[:, None].astype(float) if heads == 1 else np.eye(heads)[labels]

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        mix, bias = parameters[:3], parameters[3:]
        logits = np.einsum("nth,t->nh", columns, mix) + bias
        if heads == 1:
            loss = -(target * log_expit(logits) + (1 - target) * log_expit(-logits)).sum()
            error = expit(logits) - target
        else:
            loss = -(target * log_softmax(logits, axis=1)).sum()
            error = softmax(logits, axis=1) - target
        pull = mix - np.array([1.0, 0.0, 0.0])
        gradient = np.concatenate((np.einsum("nth,nh->t", columns, error) + 2 * _PRIOR * pull, error.sum(0)))
        return loss + _PRIOR * (pull**2).sum(), gradient

    start = np.concatenate(([1.0, 0.0, 0.0], network.bias.detach().cpu().double().numpy()))
    bounds = [(0, None)] * 3 + [(None, None)] * heads
    found = scipy.optimize.minimize(objective, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    network.mix.data = torch.tensor(found[:3], dtype=torch.float32, device=device)
    network.bias.data = torch.tensor(found[3:], dtype=torch.float32, device=device)
