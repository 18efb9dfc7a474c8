"""Everything in metrics.json about one test set, except the verdict."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from motiflens.evaluation.curves import calibration, roc_and_pr
from motiflens.evaluation.metrics import N_DRAWS, classification_report, compare, confusion_matrix, evaluate
from motiflens.model.output import output_for
from motiflens.model.predict import EnsemblePrediction
from motiflens.shapes import Labels, Scores


def agreement(prediction: EnsemblePrediction) -> dict[str, Any]:
    """Return how far the members of an ensemble agree on a test set, ready for JSON.

    `median_width` is the median width of the predictive interval of the predicted class; `disagreements` counts the
    sequences whose predicted class differs between members.
    """
    predicted = prediction.values.argmax(1)[:, None]
    width = np.take_along_axis(prediction.high - prediction.low, predicted, 1)
    votes = prediction.members.argmax(2)
    return {
        "members": len(votes),
        "median_width": float(np.median(width)),
        "disagreements": int((votes != votes[0]).any(0).sum()),
    }


def assess(
    labels: Labels,
    probabilities: Scores,
    baselines: Mapping[str, Scores],
    *,
    classes: tuple[str, ...],
    seed: int,
    nested: Scores | None = None,
    draws: int = N_DRAWS,
) -> dict[str, Any]:
    """Return figures and curves of the model, figures of the baselines, and paired comparisons, ready for JSON.

    Args:
        labels: True classes (n,).
        probabilities: Predictions of the model (n, classes).
        baselines: Predictions of each baseline for the same sequences.
        classes: Names of the classes.
        seed: Seed of the draws behind some intervals.
        nested: Predictions of the simpler model that the model contains; "interactions" is then the gain over it.
        draws: Number of draws.

    Returns:
        The content of metrics.json without its verdict. `comparisons` has, for each baseline, the difference in AUROC,
        model minus baseline, with its 95 % interval; None where there are no intervals.

    Raises:
        InputError: As `evaluate`.
    """
    model = evaluate(labels, probabilities, classes, seed=seed, draws=draws)
    others = {name: evaluate(labels, simple, classes, seed=seed, draws=draws) for name, simple in baselines.items()}
    compared = {name: compare(model, other) for name, other in others.items()}
    found: dict[str, Any] = {
        "task": output_for(classes).task,
        "classes": list(classes),
        "test": model.metrics,
        "baselines": {name: other.metrics for name, other in others.items()},
        "comparisons": {name: asdict(pair) if pair else None for name, pair in compared.items()},
        "confusion": confusion_matrix(model.predictions),
        "calibration": calibration(model.predictions),
        "curves": roc_and_pr(model.predictions),
        "classification_report": classification_report(model.predictions),
    }
    if nested is not None:
        simpler = evaluate(labels, nested, classes, seed=seed, draws=draws)
        gain = compare(model, simpler)
        found["interactions"] = {"nested": simpler.metrics, "comparison": asdict(gain) if gain else None}
    return found
