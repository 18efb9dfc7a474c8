"""Models of numbers and of several labels, from data to what is predicted and explained."""

from dataclasses import replace

import numpy as np
import planted
import pytest
import torch
from scipy.stats import pearsonr
from sklearn.metrics import roc_auc_score
from trainings import fit_config

from motiflens.data.dataset import TargetDataset
from motiflens.errors import InputError
from motiflens.explain.contributions import contributions, letter_contributions
from motiflens.explain.mutagenesis import mutagenesis, mutagenesis_naive
from motiflens.model.predict import predict_ensemble, predict_logits, predict_values
from motiflens.model.store import load_model, save_model
from motiflens.model.targets import ManyLabels, Numbers
from motiflens.training.fit import Fitted, fit_model
from motiflens.training.noise import with_noise
from motiflens.training.task import Compute, TrainingData

LENGTH = 30
CONFIG = fit_config(strands="forward", training={"epochs": 6, "learning_rate": 0.02, "cross_fit_max_sequences": 0})


def measured(n: int = 500, *, kind: str = "numbers", seed: int = 0) -> TargetDataset:
    """Sequences with a planted motif in half; one target goes up with it, one down, a tenth of each missing."""
    found = planted.planted(n, LENGTH, classes=2, seed=seed)
    rng = np.random.default_rng(seed)
    sign = found.labels * 2.0 - 1
    values = np.stack((100 + 20 * sign, -3 - 0.1 * sign), 1)
    values += rng.normal(size=(n, 2)) * [8, 0.05]
    if kind == "labels":
        values = np.stack((found.labels, 1 - found.labels), 1).astype(float)
    values[rng.random((n, 2)) < 0.1] = np.nan
    return TargetDataset(
        codes=found.codes, ids=np.arange(n).astype(str), values=values, targets=("up", "down"), kind=kind
    )


def fit(dataset: TargetDataset, config=CONFIG) -> Fitted:
    rows = np.arange(len(dataset))
    parts = dataset.take(rows % 5 > 0), dataset.take(rows % 5 == 0)
    return fit_model(*parts, config=config, seed=0, compute=Compute())


@pytest.fixture(scope="module")
def numbers() -> Fitted:
    return fit(measured(), CONFIG.model_copy(update={"ensemble": 2}))


def test_numbers_are_predicted_in_their_units(numbers):
    fresh = measured(300, seed=1)
    predicted = predict_values(numbers.model, fresh.codes)
    for column in range(2):
        there = ~np.isnan(fresh.values[:, column])
        measured_there = fresh.values[there, column]
        assert pearsonr(predicted[there, column], measured_there).statistic > 0.6
        assert predicted[there, column].mean() == pytest.approx(measured_there.mean(), abs=0.3 * measured_there.std())
    assert isinstance(numbers.model.output, Numbers)
    assert list(numbers.history.columns) == ["epoch", "loss", "val_loss", "learning_rate", "member"]


def test_contributions_sum_to_the_prediction_in_target_units(numbers):
    codes = measured(20, seed=2).codes
    predicted = predict_values(numbers.model, codes)
    for explain in (contributions, letter_contributions):
        for column, target in enumerate(("up", "down")):
            found = explain(numbers.model, codes, target=target)
            total = found.values.astype(float).sum(1) + found.bias
            np.testing.assert_allclose(total, predicted[:, column], rtol=1e-5)


def test_mutagenesis_is_the_change_of_the_prediction(numbers):
    codes = measured(4, seed=2).codes
    for target in ("up", "down"):
        found = mutagenesis(numbers.model, codes, target=target)
        scale = np.abs(found.deltas).max()
        np.testing.assert_allclose(
            found.deltas, mutagenesis_naive(numbers.model, codes, target=target).deltas, atol=1e-4 * scale
        )
    changed = codes.copy()
    changed[:, 7] = (changed[:, 7] + 1) % 4
    up = mutagenesis(numbers.model, codes, target="up").deltas[np.arange(4), changed[:, 7], 7]
    before, after = (predict_values(numbers.model, each)[:, 0] for each in (codes, changed))
    np.testing.assert_allclose(up, after - before, atol=1e-3)


def test_a_stored_model_predicts_the_same(numbers, tmp_path):
    save_model(tmp_path / "model", numbers.model)
    again = load_model(tmp_path / "model")
    assert again.output == numbers.model.output
    codes = measured(20, seed=3).codes
    np.testing.assert_array_equal(predict_values(again, codes), predict_values(numbers.model, codes))


def test_the_plain_module_gives_the_logits(numbers):
    codes = measured(20, seed=3).codes
    with torch.no_grad():
        found = numbers.model.module()(torch.from_numpy(codes))
    np.testing.assert_allclose(found, predict_logits(numbers.model, codes), atol=1e-5)


def test_intervals_hold_most_measurements(numbers):
    fresh = measured(400, seed=4)
    found = predict_ensemble(numbers.model, fresh.codes)
    inside = (found.low <= fresh.values) & (fresh.values <= found.high)
    for column in range(2):
        assert 0.88 < inside[~np.isnan(fresh.values[:, column]), column].mean() < 0.99


def test_several_labels_have_a_probability_each():
    found = fit(measured(kind="labels"))
    fresh = measured(300, kind="labels", seed=1)
    probabilities = predict_values(found.model, fresh.codes)
    for column in range(2):
        there = ~np.isnan(fresh.values[:, column])
        assert roc_auc_score(fresh.values[there, column], probabilities[there, column]) > 0.75
    assert isinstance(found.model.output, ManyLabels)
    assert "val_accuracy" in found.history


@pytest.mark.parametrize(
    "network",
    [
        {"preset": "classic", "widths": (5, 7), "filters": 6, "dense": (8, 6), "batch_norm_momentum": 0.8},
        {
            "preset": "deep",
            "front": {"widths": (7,), "filters": 6, "position_weights": "none", "kmer": 3},
            "channels": 4,
            "context": 2,
            "dilations": (1, 2),
        },
    ],
    ids=lambda network: network["preset"],
)
def test_other_presets_learn_numbers_too(network):
    config = fit_config(network=network, strands="forward", training={"epochs": 15, "learning_rate": 0.01})
    found = fit(measured(), config)
    fresh = measured(300, seed=1)
    predicted = predict_values(found.model, fresh.codes)
    for column in range(2):
        there = ~np.isnan(fresh.values[:, column])
        assert pearsonr(predicted[there, column], fresh.values[there, column]).statistic > 0.4
    output = found.model.output
    assert isinstance(output, Numbers)
    assert 0.5 < output.noise[0] / output.scale[0] < 1.2


def test_counts_are_predicted_as_rates_whatever_the_exposure():
    dataset = measured(600)
    rng = np.random.default_rng(0)
    exposure = np.exp(rng.normal(size=600))
    rate = np.where(dataset.values[:, :1] > 100, 12.0, 3.0)
    counts = rng.poisson(rate * exposure[:, None]).astype(float)
    given = replace(dataset, values=counts, targets=("reads",), offset=np.log(exposure))
    found = fit(given, CONFIG.model_copy(update={"loss": "poisson"}))
    predicted = predict_values(found.model, dataset.codes)[:, 0]
    high, low = predicted[rate[:, 0] > 5], predicted[rate[:, 0] < 5]
    assert high.mean() > 1.5 * low.mean()
    assert predicted.mean() == pytest.approx(rate.mean(), rel=0.15)


def test_rows_without_weight_do_not_count():
    """Half of the rows say the opposite, and weigh next to nothing."""
    dataset = measured(600)
    wrong = np.arange(600) // 2 % 2 == 1
    values = np.where(wrong[:, None], 2 * np.nanmean(dataset.values, axis=0) - dataset.values, dataset.values)
    found = fit(replace(dataset, values=values, weights=np.where(wrong, 1e-6, 1.0)))
    fresh = measured(300, seed=1)
    there = ~np.isnan(fresh.values[:, 0])
    assert pearsonr(predict_values(found.model, fresh.codes)[there, 0], fresh.values[there, 0]).statistic > 0.5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"values": np.full((500, 2), 3.0)}, "target 'up' has the same value"),
        ({"values": np.full((500, 2), np.nan)}, "target 'up' has the same value"),
        ({"kind": "labels"}, "labels other than 0 and 1"),
    ],
)
def test_targets_that_cannot_be_learned_are_refused(changes, reason):
    with pytest.raises(InputError, match=reason):
        fit(replace(measured(), **changes))


def test_a_target_that_the_validation_data_lack_is_learned_all_the_same():
    dataset = measured(600)
    values = dataset.values.copy()
    values[np.arange(600) % 5 == 0, 1] = np.nan
    found = fit(replace(dataset, values=values), CONFIG.model_copy(update={"strands": "auto"}))
    assert np.isfinite(predict_values(found.model, dataset.codes)).all()
    output = found.model.output
    assert isinstance(output, Numbers)
    assert output.noise[1] == pytest.approx(output.scale[1])


def test_counts_below_zero_are_refused():
    with pytest.raises(InputError, match="'down' has values below 0"):
        fit(measured(), CONFIG.model_copy(update={"loss": "poisson"}))


def test_noise_is_what_members_do_not_differ_by():
    rng = np.random.default_rng(0)
    n = 4000
    truth = rng.normal(size=(n, 1))
    members = [truth + rng.normal(size=(n, 1)) * 0.5 for _ in range(4)]
    output = Numbers(("a",), centre=(7.0,), scale=(2.0,))
    given = 7 + 2 * (truth + rng.normal(size=(n, 1)))
    codes = np.zeros((n, 1), np.uint8)
    data = TrainingData(
        codes=codes,
        labels=given,
        validation_codes=codes,
        validation_labels=given,
        class_weights=np.ones(0),
        output=output,
        strands="forward",
    )
    # Residuals of the mean: noise of 1 and a quarter of the members' variance; their spread is counted 5/4 times.
    expected = 2 * np.sqrt(1 + 0.25 / 4 - 0.25 * 1.25)
    assert with_noise(output, data, members).noise[0] == pytest.approx(expected, rel=0.05)
