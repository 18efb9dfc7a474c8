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
from motiflens.evaluation.resampling import Predictions, check_predictions, resamples, statistics

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
    found = evaluate(labels, probabilities, CLASSES[:k], seed=0, n_bootstrap=2).metrics
    expected = scikit_learn(labels, probabilities)
    assert {name: found[name] for name in NAMES} == pytest.approx(expected, abs=1e-12)
    assert set(expected) == set(NAMES)
    assert found["n"] == 150


def test_log_loss_of_float32_probabilities_of_zero_is_scikit_learns() -> None:
    labels = np.array([0, 1, 1])
    probabilities = np.array([[0, 1], [1, 0], [0.2, 0.8]], np.float32)
    found = evaluate(labels, probabilities, CLASSES[:2], seed=0, n_bootstrap=2).metrics
    assert found["log_loss"] == pytest.approx(oracle.log_loss(labels, probabilities), rel=1e-6)


@pytest.mark.parametrize("k", [2, 3])
def test_calibration_error_equals_torchmetrics(k: int) -> None:
    labels, probabilities = simulated(400, k)
    found = evaluate(labels, probabilities, CLASSES[:k], seed=0, n_bootstrap=2).metrics["ece"]
    p, y = torch.from_numpy(probabilities), torch.from_numpy(labels)
    if k == 2:
        expected = binary_calibration_error(p[:, 1].contiguous(), y, n_bins=15)
    else:
        expected = multiclass_calibration_error(p, y, num_classes=k, n_bins=15)
    assert found == pytest.approx(float(expected), abs=1e-6)


def test_per_class_equals_scikit_learn_one_against_the_rest() -> None:
    labels, probabilities = simulated(150, 3)
    found = evaluate(labels, probabilities, CLASSES, seed=0, n_bootstrap=2).metrics["per_class"]
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


def test_intervals_of_a_class_equal_a_loop_over_the_resamples() -> None:
    labels, probabilities = simulated(60, 3, ties=True)
    found = evaluate(labels, probabilities, CLASSES, seed=3, n_bootstrap=40).metrics["per_class"]
    loop = []
    for weights in np.concatenate(list(resamples(labels, 40, seed=3))):
        rows = np.repeat(np.arange(60), weights.astype(int))
        y, p = labels[rows], probabilities[rows]
        precision, recall, f1, _ = oracle.precision_recall_fscore_support(y, p.argmax(axis=1), zero_division=np.nan)
        auroc = [oracle.roc_auc_score(y == i, p[:, i]) for i in range(3)]
        auprc = [oracle.average_precision_score(y == i, p[:, i]) for i in range(3)]
        loop.append({"auroc": auroc, "auprc": auprc, "precision": precision, "recall": recall, "f1": f1})
    for i, name in enumerate(CLASSES):
        assert set(found[name]["ci"]) == set(loop[0])
        for key, interval in found[name]["ci"].items():
            assert interval == pytest.approx(np.nanpercentile([row[key][i] for row in loop], [2.5, 97.5])), (name, key)


@pytest.mark.parametrize("k", [2, 3])
def test_intervals_equal_a_loop_over_the_resamples(k: int) -> None:
    labels, probabilities = simulated(60, k, ties=True)
    found = evaluate(labels, probabilities, CLASSES[:k], seed=3, n_bootstrap=40).metrics
    loop = []
    for weights in np.concatenate(list(resamples(labels, 40, seed=3))):
        rows = np.repeat(np.arange(60), weights.astype(int))
        loop.append(scikit_learn(labels[rows], probabilities[rows]))
    for name in NAMES:
        low, high = np.percentile([row[name] for row in loop], [2.5, 97.5])
        if name == "ece":
            low, high = max(0, 2 * found["ece"] - high), max(found["ece"], 2 * found["ece"] - low)
        assert found["ci"][name] == pytest.approx([low, high], abs=1e-12), name


def test_resamples_keep_each_class_and_draw_every_sequence_alike() -> None:
    labels = np.repeat([0, 1], [300, 900])
    blocks = list(resamples(labels, 2000, seed=1))
    assert len(blocks) > 1
    weights = np.concatenate(blocks)
    assert weights.shape == (2000, 1200)
    assert (weights[:, :300].sum(axis=1) == 300).all()
    assert (weights[:, 300:].sum(axis=1) == 900).all()
    assert len(np.unique(weights, axis=0)) == 2000
    assert weights.mean(axis=0) == pytest.approx(np.ones(1200), abs=0.12)  # 5 standard errors
    assert weights[:, :300].var() == pytest.approx(1 - 1 / 300, abs=0.02)


def test_same_seed_same_bits() -> None:
    labels, probabilities = simulated(200, 3)
    one, two, other = (evaluate(labels, probabilities, CLASSES, seed=s, n_bootstrap=50).metrics for s in (5, 5, 6))
    assert json.dumps(one) == json.dumps(two)
    assert one["ci"] != other["ci"]
    assert one["auroc"] == other["auroc"]


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    # Scores normal, one standard deviation apart: the true AUROC is Phi(1 / sqrt 2) = .7602.
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        labels = np.repeat([0, 1], 50)
        p = 1 / (1 + np.exp(-rng.normal(labels)))
        low, high = evaluate(labels, np.stack([1 - p, p], axis=1), CLASSES[:2], seed=seed, n_bootstrap=200).metrics[
            "ci"
        ]["auroc"]
        covered += low <= 0.7602 <= high
    assert 178 <= covered <= 198


def test_two_classes_of_which_one_is_absent() -> None:
    labels, probabilities = np.zeros(5, np.int64), np.full((5, 2), 0.5)
    found = evaluate(labels, probabilities, CLASSES[:2], seed=0, n_bootstrap=10).metrics
    missing = {"auroc", "auprc", "f1", "mcc"}
    assert {name for name in NAMES if found[name] is None} == missing
    assert set(found["ci"]) == set(NAMES) - missing
    assert set(found["undefined"]) == missing
    assert found["undefined"]["auroc"] == "the test set has no sequence of donor"


def test_three_classes_of_which_one_is_absent() -> None:
    labels, probabilities = simulated(80, 3)
    kept = labels != 0
    found = evaluate(labels[kept], probabilities[kept], CLASSES, seed=0, n_bootstrap=10).metrics
    assert {name for name in NAMES if found[name] is None} == {"auroc", "auprc", "f1"}
    assert found["mcc"] == pytest.approx(
        oracle.matthews_corrcoef(labels[kept], probabilities[kept].argmax(axis=1)), abs=1e-12
    )
    absent = found["per_class"]["control"]
    assert [absent[name] for name in ("auroc", "auprc", "recall", "f1", "n")] == [None, None, None, None, 0]
    assert found["per_class"]["donor"]["auroc"] is not None
    assert "undefined" not in evaluate(labels, probabilities, CLASSES, seed=0, n_bootstrap=10).metrics


def test_a_class_that_is_never_called_has_no_precision_and_a_model_of_one_class_mcc_0() -> None:
    labels = np.array([0, 1, 2, 1])
    probabilities = np.tile([0.2, 0.5, 0.3], (4, 1))
    found = evaluate(labels, probabilities, CLASSES, seed=0, n_bootstrap=10).metrics
    assert found["per_class"]["donor"]["precision"] == 0.5
    assert found["per_class"]["acceptor"]["precision"] is None
    assert found["per_class"]["acceptor"]["f1"] == 0
    assert found["mcc"] == 0
    assert found["ci"]["mcc"] == [0, 0]
    assert found["auroc"] == 0.5


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(2, 3), st.integers(1, 6))
def test_whatever_comes_in_the_json_is_valid(data: st.DataObject, k: int, n: int) -> None:
    labels = np.array(data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)))
    certain = np.eye(k)[data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))]
    probabilities = data.draw(st.sampled_from([1.0, 0.6, 0.0])) * (certain - 1 / k) + 1 / k
    found = evaluate(labels, probabilities, CLASSES[:k], seed=0, n_bootstrap=5).metrics
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
    slow = [
        statistics(good.predictions, w)["auroc"] - statistics(alike.predictions, w)["auroc"]
        for w in resamples(labels, 1000, seed=0)
    ]
    assert [pair.low, pair.high] == np.percentile(np.concatenate(slow), [2.5, 97.5]).tolist()
    low, high = good.metrics["ci"]["auroc"]
    assert pair.high - pair.low < (high - low) / 2  # what both models get wrong cancels
    itself = compare(good, good, metric="brier")
    assert itself is not None
    assert (itself.difference, itself.low, itself.high) == (0, 0, 0)


def test_comparison_needs_one_test_set_and_says_none_where_there_is_no_figure() -> None:
    labels, probabilities = simulated(40, 2)
    one = evaluate(labels, probabilities, CLASSES[:2], seed=0, n_bootstrap=10)
    for other in (
        evaluate(labels, probabilities, CLASSES[:2], seed=1, n_bootstrap=10),
        evaluate(labels, probabilities, CLASSES[:2], seed=0, n_bootstrap=11),
        evaluate(1 - labels, probabilities, CLASSES[:2], seed=0, n_bootstrap=10),
    ):
        with pytest.raises(InputError, match="same test sequences"):
            compare(one, other)
    single = evaluate(np.zeros(40, np.int64), probabilities, CLASSES[:2], seed=0, n_bootstrap=10)
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
