"""A synthetic but realistic run, written through the run API: the model is a position-wise log-odds table."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from make_example import Example
from make_motifs import hits_of, motif_record, motifs_of
from scipy.ndimage import uniform_filter1d
from sklearn.linear_model import LogisticRegression

from motiflens.data.audit.finding import Audit, Finding
from motiflens.evaluation.assessment import assess
from motiflens.evaluation.verdict import verdict
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.presets import build_network
from motiflens.model.store import save_model
from motiflens.run.folder import Attributions, Run, RunWriter
from motiflens.run.schema.checks import AuditRecord
from motiflens.run.schema.info import NetworkInfo, RunInfo, Source, Stage
from motiflens.run.schema.metrics import Metrics
from motiflens.sequence.alphabet import one_hot

SCALES = (3, 7, 15, 25)


def make_run(path: Path, example: Example, *, with_motifs: bool = True, force: bool = False) -> Run:
    """Write the run of a position-wise model of the example."""
    split = np.random.default_rng(1).choice(["train", "val", "test"], len(example.labels), p=[0.6, 0.2, 0.2])
    weights, bias = position_weights(example, split == "train")
    logits = bias + (weights[None] * one_hot(example.codes)[:, None]).sum((2, 3))
    probabilities = np.exp(logits - logits.max(1, keepdims=True))
    probabilities /= probabilities.sum(1, keepdims=True)
    test = split == "test"
    found = motifs_of(example, weights, test) if with_motifs else ([], [])
    with RunWriter(path, force=force, resume_key="fixture") as writer:
        save_model(writer.model_folder, position_model(example, weights, bias))
        writer.write(
            metrics=metrics_of(example, probabilities, split),
            history=history(),
            predictions=predictions_of(example, probabilities, split),
            motifs=motif_record(example, *found),
            meme="MEME version 4\n",
            hits=hits_of(example, found[0], test),
            attributions=attributions_of(example, weights, probabilities, test),
            audit=audit_of(example),
        )
        return writer.seal(info_of(example, split))


def position_model(example: Example, weights: np.ndarray, bias: np.ndarray) -> Model:
    """Weights (classes, 4, length) by position as a model of preset additive, its other terms silent."""
    output, length = output_for(example.classes), example.codes.shape[1]
    config = AdditiveConfig(widths=SCALES, filters=4, positional_kmer=1, kmer=1)
    network = build_network(config, length=length, n_outputs=output.n_outputs).eval()
    with torch.no_grad():
        by_output = (weights[1:] - weights[:1], bias[1:] - bias[:1]) if output.n_outputs == 1 else (weights, bias)
        network.position.weights[0].copy_(torch.tensor(by_output[0]))
        network.bias.copy_(torch.tensor(by_output[1]))
        network.mix.copy_(torch.tensor([0.0, 1.0, 0.0])[:, None].expand(3, output.n_outputs))
    return Model(members=(network,), config=config, output=output)


def audit_of(example: Example) -> AuditRecord:
    """Two findings; the first names the first record."""
    copies = Finding(
        name="copies",
        severity="warning",
        text="1 record with the sequence of another one",
        remedy="keep one of each",
        count=1,
        records=(str(example.ids[0]),),
    )
    gc = Finding(name="gc_content", severity="note", text="GC content alone tells the classes apart with AUROC 0.62")
    audit = Audit(findings=(copies, gc), records=len(example.labels), similarity="80 % identical letters")
    return AuditRecord.model_validate(audit)


def position_weights(example: Example, train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression by position: contributions (classes, 4, length) centred over the bases, and the biases."""
    x = one_hot(example.codes).reshape(len(example.codes), -1)
    fitted = LogisticRegression(C=0.05, max_iter=300).fit(x[train], example.labels[train])
    flat, bias = fitted.coef_, fitted.intercept_
    if len(flat) == 1:
        flat, bias = np.stack([-flat[0], flat[0]]) / 2, np.stack([-bias[0], bias[0]]) / 2
    weights = flat.reshape(len(flat), 4, -1)
    means = weights.mean(1, keepdims=True)
    return weights - means, bias + means.sum((1, 2))


def predictions_of(example: Example, probabilities: np.ndarray, split: np.ndarray) -> pd.DataFrame:
    names = np.array(example.classes)[example.labels]
    columns = {f"p_{name}": probabilities[:, c].round(6) for c, name in enumerate(example.classes)}
    return pd.DataFrame({"id": example.ids, "split": split, "label": names, **columns})


def attributions_of(example: Example, weights: np.ndarray, probabilities: np.ndarray, rows: np.ndarray) -> Attributions:
    """A row for each sequence and target: every class is a target, of two classes the second."""
    rng = np.random.default_rng(2)
    targets = np.array([1] if len(example.classes) == 2 else range(len(example.classes)))
    which = np.flatnonzero(rows)
    index, target = np.repeat(which, len(targets)), np.tile(targets, len(which))
    noise = 0.02 * rng.standard_normal((len(index), 4, example.codes.shape[1]))
    seen = weights[target] * (0.8 + 0.4 * rng.random((len(index), 1, 1))) + noise
    importance = np.abs(weights).max((0, 1))
    smooth = np.stack([uniform_filter1d(importance, w) for w in (3, 7, 15, 25)])
    attention = (smooth * (0.6 + 0.8 * rng.random((len(which), *smooth.shape)))).repeat(len(targets), axis=0)
    names = np.array(example.classes)
    return Attributions(
        hypothetical=(seen - seen.mean(1, keepdims=True)).astype(np.float32),
        codes=example.codes[index],
        ids=example.ids[index],
        target=names[target],
        label=names[example.labels[index]],
        probability=probabilities[index, target].astype(np.float32),
        method="in-silico mutagenesis",
        attention_widths=SCALES,
        attention=(attention / attention.sum((1, 2), keepdims=True)).astype(np.float32),
    )


def metrics_of(example: Example, probabilities: np.ndarray, split: np.ndarray) -> Metrics:
    y, p = example.labels[split == "test"], probabilities[split == "test"]
    rng = np.random.default_rng(3)
    shares = {"gc_content": 0.02, "kmer_logistic_regression": 0.35, "position_logistic_regression": 0.85}
    baselines = {name: softmix(p, rng, share) for name, share in shares.items()}
    metrics = assess(y, p, baselines, classes=example.classes, seed=0, draws=20)
    return Metrics.model_validate(metrics | {"verdict": verdict(metrics, counts=counts_of(example, split))})


def softmix(p: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Probabilities of a worse model: `share` of p and the rest noise."""
    mixed = share * p + (1 - share) * rng.dirichlet(np.ones(p.shape[1]), len(p))
    return mixed / mixed.sum(1, keepdims=True)


def counts_of(example: Example, split: np.ndarray) -> dict[str, dict[str, int]]:
    return {
        name: {c: int(((split == name) & (example.labels == i)).sum()) for i, c in enumerate(example.classes)}
        for name in ("train", "val", "test")
    }


def history(epochs: int = 32) -> pd.DataFrame:
    epoch = np.arange(1, epochs + 1)
    rng = np.random.default_rng(4)
    decay = np.exp(-epoch / 6)
    loss, val = 0.05 + 0.9 * decay, 0.12 + 0.8 * decay + 0.002 * epoch + 0.015 * rng.standard_normal(epochs)
    return pd.DataFrame(
        {
            "epoch": epoch,
            "loss": loss,
            "val_loss": val,
            "accuracy": 0.99 - 0.5 * decay,
            "val_accuracy": 0.955 - 0.45 * decay,
            "learning_rate": np.where(epoch < 24, 1e-3, 5e-4),
        }
    )


def bare_info(classes: tuple[str, ...] = ("no", "yes"), **changes: object) -> RunInfo:
    """run.json of a run that holds a model and nothing else."""
    given = {"command": "", "task": "binary", "positive": classes[-1:] and classes[-1], "explained": classes[1:]}
    return RunInfo.model_validate(given | {"classes": classes, "length": 200, "seed": 0} | changes)


def info_of(example: Example, split: np.ndarray) -> RunInfo:
    classes = example.classes
    output = output_for(classes)
    return RunInfo(
        created="2026-03-14T09:26:53+00:00",
        command="motiflens fit splice.csv.gz --out splice-run --seed 7",
        config={"model": {"preset": "additive", "filters": 64}, "training": {"epochs": 60, "batch_size": 64}},
        network=NetworkInfo(preset="additive"),
        parameters=12345,
        strands="forward",
        notes=("profile resolution 1 bp, chosen on validation loss",),
        seed=7,
        seeds=(7,),
        classes=classes,
        positive=output.positive,
        explained=tuple(classes[i] for i in output.explained),
        length=example.codes.shape[1],
        task=output.task,
        data=(Source(path="splice.csv.gz", sha256="3b1f" * 16, records=len(example.labels)),),
        counts=counts_of(example, split),
        device="cpu",
        stages=(
            Stage(name="read and audit", seconds=0.8, peak_memory_mb=310.2),
            Stage(name="train", seconds=74.2, peak_memory_mb=812.0),
            Stage(name="explain", seconds=12.9, peak_memory_mb=940.5),
        ),
        warnings=("185 sequences occur more than once; copies were kept on one side of the split.",),
    )
