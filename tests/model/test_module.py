"""Models as plain PyTorch modules: the same logits, traced and exported, read by tangermeme and captum."""

import itertools
import subprocess
import sys
import warnings
from pathlib import Path

import captum.attr
import numpy as np
import pytest
import tangermeme.predict
import tangermeme.saturation_mutagenesis
import torch

from motiflens.explain.mutagenesis import mutagenesis
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.codes import one_hot
from motiflens.model.config import NetworkConfig
from motiflens.model.deep.config import DeepConfig
from motiflens.model.ensemble import Model
from motiflens.model.module import PlainModule
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.presets import build_network

LENGTH = 24
FRONT = AdditiveConfig(widths=(3, 6), filters=4, position_weights="smooth", kmer=3)
CONFIGS: dict[str, NetworkConfig] = {
    "additive": FRONT,
    "classic": ClassicConfig(widths=(3, 6), filters=5, dense=(7, 6)),
    "deep": DeepConfig(front=FRONT, channels=5, context=3, dilations=(1, 2)),
}
CODES = np.random.default_rng(1).integers(0, 5, (9, LENGTH)).astype(np.uint8)
WITHOUT_N = np.minimum(CODES, 3)

EVERY_PRESET = pytest.mark.parametrize("preset", CONFIGS)
EVERY_TASK = pytest.mark.parametrize("classes", [2, 3])


def model(preset: str, *, classes: int = 2, strands: str = "both") -> Model:
    """Two networks with every weight drawn."""
    members = []
    for seed in range(2):
        torch.manual_seed(seed)
        network = build_network(CONFIGS[preset], length=LENGTH, n_outputs=1 if classes == 2 else classes).eval()
        for name, parameter in network.named_parameters():
            parameter.data += 0.3 * torch.randn_like(parameter)
            if name.endswith("mix"):
                parameter.data.abs_()
        members.append(network)
    return Model(members=members, config=CONFIGS[preset], output=output_for(tuple("abc"[:classes])), strands=strands)


@EVERY_PRESET
@EVERY_TASK
@pytest.mark.parametrize("strands", ["forward", "both"])
def test_logits_are_the_models(preset, classes, strands):
    built = model(preset, classes=classes, strands=strands)
    expected, module, codes = predict_logits(built, CODES), built.module(), torch.from_numpy(CODES)
    assert isinstance(module, torch.nn.Module)
    assert not module.training
    with torch.no_grad():
        np.testing.assert_allclose(module(one_hot(codes)), expected, rtol=0, atol=1e-5)
        np.testing.assert_allclose(module(codes), expected, rtol=0, atol=1e-5)


@EVERY_PRESET
def test_it_shares_the_weights(preset):
    built = model(preset)
    own = {id(parameter) for member in built.members for parameter in member.parameters()}
    assert {id(parameter) for parameter in built.module().parameters()} == own


def assert_same_function(found: torch.nn.Module, module: PlainModule) -> None:
    """On other sequences and another number of them than it was recorded with."""
    x = one_hot(torch.from_numpy(np.roll(CODES, 3, 1)[:5]))
    with torch.no_grad():
        np.testing.assert_allclose(found(x), module(x), rtol=0, atol=1e-5)


def trace_all() -> None:
    """Trace every preset for two and three classes."""
    for preset, classes in itertools.product(CONFIGS, (2, 3)):
        module = model(preset, classes=classes).module()
        assert_same_function(torch.jit.trace(module, one_hot(torch.from_numpy(CODES))), module)


def test_it_can_be_traced():
    """In another process: the types that this suite checks are not those of a tracer, whose sizes are tensors."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_module; test_module.trace_all()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@EVERY_PRESET
@EVERY_TASK
def test_it_can_be_exported(preset, classes):
    module = model(preset, classes=classes).module()
    batch = torch.export.Dim("batch", min=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        x = one_hot(torch.from_numpy(CODES))
        exported = torch.export.export(module, (x,), dynamic_shapes=({0: batch},)).module()
    assert_same_function(exported, module)


@EVERY_PRESET
@EVERY_TASK
def test_tangermeme_predicts_and_mutates_as_we_do(preset, classes):
    built = model(preset, classes=classes)
    module, x = built.module(), one_hot(torch.from_numpy(CODES))
    found = tangermeme.predict.predict(module, x, device="cpu")
    np.testing.assert_allclose(found, predict_logits(built, CODES), rtol=0, atol=1e-5)
    raw = tangermeme.saturation_mutagenesis.saturation_mutagenesis(module, x, device="cpu", raw_outputs=True)
    deltas = (raw.y_hat - raw.y0[:, None, None]).numpy()  # (n, 4, length, n_outputs)
    for index, target in enumerate(built.classes):
        towards = deltas @ built.output.target_weights()[index]
        np.testing.assert_allclose(mutagenesis(built, CODES, target=target).deltas, towards, rtol=0, atol=1e-4)


@EVERY_PRESET
@EVERY_TASK
def test_captums_integrated_gradients_sum_to_the_change_of_the_logit(preset, classes):
    built = model(preset, classes=classes)
    x, reference = (one_hot(torch.from_numpy(codes)) for codes in (WITHOUT_N, np.roll(WITHOUT_N, 1, 0)))
    output = built.n_outputs - 1
    method = captum.attr.IntegratedGradients(built.module())
    steps, bound = (1500, 0.02) if preset == "classic" else (50, 1e-4)  # relu and maxima have kinks
    found = method.attribute(x, baselines=reference, target=output, n_steps=steps, internal_batch_size=512)
    logits = predict_logits(built, WITHOUT_N)[:, output]
    change = logits - np.roll(logits, 1)
    np.testing.assert_allclose(found.sum((1, 2)), change, rtol=0, atol=bound * np.abs(change).mean())
