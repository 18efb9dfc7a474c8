"""ROC, precision-recall and calibration curves as short lists of points."""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata
from sklearn.metrics import precision_recall_curve, roc_curve

from motiflens.evaluation.intervals import wilson_interval
from motiflens.evaluation.predictions import Predictions

CURVE_POINTS = 200
DECIMALS = 5
CALIBRATION_POINTS = 10
_IN_A_BIN = 10  # sequences, below which there are fewer bins

Curve = list[list[float]]


def roc_and_pr(predictions: Predictions) -> dict[str, dict[str, Curve]]:
    """Return the curves of each explained class against the rest.

    Returns:
        `roc`, by class a list of [false positive rate, true positive rate], and `pr`, by class a list of
        [recall, precision]; at most 200 points a curve, both ends kept. A class that is absent from the test set, or
        alone in it, has no curve.
    """
    curves: dict[str, dict[str, Curve]] = {"roc": {}, "pr": {}}
    for index, positive in predictions.output.one_vs_rest(predictions.labels):
        if 0 < positive.sum() < len(positive):
            name, scores = predictions.classes[index], predictions.probabilities[:, index]
            false, true, _ = roc_curve(positive, scores)
            precision, recall, _ = precision_recall_curve(positive, scores)
            curves["roc"][name] = thin(false, true)
            curves["pr"][name] = thin(recall[::-1], precision[::-1])
    return curves


def calibration(predictions: Predictions) -> list[dict[str, Any]]:
    """Return bins of about equal numbers of sequences, by the forecast.

    Returns:
        Of each bin the mean of the forecast ("confidence"), the fraction that came true ("observed") with its 95 %
        interval (Wilson 1927; "low", "high"), and "n". Equal forecasts are in one bin.
    """
    forecast, came_true = predictions.forecast()
    n = len(forecast)
    bins = max(1, min(CALIBRATION_POINTS, n // _IN_A_BIN))
    number = (rankdata(forecast, method="min").astype(np.int64) - 1) * bins // n
    rows = []
    for inside in (number == b for b in np.unique(number)):
        observed, size = float(came_true[inside].mean()), int(inside.sum())
        low, high = wilson_interval(observed, size)
        row = {"confidence": float(forecast[inside].mean()), "observed": observed, "low": low, "high": high}
        rows.append({name: round(value, DECIMALS) for name, value in row.items()} | {"n": size})
    return rows


def thin(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> Curve:
    """Return at most 200 of the points, evenly spaced along the curve, so that steep parts keep their shape."""
    points = np.stack([x, y], axis=1)
    if len(points) > CURVE_POINTS:
        arc = np.append(0, np.cumsum(np.abs(np.diff(points, axis=0)).sum(axis=1)))
        stops = np.searchsorted(arc, np.linspace(0, arc[-1], CURVE_POINTS))
        points = points[np.unique(np.append(stops[:-1], len(points) - 1))]
    return points.round(DECIMALS).tolist()
