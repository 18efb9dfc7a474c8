"""A run of two targets with replicates, written through the run API; nothing is trained."""

from pathlib import Path

import numpy as np
import torch
from make_run import SCALES, history

from motiflens.data.dataset import TargetDataset
from motiflens.evaluation.number_assessment import assess_numbers
from motiflens.evaluation.number_verdict import number_verdict
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.ensemble import Model
from motiflens.model.presets import build_network
from motiflens.model.store import save_model
from motiflens.model.targets import Numbers
from motiflens.run.folder import Attributions, Run, RunWriter
from motiflens.run.schema.info import NetworkInfo, RunInfo
from motiflens.run.schema.number_metrics import NumberMetrics
from motiflens.workflow.judge import predictions_table

TARGETS = ("K562", "HepG2")
LENGTH = 60


def make_measured_run(path: Path, n: int = 240) -> Run:
    """Write the run: predictions are the truth with an error, attributions are random."""
    rng = np.random.default_rng(0)
    split = rng.choice(["train", "val", "test"], n, p=[0.5, 0.1, 0.4])
    truth = rng.normal(size=(n, 2)) * [1.0, 20.0]
    replicates = truth[..., None] + rng.normal(size=(n, 2, 3)) * np.array([0.4, 8.0])[:, None]
    dataset = TargetDataset(
        codes=rng.integers(0, 4, (n, LENGTH)).astype(np.uint8),
        ids=np.array([f"element{i}" for i in range(n)]),
        values=np.where(rng.random((n, 2)) < 0.05, np.nan, replicates.mean(axis=2)),
        targets=TARGETS,
        replicates=replicates,
    )
    predicted = 0.8 * truth + rng.normal(size=(n, 2)) * [0.4, 8.0]
    test = dataset.take(split == "test")
    simple = {
        "gc_content": rng.normal(size=(len(test), 2)),
        "kmer_ridge": predicted[split == "test"] + [0.5, 10.0] * rng.normal(size=(len(test), 2)),
    }
    figures = assess_numbers(test, predicted[split == "test"], simple)
    known = np.isfinite(dataset.values)
    counts = {part: dict(zip(TARGETS, known[split == part].sum(0).tolist(), strict=True)) for part in np.unique(split)}
    metrics = NumberMetrics.model_validate(figures | {"verdict": number_verdict(figures, counts=counts)})
    with RunWriter(path, force=False, resume_key="fixture") as writer:
        save_model(writer.model_folder, _model())
        writer.write(
            metrics=metrics,
            history=history().drop(columns=["accuracy", "val_accuracy"]),
            predictions=predictions_table(dataset, split, predicted),
            attributions=_attributions(dataset, predicted, np.flatnonzero(split == "test"), rng),
        )
        return writer.seal(
            RunInfo(
                command="motiflens fit mpra.tsv --target K562,HepG2 --out measured",
                network=NetworkInfo(preset="additive"),
                strands="forward",
                seed=0,
                classes=TARGETS,
                positive=None,
                explained=TARGETS,
                unit="target units",
                length=LENGTH,
                task="regression",
                counts=counts,
                parts={part: int((split == part).sum()) for part in np.unique(split)},
            )
        )


def _model() -> Model:
    config = AdditiveConfig(widths=SCALES, filters=4, positional_kmer=1, kmer=1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_network(config, length=LENGTH, n_outputs=2).eval()
    output = Numbers(TARGETS, centre=(0.0, 0.0), scale=(1.0, 20.0))
    return Model(members=(network,), config=config, output=output)


def _attributions(
    dataset: TargetDataset, predicted: np.ndarray, rows: np.ndarray, rng: np.random.Generator
) -> Attributions:
    both, n = np.repeat(rows, 2), 2 * len(rows)
    seen = rng.normal(size=(n, 4, LENGTH)).astype(np.float32)
    attention = rng.random((n, len(SCALES), LENGTH)).astype(np.float32)
    names = np.tile(np.array(TARGETS), len(rows))
    return Attributions(
        hypothetical=seen - seen.mean(1, keepdims=True),
        codes=dataset.codes[both],
        ids=dataset.ids[both],
        target=names,
        label=names,
        probability=predicted[rows].reshape(-1).astype(np.float32),
        method="in-silico mutagenesis",
        attention_widths=SCALES,
        attention=attention / attention.sum((1, 2), keepdims=True),
    )
