"""What a data set asks to be predicted: its truth, and the output of a model for it."""

import numpy as np

from motiflens.data.dataset import AnyDataset, Dataset
from motiflens.errors import InputError
from motiflens.model.output import Output, output_for
from motiflens.model.targets import ManyLabels, Numbers
from motiflens.shapes import Truth
from motiflens.training.training_config import Loss


def truth_of(dataset: AnyDataset) -> Truth:
    """Return class indices (n,), or a row of targets (n, targets), NaN where one is missing."""
    return dataset.labels if isinstance(dataset, Dataset) else dataset.values


def output_of(training: AnyDataset, *, loss: Loss = "mse") -> Output:
    """Return what a model of these data predicts; numbers with the centre and scale of the training data.

    Raises:
        InputError: a target has no or one value in the training data, counts below 0, or labels other than 0 and 1.
    """
    if isinstance(training, Dataset):
        return output_for(training.classes)
    if training.kind == "labels":
        known = training.values[~np.isnan(training.values)]
        if not np.isin(known, (0.0, 1.0)).all():
            raise InputError("labels other than 0 and 1: give numbers as targets")
        return ManyLabels(training.targets)
    count, weights = len(training), training.weights
    rows = np.ones(count) if weights is None else weights
    exposure = np.ones(count) if training.offset is None else np.exp(training.offset)
    centres, scales = [], []
    for name, column in zip(training.targets, training.values.T, strict=True):
        there = ~np.isnan(column)
        if not there.any() or np.ptp(column[there]) == 0:
            raise InputError(f"target {name!r} has the same value in all training sequences: there is nothing to learn")
        values, weight = column[there], rows[there] / rows[there].sum()
        mean = float(weight @ values)
        if loss == "poisson":
            if values.min() < 0:
                raise InputError(f"target {name!r} has values below 0, which are no counts: use the loss mse")
            centres.append(float(np.log(mean / (weight @ exposure[there]))))
            scales.append(mean)
        else:
            centres.append(mean)
            scales.append(float(np.sqrt(weight @ (values - mean) ** 2)))
    return Numbers(training.targets, loss_name=loss, centre=tuple(centres), scale=tuple(scales))
