"""The figures of numbers: predicted against measured, residuals against GC and length, baselines and ceilings."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from motiflens.report.drawing import Drawing
from motiflens.report.palette import LIGHT, class_colour
from motiflens.report.text import METRIC_NAMES, baseline_name, number, shorten
from motiflens.run.schema.metrics import Figures
from motiflens.run.schema.number_metrics import LabelMetrics, NumberMetrics, TrendPoint

_PANEL = 3.55  # inches
_COLUMNS = 3
_DOTS = 800  # sequences up to which each is a dot; more are drawn as a density
_BINS = 48
_SHADES = 12
_MODEL = "this model"


def number_figures(predictions: pd.DataFrame, metrics: NumberMetrics) -> Mapping[str, Drawing]:
    """Draw the figures of a run that predicts numbers; use them inside of svg.style()."""
    held_out = predictions[predictions["split"] == "test"]
    table = held_out if len(held_out) else predictions
    return {
        "baselines": target_baselines(metrics),
        "scatter": scatter(table, metrics),
        "residuals": residuals(table, metrics.targets),
    }


def target_baselines(metrics: NumberMetrics) -> Drawing:
    """Draw dots with intervals: the model, then the baselines, by Pearson's correlation, a panel a target."""
    names = [_MODEL, *(baseline_name(key) for key in metrics.baselines)]
    shown = metrics.targets[:_COLUMNS]
    size = (3.75, _PANEL) if len(shown) == 1 else (2.6 + 2.1 * len(shown), 0.75 + 0.4 * len(names))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False, gridspec_kw={"wspace": 0.08}).ravel()
    key = "pearson"
    for axes, name in zip(panels, shown, strict=True):
        rows: list[Figures] = [metrics.test[name], *(blocks[name] for blocks in metrics.baselines.values())]
        for y, scores in enumerate(rows):
            _dot(axes, y, scores, key=key)
        ceiling = metrics.test[name].replicate_ceiling
        if ceiling is not None and (best := ceiling.pearson) is not None:
            axes.axvline(best, color=LIGHT["caution"], lw=1, ls=(0, (4, 2)))
            axes.text(best, -0.75, "ceiling ", ha="right", color=LIGHT["caution"], size=7.5)
        axes.set_title(
            METRIC_NAMES[key] if len(shown) == 1 else f"{METRIC_NAMES[key]}, {shorten(name, 20)}",
            pad=10 if ceiling else 4,
        )
        _quiet(axes)
    _name_rows(panels[0], names)
    values = "; ".join(f"{name}: {METRIC_NAMES[key]} {number(metrics.test[name].value(key))}" for name in shown)
    return Drawing(figure=figure, description=f"Test scores of the model and the baselines. The model: {values}.")


def label_baselines(metrics: LabelMetrics) -> Drawing:
    """Draw dots with intervals: the model, then the baselines, by mean AUROC and AUPRC."""
    names = [_MODEL, *(baseline_name(key) for key in metrics.baselines)]
    figure = Figure(figsize=(5.7, 0.75 + 0.4 * len(names)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True, gridspec_kw={"wspace": 0.08})
    for axes, key in zip(panels, ("auroc", "auprc"), strict=True):
        for y, scores in enumerate((metrics.test, *metrics.baselines.values())):
            _dot(axes, y, scores.macro, key=key)
        axes.set_title(f"{METRIC_NAMES[key]}, mean")
        _quiet(axes)
    _name_rows(panels[0], names)
    return Drawing(
        figure=figure,
        description=f"Test scores of the model and the baselines; the model: AUROC {number(metrics.test.macro.auroc)}.",
    )


def scatter(table: pd.DataFrame, metrics: NumberMetrics) -> Drawing:
    """Draw predicted against measured values, a panel a target: dots or density, identity line, means of tenths."""
    figure, panels = _panels(metrics.targets, height=_PANEL)
    described = []
    for i, (axes, name) in enumerate(zip(panels, metrics.targets, strict=False)):
        x, y = table[f"pred_{name}"].to_numpy(), table[f"y_{name}"].to_numpy()
        known = np.isfinite(x) & np.isfinite(y)
        x, y = x[known], y[known]
        low, high = _range(np.concatenate([x, y]))
        _cloud(axes, x, y, colour=LIGHT[class_colour(i)], extent=(low, high, low, high))
        axes.plot([low, high], [low, high], color=LIGHT["faint"], lw=0.9, ls=(0, (4, 3)), zorder=3)
        _trend(axes, metrics.trend.get(name, ()))
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", title=shorten(name, 28))
        axes.set(xlabel="predicted", ylabel="measured")
        scores = metrics.test[name]
        text = f"Pearson {number(scores.pearson, 2)}\nR² {number(scores.r2, 2)}\nn = {scores.n:,}"
        axes.text(0.04, 0.96, text, transform=axes.transAxes, va="top", size=8, color=LIGHT["ink"], linespacing=1.35)
        described.append(f"{name}: Pearson {number(scores.pearson)}, R2 {number(scores.r2)}, n = {scores.n}")
    return Drawing(
        figure=figure, description=f"Measured against predicted values of the test set. {'; '.join(described)}."
    )


def residuals(table: pd.DataFrame, targets: tuple[str, ...]) -> Drawing:
    """Draw measured minus predicted values against GC content, and against length where it varies."""
    properties = [("gc", "GC content (%)", 100.0)]
    if table["length"].nunique() > 1:
        properties.append(("length", "length (bp)", 1.0))
    shown = targets[:_COLUMNS]
    rows = len(properties)
    figure = Figure(figsize=(_PANEL * max(1, len(shown)) + 0.2, 2.7 * rows), layout="constrained")
    panels = figure.subplots(rows, len(shown), squeeze=False)
    described = []
    for i, name in enumerate(shown):
        error = (table[f"y_{name}"] - table[f"pred_{name}"]).to_numpy()
        for axes, (column, label, factor) in zip(panels[:, i], properties, strict=True):
            x = factor * table[column].to_numpy()
            known = np.isfinite(error) & np.isfinite(x)
            low, high = _range(error[known])
            reach = max(abs(low), abs(high))
            left, right = _range(x[known])
            _cloud(axes, x[known], error[known], colour=LIGHT[class_colour(i)], extent=(left, right, -reach, reach))
            axes.axhline(0, color=LIGHT["faint"], lw=0.9, ls=(0, (4, 3)), zorder=3)
            _running_mean(axes, x[known], error[known])
            axes.set(xlim=(left, right), ylim=(-reach, reach), xlabel=label, ylabel="measured − predicted")
            axes.set_title(shorten(name, 28) if len(targets) > 1 else "Residuals")
            described.append(f"{name} against {column}: correlation {number(_correlation(x[known], error[known]), 2)}")
    return Drawing(figure=figure, description=f"Residuals of the test set. {'; '.join(described)}.")


def _panels(names: tuple[str, ...], *, height: float) -> tuple[Figure, list[Axes]]:
    columns = min(len(names), _COLUMNS)
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(_PANEL * columns + 0.2, height * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    return figure, panels


def _cloud(axes: Axes, x: np.ndarray, y: np.ndarray, *, colour: str, extent: tuple[float, float, float, float]) -> None:
    """Draw points; of many their density, as an image in one colour, as opaque as it is dense."""
    if len(x) <= _DOTS:
        axes.scatter(x, y, s=9 if len(x) > 300 else 14, color=colour, alpha=0.35 if len(x) > 300 else 0.5, linewidths=0)
        return
    left, right, low, high = extent
    counts, _, _ = np.histogram2d(y, x, bins=_BINS, range=((low, high), (left, right)))
    dense = np.log1p(counts) / max(np.log1p(counts).max(), 1e-9)
    image = np.empty((_BINS, _BINS, 4))
    image[..., :3] = to_rgb(colour)
    image[..., 3] = np.where(counts > 0, 0.1 + 0.9 * np.round(dense * _SHADES) / _SHADES, 0)
    axes.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation="none", zorder=1)


def _trend(axes: Axes, points: tuple[TrendPoint, ...]) -> None:
    rows = np.array([[p.predicted, p.measured, p.error if p.error is not None else 0] for p in points], float)
    if not len(rows):
        return
    axes.errorbar(rows[:, 0], rows[:, 1], yerr=1.96 * rows[:, 2], color=LIGHT["ink"], fmt="o", ms=4, lw=1.1, zorder=4)


def _running_mean(axes: Axes, x: np.ndarray, error: np.ndarray) -> None:
    """Draw the mean of tenths of the sequences, with 95 % intervals."""
    order = np.argsort(x, kind="stable")
    parts = [part for part in np.array_split(order, min(10, max(1, len(x) // 5))) if len(part) > 1]
    middle = [x[part].mean() for part in parts]
    mean = [error[part].mean() for part in parts]
    reach = [1.96 * error[part].std(ddof=1) / np.sqrt(len(part)) for part in parts]
    axes.errorbar(middle, mean, yerr=reach, color=LIGHT["ink"], fmt="o-", ms=3.5, lw=1.1, zorder=4)


def _range(values: np.ndarray) -> tuple[float, float]:
    """Return the range without the farthest thousandth, with a margin."""
    low, high = np.quantile(values, [0.0005, 0.9995]) if len(values) else (0.0, 1.0)
    margin = 0.05 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if len(x) > 2 and np.ptp(x) and np.ptp(y) else float("nan")


def _dot(axes: Axes, y: int, scores: Figures, *, key: str) -> None:
    value, colour = scores.value(key), LIGHT["accent"] if y == 0 else LIGHT["soft"]
    if value is None:
        return
    axes.plot(scores.interval(key) or (value, value), [y, y], color=colour, lw=2.2, alpha=0.45, solid_capstyle="round")
    axes.plot(value, y, "o", color=colour, ms=6)


def _quiet(axes: Axes) -> None:
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def _name_rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), [shorten(name, 34) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.get_yticklabels()[0].set_color(LIGHT["accent"])
