"""A motif as HTML for notebooks: its logo, letters as tall as their information."""

from collections.abc import Sequence
from functools import cache
from html import escape

import numpy as np
from jaxtyping import Float64

from motiflens.shapes import MotifMatrix

#: Of A, C, G and T, as in the report: told apart with red-green blindness too.
LETTER_COLOURS = ("#12a387", "#2347c5", "#c58600", "#8e1330")
_COLUMN, _HEIGHT, _BITS = 13, 40, 2.0  # pixels a column and for two bits
_SMALLEST = 0.3  # pixels; lower letters are not drawn


def logo_svg(probabilities: MotifMatrix, information: Float64[np.ndarray, " width"], *, label: str) -> str:
    """Return the logo as an SVG element, two bits high, the most frequent letter of a column on top.

    `information` is that of each column, in bits; `label` is read out.
    """
    heights = probabilities * np.maximum(information, 0) / _BITS * _HEIGHT
    letters = []
    for column, own in enumerate(heights.T):
        bottom = float(_HEIGHT)
        for base in np.argsort(own, kind="stable"):
            height = float(own[base])
            if height > _SMALLEST:
                place = f"translate({column * _COLUMN + 0.5:.1f} {bottom:.1f}) scale({_COLUMN - 1} {-height:.2f})"
                letters.append(
                    f'<path fill="{LETTER_COLOURS[base]}" transform="{place}" d="{_outline("ACGT"[base])}"/>'
                )
            bottom -= height
    width = _COLUMN * heights.shape[1]
    size = f'width="{width}" height="{_HEIGHT + 1}" viewBox="0 0 {width} {_HEIGHT + 1}"'
    axis = f'<path stroke="#888" d="M0 {_HEIGHT + 0.5}h{width}"/>'
    return f'<svg {size} role="img" aria-label="{escape(label)}">{"".join(letters)}{axis}</svg>'


def motif_html(logo: str, *, name: str, accession: str, consensus: str, sites: int) -> str:
    """Return a motif's logo with its name, consensus and number of sites below."""
    counted = f", {sites:,} sites" if sites else ""
    known = f" ({escape(accession)})" if accession else ""
    return f"<div>{logo}<div><b>{escape(name)}</b>{known}: <code>{escape(consensus)}</code>{counted}</div></div>"


def table_html(rows: Sequence[Sequence[str]], *, head: tuple[str, ...]) -> str:
    """Return a table; cells are HTML."""
    top = "".join(f"<th style='text-align:left'>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{cell}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


@cache
def _outline(letter: str) -> str:
    """Return the path data of a letter that fills the unit square, y upwards."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    path = TextPath((0, 0), letter, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    box = path.get_extents()
    names = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}
    parts = []
    for points, code in path.iter_segments():
        if code == Path.CLOSEPOLY:
            parts.append("Z")
        else:
            unit = (np.reshape(points, (-1, 2)) - box.min) / box.size
            parts.append(names[code] + " ".join(f"{value:.3f}" for value in unit.ravel()))
    return "".join(parts)
