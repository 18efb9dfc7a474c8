"""Figures of several labels a sequence, each there or not on its own: by label, macro, micro, and in pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float64
from sklearn.metrics import precision_recall_curve, precision_recall_fscore_support, roc_curve

from motiflens.errors import InputError
from motiflens.evaluation.areas import Estimate, auprc, auroc, mean_estimate
from motiflens.evaluation.curves import thin
from motiflens.evaluation.intervals import (
    Interval,
    auprc_interval,
    auroc_interval,
    difference_interval,
    logit_interval,
    spread_of,
)
from motiflens.evaluation.metrics import SMALLEST_CLASS, Comparison

AREAS = {"auroc": auroc, "auprc": auprc}
INTERVALS = {"auroc": auroc_interval, "auprc": auprc_interval}

Truth = Float64[np.ndarray, "n labels"]
Vector = Float64[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class LabelEvaluation:
    """Figures of one model on one test set, as metrics.json has them, and what can be compared."""

    metrics: dict[str, Any]
    macro: dict[str, Estimate]


def evaluate_labels(
    truth: Truth, probabilities: Float[np.ndarray, "n labels"], labels: Sequence[str]
) -> LabelEvaluation:
    """Return AUROC, AUPRC, precision, recall and F1 of each label, macro and micro, with 95 % intervals of the areas.

    Precision, recall and F1 are at a probability of .5. `macro` is the mean over the labels, `micro` takes all pairs of
    a sequence and a label as one set. Unknown labels (NaN) are left out. Sequences are drawn for the intervals, not
    labels: those of one sequence move together.

    Returns:
        The evaluation. A label that all or none of the test sequences have has no areas, and macro is over the others.

    Raises:
        InputError: The shapes do not fit together.
    """
    if truth.shape != probabilities.shape or truth.shape[1] != len(labels) or not len(truth):
        raise InputError(f"probabilities of shape {probabilities.shape} for labels of shape {truth.shape}")
    scores = probabilities.astype(np.float64)
    known = np.isfinite(truth)
    positive = known & (truth == 1)
    by_label: dict[str, dict[str, Any]] = {}
    areas: dict[str, list[Estimate]] = {name: [] for name in AREAS}
    for i, name in enumerate(labels):
        by_label[name], found = _one_label(positive[:, i], known[:, i], scores[:, i])
        for area, estimate in found.items():
            areas[area].append(estimate)
    macro = {name: mean_estimate(found) for name, found in areas.items() if found}
    metrics = {
        "n": len(truth),
        "macro": _macro(macro, by_label, len(truth)),
        "micro": _micro(positive, known, scores),
        "per_label": by_label,
    }
    few = [name for name, block in by_label.items() if not block["ci"]]
    if few:
        metrics["no_intervals"] = f"too few sequences with or without {', '.join(few)} for an interval"
    return LabelEvaluation(metrics=metrics, macro=macro)


def assess_labels(
    truth: Truth,
    probabilities: Float[np.ndarray, "n labels"],
    baselines: Mapping[str, Float[np.ndarray, "n labels"]],
    *,
    labels: tuple[str, ...],
) -> dict[str, Any]:
    """Return the content of metrics.json without its verdict; comparisons are of the macro-averaged AUROC."""
    model = evaluate_labels(truth, probabilities, labels)
    others = {name: evaluate_labels(truth, simple, labels) for name, simple in baselines.items()}
    return {
        "task": "multilabel",
        "labels": list(labels),
        "test": model.metrics,
        "baselines": {name: other.metrics for name, other in others.items()},
        "comparisons": {name: {"macro": _difference(model, other)} for name, other in others.items()},
        "co_occurrence": co_occurrence(truth, probabilities, labels),
        "curves": _curves(truth, probabilities, labels),
    }


def co_occurrence(
    truth: Truth, probabilities: Float[np.ndarray, "n labels"], labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Return, for each pair of labels, how many sequences have both, by chance, and by prediction."""
    pairs = []
    for a, b in combinations(range(len(labels)), 2):
        rows = np.isfinite(truth[:, [a, b]]).all(axis=1)
        one, other = truth[rows, a] == 1, truth[rows, b] == 1
        pairs.append(
            {
                "a": labels[a],
                "b": labels[b],
                "n": int(rows.sum()),
                "both": int((one & other).sum()),
                "expected": float(one.sum() * other.sum() / max(rows.sum(), 1)),
                "predicted_both": int((probabilities[rows][:, [a, b]] > 0.5).all(axis=1).sum()),
            }
        )
    return pairs


def _one_label(
    positive: Bool[np.ndarray, " n"], known: Bool[np.ndarray, " n"], scores: Vector
) -> tuple[dict[str, Any], dict[str, Estimate]]:
    side, values = positive[known], scores[known]
    block: dict[str, Any] = {"n": int(side.sum()), "auroc": None, "auprc": None, "ci": {}} | _at_half(side, values)
    smaller = min(int(side.sum()), int((~side).sum()))
    if not smaller:
        return block, {}
    areas = {name: area(values, side) for name, area in AREAS.items()}
    block |= {name: estimate.value for name, estimate in areas.items()}
    if smaller >= SMALLEST_CLASS:
        sizes, groups = [int(side.sum())], side.astype(np.int64)
        block["ci"] = {name: list(interval([areas[name]], sizes, groups)) for name, interval in INTERVALS.items()}
    return block, {name: _of_all(estimate, side, known) for name, estimate in areas.items()}


def _of_all(estimate: Estimate, side: Bool[np.ndarray, " m"], known: Bool[np.ndarray, " n"]) -> Estimate:
    """Return the estimate with an influence for every sequence of the test set, that of either side around its mean."""
    influence = estimate.influence.copy()
    for group in (side, ~side):
        influence[group] -= influence[group].mean()
    everywhere = np.zeros(len(known))
    everywhere[known] = influence
    return replace(estimate, influence=everywhere)


def _macro(areas: Mapping[str, Estimate], by_label: Mapping[str, dict[str, Any]], n: int) -> dict[str, Any]:
    block: dict[str, Any] = {"n": n, "ci": {}}
    for name in ("precision", "recall", "f1"):
        values = [found[name] for found in by_label.values() if found[name] is not None]
        block[name] = float(np.mean(values)) if values else None
    enough = all(found["ci"] for found in by_label.values())
    for name, estimate in areas.items():
        block[name] = estimate.value
        if enough:
            of_labels = np.mean([found["ci"][name] for found in by_label.values()], axis=0)
            block["ci"][name] = list(_area_interval(estimate, perfect=(float(of_labels[0]), float(of_labels[1]))))
    return block


def _micro(
    positive: Bool[np.ndarray, "n labels"], known: Bool[np.ndarray, "n labels"], scores: Float64[np.ndarray, "n labels"]
) -> dict[str, Any]:
    side, values = positive[known], scores[known]
    block: dict[str, Any] = {"n": int(known.sum()), "auroc": None, "auprc": None, "ci": {}} | _at_half(side, values)
    smaller = min(int(side.sum()), int((~side).sum()))
    if not smaller:
        return block
    rows = np.nonzero(known)[0]
    for name, area in AREAS.items():
        estimate = area(values, side)
        cells = _of_all(estimate, side, np.ones(len(side), bool)).influence
        block[name] = estimate.value
        if smaller >= SMALLEST_CLASS:
            by_sequence = np.bincount(rows, cells, minlength=len(known))
            perfect = INTERVALS[name]([estimate], [int(side.sum())], side.astype(np.int64))
            block["ci"][name] = list(_area_interval(replace(estimate, influence=by_sequence), perfect=perfect))
    return block


def _area_interval(estimate: Estimate, *, perfect: Interval) -> Interval:
    """The interval of a mean area; `perfect` where no sequence is out of order, or all are."""
    spread = spread_of(estimate, np.zeros(len(estimate.influence), np.int64))
    if not 0 < estimate.value < 1:
        return perfect
    return logit_interval(estimate.value, spread.variance, spread.quantile)


def _at_half(side: Bool[np.ndarray, " n"], scores: Vector) -> dict[str, float | None]:
    if not len(side):
        return {"precision": None, "recall": None, "f1": None}
    found = precision_recall_fscore_support(side, scores > 0.5, average="binary", zero_division=np.nan)
    values = dict(zip(("precision", "recall", "f1"), found[:3], strict=True))
    return {name: None if np.isnan(value) else float(value) for name, value in values.items()}


def _difference(model: LabelEvaluation, other: LabelEvaluation) -> dict[str, Any] | None:
    if "auroc" not in model.macro or "auroc" not in other.macro or not model.metrics["macro"]["ci"]:
        return None
    difference = model.macro["auroc"] - other.macro["auroc"]
    perfect = tuple(model.metrics["macro"]["ci"]["auroc"]) if model.macro["auroc"].value == 1 else None
    rows = np.zeros(len(difference.influence), np.int64)
    low, high = difference_interval(difference, rows, largest=1.0, perfect=perfect)
    return asdict(Comparison(metric="auroc", difference=difference.value, low=low, high=high))


def _curves(
    truth: Truth, probabilities: Float[np.ndarray, "n labels"], labels: Sequence[str]
) -> dict[str, dict[str, list[list[float]]]]:
    curves: dict[str, dict[str, list[list[float]]]] = {"roc": {}, "pr": {}}
    for i, name in enumerate(labels):
        known = np.isfinite(truth[:, i])
        side, scores = truth[known, i] == 1, probabilities[known, i]
        if 0 < side.sum() < len(side):
            false, true, _ = roc_curve(side, scores)
            precision, recall, _ = precision_recall_curve(side, scores)
            curves["roc"][name], curves["pr"][name] = thin(false, true), thin(recall[::-1], precision[::-1])
    return curves
