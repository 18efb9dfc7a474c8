"""Plots of the Python interface, on matplotlib axes: a logo, the contributions of a sequence, the places of sites."""

from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes

from motiflens.errors import InputError
from motiflens.explain.explanation import Explanation
from motiflens.motifs.motif import UNIFORM, Motif
from motiflens.report.logo import information_heights
from motiflens.report.motif_figures import draw_logo, draw_positions
from motiflens.report.pictures import draw_letters
from motiflens.run.files import Attributions
from motiflens.run.schema.motifs import MotifEntry

_COLUMN = 0.22  # inches


def plot_logo(
    motif: Any,
    *,
    ax: Axes | None = None,
    contributions: bool = False,
    background: Any = UNIFORM,
) -> Axes:
    """Draw a motif's letters as tall as their information in bits, or as their contributions in logits.

    Args:
        motif: A motif, an entry of `Run.motifs()`, or probabilities (4, width), rows A, C, G, T.
        ax: Axes to draw on; new ones without.
        contributions: Draw the mean contributions of the motif's sites, which may be negative.
        background: Frequencies of A, C, G, T that information is counted against.

    Returns:
        The axes.

    Raises:
        InputError: A matrix that is none, or a motif without contributions where they are asked for.
    """
    matrix = _matrix(motif, contributions=contributions)
    given = np.asarray(background, float)
    if given.shape != (4,) or (given <= 0).any():
        raise InputError(f"background={background!r}: give four frequencies above 0, of A, C, G and T")
    heights = matrix if contributions else information_heights(matrix, given / given.sum())
    axes = _axes(ax, width=0.9 + _COLUMN * heights.shape[1], height=1.7)
    draw_logo(axes, heights)
    axes.set(ylabel="logit" if contributions else "bits")
    if not contributions:
        axes.set(ylim=(0, max(2.0, float(heights.sum(0).max()))))
    if title := getattr(motif, "known_as", "") or getattr(motif, "name", ""):
        axes.set_title(title)
    return axes


def plot_attributions(
    explained: Explanation | Attributions,
    row: int = 0,
    *,
    ax: Axes | None = None,
    start: int = 0,
    end: int | None = None,
) -> Axes:
    """Draw a sequence with its letters as tall as their contributions, in logits towards its target class.

    Args:
        explained: What `explain` returned, or the attributions of a run.
        row: Which of its sequences.
        ax: Axes to draw on; new ones without.
        start, end: Stretch to draw, 0-based and half-open; all of it by default.

    Returns:
        The axes; positions count from 1.

    Raises:
        InputError: There is no such row, or the stretch is empty.
    """
    codes, heights, target = _observed(explained, row)
    shown = range(len(codes))[start:end]
    if not shown:
        raise InputError(f"start={start}, end={end}: none of the {len(codes)} positions; positions count from 0 here")
    axes = _axes(ax, width=max(4.5, 0.8 + 0.1 * len(shown)), height=1.8)
    draw_letters(axes, heights, codes, stretch=(shown.start, shown.stop))
    axes.set(ylabel=f"logit of {target}", xlabel="position")
    return axes


def plot_positions(entry: MotifEntry, *, ax: Axes | None = None) -> Axes:
    """Draw the share of sequences with a site by position: bars where the motif is frequent, a line elsewhere.

    Args:
        entry: A motif of `Run.motifs()` or `MotifClassifier.motif_record()`.
        ax: Axes to draw on; new ones without.

    Returns:
        The axes; positions count from 1.
    """
    axes = _axes(ax, width=4.6, height=2.1)
    draw_positions(axes, entry)
    axes.set_title(entry.known_as or entry.name)
    return axes


def _axes(given: Axes | None, *, width: float, height: float) -> Axes:
    if given is not None:
        return given
    import matplotlib.pyplot as plt  # which notebooks show figures of

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def _matrix(motif: Any, *, contributions: bool) -> np.ndarray:
    if contributions and isinstance(motif, Motif | MotifEntry) and motif.contributions is None:
        raise InputError(f"contributions=True: motif {motif.name!r} has none; draw its information")
    if isinstance(motif, Motif | MotifEntry):
        found = motif.contributions if contributions else motif.probabilities
    else:
        found = motif
    matrix = np.asarray(found, float)
    if matrix.ndim != 2 or len(matrix) != 4 or not np.isfinite(matrix).all():
        raise InputError(f"motif: an array of shape {matrix.shape}; give a Motif, or (4, width) with rows A, C, G, T")
    if not contributions and ((matrix < 0).any() or not np.allclose(matrix.sum(0), 1, atol=1e-3)):
        raise InputError("motif: its columns are no probabilities; give contributions=True for other numbers")
    return matrix


def _observed(
    explained: Explanation | Attributions, row: int
) -> tuple[UInt8[np.ndarray, " length"], Float[np.ndarray, " length"], str]:
    """Return the codes, the contributions of the observed letters and the target class of a row."""
    n = len(explained.target)
    if not -n <= row < n:
        raise InputError(f"row={row}: there are {n} explained sequences")
    return explained.codes[row], explained.observed[row], str(explained.target[row])
