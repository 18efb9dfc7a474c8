"""Which sequences the report's browser shows: telling ones of each class, or over the range of the values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from jaxtyping import Float

from motiflens.report.view import kind_of
from motiflens.run.folder import Run

# Of the examples of a class: the most confident wrong ones, then borderline ones; the rest is confident and right.
_WRONG, _BORDERLINE = 0.3, 0.3


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Names of the sequences, with predicted and, of numbers and labels, measured values of every explained one.

    Of numbers, `ranges` of the values of each target, and their typical error.
    """

    ids: list[str]
    predicted: Mapping[str, list[float]]
    measured: Mapping[str, list[float]] = field(default_factory=dict)
    ranges: list[tuple[float, float]] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)


def examples_of(run: Run, explained: pd.DataFrame, *, most: int) -> Examples:
    """Choose among explained sequences, `most` of a class or of all; `explained` is as predictions.tsv, by id."""
    kind, names = kind_of(run), run.classes
    columns = explained[[f"{'pred' if kind == 'numbers' else 'p'}_{name}" for name in names]].to_numpy()
    predicted = dict(zip(explained.index, columns.tolist(), strict=True))
    if kind == "classes":
        return Examples(ids=choose_examples(explained, names, most, first=run.info.positive), predicted=predicted)
    truth = explained[[f"y_{name}" for name in names]].to_numpy()
    return Examples(
        ids=choose_measured(explained["split"], truth[:, 0], columns[:, 0], most=most),
        predicted=predicted,
        measured=dict(zip(explained.index, truth.tolist(), strict=True)),
        ranges=_ranges(explained, names) if kind == "numbers" else [],
        errors=_errors(explained, names) if kind == "numbers" else [],
    )


def choose_measured(
    split: pd.Series, measured: Float[np.ndarray, " n"], predicted: Float[np.ndarray, " n"], *, most: int
) -> list[str]:
    """Choose sequences with numbers to show, held-out ones if there are any, from the highest to the lowest value.

    A third are predicted worst, a third have the highest and lowest values, the rest lies between.
    """
    rows = np.flatnonzero((split == "test").to_numpy() & np.isfinite(measured))
    rows = rows if len(rows) else np.flatnonzero(np.isfinite(measured))
    by_value = rows[np.argsort(-measured[rows], kind="stable")]
    third = most // 3
    worst = rows[np.argsort(-np.abs(measured[rows] - predicted[rows]), kind="stable")][:third]
    ends = np.concatenate([by_value[: third // 2], by_value[len(by_value) - third // 2 :]])
    between = by_value[np.linspace(0, len(by_value) - 1, min(len(by_value), third)).astype(int)] if len(rows) else rows
    chosen = np.unique(np.concatenate([worst, ends, between]))
    return [str(name) for name in split.index[chosen[np.argsort(-measured[chosen], kind="stable")]]]


def _ranges(table: pd.DataFrame, names: Iterable[str]) -> list[tuple[float, float]]:
    both = [table[[f"y_{name}", f"pred_{name}"]].to_numpy() for name in names]
    return [(round(float(np.nanmin(values)), 4), round(float(np.nanmax(values)), 4)) for values in both]


def _errors(table: pd.DataFrame, names: Iterable[str]) -> list[float]:
    """Return the root of the mean squared error of each target."""
    return [round(float(np.sqrt(((table[f"y_{n}"] - table[f"pred_{n}"]) ** 2).mean())), 4) for n in names]


def choose_examples(
    predictions: pd.DataFrame, classes: Iterable[str], limit: int, *, first: str | None = None
) -> list[str]:
    """Choose sequences to show, held-out ones if there are any.

    Args:
        predictions: As predictions.tsv has them, indexed by id.
        classes: Class names in the order of the probability columns.
        limit: Largest number of sequences of a class.
        first: The class that comes first.

    Returns:
        Ids, class by class: confident and right, borderline, confident and wrong.
    """
    classes = list(classes)
    held_out = predictions[predictions["split"] == "test"]
    table = held_out if len(held_out) else predictions
    p = table[[f"p_{name}" for name in classes]].to_numpy()
    own = p[np.arange(len(table)), [classes.index(name) for name in table["label"]]]
    right = own >= p.max(1)
    margin = pd.Series(np.where(right, p.max(1) - np.sort(p, 1)[:, -2], own - p.max(1)), index=table.index)
    chosen: list[str] = []
    for name in sorted(classes, key=lambda name: name != first):
        of_class = margin[table["label"] == name].sort_values(kind="stable")
        wrong = of_class[of_class < 0].head(int(_WRONG * limit))
        borderline = of_class.drop(wrong.index)
        borderline = borderline.loc[borderline.abs().sort_values(kind="stable").index].head(int(_BORDERLINE * limit))
        rest = of_class.drop(wrong.index).drop(borderline.index)[::-1].head(limit - len(wrong) - len(borderline))
        chosen += [*rest.index, *borderline.index[::-1], *wrong.index[::-1]]
    return chosen
