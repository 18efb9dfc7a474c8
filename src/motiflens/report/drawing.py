"""A figure with its description, and the key that all figures share."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from motiflens.report.svg import save


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure with what it shows in words, for those who cannot see it; `svg` and `png` are drawn once."""

    figure: Figure
    description: str

    @cached_property
    def svg(self) -> bytes:
        return save(self.figure, "svg")

    @cached_property
    def png(self) -> bytes:
        return save(self.figure, "png")


def line_key(axes: Axes, entries: Sequence[tuple[str, str]], place: Any = "best") -> None:
    """Explain lines by (label, colour) pairs."""
    handles = [Line2D([], [], color=colour, lw=2.5) for _, colour in entries]
    legend = axes.legend(
        handles, ["." for _ in entries], loc=place, handlelength=1.2, fontsize=8 if len(entries) < 5 else 7
    )
    for text, (label, _) in zip(legend.get_texts(), entries, strict=True):
        text.set_text(label)  # set afterwards: matplotlib drops labels that begin with an underscore
