"""A matplotlib figure as SVG: a file of its own, or a part of the page that follows the page's theme."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

from motiflens.report.palette import LIGHT

_SVG = "http://www.w3.org/2000/svg"
_HREF = "{http://www.w3.org/1999/xlink}href"
_VARIABLES = {colour: f"var(--{name})" for name, colour in LIGHT.items()}
_PIXELS_PER_POINT = 4 / 3

_STYLE: Mapping[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LIGHT["faint"],
    "axes.facecolor": "none",
    "axes.labelcolor": LIGHT["soft"],
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.unicode_minus": True,
    "figure.facecolor": LIGHT["surface"],
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.6,
    "legend.edgecolor": "none",
    "legend.facecolor": LIGHT["surface"],
    "legend.framealpha": 0.8,
    "lines.linewidth": 1.6,
    "savefig.dpi": 160,
    "svg.fonttype": "none",
    "svg.hashsalt": "motiflens",  # the same run gives the same bytes
    "text.color": LIGHT["ink"],
    "text.parse_math": False,  # a class may be called "$5"
    "xtick.color": LIGHT["faint"],
    "xtick.labelcolor": LIGHT["soft"],
    "ytick.color": LIGHT["faint"],
    "ytick.labelcolor": LIGHT["soft"],
}


@contextmanager
def style() -> Iterator[None]:
    """Draw and save figures inside of this."""
    settings: Any = dict(_STYLE)
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # names in any script; browsers have the fonts
        yield


def save(figure: Figure, kind: str) -> bytes:
    """The figure as a file, `kind` being "svg" or "png"."""
    stream = io.BytesIO()
    figure.savefig(stream, format=kind, metadata={"Date": None} if kind == "svg" else None)
    figure.set_layout_engine("none")  # the layout, half of the work, is settled
    return stream.getvalue()


def inline(svg: bytes, *, name: str, description: str) -> str:
    """The SVG as an element of the page: colours by theme, the page's fonts, no style that a strict CSP forbids."""
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        _restyle(element)
        _rename(element, name)
    _, _, width, height = (float(x) * _PIXELS_PER_POINT for x in root.attrib["viewBox"].split())
    root.attrib.update(width=f"{width:.0f}", height=f"{height:.0f}", role="img", id=name)
    root.set("class", "figure")
    root.set("aria-label", description)
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _restyle(element: ElementTree.Element) -> None:
    """Style declarations become presentation attributes, and the palette's colours its variables."""
    for declaration in element.attrib.pop("style", "").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            size = re.search(r"([\d.]+)px", value)
            element.set("font-size", size[1] if size else "9")
            if re.search(r"\b(bold|600|700)\b", value):
                element.set("font-weight", "600")
        elif key and key != "font-family":
            element.set(key, _VARIABLES.get(value, value))


def _rename(element: ElementTree.Element, name: str) -> None:
    """Ids are unique in the page: each begins with the figure's name."""
    if "id" in element.attrib:
        element.set("id", f"{name}-{element.attrib['id']}")
    if _HREF in element.attrib:
        element.set("href", element.attrib.pop(_HREF).replace("#", f"#{name}-", 1))
    if "clip-path" in element.attrib:
        element.set("clip-path", element.attrib["clip-path"].replace("#", f"#{name}-", 1))
