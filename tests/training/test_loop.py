"""Gradient descent: the same to the bit, also after a kill; stops at the best weights; says when it diverges."""

import itertools
import logging
import math
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from trainings import NETWORKS, SETTINGS, assert_same, data, run

from motiflens.errors import ModelError
from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.additive.terms import KmerTerm, PositionTerm
from motiflens.model.classic.network import ClassicNetwork
from motiflens.model.codes import reverse_complement
from motiflens.model.presets import build_network
from motiflens.training.loop import fit_network
from motiflens.training.recipes.settings import ADDITIVE
from motiflens.training.task import Compute, Trained, TrainingData

CLASSES = {"additive": AdditiveNetwork, "classic": ClassicNetwork}


def differ(one: Trained, other: Trained) -> bool:
    pairs = zip(one.network.state_dict().values(), other.network.state_dict().values(), strict=True)
    return any(not torch.equal(a, b) for a, b in pairs)


@pytest.fixture(scope="module", params=NETWORKS)
def whole(request) -> tuple[str, Trained]:
    """A preset, and its training without interruption or folder."""
    return request.param, run(request.param)


def test_a_seed_fixes_every_bit(whole):
    preset, trained = whole
    torch.manual_seed(99)  # the user's random numbers are of no consequence
    assert_same(run(preset), trained)
    assert differ(run(preset, seed=2, epochs=1), run(preset, epochs=1))
    assert not trained.network.training


@pytest.mark.parametrize("preset", NETWORKS)
def test_learns(preset):
    history = run(preset, epochs=15, patience=15).history
    assert history[-1]["loss"] < 0.95 * history[0]["loss"]
    assert history[-1]["val_loss"] < history[0]["val_loss"]
    assert [record["epoch"] for record in history] == list(range(1, 16))
    assert max(record["val_accuracy"] for record in history) > 0.7


def test_checkpoints_change_nothing_and_a_finished_stage_is_read_back(whole, tmp_path):
    preset, trained = whole
    compute = Compute(folder=tmp_path / "stage")
    assert_same(run(preset, compute=compute), trained)
    finished = compute.folder / "trained.safetensors"
    before = finished.stat().st_mtime_ns
    assert_same(run(preset, compute=compute), trained)
    assert finished.stat().st_mtime_ns == before
    finished.unlink()  # as if killed between the last epoch and the end
    assert_same(run(preset, compute=compute), trained)


def test_sparsity_is_the_proximal_step_of_the_lasso_on_the_filters_alone():
    one_step = {"schedule": "plateau", "ema_decay": 0.0, "epochs": 1, "batch_size": 195, "learning_rate": 0.01}
    dense, sparse = (run("additive", sparsity=sparsity, **one_step).network for sparsity in (0.0, 20.0))
    for name, was in dense.state_dict().items():
        found = sparse.state_dict()[name]
        if name.startswith("motif.filters"):
            weights = was.numpy()
            by_hand = np.sign(weights) * np.maximum(np.abs(weights) - 20 * 0.01, 0)
            np.testing.assert_allclose(found, by_hand, atol=1e-7)
            assert 0 < (found == 0).sum() < found.numel()
        else:
            assert torch.equal(found, was)


class Cut(Exception):
    """Stands in for a crash."""


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_crash_in_mid_epoch_is_resumed_from_its_last_checkpoint(whole, tmp_path, monkeypatch, epoch):
    preset, trained = whole
    steps = []
    real = CLASSES[preset].logits_in_training

    def failing(network: torch.nn.Module, *given: torch.Tensor) -> torch.Tensor:
        steps.append(network.training)
        if sum(steps) == epoch * 4 + 2:  # four training batches an epoch
            raise Cut
        return real(network, *given)

    compute = Compute(folder=tmp_path / "stage")
    with monkeypatch.context() as patched:
        patched.setattr(CLASSES[preset], "logits_in_training", failing)
        with pytest.raises(Cut):
            run(preset, compute=compute)
    assert (compute.folder / "last.ckpt").exists()
    assert_same(run(preset, compute=compute), trained)


CHILD = """
import sys
sys.path[:0] = [{tests!r}, {training!r}]
import torch
torch.set_num_threads(1)
from pathlib import Path
import trainings
from motiflens.training.task import Compute
trainings.run({preset!r}, compute=Compute(folder=Path({folder!r})), epochs=25, patience=25)
"""


@pytest.mark.parametrize(("preset", "kills"), [("additive", 2), ("classic", 1)])
def test_a_sigkill_changes_nothing(preset, kills, tmp_path):
    """Killed at random moments, then repeated in this process: the weights of an uninterrupted training."""
    folder = tmp_path / "stage"
    here = Path(__file__).parent
    code = CHILD.format(preset=preset, folder=str(folder), tests=str(here.parent), training=str(here))
    rng, checkpoint = random.Random(preset), folder / "last.ckpt"
    for _ in range(kills):
        seen = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        child = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 120
        while child.poll() is None and time.monotonic() < deadline:
            if checkpoint.exists() and checkpoint.stat().st_mtime_ns > seen:
                time.sleep(rng.uniform(0, 0.15))
                child.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
        error = child.communicate()[1]
        assert child.returncode == -signal.SIGKILL, error
    assert not (folder / "trained.safetensors").exists()
    long = {"epochs": 25, "patience": 25}
    assert_same(run(preset, compute=Compute(folder=folder), **long), run(preset, **long))


def validation_loss(trained: Trained, on: TrainingData) -> float:
    codes = torch.from_numpy(on.validation_codes)
    network = trained.network
    with torch.no_grad():
        logits = network.train(False)(codes)
        if on.strands == "both":
            logits = (logits + network(reverse_complement(codes))) / 2
    return float(
        torch.nn.functional.binary_cross_entropy_with_logits(
            logits[:, 0], torch.from_numpy(on.validation_labels).float()
        )
    )


def test_stops_early_and_keeps_the_best_weights():
    on = data(120)
    trained = run("classic", on=on, epochs=60, patience=3, learning_rate=0.05)
    losses = [record["val_loss"] for record in trained.history]
    best = int(np.argmin(losses))
    assert len(losses) < 60
    assert len(losses) == best + 1 + 3
    assert validation_loss(trained, on) == pytest.approx(losses[best], rel=1e-5)
    assert trained.best["val_loss"] == losses[best]


def test_plateau_halves_the_learning_rate():
    trained = run("classic", on=data(120), epochs=14, patience=14, plateau_patience=1, learning_rate=0.2)
    rates = [record["learning_rate"] for record in trained.history]
    assert rates[0] == 0.2
    assert rates[-1] < 0.2
    assert {round(a / b, 6) for a, b in itertools.pairwise(rates)} <= {1.0, 2.0}


def test_one_cycle_warms_up_and_anneals():
    rates = [record["learning_rate"] for record in run("additive", epochs=10, patience=10).history]
    assert max(rates) < 0.02 + 1e-9
    assert rates[-1] < 0.02 / 100


def test_a_network_in_evaluation_mode_trains_like_any_other():
    settings, trained = SETTINGS["classic"].model_copy(update={"epochs": 1}), []
    for training in (True, False):
        torch.manual_seed(0)
        network = build_network(NETWORKS["classic"], length=30, n_outputs=1).train(training)
        trained.append(fit_network(network, data(), config=settings, seed=1, compute=Compute()))
    assert_same(*trained)


@pytest.mark.parametrize("preset", NETWORKS)
def test_mixed_precision_trains_with_clipped_gradients(preset):
    assert math.isfinite(run(preset, epochs=1, precision="bf16-mixed", clip_gradient=1.0).best["val_loss"])


@pytest.mark.parametrize("n", [8, 80])
def test_a_handful_of_sequences_trains(n):
    assert len(run("additive", on=data(n), epochs=1).history) == 1


def test_weighted_classes_are_heard_more():
    on = data(260)
    even = run("additive", on=on)
    tilted = run("additive", on=replace(on, class_weights=np.array([0.2, 1.8])))
    codes = torch.from_numpy(on.validation_codes)
    with torch.no_grad():
        assert (tilted.network(codes) - even.network(codes)).mean() > 0.2
    expected = even.history[0]["loss"]
    assert tilted.history[0]["loss"] != pytest.approx(expected, rel=1e-3)


def test_the_loss_is_the_weighted_cross_entropy():
    on = replace(data(200, classes=3, strands="forward"), class_weights=np.array([0.5, 1.0, 1.5]))
    network = build_network(NETWORKS["additive"], length=30, n_outputs=3)
    codes, y = torch.from_numpy(on.codes), torch.from_numpy(on.labels)
    with torch.no_grad():
        each = torch.nn.functional.cross_entropy(network(codes), y, reduction="none")
    expected = float((each * torch.tensor([0.5, 1.0, 1.5])[y]).mean())
    config = ADDITIVE.model_copy(update={"epochs": 1, "batch_size": 150, "ema_decay": 0.0})
    dropout_free = network.config.model_copy(update={"dropout": 0.0})
    network.motif.config = dropout_free
    trained = fit_network(network, on, config=config, seed=0, compute=Compute())
    assert trained.history[0]["loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("preset", NETWORKS)
@pytest.mark.parametrize(("batch", "epoch", "step"), [(2, 1, 1), (5, 1, 4), (9, 2, 6), (11, 2, 8)])
def test_a_loss_that_is_not_finite_ends_the_training(preset, batch, epoch, step, monkeypatch, tmp_path):
    """An error in the first epoch; later the best weights before. The fifth and sixth batch are validation's."""
    calls, on = [], data(strands="forward")
    real = CLASSES[preset].logits_in_training

    def poisoned(network: torch.nn.Module, *given: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        if len(calls) == batch:
            for parameter in network.parameters():
                parameter.data.fill_(torch.nan)
        return real(network, *given)

    monkeypatch.setattr(CLASSES[preset], "logits_in_training", poisoned)
    message = rf"the loss became nan at step {step} of epoch {epoch}: try a smaller learning rate \(now 0.0[12]\)"
    compute = Compute(folder=tmp_path / "stage")
    if epoch == 1:
        with pytest.raises(ModelError, match=message):
            run(preset, on=on, compute=compute)
        assert not (compute.folder / "trained.safetensors").exists()
        return
    cut = run(preset, on=on, compute=compute)
    (note,) = cut.notes
    assert re.fullmatch(message + "; the weights of epoch 1, the best before, are kept", note)
    assert len(cut.history) == 1
    assert validation_loss(cut, on) == pytest.approx(cut.history[0]["val_loss"], rel=1e-5)
    monkeypatch.undo()
    assert run(preset, on=on, compute=compute).notes == [note]  # read back


def test_a_learning_rate_that_is_far_too_large_is_an_error_or_finite():
    with pytest.raises(ModelError, match=r"the loss became (nan|inf) at step"):
        run("classic", learning_rate=1e30, epochs=5)


def test_the_process_is_left_as_it_was(capfd):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    numpy = np.random.get_state()[1].copy()  # noqa: NPY002
    levels = [logging.getLogger(name).level for name in ("lightning.pytorch", "lightning.fabric")]
    handlers, directory = list(logging.getLogger().handlers), set(os.listdir())
    run("additive", epochs=1)
    assert torch.equal(torch.rand(3), expected)
    assert (np.random.get_state()[1] == numpy).all()  # noqa: NPY002
    assert not torch.are_deterministic_algorithms_enabled()
    assert levels == [logging.getLogger(name).level for name in ("lightning.pytorch", "lightning.fabric")]
    assert logging.getLogger().handlers == handlers
    assert set(os.listdir()) == directory  # no lightning_logs
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_progress_rises_to_the_end_and_each_epoch_is_a_detail(capfd):
    heard = []
    run("additive", epochs=3, compute=Compute(on_progress=lambda *both: heard.append(both)))
    shares, details = zip(*heard, strict=True)
    assert shares[0] == 0
    assert list(shares) == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    said = [text for text in details if text]
    assert [text.partition(":")[0] for text in said] == [f"epoch {n} of 3" for n in (1, 2, 3)]
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_ends_a_training_as_it_ends_everything_else():
    def interrupt(share: float, detail: str) -> None:
        if share and detail:
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run("additive", epochs=3, compute=Compute(on_progress=interrupt))
    assert signal.getsignal(signal.SIGINT) is before


def test_training_computes_no_term_that_is_fitted_later(monkeypatch):
    """Neither in its steps nor when it validates."""
    monkeypatch.setattr(PositionTerm, "contributions", None)
    monkeypatch.setattr(KmerTerm, "contributions", None)
    assert len(run("additive").history) == 4
