import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle
from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error

from motiflens.errors import InputError
from motiflens.evaluation.metrics import NAMES, classification_report, compare, confusion_matrix, evaluate
from motiflens.evaluation.predictions import Predictions, check_predictions

CLASSES = ("control", "donor", "acceptor")


def simulated(n: int, k: int, *, seed: int = 0, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.choice(k, n, p=np.arange(1, k + 1) / np.arange(1, k + 1).sum())
    weights = rng.gamma(1.0, size=(n, k)) + 0.8 * np.eye(k)[labels]
    if ties:
        weights = weights.round(0) + 1
    return labels, weights / weights.sum(axis=1, keepdims=True)


def slow_ece(labels: np.ndarray, probabilities: np.ndarray) -> float:
    if probabilities.shape[1] == 2:
        forecast, true = probabilities[:, 1], labels == 1
    else:
        forecast, true = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    total = 0.0
    for low in range(15):
        inside = [i for i, f in enumerate(forecast) if min(int(f * 15), 14) == low]
        if inside:
            total += len(inside) * abs(np.mean(forecast[inside]) - np.mean(true[inside]))
    return total / len(labels)


def scikit_learn(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    k = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    score = probabilities[:, 1] if k == 2 else probabilities
    each = range(k)
    truth = labels if k == 2 else np.eye(k, dtype=int)[labels]
    return {
        "accuracy": oracle.accuracy_score(labels, predicted),
        "auroc": oracle.roc_auc_score(labels, score, multi_class="ovr", labels=each),
        "auprc": oracle.average_precision_score(truth, score),
        "mcc": oracle.matthews_corrcoef(labels, predicted),
        "f1": oracle.f1_score(labels, predicted, average="binary" if k == 2 else "macro"),
        "log_loss": oracle.log_loss(labels, probabilities, labels=each),
        "brier": oracle.brier_score_loss(labels, score, labels=each),
        "ece": slow_ece(labels, probabilities),
    }


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("k", [2, 3])
def test_figures_equal_scikit_learn(k: int, ties: bool) -> None:
    labels, probabilities = simulated(150, k, ties=ties)
    found = evaluate(labels, probabilities, CLASSES[:k], seed=0, draws=2).metrics
    expected = scikit_learn(labels, probabilities)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)
    assert set(expected) == set(NAMES) - {"ece_debiased"}
    assert 0 <= found["ece_debiased"] <= found["ece"]
    assert found["n"] == 150


def test_log_loss_of_float32_probabilities_of_zero_is_scikit_learns() -> None:
    labels = np.array([0, 1, 1])
    probabilities = np.array([[0, 1], [1, 0], [0.2, 0.8]], np.float32)
    found = evaluate(labels, probabilities, CLASSES[:2], seed=0, draws=2).metrics
    assert found["log_loss"] == pytest.approx(oracle.log_loss(labels, probabilities), rel=1e-6)


@pytest.mark.parametrize("k", [2, 3])
def test_calibration_error_equals_torchmetrics(k: int) -> None:
    labels, probabilities = simulated(400, k)
    found = evaluate(labels, probabilities, CLASSES[:k], seed=0, draws=2).metrics["ece"]
    p, y = torch.from_numpy(probabilities), torch.from_numpy(labels)
    if k == 2:
        expected = binary_calibration_error(p[:, 1].contiguous(), y, n_bins=15)
    else:
        expected = multiclass_calibration_error(p, y, num_classes=k, n_bins=15)
    assert found == pytest.approx(float(expected), abs=1e-6)


def test_per_class_equals_scikit_learn_one_against_the_rest() -> None:
    labels, probabilities = simulated(150, 3)
    found = evaluate(labels, probabilities, CLASSES, seed=0, draws=2).metrics["per_class"]
    found = {name: {key: value for key, value in row.items() if key != "ci"} for name, row in found.items()}
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, n = oracle.precision_recall_fscore_support(labels, predicted)
    for i, name in enumerate(CLASSES):
        assert found[name] == pytest.approx(
            {
                "auroc": oracle.roc_auc_score(labels == i, probabilities[:, i]),
                "auprc": oracle.average_precision_score(labels == i, probabilities[:, i]),
                "precision": precision[i],
                "recall": recall[i],
                "f1": f1[i],
                "n": n[i],
            }
        )


def test_same_seed_same_bits() -> None:
    labels, probabilities = simulated(200, 3)
    one, two, other = (evaluate(labels, probabilities, CLASSES, seed=s, draws=50).metrics for s in (5, 5, 6))
    assert json.dumps(one) == json.dumps(two)
    assert one["ci"] != other["ci"]
    assert one["auroc"] == other["auroc"]


def test_a_test_set_with_a_tiny_class_has_figures_but_no_intervals() -> None:
    labels, probabilities = simulated(80, 3)
    kept = (labels != 0) | (np.cumsum(labels == 0) <= 4)
    found = evaluate(labels[kept], probabilities[kept], CLASSES, seed=0, draws=10).metrics
    assert found["auroc"] is not None
    assert found["ci"] == found["per_class"]["acceptor"]["ci"] == {}
    assert "4 of control; 5 of a class are needed" in found["no_intervals"]
    one_more = (labels != 0) | (np.cumsum(labels == 0) <= 5)
    found = evaluate(labels[one_more], probabilities[one_more], CLASSES, seed=0, draws=10).metrics
    assert set(found["ci"]) == set(NAMES)
    assert "no_intervals" not in found


def test_two_classes_of_which_one_is_absent() -> None:
    labels, probabilities = np.zeros(5, np.int64), np.full((5, 2), 0.5)
    found = evaluate(labels, probabilities, CLASSES[:2], seed=0, draws=10).metrics
    missing = {"auroc", "auprc", "f1", "mcc"}
    assert {name for name in NAMES if found[name] is None} == missing
    assert set(found["ci"]) == set(NAMES) - missing
    assert set(found["undefined"]) == missing
    assert found["undefined"]["auroc"] == "the test set has no sequence of donor"


def test_three_classes_of_which_one_is_absent() -> None:
    labels, probabilities = simulated(80, 3)
    kept = labels != 0
    found = evaluate(labels[kept], probabilities[kept], CLASSES, seed=0, draws=10).metrics
    assert {name for name in NAMES if found[name] is None} == {"auroc", "auprc", "f1"}
    assert found["mcc"] == pytest.approx(
        oracle.matthews_corrcoef(labels[kept], probabilities[kept].argmax(axis=1)), abs=1e-12
    )
    absent = found["per_class"]["control"]
    assert [absent[name] for name in ("auroc", "auprc", "recall", "f1", "n")] == [None, None, None, None, 0]
    assert found["per_class"]["donor"]["auroc"] is not None
    assert "undefined" not in evaluate(labels, probabilities, CLASSES, seed=0, draws=10).metrics


def test_a_class_that_is_never_called_has_no_precision_and_a_model_of_one_class_mcc_0() -> None:
    labels = np.repeat([0, 1, 2, 1], 5)
    probabilities = np.tile([0.2, 0.5, 0.3], (20, 1))
    found = evaluate(labels, probabilities, CLASSES, seed=0, draws=10).metrics
    assert found["per_class"]["donor"]["precision"] == 0.5
    assert found["per_class"]["acceptor"]["precision"] is None
    assert found["per_class"]["acceptor"]["f1"] == 0
    assert found["mcc"] == 0
    low, high = found["ci"]["mcc"]
    assert low < 0 < high
    assert found["auroc"] == 0.5


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(2, 3), st.integers(1, 6))
def test_whatever_comes_in_the_json_is_valid(data: st.DataObject, k: int, n: int) -> None:
    labels = np.array(data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)))
    certain = np.eye(k)[data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))]
    probabilities = data.draw(st.sampled_from([1.0, 0.6, 0.0])) * (certain - 1 / k) + 1 / k
    found = evaluate(labels, probabilities, CLASSES[:k], seed=0, draws=5).metrics
    json.dumps(found, allow_nan=False)
    for name, (low, high) in found["ci"].items():
        assert low <= high, name
    for name in NAMES:
        assert found[name] is not None or "has no sequence of" in found["undefined"][name]


def test_comparison_is_paired() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 150)
    clear = rng.normal(labels * 1.5)

    def model(logits: np.ndarray) -> np.ndarray:
        return np.stack([1 / (1 + np.exp(logits)), 1 / (1 + np.exp(-logits))], axis=1)

    good = evaluate(labels, model(clear), CLASSES[:2], seed=0)
    alike = evaluate(labels, model(clear + rng.normal(0, 0.3, 300)), CLASSES[:2], seed=0)
    pair = compare(good, alike)
    assert pair is not None
    assert pair.difference == pytest.approx(good.metrics["auroc"] - alike.metrics["auroc"])
    assert pair.low <= pair.difference <= pair.high
    # As two more sequences of either side would move them, one at a time: the jackknife.
    left_out = []
    for row in range(300):
        kept = np.arange(300) != row
        left_out.append(
            oracle.roc_auc_score(labels[kept], good.predictions.probabilities[kept, 1])
            - oracle.roc_auc_score(labels[kept], alike.predictions.probabilities[kept, 1])
        )
    spread = sum(149 / 150 * ((part - part.mean()) ** 2).sum() for part in np.split(np.array(left_out), 2))
    assert (pair.high - pair.low) / 2 == pytest.approx(1.968 * np.sqrt(spread), rel=0.005)
    low, high = good.metrics["ci"]["auroc"]
    assert pair.high - pair.low < (high - low) / 2  # what both models get wrong cancels
    itself = compare(good, good, metric="brier")
    assert itself is not None
    assert (itself.difference, itself.low, itself.high) == (0, 0, 0)


def test_two_perfect_models_may_differ_on_other_sequences() -> None:
    labels = np.repeat([0, 1], 12)
    right, sure = (np.where(labels[:, None] == [0, 1], p, 1 - p) for p in (0.9, 0.95))
    perfect, sharper = (evaluate(labels, p, CLASSES[:2], seed=0, draws=10) for p in (right, sure))
    pair = compare(perfect, sharper)
    assert pair is not None
    low, high = perfect.metrics["ci"]["auroc"]
    assert (pair.difference, pair.low, pair.high) == (0, pytest.approx(low - high), pytest.approx(high - low))
    assert pair.high > 0.1


def test_no_difference_of_areas_is_larger_than_one() -> None:
    labels = np.repeat([0, 1], 5)
    scores = np.where(labels == 1, 0.9, 0.1) + np.linspace(-0.05, 0.05, 10)
    bad = np.array([0.1, 0.3, 0.5, 0.7, 0.9, 0.05, 0.25, 0.45, 0.65, 0.2])
    pair = compare(*(evaluate(labels, np.stack((1 - p, p), 1), CLASSES[:2], seed=0, draws=10) for p in (bad, scores)))
    assert pair is not None
    assert pair.low == -1 < pair.difference < pair.high


def test_comparison_needs_one_test_set_and_says_none_where_there_is_no_figure() -> None:
    labels, probabilities = simulated(40, 2)
    one = evaluate(labels, probabilities, CLASSES[:2], seed=0, draws=10)
    for other in (
        evaluate(1 - labels, probabilities, CLASSES[:2], seed=0, draws=10),
        evaluate(labels[1:], probabilities[1:], CLASSES[:2], seed=0, draws=10),
    ):
        with pytest.raises(InputError, match="same test sequences"):
            compare(one, other)
    single = evaluate(np.zeros(40, np.int64), probabilities, CLASSES[:2], seed=0, draws=10)
    assert compare(single, single) is None


def test_report_and_confusion_name_true_and_called_classes() -> None:
    labels = np.array([0, 0, 1, 1, 1])
    predictions = check_predictions(labels, np.eye(3)[[0, 1, 1, 1, 2]], CLASSES)
    assert confusion_matrix(predictions) == [[1, 1, 0], [0, 2, 1], [0, 0, 0]]
    rows = {line.split()[0]: line.split()[1:] for line in classification_report(predictions).splitlines() if line}
    assert rows["control"] == ["1.000", "0.500", "0.667", "2"]
    assert rows["acceptor"] == ["0.000", "0.000", "0.000", "0"]


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([], np.empty((0, 2)), "nothing to evaluate"),
        ([0, 1], np.full((2, 3), 1 / 3), "a column a class"),
        ([0, 2], np.full((2, 2), 0.5), "from 0 to 2"),
        ([0, 1], np.array([[0.5, 0.5], [0.9, 0.9]]), "sequence 2 .* sum to 1"),
        ([0, 1], np.array([[0.5, 0.5], [np.nan, 1.0]]), "sequence 2"),
        ([0, 1], np.array([[-0.5, 1.5], [0.5, 0.5]]), "sequence 1"),
    ],
)
def test_predictions_that_do_not_fit(labels: list[int], probabilities: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        evaluate(np.array(labels, np.int64), probabilities, CLASSES[:2], seed=0)
    assert "\n" not in str(caught.value)


def test_a_forecast_on_a_bin_edge_belongs_to_the_bin_above() -> None:
    forecasts = np.array([0.0, 0.5, 1.0])
    predictions: Predictions = check_predictions(
        np.array([0, 1, 1]), np.stack([1 - forecasts, forecasts], axis=1), CLASSES[:2]
    )
    assert predictions.calibration_bins().tolist() == [0, 7, 14]
