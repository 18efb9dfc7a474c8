"""What a split keeps in proportion: classes, or quantiles of numbers, or combinations of labels."""

import numpy as np
import pandas as pd
from jaxtyping import Int64, Shaped
from scipy.stats import rankdata

from motiflens.data.dataset import AnyDataset, Dataset, TargetDataset
from motiflens.shapes import Labels

_QUANTILES = 10
_SMALLEST = 20  # records of a quantile


def strata_of(dataset: AnyDataset) -> Labels:
    """Return the stratum of each record: its class, a quantile of its numbers, or its rarest label.

    Of several targets the mean of the ranks counts, of those that are measured.
    """
    if isinstance(dataset, Dataset):
        return dataset.labels
    return _quantiles(dataset) if dataset.kind == "numbers" else _rarest(dataset)


def classes_of(dataset: AnyDataset) -> Labels:
    """Return the class of each record; where there are no classes, all are of one."""
    return dataset.labels if isinstance(dataset, Dataset) else np.zeros(len(dataset), np.int64)


def outcomes_of(dataset: AnyDataset) -> Labels:
    """Return a number for each record, equal where everything that is to be learned is equal."""
    if isinstance(dataset, Dataset):
        return dataset.labels
    rows = pd.DataFrame(dataset.values)
    return rows.groupby(list(rows.columns), dropna=False, sort=False).ngroup().to_numpy().astype(np.int64)


def outcome_texts(dataset: AnyDataset, rows: Int64[np.ndarray, " rows"]) -> Shaped[np.ndarray, " rows"]:
    """Return what is known of each of the rows, as text: its class, or its values, with commas between them."""
    if isinstance(dataset, Dataset):
        return np.array(dataset.classes)[dataset.labels[rows]]
    return np.array([",".join("" if np.isnan(v) else f"{v:g}" for v in row) for row in dataset.values[rows]], dtype=str)


def _quantiles(dataset: TargetDataset) -> Labels:
    known = np.isfinite(dataset.values)
    ranks = np.stack([rankdata(column, nan_policy="omit") for column in dataset.values.T], axis=1)
    shares = np.where(known, ranks, 0.0) / np.maximum(known.sum(axis=0), 1)
    mean = shares.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    parts = max(1, min(_QUANTILES, len(dataset) // _SMALLEST))
    return np.minimum((rankdata(mean, method="ordinal") - 1) * parts // len(dataset), parts - 1).astype(np.int64)


def _rarest(dataset: TargetDataset) -> Labels:
    """0 of a record without a label, or 1 + the number of its rarest one."""
    there = dataset.values == 1
    by_frequency = np.argsort(there.sum(axis=0), kind="stable")
    first = there[:, by_frequency].argmax(axis=1)
    return np.where(there.any(axis=1), 1 + by_frequency[first], 0).astype(np.int64)
