"""Few numbers: judged on parts left out in turn, trained on all data."""

from dataclasses import replace

import numpy as np
import planted
import pytest
from scipy.stats import pearsonr
from trainings import fit_config

from motiflens.data.dataset import TargetDataset
from motiflens.data.splits import fold_numbers
from motiflens.model.predict import predict_values
from motiflens.model.targets import Numbers
from motiflens.sequence.alphabet import reverse_complement
from motiflens.training.fit import Fitted, fit_model
from motiflens.training.recipes.linear_terms import LinearFit, average_fit
from motiflens.training.task import Compute, TrainingData

CONFIG = fit_config(strands="forward", training={"epochs": 8, "learning_rate": 0.02})


def measured(n: int, *, seed: int = 0) -> TargetDataset:
    """Sequences with a planted motif in half, which raises the number by 2; noise with a deviation of 1."""
    found = planted.planted(n, 30, classes=2, seed=seed)
    values = 50 + 2.0 * found.labels[:, None] + np.random.default_rng(seed).normal(size=(n, 1))
    return TargetDataset(codes=found.codes, ids=np.arange(n).astype(str), values=values, targets=("activity",))


def fit(dataset: TargetDataset, config=CONFIG) -> Fitted:
    rows = np.arange(len(dataset))
    parts = dataset.take(rows % 5 > 0), dataset.take(rows % 5 == 0)
    return fit_model(*parts, config=config, seed=0, compute=Compute())


def numbered(n: int = 12, held: int = 3) -> TrainingData:
    """Training data whose every entry says which row it is; validation rows come after the others."""
    rows, later = np.arange(n, dtype=float), np.arange(n, n + held, dtype=float)
    return TrainingData(
        codes=rows[:, None].astype(np.uint8),
        labels=rows[:, None],
        validation_codes=later[:, None].astype(np.uint8),
        validation_labels=later[:, None],
        class_weights=np.ones(0),
        output=Numbers(("a",)),
        strands="forward",
        weights=rows + 1,
        validation_weights=later + 1,
        folds=np.arange(n) % 4,
    )


def test_rows_left_out_validate_and_all_others_are_learned_from():
    data = numbered()
    part = data.left_out(data.folds == 1)
    assert part.validation_labels[:, 0].tolist() == [1, 5, 9]
    assert part.labels[:, 0].tolist() == [0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 13, 14]
    for name in ("labels", "weights"):
        of_codes = {"labels": lambda c: c.astype(float), "weights": lambda c: c[:, 0] + 1.0}[name]
        np.testing.assert_array_equal(getattr(part, name), of_codes(part.codes))
        np.testing.assert_array_equal(getattr(part, f"validation_{name}"), of_codes(part.validation_codes))
    assert part.offset is None
    assert part.folds is None


def test_all_data_can_validate():
    data = numbered().all_for_validation()
    assert data.validation_labels[:, 0].tolist() == list(range(15))
    assert data.validation_weights.tolist() == list(range(1, 16))
    assert len(data.labels) == 12


def test_copies_share_a_fold():
    dataset = measured(80)
    twins = replace(dataset, codes=np.concatenate((dataset.codes[:40], reverse_complement(dataset.codes[:40]))))
    folds = fold_numbers(twins, n_folds=4)
    assert np.bincount(folds).min() >= 12
    np.testing.assert_array_equal(folds[:40], folds[40:])


def test_penalties_are_the_median_of_the_parts():
    def of(position: float, anywhere: float, letters: int) -> LinearFit:
        zeros = np.ones(1)
        return LinearFit(strengths=((position,), (anywhere,)), intercepts=(zeros, zeros), letters=letters)

    found = average_fit([of(0.1, 4.0, 1), of(3.0, 0.2, 4), of(0.2, 1.0, 4)])
    assert found.strengths == ((0.2,), (1,))
    assert found.letters == 4
    assert found.intercepts[0].tolist() == [0]


def test_few_numbers_are_learned_from_to_the_end_and_their_noise_is_known():
    found = fit(measured(150))
    assert found.history["epoch"].tolist() == list(range(1, 9))
    assert any("5 parts left out in turn" in note for note in found.notes)
    fresh = measured(1000, seed=1)
    predicted = predict_values(found.model, fresh.codes)
    assert pearsonr(predicted[:, 0], fresh.values[:, 0]).statistic > 0.5
    assert predicted.mean() == pytest.approx(fresh.values.mean(), abs=0.35)
    residual = (predicted - fresh.values).std()
    assert found.model.output.noise[0] == pytest.approx(residual, rel=0.15)


def test_many_numbers_are_judged_on_the_validation_data():
    training = {"epochs": 2, "learning_rate": 0.02, "cross_fit_max_sequences": 100}
    found = fit(measured(150), fit_config(strands="forward", training=training))
    assert not any("left out in turn" in note for note in found.notes)
