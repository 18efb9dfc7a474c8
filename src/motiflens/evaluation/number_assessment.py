"""Everything in metrics.json about numbers on one test set, except the verdict."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from motiflens.data.dataset import TargetDataset
from motiflens.evaluation.ceiling import Ceiling, replicate_ceiling
from motiflens.evaluation.number_metrics import NumberEvaluation, compare_numbers, evaluate_numbers
from motiflens.model.predict import EnsemblePrediction

Values = Float64[np.ndarray, "n targets"]
_TENTHS = 10


def assess_numbers(
    test: TargetDataset,
    predicted: Float[np.ndarray, "n targets"],
    baselines: Mapping[str, Values],
    *,
    nested: Float[np.ndarray, "n targets"] | None = None,
) -> dict[str, Any]:
    """Return figures of the model and the baselines by target, ceilings and paired comparisons, ready for JSON.

    Args:
        test: The test set.
        predicted: Predictions of the model, in target units.
        baselines: Predictions of each baseline.
        nested: Predictions of the simpler model that the model contains; "interactions" is then the gain over it.

    Returns:
        The content of metrics.json without its verdict. `comparisons` has, by baseline and target, the difference in
        Pearson's correlation, model minus baseline, with its 95 % interval.

    Raises:
        InputError: As `evaluate_numbers`.
    """
    model = evaluate_numbers(test.values, predicted, test.targets)
    others = {name: evaluate_numbers(test.values, simple, test.targets) for name, simple in baselines.items()}
    ceilings = ceilings_of(test)
    found: dict[str, Any] = {
        "task": "regression",
        "targets": list(test.targets),
        "test": {name: _with_ceiling(block, ceilings[name]) for name, block in model.blocks.items()},
        "baselines": {name: other.blocks for name, other in others.items()},
        "comparisons": {name: _differences(model, other) for name, other in others.items()},
        "trend": {name: _trend(test.values[:, i], predicted[:, i]) for i, name in enumerate(test.targets)},
    }
    if nested is not None:
        simpler = evaluate_numbers(test.values, nested, test.targets)
        found["interactions"] = {"nested": simpler.blocks, "comparison": _differences(model, simpler)}
    return found


def ceilings_of(dataset: TargetDataset) -> dict[str, Ceiling | None]:
    """Return what replicates allow at most, by target."""
    if dataset.replicates is None:
        return dict.fromkeys(dataset.targets)
    return {name: replicate_ceiling(dataset.replicates[:, i]) for i, name in enumerate(dataset.targets)}


def interval_coverage(measured: Values, prediction: EnsemblePrediction, targets: tuple[str, ...]) -> dict[str, Any]:
    """Return, by target, how many measurements lie in the 95 % predictive interval, and its median width."""
    found = {}
    for i, name in enumerate(targets):
        known = np.isfinite(measured[:, i])
        y, low, high = measured[known, i], prediction.low[known, i], prediction.high[known, i]
        found[name] = {
            "n": int(known.sum()),
            "covered": float(((low <= y) & (y <= high)).mean()),
            "median_width": float(np.median(high - low)),
        }
    return {"members": len(prediction.members), "targets": found}


def _with_ceiling(block: dict[str, Any], ceiling: Ceiling | None) -> dict[str, Any]:
    if ceiling is None:
        return block
    explained = None if block["r2"] is None or ceiling.r2 <= 0 else block["r2"] / ceiling.r2
    return block | {"replicate_ceiling": asdict(ceiling), "explained_of_ceiling": explained}


def _differences(model: NumberEvaluation, other: NumberEvaluation) -> dict[str, Any]:
    return {name: asdict(pair) if pair else None for name, pair in compare_numbers(model, other).items()}


def _trend(measured: Float64[np.ndarray, " n"], predicted: Float[np.ndarray, " n"]) -> list[dict[str, float]]:
    """Return tenths of the sequences by prediction: mean predicted, mean measured, standard error, number."""
    known = np.flatnonzero(np.isfinite(measured))
    order = known[np.argsort(predicted[known], kind="stable")]
    return [
        {
            "predicted": float(predicted[part].mean()),
            "measured": float(measured[part].mean()),
            "error": float(measured[part].std(ddof=1) / np.sqrt(len(part))) if len(part) > 1 else float("nan"),
            "n": len(part),
        }
        for part in np.array_split(order, min(_TENTHS, max(1, len(order) // 5)))
        if len(part)
    ]
