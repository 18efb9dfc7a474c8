import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import auc, average_precision_score, roc_auc_score

from motiflens.evaluation.curves import calibration, roc_and_pr
from motiflens.evaluation.predictions import check_predictions

CLASSES = ("a", "b", "c")


def simulated(n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, k, n)
    weights = rng.gamma(1.0, size=(n, k)) + 0.8 * np.eye(k)[labels]
    return labels, weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("k", "drawn"), [(2, {"b": 1}), (3, {"a": 0, "b": 1, "c": 2})])
@pytest.mark.parametrize("n", [60, 5000])
def test_curves_are_short_and_hold_their_areas(k: int, drawn: dict[str, int], n: int) -> None:
    labels, probabilities = simulated(n, k)
    curves = roc_and_pr(check_predictions(labels, probabilities, CLASSES[:k]))
    assert curves["roc"].keys() == curves["pr"].keys() == drawn.keys()
    for name, index in drawn.items():
        roc, pr = np.array(curves["roc"][name]), np.array(curves["pr"][name])
        assert max(len(roc), len(pr)) <= 200
        assert roc[[0, -1]].tolist() == [[0, 0], [1, 1]]
        assert pr[0].tolist() == [0, 1]  # nothing called yet
        assert pr[-1, 0] == 1
        assert (np.diff(roc, axis=0) >= 0).all()
        assert (np.diff(pr[:, 0]) >= 0).all()
        positive, score = labels == index, probabilities[:, index]
        assert auc(*roc.T) == pytest.approx(roc_auc_score(positive, score), abs=0.005)
        assert auc(*pr.T) == pytest.approx(average_precision_score(positive, score), abs=0.02)


def test_a_class_without_sequences_or_alone_has_no_curve() -> None:
    probabilities = np.full((4, 3), 1 / 3)
    some = roc_and_pr(check_predictions(np.array([0, 1, 1, 0]), probabilities, CLASSES))
    assert some["roc"].keys() == some["pr"].keys() == {"a", "b"}
    assert roc_and_pr(check_predictions(np.zeros(4, np.int64), probabilities, CLASSES)) == {"roc": {}, "pr": {}}


@pytest.mark.parametrize(("k", "n"), [(2, 300), (3, 300), (2, 7), (2, 45)])
def test_calibration_bins_have_equal_numbers_and_wilsons_intervals(k: int, n: int) -> None:
    labels, probabilities = simulated(n, k)
    predictions = check_predictions(labels, probabilities, CLASSES[:k])
    bins = calibration(predictions)
    assert len(bins) == max(1, min(10, n // 10))
    assert {b["n"] for b in bins} <= {n // len(bins), n // len(bins) + 1}
    assert sum(b["n"] for b in bins) == n
    forecast, came_true = predictions.forecast()
    order, start = np.argsort(forecast, kind="stable"), 0
    for b in bins:
        rows, start = order[start : start + b["n"]], start + b["n"]
        assert b["confidence"] == pytest.approx(forecast[rows].mean(), abs=1e-5)
        assert b["observed"] == pytest.approx(came_true[rows].mean(), abs=1e-5)
        oracle = scipy.stats.binomtest(int(came_true[rows].sum()), b["n"]).proportion_ci(method="wilson")
        assert (b["low"], b["high"]) == pytest.approx((oracle.low, oracle.high), abs=1e-5)


def test_equal_forecasts_are_in_one_bin() -> None:
    labels = np.arange(100) % 2
    probabilities = np.where(np.arange(100)[:, None] < 70, [[0.75, 0.25]], [[0.25, 0.75]])
    bins = calibration(check_predictions(labels, probabilities, ("a", "b")))
    assert [(b["confidence"], b["n"]) for b in bins] == [(0.25, 70), (0.75, 30)]
