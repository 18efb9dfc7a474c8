"""A picture of one explained sequence: its letters, as tall as their contributions, and the attention to them."""

from functools import cache

import numpy as np
from jaxtyping import Float32, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from motiflens.report.palette import LIGHT
from motiflens.report.svg import save, style
from motiflens.report.text import Number, axis_unit, number, shorten
from motiflens.sequence.coordinates import Interval, parse_interval

_BASES = "ACGT"
_COLUMNS = 100  # positions in a row of the picture
_INCHES = 0.1  # a position's width
_GENOME_STEP = 20  # between numbers of genome positions, which are long


def draw_sequence(
    *,
    contributions: Float32[np.ndarray, " length"],
    codes: UInt8[np.ndarray, " length"],
    ids: str,
    target: str,
    probability: float | np.floating,
    kind: str,
    unit: str = "logits",
    attention: Float32[np.ndarray, " length"] | None = None,
) -> bytes:
    """Draw one sequence with its letters as tall as their contributions, 100 positions in a row.

    Letters above the line support the class, letters below oppose it. Positions are those of the genome where the
    name says them, else counted from 1.

    Args:
        contributions: Contribution of each observed base, 0 at an N.
        codes: The sequence.
        ids: Its name.
        target: The class, or the target, that is explained.
        probability: Predicted probability of that class, or the predicted number.
        kind: "svg" or "png".
        unit: Unit of the contributions, as run.json names it.
        attention: Fraction of the attention, over all scales, that each position has; None where there is none.

    Returns:
        The content of the image file.
    """
    length = len(codes)
    rows, tracks = -(-length // _COLUMNS), 1 if attention is None else 2
    width = max(4.5, 0.8 + _INCHES * min(length, _COLUMNS))
    with style():
        figure = Figure(figsize=(width, 0.6 + (1.2 + 0.3 * tracks) * rows), layout="constrained")
        towards, called = ("towards", "p =") if unit == "logits" else ("to", "predicted")
        title = (
            f"{shorten(ids, 60)}: contributions {towards} {shorten(target, 30)}, {called} {number(float(probability))}"
        )
        figure.suptitle(title, x=0.01, ha="left", size=10, weight="bold")
        shape = {"height_ratios": [4, 1][:tracks] * rows}
        panels = figure.subplots(tracks * rows, 1, squeeze=False, gridspec_kw=shape).reshape(rows, tracks)
        for row, axes in enumerate(panels[:, 0]):
            _draw_row(axes, contributions, codes, first=row * _COLUMNS)
            axes.set_ylabel(axis_unit(unit))
        interval = parse_interval(ids)
        if place := interval and interval.fitted_to(length):
            for axes in panels[:, 0]:
                _number_by_genome(axes, place, length)
            panels[-1, -1].set_xlabel(f"position on {shorten(place.chromosome, 40)}")
        if attention is not None:
            for above, below in panels:
                _draw_attention(below, attention, above)
        return save(figure, kind)


def _draw_row(
    axes: Axes, heights: Float32[np.ndarray, " length"], codes: UInt8[np.ndarray, " length"], *, first: int
) -> None:
    draw_letters(axes, heights, codes, stretch=(first, min(first + _COLUMNS, len(codes))))
    low, high = min(heights.min(), 0), max(heights.max(), 0)
    pad = 0.06 * (high - low) or 1.0
    axes.set(xlim=(first + 0.5, first + 0.5 + min(_COLUMNS, len(codes))), ylim=(low - pad, high + pad))


def _draw_attention(axes: Axes, attention: Float32[np.ndarray, " length"], above: Axes) -> None:
    """Draw the attention to the positions of a row as bars below its letters."""
    first, last = (int(end) for end in above.get_xlim())
    axes.bar(
        range(first + 1, last + 1)[: len(attention) - first], attention[first:last], width=0.92, color=LIGHT["accent"]
    )
    axes.set(xlim=above.get_xlim(), ylim=(0, float(attention.max()) or 1.0), ylabel="attention")
    axes.yaxis.label.set(rotation=0, ha="right", va="center")
    axes.set_yticks([])
    axes.set_xticks(above.get_xticks(), [label.get_text() for label in above.get_xticklabels()])
    above.tick_params(bottom=False, labelbottom=False)


def _number_by_genome(axes: Axes, place: Interval, length: int) -> None:
    """Number a row's positions as the genome does, from 1; backwards where the sequence is its reverse complement."""
    low, high = axes.get_xlim()
    on_genome = {i: place.end - i + 1 if place.reverse else place.start + i for i in range(1, length + 1)}
    ticks = [i for i, number in on_genome.items() if low < i < high and number % _GENOME_STEP == 0]
    axes.set_xticks(ticks, [f"{on_genome[i]:,}" for i in ticks])


def draw_letters(
    axes: Axes,
    heights: Float32[np.ndarray, " length"],
    codes: UInt8[np.ndarray, " length"],
    *,
    stretch: tuple[int, int],
) -> None:
    """Draw the letters of a stretch [first, last) as tall as their heights; positions count from 1."""
    first, last = stretch
    for base, letter in enumerate(_BASES):
        here = [i for i in range(first, last) if codes[i] == base and heights[i]]
        if here:
            path = Path.make_compound_path(*(letter_path(letter, x=i + 0.54, y=float(heights[i])) for i in here))
            axes.add_patch(PathPatch(path, facecolor=LIGHT[f"base-{letter.lower()}"], linewidth=0))
    low, high = min(heights[first:last].min(), 0), max(heights[first:last].max(), 0)
    pad = 0.06 * (high - low) or 1.0
    axes.set(xlim=(first + 0.5, last + 0.5), ylim=(low - pad, high + pad))
    axes.axhline(0, color=LIGHT["faint"], lw=0.7)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([i for i in range(first + 1, last + 1) if i == 1 or i % 10 == 0])


def letter_path(letter: str, *, x: Number, y: Number, width: float = 0.92) -> Path:
    """The letter in the rectangle from (x, 0) to (x + width, y), upright on either side of the line."""
    outline = _outline(letter)
    vertices = np.asarray(outline.vertices) * [width, abs(y)] + [x, min(y, 0)]
    return Path(vertices, outline.codes)


@cache
def _outline(letter: str) -> Path:
    """The letter's outline, filling the unit square."""
    path = TextPath((0, 0), letter, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    box = path.get_extents()
    return Path((np.asarray(path.vertices) - box.min) / box.size, path.codes)
