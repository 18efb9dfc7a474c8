"""Everything that metrics.json says of one test set, save the verdict."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from motiflens.evaluation.curves import calibration, roc_and_pr
from motiflens.evaluation.metrics import N_BOOTSTRAP, classification_report, compare, confusion_matrix, evaluate
from motiflens.model.output import output_for
from motiflens.model.predict import EnsemblePrediction
from motiflens.shapes import Labels, Scores


def agreement(prediction: EnsemblePrediction) -> dict[str, Any]:
    """How far the members of an ensemble agree on a test set, ready for JSON.

    `median_width` is that of the predictive interval of the called class; `disagreements` counts the sequences that
    not all members give to one class.
    """
    called = prediction.probabilities.argmax(1)[:, None]
    width = np.take_along_axis(prediction.high - prediction.low, called, 1)
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
    additive: Scores | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
) -> dict[str, Any]:
    """The model's figures and curves, the baselines' figures, and each paired comparison, ready for JSON.

    `baselines` maps a name to probabilities (n, classes) on the same sequences. `comparisons` holds, for each, the
    difference in AUROC, model minus baseline, with its 95 % interval; None where the test set has no AUROC.
    `additive` are the probabilities of the additive network that a deep one contains: "interactions" then says what
    the deep one gains over it, the same way.
    Raises InputError as `evaluate` does.
    """
    model = evaluate(labels, probabilities, classes, seed=seed, n_bootstrap=n_bootstrap)
    others = {
        name: evaluate(labels, simple, classes, seed=seed, n_bootstrap=n_bootstrap)
        for name, simple in baselines.items()
    }
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
    if additive is not None:
        simpler = evaluate(labels, additive, classes, seed=seed, n_bootstrap=n_bootstrap)
        gain = compare(model, simpler)
        found["interactions"] = {"additive": simpler.metrics, "comparison": asdict(gain) if gain else None}
    return found
