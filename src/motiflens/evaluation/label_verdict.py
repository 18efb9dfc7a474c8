"""The verdict on a model of several labels in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from motiflens.evaluation.verdict import SMALL_CLASS, WEAK_AUROC, Point, composed, listed, with_interval
from motiflens.words import BASELINES


def label_verdict(metrics: Mapping[str, Any], *, notes: Sequence[str] = (), leaks: int = 0) -> dict[str, Any]:
    """Judge a model of several labels: the score first, then what to doubt.

    Args:
        metrics: What `assess_labels` returns.
        notes: Notes of the data set, which are passed on.
        leaks: Number of test sequences with a near copy among the training sequences.

    Returns:
        As `verdict.verdict`.
    """
    against = _against_baselines(metrics)
    points = [_undefined(metrics), _chance(metrics), against, _rare(metrics), _leaks(leaks, metrics["test"]["n"])]
    return composed(_score(metrics), [point for point in points if point], against=against, notes=notes)


def _labels(metrics: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    blocks: Mapping[str, Mapping[str, Any]] = metrics["test"]["per_label"]
    return blocks


def _macro(metrics: Mapping[str, Any]) -> str:
    macro = metrics["test"]["macro"]
    return f"AUROC {with_interval(macro, 'auroc')} on average" if macro.get("auroc") is not None else "AUROC undefined"


def _score(metrics: Mapping[str, Any]) -> Point:
    known = {name: block for name, block in _labels(metrics).items() if block["auroc"] is not None}
    each = listed(f"{name} {with_interval(block, 'auroc')}" for name, block in known.items())
    micro = metrics["test"]["micro"]
    over = f"; over all pairs of a sequence and a label {with_interval(micro, 'auroc')}" if micro["auroc"] else ""
    values = [block["auroc"] for block in known.values()]
    how = (
        "well"
        if min(values, default=0) >= 0.85
        else "moderately"
        if min(values, default=0) >= WEAK_AUROC
        else "unevenly"
    )
    return Point(
        text=f"AUROC by label: {each}{over}. {metrics['test']['n']} test sequences.",
        level="good",
        headline=f"The model tells the labels {listed(_labels(metrics))} {how}: {_macro(metrics)}.",
    )


def _undefined(metrics: Mapping[str, Any]) -> Point | None:
    absent = [name for name, block in _labels(metrics).items() if block["auroc"] is None]
    if not absent:
        return None
    return Point(
        text=f"All or none of the test sequences have {listed(absent)}: nothing can be said of it.",
        headline=f"This test set cannot judge {listed(absent)}.",
    )


def _chance(metrics: Mapping[str, Any]) -> Point | None:
    low = {name: block["ci"]["auroc"][0] for name, block in _labels(metrics).items() if "auroc" in block["ci"]}
    none = [name for name, value in low.items() if value <= 0.5]
    if not none:
        return None
    return Point(
        text=f"The interval of AUROC is not above 0.5, what guessing gets, for {listed(none)}: its motifs are no "
        "evidence.",
        level="poor" if len(none) == len(low) else "caution",
        headline=f"No better than guessing for {listed(none)}, as far as this test set can tell: {_macro(metrics)}.",
    )


def _against_baselines(metrics: Mapping[str, Any]) -> Point | None:
    scores = {name: found["macro"].get("auroc") for name, found in metrics.get("baselines", {}).items()}
    known = {name: value for name, value in scores.items() if value is not None}
    if not known:
        return None
    best = max(known, key=lambda name: known[name])
    pair = metrics["comparisons"][best]["macro"]
    if not pair:
        return None
    name = BASELINES.get(best, best)
    baseline = f"AUROC {with_interval(metrics['baselines'][best]['macro'], 'auroc')}"
    gap = f"difference {pair['difference']:+.3f}, 95 % interval {pair['low']:+.3f} to {pair['high']:+.3f}"
    if pair["low"] > 0:
        return Point(text=f"It beats the best baseline, {name} with {baseline} ({gap}).", level="good")
    if pair["high"] < 0:
        return Point(
            text=f"The best baseline, {name}, does better: {baseline} ({gap}).",
            headline=f"A simpler method does better: {name} has {baseline}, the model {_macro(metrics)}.",
        )
    return Point(
        text=f"It is not measurably better than the best baseline, {name} with {baseline} ({gap}).",
        headline=f"Not measurably better than a simple baseline: {_macro(metrics)}; {name} has {baseline}.",
    )


def _rare(metrics: Mapping[str, Any]) -> Point | None:
    rare = {name: block["n"] for name, block in _labels(metrics).items() if 0 < block["n"] < SMALL_CLASS}
    if not rare:
        return None
    sizes = listed(f"{n} with {name}" for name, n in rare.items())
    return Point(text=f"The test set has few sequences of some labels ({sizes}): their figures are rough.")


def _leaks(leaks: int, n: int) -> Point | None:
    if not leaks:
        return None
    return Point(
        text=f"{leaks} of {n} test sequences have a near copy among the training sequences: the score is inflated by "
        "memorised sequences. Split by group (column group)."
    )
