"""The recipe of preset classic: another seed where one class is all it names; the temperature against a search."""

import numpy as np
import planted
import pytest
import torch
from scipy.optimize import minimize
from sklearn.metrics import log_loss
from trainings import fit_config, fitted

from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.network import Network
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits, predict_values
from motiflens.model.presets import build_network
from motiflens.training.recipes import classic as recipe
from motiflens.training.recipes.classic import calibrate
from motiflens.training.task import Task, Trained, TrainingData

CONFIG = ClassicConfig(widths=(3, 7), filters=6, dense=(8, 6))


@pytest.mark.parametrize("sureness", [0.05, 9.0])
@pytest.mark.parametrize(("classes", "strands"), [(2, "forward"), (2, "both"), (3, "forward")])
def test_temperature_and_shift_are_the_best_for_validation_data(classes, strands, sureness):
    torch.manual_seed(classes)
    dataset = planted.planted(200, 20, classes=classes)
    network = build_network(CONFIG, length=20, n_outputs=1 if classes == 2 else classes).eval()
    with torch.no_grad():
        network.output.weight.mul_(sureness)
    model = Model(members=[network], config=CONFIG, output=output_for(dataset.classes), strands=strands)
    before = predict_logits(model, dataset.codes).astype(float)
    data = TrainingData(
        codes=dataset.codes,
        labels=dataset.labels,
        validation_codes=dataset.codes,
        validation_labels=dataset.labels,
        class_weights=np.ones(classes),
        output=output_for(dataset.classes),
        strands=strands,
    )
    calibrate(network, data)
    after = predict_logits(model, dataset.codes)

    def loss(parameters: np.ndarray) -> float:
        logits = before * abs(parameters[0]) + parameters[1:]
        full = np.hstack((np.zeros_like(logits), logits)) if classes == 2 else logits
        p = np.exp(full - full.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        return -np.log(p[np.arange(200), dataset.labels]).sum() + recipe._PRIOR * (abs(parameters[0]) - 1) ** 2

    best = minimize(
        loss, np.r_[1.0, np.zeros(before.shape[1])], method="Nelder-Mead", options={"maxiter": 10_000, "fatol": 1e-9}
    )
    found = log_loss(dataset.labels, predict_values(model, dataset.codes)) * 200
    line = np.polyfit(before[:, 0], after[:, 0], 1)
    assert found + recipe._PRIOR * (line[0] - 1) ** 2 == pytest.approx(best.fun, abs=1e-3)
    np.testing.assert_allclose(after[:, 0], np.polyval(line, before[:, 0]), atol=1e-3)


def test_it_is_trained_again_while_it_names_one_class(monkeypatch):
    # Twice as many of one class: accuracy alone would not tell one name for all from a rule.
    dataset = planted.planted(120, 20)
    dataset = dataset.take(np.r_[np.flatnonzero(dataset.labels == 0), np.flatnonzero(dataset.labels == 1)[:30]])
    seeds: list[int] = []
    found: list[np.ndarray] = []
    real = recipe.train

    def train(task: Task, network: Network) -> Trained:
        seeds.append(task.seed)
        labels = task.data.validation_labels
        found.append((-np.ones_like(labels), np.ones_like(labels), labels - 0.5)[len(seeds) - 1])
        return real(task, network)

    monkeypatch.setattr(recipe, "train", train)
    monkeypatch.setattr(TrainingData, "validation_logits", lambda *_: found[-1][:, None].astype(float))
    notes = fitted(dataset, fit_config("classic"), seed=5).notes[1:]  # the first is about the weights
    assert seeds == [5, 1005, 2005]
    assert [note.split(":")[0] for note in notes] == ["seed 5", "seed 1005"]
    assert "trained again with seed 1005" in notes[0]


def test_one_class_to_the_end_is_noted(monkeypatch):
    monkeypatch.setattr(recipe, "_collapsed", lambda *_: True)
    notes = fitted(planted.planted(80, 20), fit_config("classic")).notes
    assert len(notes) == 3
    assert notes[-1].endswith("kept; try preset additive")
