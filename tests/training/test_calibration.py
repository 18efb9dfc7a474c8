"""The classic network's temperature against a search, and what it must not change."""

import numpy as np
import planted
import pytest
import torch
from scipy.optimize import minimize
from sklearn.metrics import log_loss

from motiflens.model.config import ClassicConfig
from motiflens.model.ensemble import Model, build_network
from motiflens.model.predict import predict_logits, predict_probabilities
from motiflens.training.calibration import PRIOR, calibrate
from motiflens.training.task import TrainingData

CONFIG = ClassicConfig(widths=(3, 7), filters=6, dense=(8, 6))


@pytest.mark.parametrize("sureness", [0.05, 9.0])
@pytest.mark.parametrize(("classes", "strands"), [(2, "forward"), (2, "both"), (3, "forward")])
def test_temperature_and_shift_are_the_best_for_validation_data(classes, strands, sureness):
    torch.manual_seed(classes)
    dataset = planted.planted(200, 20, classes=classes)
    network = build_network(CONFIG, length=20, heads=1 if classes == 2 else classes).eval()
    with torch.no_grad():
        network.output.weight.mul_(sureness)
    model = Model(members=[network], config=CONFIG, classes=dataset.classes, strands=strands)
    before = predict_logits(model, dataset.codes).astype(float)
    data = TrainingData(
        codes=dataset.codes,
        labels=dataset.labels,
        validation_codes=dataset.codes,
        validation_labels=dataset.labels,
        class_weights=np.ones(classes),
        both_strands=strands == "both",
    )
    calibrate(network, data)
    after = predict_logits(model, dataset.codes)

    def loss(parameters: np.ndarray) -> float:
        logits = before * abs(parameters[0]) + parameters[1:]
        full = np.hstack((np.zeros_like(logits), logits)) if classes == 2 else logits
        p = np.exp(full - full.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        return -np.log(p[np.arange(200), dataset.labels]).sum() + PRIOR * (abs(parameters[0]) - 1) ** 2

    best = minimize(
        loss, np.r_[1.0, np.zeros(before.shape[1])], method="Nelder-Mead", options={"maxiter": 10_000, "fatol": 1e-9}
    )
    found = log_loss(dataset.labels, predict_probabilities(model, dataset.codes)) * 200
    line = np.polyfit(before[:, 0], after[:, 0], 1)
    assert found + PRIOR * (line[0] - 1) ** 2 == pytest.approx(best.fun, abs=1e-3)
    np.testing.assert_allclose(after[:, 0], np.polyval(line, before[:, 0]), atol=1e-3)
