"""Intervals of a deep ensemble against scikit-free arithmetic and against members drawn again."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from motiflens.errors import InputError
from motiflens.evaluation.assessment import agreement
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.ensemble import Model
from motiflens.model.network import Network
from motiflens.model.output import output_for
from motiflens.model.predict import EnsemblePrediction, predict_ensemble, predict_values


class Fixed(Network):
    """Logits that are looked up by a sequence's first base."""

    def __init__(self, table: np.ndarray) -> None:
        super().__init__(length=3, n_outputs=table.shape[1])
        self.table = nn.Parameter(torch.tensor(table, dtype=torch.float32))

    def forward(self, codes):
        return self.table[codes[:, 0].long()]


CODES = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]], np.uint8)


def ensemble(tables: np.ndarray) -> Model:
    """Tables (members, 4, n_outputs)."""
    classes = ("a", "b", "c")[: max(2, tables.shape[2])]
    return Model(members=[Fixed(t).eval() for t in tables], config=AdditiveConfig(), output=output_for(classes))


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_intervals_are_student_t_on_log_odds(n_outputs):
    tables = np.random.default_rng(n_outputs).normal(size=(4, 4, n_outputs)) * 2
    model = ensemble(tables)
    found = predict_ensemble(model, CODES)
    np.testing.assert_allclose(found.values, predict_values(model, CODES), rtol=1e-6)
    assert found.members.shape == (4, 3, max(2, n_outputs))
    for row in range(3):
        for column in range(found.low.shape[1]):
            p = found.members[:, row, column].astype(float)
            odds = np.log(p / (1 - p))
            low, high = stats.t.interval(0.95, 3, odds.mean(), odds.std(ddof=1) * np.sqrt(1.25))
            mean = found.values[row, column]
            assert found.low[row, column] == pytest.approx(min(1 / (1 + np.exp(-low)), mean), rel=1e-4)
            assert found.high[row, column] == pytest.approx(max(1 / (1 + np.exp(-high)), mean), rel=1e-4)


def test_another_member_falls_inside_nineteen_times_of_twenty():
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(400):
        tables = 1.0 + rng.normal(size=(6, 4, 1))
        found = predict_ensemble(ensemble(tables[:5]), CODES[:1])
        other = 1 / (1 + np.exp(-tables[5, 0, 0]))
        inside.append(found.low[0, 1] <= other <= found.high[0, 1])
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)


def test_extreme_logits_stay_numbers():
    found = predict_ensemble(ensemble(np.array([900.0, -900.0, 5.0]).reshape(3, 1, 1).repeat(4, 1)), CODES)
    assert np.isfinite([found.low, found.high]).all()
    assert (found.low <= found.values).all()
    assert (found.values <= found.high).all()


def test_one_network_has_no_interval():
    with pytest.raises(InputError, match="one network has no predictive interval: fit with --ensemble 3"):
        predict_ensemble(ensemble(np.zeros((1, 4, 1))), CODES)


def test_agreement_counts_votes():
    members = np.array([[[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]], [[0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]], np.float32)
    mean = members.mean(0)
    spread = np.array([[0.1], [0.2], [0.05]], np.float32)
    found = EnsemblePrediction(values=mean, low=mean - spread, high=mean + spread, members=members)
    assert agreement(found) == {"members": 2, "median_width": pytest.approx(0.2), "disagreements": 1}
