"""A motif's logo as a part of the page that needs no script; logo.js draws the same letters where a reader turns it."""

import json
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float64
from markupsafe import Markup, escape

from motiflens.report.assets import read_static
from motiflens.shapes import MotifMatrix

_COLUMN, _HEIGHT = 13, 40  # pixels
_BITS = 2.0
_SMALLEST = 0.3  # pixels; lower letters are not drawn


def information_heights(probabilities: MotifMatrix, background: Float64[np.ndarray, " bases"]) -> MotifMatrix:
    """Return letter heights in bits: each column's relative entropy against the background, shared by probability."""
    safe = np.where(probabilities > 0, probabilities, 1)
    bits = (probabilities * np.log2(safe / background[:, None])).sum(0)
    return probabilities * np.maximum(bits, 0)


def static_logo(probabilities: MotifMatrix, background: Float64[np.ndarray, " bases"], *, label: str) -> Markup:
    """Return the logo as an SVG element, letters coloured by the page's palette."""
    heights = information_heights(probabilities, background) / _BITS * _HEIGHT
    paths = ["", "", "", ""]
    for column, letters in enumerate(heights.T):
        bottom = _HEIGHT + 1.0
        for base in np.argsort(letters, kind="stable"):
            if letters[base] > 0:
                top = bottom - float(letters[base])
                if letters[base] > _SMALLEST:
                    x = 1 + (column + 0.04) * _COLUMN
                    paths[base] += letter_path("ACGT"[base], x=x, y=top, width=0.92 * _COLUMN, height=bottom - top)
                bottom = top
    width, height = _COLUMN * heights.shape[1] + 2, _HEIGHT + 2
    drawn = "".join(
        f'<path class="base-{base.lower()}" fill-rule="evenodd" d="{path}"/>'
        for base, path in zip("ACGT", paths, strict=True)
        if path
    )
    axis = f'<path class="axis" d="M1 {_HEIGHT + 1}h{_COLUMN * heights.shape[1]}"/>'
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return Markup(f'<svg class="logo" {size} role="img" aria-label="{escape(label)}">{axis}{drawn}</svg>')


def letter_path(letter: str, *, x: float, y: float, width: float, height: float) -> str:
    """Return the path data of a letter that fills the rectangle."""
    parts = []
    for command, *v in glyphs()[letter]:
        if command == "A":
            end = f"{x + v[4] * width:.1f} {y + v[5] * height:.1f}"
            parts.append(f"A{v[0] * width:.1f} {v[1] * height:.1f} 0 {v[2]} {v[3]} {end}")
        else:
            parts.append(f"{command}{x + v[0] * width:.1f} {y + v[1] * height:.1f}" if v else command)
    return "".join(parts)


@cache
def glyphs() -> dict[str, list[list[Any]]]:
    """Return the outlines of A, C, G and T as drawing commands in a unit square, y downwards."""
    outlines: dict[str, list[list[Any]]] = json.loads(read_static("glyphs.json"))
    return outlines
