"""Logos and position plots of the supported motifs as files: RUN/figures/motif_1.logo.svg, ..."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from motiflens.report.drawing import Drawing
from motiflens.report.effects_view import EffectsView, effects_view
from motiflens.report.logo import information_heights
from motiflens.report.motif_labels import motif_labels
from motiflens.report.palette import LIGHT, class_colour
from motiflens.report.pictures import letter_path
from motiflens.report.text import shorten
from motiflens.run.schema.motifs import MotifEntry, MotifRecord
from motiflens.shapes import MotifMatrix

_SMALLEST = 1e-3  # bits, or logits; lower letters are not drawn


def motif_figures(record: MotifRecord) -> Mapping[str, Drawing]:
    """Draw each supported motif's logo and the positions of its sites; use them inside of svg.style()."""
    labels, background = motif_labels(record.motifs), np.array(record.background)
    drawings = {}
    for entry in record.motifs:
        stem, label = _stem(entry.name), shorten(labels[entry.name], 40)
        drawings[f"{stem}.logo"] = logo(information_heights(entry.probabilities, background), title=label)
        drawings[f"{stem}.positions"] = positions(entry, record.classes, title=label)
    effects = effects_view(record)
    if effects is not None and len(effects.targets) > 1:
        drawings["motif_effects"] = effects_heat_map(effects)
    return drawings


def effects_heat_map(effects: EffectsView) -> Drawing:
    """Draw the effect of each motif on each number, stronger where it is larger; pale where it is not clear of 0."""
    columns, rows = len(effects.targets), len(effects.rows)
    figure = Figure(figsize=(2.6 + 0.9 * columns, 0.9 + 0.3 * rows), layout="constrained")
    axes = figure.subplots()
    for y, row in enumerate(effects.rows):
        for x, cell in enumerate(row.cells):
            colour = LIGHT[class_colour(0 if cell.raises else 1)]
            alpha = float(cell.opacity) if cell.clear else 0.08
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, alpha=alpha, linewidth=0))
            axes.text(x + 0.5, y + 0.5, cell.effect, ha="center", va="center", size=8)
    axes.set(xlim=(0, columns), ylim=(rows, 0), title="what a site adds, the other motifs held constant")
    axes.set_xticks(np.arange(columns) + 0.5, [shorten(name, 14) for name in effects.targets])
    axes.set_yticks(np.arange(rows) + 0.5, [shorten(row.label, 24) for row in effects.rows])
    return Drawing(figure=figure, description="What a site of each motif adds to each number.")


def _stem(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)


def logo(heights: MotifMatrix, *, title: str) -> Drawing:
    """Draw letters as tall as their heights in bits, the tallest on top."""
    figure, axes = _panel(width=0.9 + 0.22 * heights.shape[1], height=1.7)
    draw_logo(axes, heights)
    axes.set(ylim=(0, 2), ylabel="bits", title=title, yticks=[0, 1, 2])
    return Drawing(figure=figure, description=f"Logo of {title}.")


def draw_logo(axes: Axes, heights: MotifMatrix) -> None:
    """Stack the letters of each column, from 1: positive ones above the line, negative ones below, the tallest last."""
    order = np.argsort(np.abs(heights), axis=0, kind="stable")
    outlines: dict[int, list[Path]] = {base: [] for base in range(4)}
    for column in range(heights.shape[1]):
        top = bottom = 0.0
        for base in order[:, column]:
            own = float(heights[base, column])
            if abs(own) > _SMALLEST:
                outline = letter_path("ACGT"[base], x=column + 0.54, y=own)
                outlines[int(base)].append(
                    Path(np.add(outline.vertices, (0, top if own > 0 else bottom)), outline.codes)
                )
            top, bottom = top + max(own, 0), bottom + min(own, 0)
    for base, paths in outlines.items():
        if paths:
            colour = LIGHT[f"base-{'acgt'[base]}"]
            axes.add_patch(PathPatch(Path.make_compound_path(*paths), facecolor=colour, linewidth=0))
    low, high = np.minimum(heights, 0).sum(0).min(), np.maximum(heights, 0).sum(0).max()
    axes.set(xlim=(0.5, heights.shape[1] + 0.5), ylim=(1.05 * low, 1.05 * high or 1.0))
    axes.set_xticks([x for x in range(1, heights.shape[1] + 1) if x == 1 or x % 5 == 0])


def positions(entry: MotifEntry, classes: Sequence[str], *, title: str) -> Drawing:
    """Draw the share of sequences with a site, by position: bars where the motif is frequent, a line elsewhere."""
    figure, axes = _panel(width=4.6, height=2.1)
    against = entry.direction == "against"
    draw_positions(axes, entry, colour=LIGHT["faint" if against else class_colour(classes.index(entry.target))])
    axes.set_title(title)
    return Drawing(figure=figure, description=f"Positions of the sites of {title}.")


def draw_positions(axes: Axes, entry: MotifEntry, *, colour: str = LIGHT["class-1"]) -> None:
    """Draw shares by position on axes: bars of the sequences where the motif is frequent, a line of the others."""
    found = entry.positions
    own, rest = (found.others, found.counts) if entry.direction == "against" else (found.counts, found.others)
    edges = found.start + 1 + found.bin * np.arange(len(own) + 1)
    bars = _percent(own, entry.counts.positives)
    axes.bar(edges[:-1], bars, width=0.92 * found.bin, align="edge", color=colour, alpha=0.8)
    axes.stairs(_percent(rest, entry.counts.negatives), edges, color=LIGHT["soft"], lw=1.2)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.set(xlabel="centre of the site", ylabel="% of sequences")


def _percent(counts: Sequence[int], sequences: int) -> np.ndarray:
    return 100 * np.asarray(counts, float) / max(sequences, 1)


def _panel(*, width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.62 / width, 0.5 / height, 1 - 0.75 / width, 1 - 0.85 / height))
    return figure, axes
