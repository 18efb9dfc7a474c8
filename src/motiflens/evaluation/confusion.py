"""Figures of confusion matrices, many at once, and the confusion matrices that other test sets would give."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

Confusions = Float64[np.ndarray, "draws true predicted"]
Values = Float64[np.ndarray, "draws"]
ByClass = Float64[np.ndarray, "draws classes"]


@dataclass(frozen=True, kw_only=True)
class ConfusionFigures:
    """Figures of a stack of confusion matrices; by class nan where they are undefined."""

    accuracy: Values
    mcc: Values
    precision: ByClass
    recall: ByClass
    f1: ByClass


def confusion_figures(confusions: Confusions) -> ConfusionFigures:
    """Return accuracy, Matthews correlation (Gorodkin 2004; 0 where all is one class), and figures of each class."""
    true, called = confusions.sum(axis=2), confusions.sum(axis=1)
    correct, total = np.diagonal(confusions, axis1=1, axis2=2), confusions.sum(axis=(1, 2))
    covariance = correct.sum(axis=1) * total - (true * called).sum(axis=1)
    spread = (total**2 - (true**2).sum(axis=1)) * (total**2 - (called**2).sum(axis=1))
    spread = np.where(spread > 1e-9 * total**4, spread, 0)  # fractions of sequences leave a rest of rounding
    with np.errstate(invalid="ignore", divide="ignore"):
        return ConfusionFigures(
            accuracy=correct.sum(axis=1) / total,
            mcc=np.where(spread > 0, covariance / np.sqrt(np.where(spread > 0, spread, 1)), 0.0),
            precision=correct / called,
            recall=correct / true,
            f1=np.where(true > 0, 2 * correct / (true + called), np.nan),
        )


@dataclass(frozen=True, kw_only=True)
class ConfusionDraws:
    """Confusion matrices that other test sets would give: `low` for lower bounds of figures, `high` for upper ones."""

    low: Confusions
    high: Confusions


def draw_confusions(confusion: Int64[np.ndarray, "true predicted"], n: int, *, seed: int) -> ConfusionDraws:
    """Draw confusion matrices given one, with the same class sizes.

    The rows are drawn from their posterior under a Dirichlet prior of 1/2 for the right class and 1/2 shared by the
    wrong ones, so that the recall of a class has Jeffreys' interval (Brown, Cai and DasGupta 2001). As there, the bound
    is the end of the range where nothing, or all, is right: a class without a hit keeps none in `low`, a class without
    an error keeps none in `high`.
    """
    k, sizes = len(confusion), confusion.sum(axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    diagonal = np.eye(k, dtype=bool)
    no_hit = diagonal & (confusion == 0) & (sizes > 0)
    no_error = ~diagonal & (np.diagonal(confusion)[:, None] == sizes) & (sizes > 0)
    drawn = rng.gamma(confusion + np.where(diagonal, 0.5, 0.5 / max(k - 1, 1)), size=(n, k, k))

    def rows(without: np.ndarray) -> Confusions:
        kept = np.where(without, 0.0, drawn)
        return kept / kept.sum(axis=2, keepdims=True) * sizes

    return ConfusionDraws(low=rows(no_hit), high=rows(no_error))
