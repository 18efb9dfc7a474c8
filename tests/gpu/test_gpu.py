"""Prediction, explanation and training on a CUDA device give what they give on a CPU."""

import numpy as np
import pytest
import torch

from motiflens.explain.contributions import contributions, letter_contributions
from motiflens.explain.mutagenesis import mutagenesis
from motiflens.explain.pairs import PairPredictor
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.deep.config import DeepConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.presets import build_network
from motiflens.model.targets import ManyLabels, Numbers
from motiflens.training.loop import fit_network
from motiflens.training.recipes.settings import training_settings
from motiflens.training.task import Compute, TrainingData

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

FRONT = AdditiveConfig(position_weights="smooth")
CONFIGS = {"additive": FRONT, "classic": ClassicConfig(), "deep": DeepConfig(front=FRONT)}
CLASSES = ("a", "b", "c")
TOLERANCE = {"rtol": 1e-4, "atol": 1e-4}


@pytest.fixture(params=CONFIGS)
def preset(request):
    return request.param


@pytest.fixture
def codes():
    return np.random.default_rng(0).integers(0, 5, (24, 60)).astype(np.uint8)


def random_network(preset):
    torch.manual_seed(0)
    network = build_network(CONFIGS[preset], length=60, n_outputs=3)
    for parameter in network.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    return network


def random_model(preset):
    return Model(
        members=(random_network(preset).eval(),), config=CONFIGS[preset], output=output_for(CLASSES), strands="both"
    )


def test_predictions_and_explanations_equal_those_of_the_cpu(preset, codes):
    cpu, gpu = random_model(preset), random_model(preset).to("cuda")
    np.testing.assert_allclose(predict_logits(gpu, codes), predict_logits(cpu, codes), **TOLERANCE)
    expected, found = (mutagenesis(model, codes, target="b") for model in (cpu, gpu))
    np.testing.assert_allclose(found.deltas, expected.deltas, **TOLERANCE)
    assert not found.note
    if cpu.has_contributions:
        for function in (contributions, letter_contributions):
            expected, found = (function(model, codes, target="b").values for model in (cpu, gpu))
            np.testing.assert_allclose(found, expected, **TOLERANCE)


def truths():
    """An output and a truth of 24 sequences for each kind of thing that is predicted."""
    rng = np.random.default_rng(1)
    numbers, labels = rng.normal(3, 2, (24, 2)), rng.integers(0, 2, (24, 2)).astype(float)
    counts = rng.poisson(5, (24, 1)).astype(float)
    numbers[3, 1] = labels[4, 0] = np.nan
    return {
        "classes": (output_for(CLASSES), np.arange(24) % 3),
        "numbers": (Numbers(("a", "b"), centre=(3.0, 3.0), scale=(2.0, 2.0)), numbers),
        "counts": (Numbers(("a",), loss_name="poisson", centre=(1.6,), scale=(5.0,)), counts),
        "labels": (ManyLabels(("a", "b")), labels),
    }


@pytest.mark.parametrize("kind", ["classes", "numbers", "counts", "labels"])
def test_three_training_steps_equal_those_of_the_cpu(preset, codes, kind):
    output, truth = truths()[kind]
    data = TrainingData(
        codes=codes,
        labels=truth,
        validation_codes=codes[:6],
        validation_labels=truth[:6],
        class_weights=np.ones(3) if kind == "classes" else np.ones(0),
        output=output,
        strands="forward",
    )
    # Without dropout, whose random bits differ by device.
    drop = {"dropout": 0.0} if preset != "classic" else {"conv_dropout": 0.0, "dense_dropout": (0.0, 0.0)}
    # Adam divides each gradient by its own size: what rounding leaves before batch normalisation moves the classic
    # network's float32 weights by 1e-3 already between float32 and float64 on one CPU.
    precision = "64-true" if preset == "classic" else "32-true"
    settings = training_settings(preset).model_copy(
        update={"epochs": 1, "batch_size": 8, "precision": precision, "sparsity": 0.0}
    )
    weights = []
    for device in ("cpu", "cuda"):
        torch.manual_seed(0)
        config = CONFIGS[preset].model_copy(update=drop)
        if preset == "deep":
            config = config.model_copy(update={"front": FRONT.model_copy(update=drop)})
        network = build_network(config, length=60, n_outputs=output.n_outputs)
        trained = fit_network(network, data, config=settings, seed=0, compute=Compute(device=device), stop_epoch=1)
        weights.append({name: value.cpu().numpy() for name, value in trained.network.state_dict().items()})
    for name, expected in weights[0].items():
        np.testing.assert_allclose(weights[1][name], expected, err_msg=name, **TOLERANCE)


def test_variants_equal_those_of_the_cpu(preset, codes):
    cpu, gpu = random_model(preset), random_model(preset).to("cuda")
    changed = codes.copy()
    changed[:, 30] = (changed[:, 30] + 1) % 4
    expected, found = (PairPredictor(model).logits(codes, changed) for model in (cpu, gpu))
    np.testing.assert_allclose(found, expected, **TOLERANCE)
