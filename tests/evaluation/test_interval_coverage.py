"""Intervals against textbook formulas, naive loops, and the truth of simulated test sets."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from motiflens.evaluation.areas import Estimate, auprc, auroc, mean_of
from motiflens.evaluation.calibration_error import calibration_error
from motiflens.evaluation.confusion import confusion_figures, draw_confusions
from motiflens.evaluation.intervals import auprc_interval, auroc_interval, difference_interval, mean_interval, spread_of
from motiflens.evaluation.metrics import evaluate
from motiflens.evaluation.predictions import Predictions, check_predictions


def two_classes(n: int, *, seed: int, positives: float = 0.4, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], [n - round(positives * n), round(positives * n)])
    scores = rng.normal(labels)
    return labels, scores.round() if ties else scores


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("area", "oracle"), [(auroc, roc_auc_score), (auprc, average_precision_score)])
def test_influence_is_that_of_leaving_a_sequence_out(
    area: Callable[..., Estimate], oracle: Callable[..., float], ties: bool
) -> None:
    labels, scores = two_classes(40, seed=2, ties=ties)
    found = area(scores, labels == 1)
    assert found.value == pytest.approx(oracle(labels, scores))
    left_out = []
    for row in range(40):
        weights = np.ones(40)
        side = labels == labels[row]
        weights[side] = side.sum() / (side.sum() - 1)  # its side keeps its weight
        weights[row] = 0
        left_out.append(oracle(labels, scores, sample_weight=weights))
    variance = 0.0
    for label in (0, 1):
        values = np.array(left_out)[labels == label]
        variance += (len(values) - 1) / len(values) * ((values - values.mean()) ** 2).sum()
    assert spread_of(found, labels).variance == pytest.approx(variance, rel=1e-9)


def test_variance_of_an_auroc_is_delongs() -> None:
    labels, scores = two_classes(50, seed=5, ties=True)
    order = np.sign(scores[labels == 1][:, None] - scores[labels == 0]) / 2 + 0.5
    expected = order.mean(axis=1).var(ddof=1) / 20 + order.mean(axis=0).var(ddof=1) / 30
    assert spread_of(auroc(scores, labels == 1), labels).variance == pytest.approx(expected)


def test_difference_of_one_class_is_students_t() -> None:
    values = np.random.default_rng(0).normal(0.3, 1, 25)
    low, high = difference_interval(mean_of(values), np.zeros(25, np.int64))
    oracle = stats.ttest_1samp(values, 0).confidence_interval()
    assert (low, high) == pytest.approx((oracle.low, oracle.high))


def test_a_mean_without_skewness_has_students_interval_and_one_with_it_leans_to_the_tail() -> None:
    labels = np.zeros(40, np.int64)
    even = np.concatenate([np.linspace(1, 3, 20), 4 - np.linspace(1, 3, 20)])
    oracle = stats.ttest_1samp(even, 0).confidence_interval()
    assert mean_interval(mean_of(even), labels) == pytest.approx((oracle.low, oracle.high))
    skewed = np.random.default_rng(3).exponential(size=40) ** 2
    low, high = mean_interval(mean_of(skewed), labels)
    assert high - skewed.mean() > 1.5 * (skewed.mean() - low)


def test_losses_alike_have_a_tenth_of_a_sequence_of_the_largest_variance() -> None:
    losses, labels = np.concatenate([np.full(10, 0.9), np.full(30, 0.01)]), np.repeat([1, 0], [10, 30])
    classes = [(10, 0.9 * 0.1), (30, 0.01 * 0.99)]  # Bernoulli variances of their means
    expected = sum(n * 0.1 / (n + 0.1) * variance for n, variance in classes) / 40**2
    assert spread_of(mean_of(losses), labels).variance == pytest.approx(0, abs=1e-12)
    assert spread_of(mean_of(losses), labels, largest=1.0).variance == pytest.approx(expected)


def test_perfect_order_has_an_interval_with_a_width_that_shrinks() -> None:
    widths = []
    for n in (10, 40, 160):
        labels, scores = np.repeat([0, 1], n), np.arange(2.0 * n)
        for interval, area in ((auroc_interval, auroc), (auprc_interval, auprc)):
            low, high = interval([area(scores, labels == 1)], [n], labels)
            assert high == 1
            widths.append(1 - low)
    assert np.array(widths).reshape(3, 2) == pytest.approx(
        np.array([[0.25, 0.28], [0.06, 0.09], [0.016, 0.024]]), rel=0.35
    )
    assert widths[:4] > widths[2:]


def test_drawn_recalls_are_jeffreys_intervals() -> None:
    drawn = draw_confusions(np.array([[37, 3], [0, 20]]), 40_000, seed=1)
    low, high = confusion_figures(drawn.low).recall, confusion_figures(drawn.high).recall
    beta = stats.beta(37.5, 3.5)
    assert np.quantile(low[:, 0], 0.025) == pytest.approx(beta.ppf(0.025), abs=0.003)
    assert np.quantile(high[:, 0], 0.975) == pytest.approx(beta.ppf(0.975), abs=0.003)
    assert np.quantile(low[:, 1], 0.025) == pytest.approx(stats.beta(20.5, 0.5).ppf(0.025), abs=0.003)
    assert (high[:, 1] == 1).all()  # without an error none is excluded
    assert (drawn.low.sum(axis=2) == pytest.approx(np.tile([40, 20], (40_000, 1)))) is True
    three = draw_confusions(np.array([[37, 2, 1], [4, 12, 4], [3, 0, 27]]), 40_000, seed=1)
    for bound, share in ((three.low, 0.025), (three.high, 0.975)):
        recalls = confusion_figures(bound).recall
        for label, (hits, errors) in enumerate([(37, 3), (12, 8), (27, 3)]):
            beta = stats.beta(hits + 0.5, errors + 0.5)
            assert np.quantile(recalls[:, label], share) == pytest.approx(beta.ppf(share), abs=0.003)
    nothing = draw_confusions(np.array([[40, 0], [20, 0]]), 100, seed=1)
    assert (confusion_figures(nothing.low).recall[:, 1] == 0).all()
    assert (confusion_figures(nothing.high).recall[:, 1] > 0).all()


def test_a_calibration_error_may_be_as_large_as_a_bin_without_events_allows() -> None:
    p = np.concatenate([np.full(90, 0.001), [0.4498], np.full(9, 0.999)])
    events = np.concatenate([np.zeros(91, np.int64), np.ones(9, np.int64)])
    found = calibration_error(check_predictions(events, np.stack([1 - p, p], axis=1), ("a", "b")), 1000, seed=0)
    assert found.observed < 0.006
    assert found.high == pytest.approx(0.9 * (stats.beta(0.5, 90.5).ppf(0.975) - 0.001), rel=1e-6)


def forecasts(n: int, *, seed: int, power: float = 1.0) -> Predictions:
    """Forecasts whose events come true as often as they say, or with `power` times their log-odds."""
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 2, n)
    true = 1 / (1 + (1 / p - 1) ** power)
    return check_predictions((rng.random(n) < true).astype(np.int64), np.stack([1 - p, p], axis=1), ("a", "b"))


@pytest.mark.parametrize("n", [20, 60, 200, 2000])
def test_error_of_right_probabilities_reaches_zero(n: int) -> None:
    found = [calibration_error(forecasts(n, seed=seed), 200, seed=seed) for seed in range(100)]
    assert sum(error.low < 1e-3 for error in found) >= 89  # 95 expected; fewer by chance in 1 of 100 cases
    assert np.mean([error.debiased for error in found]) < 0.5 * np.mean([error.observed for error in found])
    assert all(error.low <= error.debiased <= error.observed <= error.high for error in found)


@pytest.mark.parametrize("power", [0.4, 2.5])
def test_interval_of_a_real_calibration_error_covers_it(power: float) -> None:
    true = calibration_error(forecasts(1_000_000, seed=1, power=power), 2, seed=0).observed
    found = [calibration_error(forecasts(300, seed=seed, power=power), 200, seed=seed) for seed in range(100)]
    assert sum(error.low <= true <= error.high for error in found) >= 89
    assert np.mean([error.debiased for error in found]) == pytest.approx(true, rel=0.15)
    assert max(error.high for error in found) < 3 * true


def test_forecasts_of_0_and_1_that_are_all_right_leave_room_for_errors() -> None:
    labels = np.repeat([0, 1], 15)
    found = calibration_error(check_predictions(labels, np.eye(2)[labels], ("a", "b")), 400, seed=0)
    assert (found.observed, found.debiased, found.low) == (0, 0, 0)
    assert 0.03 < found.high < 0.3


@pytest.mark.parametrize(("n", "share", "distance"), [(60, 0.5, 1.2), (200, 0.1, 1.2), (100, 0.5, 3.0)])
def test_intervals_cover_the_truth_as_often_as_they_say(n: int, share: float, distance: float) -> None:
    def test_set(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.repeat([0, 1], [size - round(share * size), round(share * size)])
        scores = np.random.default_rng(seed).normal(distance * labels)
        logits = distance * scores - distance**2 / 2 + np.log(share / (1 - share))
        p = 1 / (1 + np.exp(-logits))
        return labels, np.stack([1 - p, p], axis=1)

    names = ("accuracy", "auroc", "auprc", "mcc", "f1", "log_loss", "brier")
    true = evaluate(*test_set(400_000, 1), ("a", "b"), seed=0, draws=2).metrics
    covered = dict.fromkeys(names, 0)
    for seed in range(200):
        found = evaluate(*test_set(n, seed + 10), ("a", "b"), seed=seed, draws=200).metrics["ci"]
        for name in names:
            covered[name] += found[name][0] <= true[name] <= found[name][1]
    assert min(covered.values()) >= 180, covered  # 190 expected; 3 standard errors below
