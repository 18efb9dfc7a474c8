"""The figures of a run: baselines, learning curves, confusion, ROC, precision-recall, calibration, scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from motiflens.report.attribution_figures import attribution_figures
from motiflens.report.check_figures import co_occurrence, edit_curves
from motiflens.report.drawing import Drawing, line_key
from motiflens.report.palette import LIGHT, class_colour
from motiflens.report.target_figures import label_baselines, number_figures
from motiflens.report.text import METRIC_NAMES, baseline_name, number, shorten
from motiflens.report.view import kind_of
from motiflens.run.folder import Run
from motiflens.run.schema.metrics import CalibrationBin, Figures, Metrics, Scores
from motiflens.run.schema.number_metrics import LabelMetrics

_Curves = Mapping[str, Sequence[tuple[float | None, float | None]]]

_SMALL = (3.75, 2.9)
_MODEL = "this model"


def draw(run: Run) -> dict[str, Drawing]:
    """Draw the figures that the run has data for; use them, too, inside of svg.style()."""
    drawings: dict[str, Drawing] = {}
    kind = kind_of(run)
    if run.has("metrics.json") and kind == "numbers":
        drawings |= number_figures(run.predictions(), run.number_metrics())
    elif run.has("metrics.json") and kind == "labels":
        drawings |= _label_figures(run.label_metrics())
    elif run.has("metrics.json"):
        metrics = run.metrics()
        drawings["baselines"] = baselines(metrics)
        if metrics.confusion:
            drawings["confusion"] = confusion(np.array(metrics.confusion), metrics.classes)
        if metrics.curves and metrics.curves.roc:
            drawings["roc"] = roc(metrics.curves.roc, metrics.classes, _scores_by_class(metrics))
        if metrics.curves and metrics.curves.pr:
            drawings["pr"] = precision_recall(metrics.curves.pr, metrics.classes, _scores_by_class(metrics))
        if metrics.calibration:
            drawings["calibration"] = calibration(metrics.calibration)
    if run.has("attributions.npz"):
        drawings |= attribution_figures(run.attributions(), run.classes, unit=run.info.unit)
    if run.has("faithfulness.json"):
        drawings |= edit_curves(run.faithfulness(), unit=run.info.unit)
    if run.has("motifs.json"):
        drawings |= co_occurrence(run.motifs())
    if run.has("predictions.tsv") and kind == "classes":
        drawings["scores"] = score_distribution(run.predictions(), run.classes, shown=run.info.explained)
    if run.has("history.csv"):
        history = run.history()
        drawings["loss"] = learning_curve(history, "loss", "Loss")
        if "accuracy" in history:
            drawings["accuracy"] = learning_curve(history, "accuracy", "Accuracy")
    return drawings


def _label_figures(metrics: LabelMetrics) -> dict[str, Drawing]:
    drawings = {"baselines": label_baselines(metrics)}
    if metrics.curves and metrics.curves.roc:
        drawings["roc"] = roc(metrics.curves.roc, metrics.labels, metrics.test.per_label)
        drawings["pr"] = precision_recall(metrics.curves.pr, metrics.labels, metrics.test.per_label)
    return drawings


def _scores_by_class(metrics: Metrics) -> Mapping[str, Figures]:
    """Return the scores of each class; of two, all are those of the test set."""
    return {name: metrics.test.per_class.get(name) or metrics.test for name in metrics.classes}


def baselines(metrics: Metrics) -> Drawing:
    """Draw dots with intervals: the model, then the baselines, by AUROC and accuracy."""
    rows: list[tuple[str, Scores]] = [
        (_MODEL, metrics.test),
        *((baseline_name(key), scores) for key, scores in metrics.baselines.items()),
    ]
    figure = Figure(figsize=(5.7, 0.75 + 0.4 * len(rows)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True, gridspec_kw={"wspace": 0.08})
    for axes, key in zip(panels, ("auroc", "accuracy"), strict=True):
        for y, (name, scores) in enumerate(rows):
            _dot(axes, y, scores, key, LIGHT["accent"] if name == _MODEL else LIGHT["soft"])
        best = getattr(metrics.bayes_optimal, key, None)
        if best is not None:
            axes.axvline(best, color=LIGHT["caution"], lw=1, ls=(0, (4, 2)))
            axes.text(best, -0.75, "best possible ", ha="right", color=LIGHT["caution"], size=7.5)
        axes.grid(axis="x")
        axes.set_title(METRIC_NAMES[key], pad=10 if metrics.bayes_optimal else 4)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        low, high = axes.get_xlim()
        axes.set_xlim(low, 1.02 if high > 0.9 else high)
    panels[0].set_yticks(range(len(rows)), [shorten(name, 34) for name, _ in rows])
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    panels[0].get_yticklabels()[0].set_color(LIGHT["accent"])
    values = "; ".join(f"{name}: AUROC {number(s.auroc)}, accuracy {number(s.accuracy)}" for name, s in rows)
    return Drawing(figure=figure, description=f"Test scores of the model and the baselines. {values}.")


def _dot(axes: Axes, y: int, scores: Figures, key: str, colour: str) -> None:
    value = scores.value(key)
    if value is None:
        return
    axes.plot(scores.interval(key) or (value, value), [y, y], color=colour, lw=2.2, alpha=0.45, solid_capstyle="round")
    axes.plot(value, y, "o", color=colour, ms=6)


def learning_curve(history: pd.DataFrame, column: str, title: str) -> Drawing:
    """Draw training and validation values by epoch; one faint pair of lines a member of an ensemble."""
    figure, axes = _small()
    members = [rows for _, rows in history.groupby("member")] if "member" in history else [history]
    for rows in members:
        for name, colour in ((column, LIGHT["faint"]), (f"val_{column}", LIGHT["accent"])):
            marker = "o" if len(rows) == 1 else ""
            axes.plot(rows["epoch"], rows[name], color=colour, lw=1.6 if len(members) == 1 else 1, marker=marker)
    if len(members) == 1 and np.isfinite(history["val_loss"]).any():
        best = history.iloc[int(np.nanargmin(history["val_loss"].replace([-np.inf, np.inf], np.nan)))]
        axes.axvline(best["epoch"], color=LIGHT["soft"], lw=0.8, ls=(0, (3, 3)))
        axes.plot(best["epoch"], best[f"val_{column}"], "o", color=LIGHT["accent"], ms=5)
    axes.grid(axis="y")
    axes.set(title=title, xlabel="epoch")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    line_key(axes, [("training", LIGHT["faint"]), ("validation", LIGHT["accent"])])
    last = history.iloc[-1]
    return Drawing(
        figure=figure,
        description=f"{title} by epoch; after epoch {last['epoch']:.0f} training {number(last[column])}, "
        f"validation {number(last[f'val_{column}'])}.",
    )


def confusion(counts: np.ndarray, classes: Sequence[str]) -> Drawing:
    """Draw counts, true class by row; the shade is the fraction of the row."""
    side = max(_SMALL[1], 1.2 + 0.44 * len(classes))
    figure = Figure(figsize=(max(_SMALL[0], side + 0.6), side), layout="constrained")
    axes = figure.subplots()
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    for row, column in np.ndindex(counts.shape):
        colour = LIGHT["accent"] if row == column else LIGHT["poor"]
        x, y = column - 0.48, row - 0.48
        shade = 0.06 + 0.5 * share[row, column]
        axes.add_patch(Rectangle((x, y), 0.96, 0.96, facecolor=colour, alpha=shade, linewidth=0))
        axes.text(column, row - 0.08, f"{counts[row, column]:,}", ha="center", va="center", size=10, weight="bold")
        axes.text(column, row + 0.24, f"{100 * share[row, column]:.1f} %", ha="center", va="center", size=8)
    names = [shorten(name, 14) for name in classes]
    crowded = len(names) * max(map(len, names)) > 40
    axes.set_xticks(range(len(names)), names, rotation=40 if crowded else 0, ha="right" if crowded else "center")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5), title="Confusion matrix")
    axes.set(xlabel="predicted", ylabel="true")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    cells = "; ".join(
        f"true {name}: " + ", ".join(f"{counts[i, j]} as {other}" for j, other in enumerate(classes))
        for i, name in enumerate(classes)
    )
    return Drawing(figure=figure, description=f"Confusion matrix of the test set. {cells}.")


def roc(curves: _Curves, classes: Sequence[str], scores: Mapping[str, Figures]) -> Drawing:
    """Draw the true against the false positive rate, a line for each class."""
    drawing, axes = _curves(curves, classes, scores, title="ROC", score="auroc", place="lower right")
    axes.plot([0, 1], [0, 1], color=LIGHT["faint"], lw=0.8, ls=(0, (3, 3)), zorder=1)
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    return drawing


def precision_recall(curves: _Curves, classes: Sequence[str], scores: Mapping[str, Figures]) -> Drawing:
    """Draw precision against recall, a line for each class."""
    drawing, axes = _curves(curves, classes, scores, title="Precision and recall", score="auprc", place="lower left")
    axes.set(xlabel="recall", ylabel="precision")
    return drawing


def _curves(
    curves: _Curves,
    classes: Sequence[str],
    scores: Mapping[str, Figures],
    *,
    title: str,
    score: str,
    place: Any,
) -> tuple[Drawing, Axes]:
    figure, axes = _small()
    classes, key = list(classes), []
    for name, points in curves.items():
        x, y = np.array(points, float).T
        colour = LIGHT[class_colour(classes.index(name) if name in classes else 0)]
        axes.plot(x, y, color=colour)
        key.append((f"{shorten(name, 18)}  {number(scores[name].value(score))}", colour))
    axes.grid()
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), title=title)
    line_key(axes, key, place)
    labels = "; ".join(label for label, _ in key)
    return Drawing(figure=figure, description=f"{title} curve of the test set, {METRIC_NAMES[score]}: {labels}."), axes


def calibration(bins: Sequence[CalibrationBin]) -> Drawing:
    """Draw observed against predicted frequency in bins of equal numbers, with 95 % intervals; a dot by its number."""
    figure, axes = _small()
    rows = np.array([[row.confidence, row.observed, row.n, row.low, row.high] for row in bins], float).reshape(-1, 5)
    confidence, observed, n, low, high = rows[np.isfinite(rows[:, :3]).all(1)].T
    axes.plot([0, 1], [0, 1], color=LIGHT["faint"], lw=0.8, ls=(0, (3, 3)))
    axes.vlines(confidence, low, high, color=LIGHT["accent"], lw=1.2, alpha=0.6)
    axes.scatter(
        confidence, observed, s=12 + 110 * n / n.max(initial=1), color=LIGHT["accent"], alpha=0.75, linewidths=0
    )
    axes.grid()
    axes.set(xlim=(-0.03, 1.05), ylim=(-0.03, 1.08), title="Calibration")
    axes.set(xlabel="predicted probability", ylabel="observed frequency")
    described = "; ".join(
        f"{c:.2f} predicted, {o:.2f} observed, n = {k:.0f}" for c, o, k in zip(confidence, observed, n, strict=True)
    )
    return Drawing(figure=figure, description=f"Calibration of the test set. {described}.")


def score_distribution(predictions: pd.DataFrame, classes: Sequence[str], *, shown: Sequence[str]) -> Drawing:
    """Draw histograms of the predicted probability of each `shown` class: its members against the others."""
    held_out = predictions[predictions["split"] == "test"]
    table, which = (held_out, "test set") if len(held_out) else (predictions, "all sequences")
    columns = min(len(shown), 3)
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(3 * _SMALL[0], _SMALL[1] * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    for axes, name in zip(panels, shown, strict=False):
        colour = LIGHT[class_colour(classes.index(name))]
        _score_panel(axes, table[f"p_{name}"], table["label"] == name, name=name, colour=colour)
    return Drawing(figure=figure, description=f"Distribution of the predicted probability, {which}, for each class.")


def _score_panel(axes: Axes, p: pd.Series, member: pd.Series, *, name: str, colour: str) -> None:
    edges = np.linspace(0, 1, 51)
    p, member = p[p.notna()], member[p.notna()]
    for rows, shade, alpha in ((~member, LIGHT["faint"], 0.45), (member, colour, 0.7)):
        weights = np.full(int(rows.sum()), 100 / max(int(rows.sum()), 1))
        axes.hist(p[rows], list(edges), weights=weights, color=shade, alpha=alpha)
    axes.grid(axis="y")
    axes.set(
        xlim=(0, 1), title=f"Score of {shorten(name, 18)}", xlabel="predicted probability", ylabel="% of sequences"
    )
    line_key(axes, [(shorten(name, 18), colour), ("others", LIGHT["faint"])], "upper center")


def _small() -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SMALL, layout="constrained")
    return figure, figure.subplots()
