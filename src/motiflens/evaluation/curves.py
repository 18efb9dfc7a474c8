"""ROC, precision-recall and calibration curves as short lists of points."""

from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.metrics import precision_recall_curve, roc_curve

from motiflens.evaluation.predictions import CALIBRATION_BINS, Predictions

CURVE_POINTS = 200
DECIMALS = 5

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
    """Return the non-empty bins of the forecast: its mean ("confidence"), the fraction that came true, and "n"."""
    forecast, came_true = predictions.forecast()
    bins = predictions.calibration_bins()
    return [
        {
            "confidence": round(float(forecast[inside].mean()), DECIMALS),
            "observed": round(float(came_true[inside].mean()), DECIMALS),
            "n": int(inside.sum()),
        }
        for inside in (bins == b for b in range(CALIBRATION_BINS))
        if inside.any()
    ]


def thin(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> Curve:
    """Return at most 200 of the points, evenly spaced along the curve, so that steep parts keep their shape."""
    points = np.stack([x, y], axis=1)
    if len(points) > CURVE_POINTS:
        arc = np.append(0, np.cumsum(np.abs(np.diff(points, axis=0)).sum(axis=1)))
        stops = np.searchsorted(arc, np.linspace(0, arc[-1], CURVE_POINTS))
        points = points[np.unique(np.append(stops[:-1], len(points) - 1))]
    return points.round(DECIMALS).tolist()
