"""Gradient descent on Lightning: one network, resumable after a kill, the same to the bit for one seed."""

import json
import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import safetensors.torch
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from motiflens.errors import ModelError
from motiflens.model.codes import reverse_complement
from motiflens.model.device import whole_float32
from motiflens.model.network import Network
from motiflens.shapes import Codes, Truth
from motiflens.training.batches import Batch, Rows, loader, part, summed
from motiflens.training.ema import EMA
from motiflens.training.keras_adam import keras_adam
from motiflens.training.lightning_env import keyboard_interrupts, quiet_lightning, same_determinism
from motiflens.training.schedule import EarlyStopping, PlateauSchedule
from motiflens.training.task import Compute, Record, Trained, TrainingData
from motiflens.training.training_config import TrainingConfig

_VALIDATION_BATCH = 64


class _Diverged(Exception):
    """The loss is no longer finite; says where and what to try."""


class _Trainee(pl.LightningModule):
    """The network, its running mean, the best weights so far and the history: all that a checkpoint must hold."""

    def __init__(
        self, network: Network, data: TrainingData, config: TrainingConfig, *, seed: int, stop_epoch: int | None
    ) -> None:
        super().__init__()
        self.network, self.data, self.config, self.seed, self.stop_epoch = network, data, config, seed, stop_epoch
        self.average = EMA(network, decay=config.ema_decay) if config.ema_decay else None
        self.epochs = config.epochs_for(len(data.labels))
        self.sparsity = config.sparsity_for(len(data.labels), strands=data.strands)
        self.history: list[Record] = []
        self.best: dict[str, Tensor] = {}
        self.sums = torch.zeros(3, dtype=torch.float64)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean loss of the sequences, weighted."""
        shifted = logits if batch.offset is None else logits + batch.offset[:, None]
        return (self.data.output.loss(shifted, batch.truth, reduction="none") * batch.weight).mean()

    def configure_optimizers(self) -> Any:
        c = self.config
        parameters = [p for p in self.network.parameters() if p.requires_grad]
        # One kernel for all weights; Lightning refuses to clip gradients for it in mixed precision.
        fused = self.device.type == "cpu" and not c.precision.endswith("mixed")
        if c.schedule == "plateau":
            return keras_adam(parameters, learning_rate=c.learning_rate, epsilon=c.adam_epsilon, fused=fused)
        optimizer = torch.optim.AdamW(parameters, lr=c.learning_rate, weight_decay=c.weight_decay, fused=fused or None)
        steps = self.epochs * len(self.train_dataloader())
        warmup = max(0.1, 2 / (steps + 1))  # OneCycleLR divides by the warm-up's steps less one
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, c.learning_rate, total_steps=steps + 1, pct_start=warmup
        )
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    def _seed(self, seed: int) -> None:
        # torch.manual_seed prints stack traces for devices that are not there: a tenth of a small step.
        torch.default_generator.manual_seed(seed) if self.device.type == "cpu" else torch.manual_seed(seed)

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        # Lightning runs the forward and backward pass in here, too.
        with self.network.training_step():
            super().optimizer_step(*args, **kwargs)

    def training_step(self, batch: Batch) -> Tensor:
        # By step and not by epoch: Lightning skips on_train_epoch_start when it resumes.
        self._seed(self.seed * 1_000_003 + self.global_step)
        codes, n = batch.codes, len(batch.codes)
        here = part()
        total = int(summed(torch.tensor(n, device=codes.device))) if here.world > 1 else n
        # Drawn for the whole batch, so that several processes do what one would do with it.
        reverse = here.of(torch.rand(total, 1, device=codes.device)) < 0.5 if self.data.strands == "both" else None
        if here.rank:  # dropout of its own
            self._seed(self.seed * 1_000_003 + self.global_step + 7919 * here.rank)
        if reverse is not None:
            codes = torch.where(reverse, reverse_complement(codes), codes)
        logits = self.network.logits_in_training(codes)
        loss = self.loss(logits, batch)
        self._check(loss)
        self._count(loss.detach(), logits.detach(), batch)
        return loss * (n * here.world / total)  # the mean over processes is the mean over sequences

    def _check(self, loss: Tensor) -> None:
        if not math.isfinite(loss.item()):
            raise _Diverged(
                f"the loss became {loss.item()} at step {self.global_step} of epoch {self.current_epoch + 1}: "
                f"try a smaller learning rate (now {self.config.learning_rate:g})"
            )

    def _count(self, loss: Tensor, logits: Tensor, batch: Batch) -> None:
        n = len(logits)
        row = (float(loss * n), float(self.data.output.score(logits, batch.truth).nansum()), n)
        self.sums += torch.tensor(row, dtype=torch.float64)

    def on_train_start(self) -> None:
        if self.average is not None:
            self.average.track(self.network)

    def on_train_batch_end(self, *_: Any) -> None:
        step = self.sparsity * self.trainer.optimizers[0].param_groups[0]["lr"]
        for parameter in self.network.sparse_parameters():
            parameter.data = functional.softshrink(parameter.data, step)
        if self.average is not None:
            self.average.update()

    def on_validation_epoch_start(self) -> None:
        self.training_sums = self.sums.clone()
        self.sums.zero_()

    def validation_step(self, batch: Batch) -> None:
        codes = batch.codes
        network = self.network if self.average is None else self.average.network
        logits = network.logits_in_training(codes)
        if self.data.strands == "both":
            logits = (logits + network.logits_in_training(reverse_complement(codes))) / 2
        self._count(self.loss(logits, batch), logits, batch)

    def on_validation_epoch_end(self) -> None:
        (loss, right, n), (val_loss, val_right, val_n) = summed(self.training_sums).tolist(), summed(self.sums).tolist()
        self._check(torch.tensor(val_loss))
        record = {"epoch": float(self.current_epoch + 1), "loss": loss / n, "val_loss": val_loss / val_n}
        if (name := self.data.output.score_name) is not None:
            record |= {name: right / n, f"val_{name}": val_right / val_n}
        record["learning_rate"] = float(self.trainer.optimizers[0].param_groups[0]["lr"])
        self.sums.zero_()
        self.history.append(record)
        if self.decision().improved:
            network = self.network if self.average is None else self.average.network
            self.best = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self.log("val_loss", record["val_loss"], prog_bar=True)

    def decision(self) -> "_Decision":
        """What to do after the last validation."""
        return _decide(self.history, self.config, stop_epoch=self.stop_epoch)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["motiflens"] = {"history": self.history, "best": self.best}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.history, self.best = checkpoint["motiflens"]["history"], checkpoint["motiflens"]["best"]

    def train_dataloader(self) -> DataLoader:
        data = self.data
        rows = _rows(data.codes, data.labels, weights=data.row_weights, offset=data.offset)
        return loader(rows, batch_size=self.config.batch_size, order=self._shuffled)

    def val_dataloader(self) -> DataLoader:
        data = self.data
        codes, truth, offset = data.validation_codes, data.validation_labels, data.validation_offset
        rows = _rows(codes, truth, weights=data.validation_row_weights, offset=offset)
        return loader(rows, batch_size=_VALIDATION_BATCH, order=np.arange, whole=False)

    def _shuffled(self, n: int) -> np.ndarray:
        # Asked of the module, since a resumed loader begins its first epoch before Lightning's set_epoch.
        return np.random.default_rng([self.seed, self.current_epoch]).permutation(n)


def _rows(codes: Codes, truth: Truth, *, weights: np.ndarray, offset: np.ndarray | None) -> Rows:
    given = None if offset is None else offset.astype(np.float32)
    return Rows(codes=codes, truth=truth, weights=weights.astype(np.float32), offset=given)


@dataclass(frozen=True, kw_only=True)
class _Decision:
    """Decision after a validation epoch: stop, new best, learning rate."""

    stop: bool
    improved: bool
    learning_rate: float


def _decide(history: list[Record], config: TrainingConfig, *, stop_epoch: int | None) -> _Decision:
    """Early stopping and plateau as functions of the whole history, so that a resumed run decides as a whole one.

    Where the number of epochs is given, it alone stops the training, and the last weights are the best.
    """
    stopping = EarlyStopping(patience=config.patience)
    plateau = PlateauSchedule(
        learning_rate=config.learning_rate,
        factor=config.plateau_factor,
        patience=config.plateau_patience,
        min_learning_rate=config.min_learning_rate,
    )
    stop, rate = False, config.learning_rate
    for record in history:
        stop, rate = stopping.step(record["val_loss"]), plateau.step(record["val_loss"])
    improved = stopping.best_epoch == len(history) - 1
    if stop_epoch is not None:
        stop, improved = len(history) >= stop_epoch, len(history) == stop_epoch
    return _Decision(stop=stop, improved=improved, learning_rate=rate)


class _ActOnHistory(Callback):
    """Stops training and sets the plateau's learning rate, also at the start of a resumed run."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._act(trainer, pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._act(trainer, pl_module)

    def _act(self, trainer: pl.Trainer, trainee: Any) -> None:
        decision = trainee.decision()
        trainer.should_stop = decision.stop
        if trainee.config.schedule == "plateau":
            for group in trainer.optimizers[0].param_groups:
                group["lr"] = decision.learning_rate


class _ReportProgress(Callback):
    """Reports the share of the epochs that is done after each batch, and the losses after each epoch."""

    def __init__(self, compute: Compute) -> None:
        self.compute = compute

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._report(trainer, pl_module, 0.0)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *rest: Any) -> None:
        self._report(trainer, pl_module, (rest[-1] + 1) / trainer.num_training_batches)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainee: Any = pl_module
        last = trainee.history[-1]
        losses = f"loss {last['loss']:.4f}, of validation {last['val_loss']:.4f}"
        self._report(trainer, pl_module, 1.0, f"epoch {last['epoch']:.0f} of {self._epochs(trainee)}: {losses}")

    def _report(self, trainer: pl.Trainer, trainee: Any, of_epoch: float, detail: str = "") -> None:
        done = (trainer.current_epoch + of_epoch) / self._epochs(trainee)
        self.compute.on_progress(min(1.0, done), detail)

    @staticmethod
    def _epochs(trainee: Any) -> int:
        return int(trainee.stop_epoch or trainee.epochs)


class _AtomicCheckpoint(TorchCheckpointIO):
    """Checkpoints appear whole or not at all."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        partial = f"{path}.partial"
        super().save_checkpoint(checkpoint, partial, storage_options)
        os.replace(partial, path)


def fit_network(
    network: Network,
    data: TrainingData,
    *,
    config: TrainingConfig,
    seed: int,
    compute: Compute,
    stop_epoch: int | None = None,
) -> Trained:
    """Train `network` in place; with a folder, resume there from the last whole epoch.

    With `stop_epoch`, training ends after that epoch of the schedule and keeps its weights, whatever the validation
    loss. Where the loss is no longer finite, training ends there with the best weights before, and a note records it.

    Raises:
        ModelError: the loss is no longer finite, and there are no weights before.
    """
    finished = compute.folder and compute.folder / "trained.safetensors"
    if finished and finished.exists():
        return _finished(network, finished)
    network.train()  # Lightning leaves a network that comes in evaluation mode there
    trainee = _Trainee(network, data, config, seed=seed, stop_epoch=stop_epoch)
    with torch.random.fork_rng(), warnings.catch_warnings(), quiet_lightning(), same_determinism(), whole_float32():
        warnings.filterwarnings("ignore", module="lightning")
        warnings.filterwarnings("ignore", message=r".*isinstance\(treespec, LeafSpec\).*")
        trainer = _trainer(trainee, config, compute)
        last = compute.folder and compute.folder / "last.ckpt"
        notes: list[str] = []
        try:
            with keyboard_interrupts():
                trainer.fit(trainee, ckpt_path=str(last) if last and last.exists() else None, weights_only=True)
        except _Diverged as error:
            if not trainee.best:
                raise ModelError(str(error)) from None
            best = min(trainee.history, key=lambda record: record["val_loss"])
            notes.append(f"{error}; the weights of epoch {best['epoch']:.0f}, the best before, are kept")
    network.load_state_dict(trainee.best)
    network.eval()
    if finished and part().rank == 0:
        partial = finished.with_suffix(".partial")
        metadata = {"history": json.dumps(trainee.history), "notes": json.dumps(notes)}
        safetensors.torch.save_file(trainee.best, partial, metadata)
        os.replace(partial, finished)
    return Trained(network=network, history=trainee.history, notes=notes)


def _finished(network: Network, path: Path) -> Trained:
    with safetensors.safe_open(path, "pt") as file:
        metadata = {name: json.loads(text) for name, text in file.metadata().items()}
    network.load_state_dict(safetensors.torch.load_file(path))
    return Trained(network=network.eval(), **metadata)


def _trainer(trainee: _Trainee, config: TrainingConfig, compute: Compute) -> pl.Trainer:
    callbacks: list[Callback] = [_ActOnHistory(), _ReportProgress(compute)]
    if compute.folder:
        callbacks.append(ModelCheckpoint(compute.folder, filename="last", enable_version_counter=False))
    return pl.Trainer(
        accelerator={"cuda": "gpu"}.get(compute.device, compute.device),
        devices=compute.devices,
        num_nodes=compute.nodes,
        strategy=_strategy(compute),
        precision=_precision(config, compute),
        use_distributed_sampler=False,
        max_epochs=trainee.epochs,
        callbacks=callbacks,
        plugins=[_AtomicCheckpoint()],
        gradient_clip_val=config.clip_gradient or None,
        deterministic=True,
        logger=False,
        enable_checkpointing=compute.folder is not None,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )


def _strategy(compute: Compute) -> Any:
    if compute.devices * compute.nodes == 1:
        return "auto"
    return DDPStrategy(process_group_backend="nccl" if compute.device == "cuda" else "gloo")


def _precision(config: TrainingConfig, compute: Compute) -> Any:
    if config.precision != "auto":
        return config.precision
    return "bf16-mixed" if compute.device == "cuda" and torch.cuda.is_bf16_supported() else "32-true"
