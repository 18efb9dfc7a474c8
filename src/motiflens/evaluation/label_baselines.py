"""Baselines of several labels: those of two classes, for each label by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Shaped

from motiflens.data.dataset import Dataset, TargetDataset
from motiflens.evaluation.baselines import Baseline, fit_baselines
from motiflens.shapes import Codes, Strands


@dataclass(frozen=True, kw_only=True)
class LabelBaseline:
    """One logistic regression a label."""

    by_label: Mapping[str, Baseline]

    def predict_proba(self, codes: Codes) -> Float64[np.ndarray, "n labels"]:
        """Return the probability of each label."""
        return np.stack([baseline.predict_proba(codes)[:, 1] for baseline in self.by_label.values()], axis=1)


def fit_label_baselines(
    dataset: TargetDataset, split: Shaped[np.ndarray, " n"], *, strands: Strands, seed: int
) -> dict[str, LabelBaseline]:
    """Fit the four baselines of `fit_baselines` to every label, on the sequences for which it is known."""
    found: dict[str, dict[str, Baseline]] = {}
    for i, label in enumerate(dataset.targets):
        rows = np.flatnonzero(np.isfinite(dataset.values[:, i]))
        one = Dataset(
            codes=dataset.codes[rows],
            ids=dataset.ids[rows],
            labels=dataset.values[rows, i].astype(np.int64),
            classes=(f"without {label}", label),
        )
        for name, baseline in fit_baselines(one, split[rows], strands=strands, seed=seed).items():
            found.setdefault(name, {})[label] = baseline
    return {name: LabelBaseline(by_label=by_label) for name, by_label in found.items()}
