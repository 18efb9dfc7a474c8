"""The curves of a test set as short lists of points, ready to be drawn."""

from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

from motiflens.evaluation.resampling import CALIBRATION_BINS, Predictions

CURVE_POINTS = 200
DECIMALS = 5

Curve = list[list[float]]


def roc_and_pr(predictions: Predictions) -> dict[str, dict[str, Curve]]:
    """{"roc": {class: [[false positive rate, true positive rate], ...]}, "pr": {class: [[recall, precision], ...]}}.

    Two classes: the positive class alone. More: each against the rest. At most 200 points a curve, both ends kept;
    a class that is absent from the test set, or alone in it, has no curve.
    """
    curves: dict[str, dict[str, Curve]] = {"roc": {}, "pr": {}}
    for index, positive in predictions.output.one_vs_rest(predictions.labels):
        if 0 < positive.sum() < len(positive):
            name, scores = predictions.classes[index], predictions.probabilities[:, index]
            false, true, _ = roc_curve(positive, scores)
            precision, recall, _ = precision_recall_curve(positive, scores)
            curves["roc"][name] = _thin(false, true)
            curves["pr"][name] = _thin(recall[::-1], precision[::-1])
    return curves


def calibration(predictions: Predictions) -> list[dict[str, Any]]:
    """Filled bins of the forecast: its mean ("confidence"), how often it came true ("observed"), and "n"."""
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


def _thin(x: np.ndarray, y: np.ndarray) -> Curve:
    """At most 200 of the points, evenly spread along the curve, so that steep parts keep their shape."""
    points = np.stack([x, y], axis=1)
    if len(points) > CURVE_POINTS:
        walked = np.append(0, np.cumsum(np.abs(np.diff(points, axis=0)).sum(axis=1)))
        stops = np.searchsorted(walked, np.linspace(0, walked[-1], CURVE_POINTS))
        points = points[np.unique(np.append(stops[:-1], len(points) - 1))]
    return points.round(DECIMALS).tolist()
