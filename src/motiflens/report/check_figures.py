"""Figures of the checks: deletion and insertion curves, and which motifs occur together."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from motiflens.report.drawing import Drawing, line_key
from motiflens.report.motif_labels import motif_labels
from motiflens.report.palette import LIGHT
from motiflens.report.text import axis_unit, shorten
from motiflens.run.schema.checks import EditCurve, Faithfulness
from motiflens.run.schema.motifs import MotifPair, MotifRecord

_MIN_MOTIFS = 3  # two motifs are one pair, which the table tells


def edit_curves(record: Faithfulness, *, unit: str = "logits") -> Mapping[str, Drawing]:
    """Draw how the score changes as bases are replaced, or inserted into a shuffle, most important ones first."""
    curves = {"Deletion": record.deletion, "Insertion": record.insertion}
    known = {name: curve for name, curve in curves.items() if curve is not None and curve.share}
    if not known:
        return {}
    figure = Figure(figsize=(7.5, 2.9), layout="constrained")
    for axes, (name, curve) in zip(figure.subplots(1, len(known), squeeze=False).ravel(), known.items(), strict=True):
        _curve(axes, curve, name, unit=unit)
    return {
        "edit-curves": Drawing(
            figure=figure, description="Deletion and insertion curves: mean score by the share of bases."
        )
    }


def _curve(axes: Axes, curve: EditCurve, name: str, *, unit: str) -> None:
    share = 100 * np.array(curve.share)
    axes.plot(share, np.array(curve.random, float), color=LIGHT["faint"])
    axes.plot(share, np.array(curve.logit, float), color=LIGHT["accent"])
    axes.grid(axis="y")
    axes.set(title=name, xlabel="% of the bases", ylabel=f"mean score ({axis_unit(unit)})")
    line_key(axes, [("most important first", LIGHT["accent"]), ("in random order", LIGHT["faint"])])


def co_occurrence(record: MotifRecord) -> Mapping[str, Drawing]:
    """Draw, for each pair of a class's motifs, observed over expected sequences with both."""
    labels = motif_labels(record.motifs)
    groups = [(group.target, [pair for pair in group.pairs if pair.a != pair.b]) for group in record.grammar]
    groups = [(target, pairs) for target, pairs in groups if len(_names(pairs)) >= _MIN_MOTIFS]
    if not groups:
        return {}
    names = {target: sorted(_names(pairs), key=list(labels).index) for target, pairs in groups}
    sides = [1.6 + 0.42 * len(names[target]) for target, _ in groups]
    figure = Figure(figsize=(sum(sides) + 0.4, max(sides)), layout="constrained")
    panels = figure.subplots(1, len(groups), squeeze=False, width_ratios=sides).ravel()
    for axes, (target, pairs) in zip(panels, groups, strict=True):
        _matrix(axes, pairs, names[target], labels)
        axes.set_title(shorten(target, 24))
    told = "; ".join(
        f"{labels[pair.a]} and {labels[pair.b]}: {pair.with_both}, {pair.expected_both or 0:.0f} by chance"
        for _, pairs in groups
        for pair in pairs
    )
    return {"co-occurrence": Drawing(figure=figure, description=f"Sequences with both motifs of a pair. {told}.")}


def _names(pairs: Sequence[MotifPair]) -> set[str]:
    return {name for pair in pairs for name in (pair.a, pair.b)}


def _matrix(axes: Axes, pairs: Sequence[MotifPair], names: Sequence[str], labels: Mapping[str, str]) -> None:
    """A square a pair, its area the log2 of observed over expected; filled where q <= .05."""
    for pair in pairs:
        a, b = sorted((names.index(pair.a), names.index(pair.b)))
        ratio = (pair.with_both + 0.5) / ((pair.expected_both or 0.0) + 0.5)
        strength = min(abs(float(np.log2(ratio))), 2.0) / 2
        colour = LIGHT["accent"] if ratio > 1 else LIGHT["poor"]
        size = 170 + 220 * strength
        clear = pair.q is not None and pair.q <= 0.05
        axes.scatter(a, b, s=size, marker="s", facecolors=colour if clear else "none", edgecolors=colour, alpha=0.8)
        axes.annotate(
            f"{ratio:.1f}", (a, b), ha="center", va="center", size=7, color=LIGHT["surface"] if clear else LIGHT["ink"]
        )
    ticks = range(len(names))
    short = [shorten(labels[name], 16) for name in names]
    axes.set_xticks(ticks, short, rotation=40, ha="right")
    axes.set_yticks(ticks, short)
    axes.set(xlim=(-0.6, len(names) - 0.4), ylim=(len(names) - 0.4, -0.6))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
