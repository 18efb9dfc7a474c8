"""Figures of all explained sequences together: contributions and attention by position, and a heat map."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import leaves_list, linkage

from motiflens.report.drawing import Drawing, line_key
from motiflens.report.palette import LIGHT, class_colour
from motiflens.report.text import axis_unit, number, shorten
from motiflens.run.folder import Attributions

_WIDTH, _HEIGHT = 11.25, 2.9
_ROWS = 160  # sequences of a class in the heat map
_COLUMNS = 200  # of the heat map; longer sequences are summed over stretches
_TOP = 99  # percentile of the contributions that is drawn in full colour
_PANELS = 3


def attribution_figures(rows: Attributions, classes: Sequence[str], *, unit: str = "logits") -> Mapping[str, Drawing]:
    """Draw what the explained sequences have in common; use the figures inside of svg.style()."""
    own = {name: np.flatnonzero((rows.target == name) & (rows.label == name)) for name in classes}
    shown = {name: which for name, which in own.items() if len(which)}
    if not shown:
        return {}
    return {
        "by-position": by_position(rows, shown, classes, unit=unit),
        "heat-map": heat_map(rows, shown, classes, unit=unit),
    }


def by_position(
    rows: Attributions, own: Mapping[str, np.ndarray], classes: Sequence[str], *, unit: str = "logits"
) -> Drawing:
    """Draw the mean contribution towards a class in its own sequences, and the mean attention, by position."""
    figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    left, right = figure.subplots(1, 2)
    position = np.arange(1, rows.codes.shape[1] + 1)
    observed, key = rows.observed, []
    for name, which in own.items():
        colour = LIGHT[class_colour(list(classes).index(name))]
        left.plot(position, np.nanmean(observed[which], axis=0), color=colour, lw=1.3)
        key.append((shorten(name, 18), colour))
    left.axhline(0, color=LIGHT["faint"], lw=0.7)
    left.set(title="Mean contribution", xlabel="position", ylabel=axis_unit(unit), xlim=(1, len(position)))
    line_key(left, key)
    every, shades = np.concatenate(list(own.values())), [LIGHT[name] for name in ("accent", "soft", "caution", "poor")]
    scales = [(f"width {width}", shade) for width, shade in zip(rows.attention_widths, shades, strict=False)]
    for i, (_, shade) in enumerate(scales):
        right.plot(position, np.nanmean(rows.attention[every, i], axis=0), color=shade, lw=1.3)
    right.set(title="Mean attention", xlabel="position", ylabel="fraction of all attention", xlim=(1, len(position)))
    right.set_ylim(bottom=0)
    line_key(right, scales)
    for axes in (left, right):
        axes.grid(axis="y")
    peaks = "; ".join(f"{name} highest at {1 + int(observed[which].mean(0).argmax())}" for name, which in own.items())
    return Drawing(figure=figure, description=f"Mean contribution and mean attention by position. {peaks}.")


def heat_map(
    rows: Attributions, own: Mapping[str, np.ndarray], classes: Sequence[str], *, unit: str = "logits"
) -> Drawing:
    """Draw contributions towards a class, a sequence of it a row, rows that are alike beside each other."""
    names = list(own)[:_PANELS]
    figure = Figure(figsize=(_WIDTH, 3.4), layout="constrained")
    panels = figure.subplots(1, len(names), squeeze=False).ravel()
    observed, length = rows.observed, rows.codes.shape[1]
    for axes, name in zip(panels, names, strict=True):
        which = own[name][np.linspace(0, len(own[name]) - 1, min(_ROWS, len(own[name]))).astype(int)]
        values = _summed(np.nan_to_num(observed[which].astype(float)))
        colour = LIGHT[class_colour(list(classes).index(name))]
        _heat(axes, values[_clustered(values)], colour=colour, length=length)
        axes.set(title=f"{shorten(name, 24)}: {len(which)} sequences", xlabel="position", yticks=[])
        axes.spines[["left", "bottom"]].set_visible(False)
    return Drawing(
        figure=figure,
        description=f"Heat map of contributions by position, clustered, for {', '.join(names)}; "
        f"full colour from {number(float(np.percentile(np.abs(observed), _TOP)), 2)} {unit}.",
    )


def _heat(axes: Axes, values: Float[np.ndarray, "rows columns"], *, colour: str, length: int) -> None:
    """Draw values as two colours, as opaque as they are large, so that the page's ground shows through."""
    top = float(np.percentile(np.abs(values), _TOP)) or 1.0
    image = np.empty((*values.shape, 4))
    image[..., :3] = np.where(values[..., None] > 0, to_rgb(colour), to_rgb(LIGHT["poor"]))
    image[..., 3] = np.round(np.clip(np.abs(values) / top, 0, 1) * 15) / 15  # few shades: a small file
    axes.imshow(image, aspect="auto", interpolation="none", extent=(0.5, length + 0.5, len(values), 0))


def _summed(values: Float[np.ndarray, "rows length"]) -> Float[np.ndarray, "rows columns"]:
    """Sums over equal stretches, so that there are at most 200 columns."""
    step = -(-values.shape[1] // _COLUMNS)
    padded = np.pad(values, ((0, 0), (0, -values.shape[1] % step)))
    return np.asarray(padded.reshape(len(values), -1, step).sum(2))


def _clustered(values: Float[np.ndarray, "rows columns"]) -> np.ndarray:
    """Order of the rows that puts like beside like."""
    return leaves_list(linkage(values, "ward")) if len(values) > 2 else np.arange(len(values))
