"""Small runs of every kind that a report can carry, fitted on planted sequences in a minute each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from motiflens.sequence.alphabet import decode
from motiflens.workflow.fit import fit_files
from motiflens.workflow.settings import settings_from

MOTIFS = ("TGACTCA", "CACGTGAC", "GATAAGC")
LENGTH, N = 100, 600
QUICK: dict[str, Any] = {
    "fit.training.epochs": 4,
    "explain.discovery_sequences": 200,
    "explain.test_sequences": 200,
    "motifs.sequences": 400,
    "fit.strands": "forward",
}

#: As many as moving statistics of batch norm need; of fewer the network says the same to every sequence.
STEPS: dict[str, Any] = {"fit.training.epochs": 25, "fit.training.patience": 25, "fit.training.batch_size": 16}


def planted(seed: int, length: int = LENGTH) -> tuple[list[str], np.ndarray]:
    """Random sequences, and which of MOTIFS each holds (n, motifs)."""
    rng = np.random.default_rng(seed)
    there = rng.random((N, len(MOTIFS))) < 0.4
    texts = [decode(row) for row in rng.integers(0, 4, (N, length)).astype(np.uint8)]
    for i, row in enumerate(there):
        for k in np.flatnonzero(row):
            at = 10 + 28 * int(k) + int(rng.integers(0, 15))
            texts[i] = texts[i][:at] + MOTIFS[k] + texts[i][at + len(MOTIFS[k]) :]
    return texts, there


def _classes(there: np.ndarray, _: np.random.Generator) -> dict[str, Any]:
    return {"label": np.where(there[:, 0], "bound", "free")}


def _several(there: np.ndarray, _: np.random.Generator) -> dict[str, Any]:
    return {"label": np.where(there[:, 0], "one", np.where(there[:, 1], "two", "none"))}


def _numbers(there: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    noise = rng.normal(0, 0.5, (len(there), 2))
    return {"y": 2.0 * there[:, 0] + noise[:, 0], "z": there[:, 1] - 1.5 * there[:, 2] + noise[:, 1]}


def _labels(there: np.ndarray, _: np.random.Generator) -> dict[str, Any]:
    return {"A": there[:, 0].astype(int), "B": there[:, 1].astype(int)}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The columns that are learned, and the settings that make the run what it is."""

    columns: Callable[[np.ndarray, np.random.Generator], dict[str, Any]]
    settings: dict[str, Any] = field(default_factory=dict)
    length: int = LENGTH


KINDS = {
    "two classes": Kind(columns=_classes),
    "two classes, both strands": Kind(columns=_classes, settings={"fit.strands": "both"}),
    "three classes": Kind(columns=_several),
    "numbers": Kind(columns=_numbers, settings={"data.columns.target": ("y",)}),
    "numbers of two tasks": Kind(columns=_numbers, settings={"data.columns.target": ("y", "z")}),
    "several labels": Kind(columns=_labels, settings={"data.columns.labels": ("A", "B")}),
    "ensemble of three": Kind(columns=_classes, settings={"fit.ensemble": 3}),
    "two classes of 1,000 bp": Kind(columns=_classes, length=1000),
    "classic": Kind(columns=_classes, settings={"fit.network.preset": "classic"} | STEPS, length=200),
    "classic, both strands": Kind(
        columns=_classes, settings={"fit.network.preset": "classic", "fit.strands": "both"} | STEPS, length=200
    ),
}


def make_runs(folder: Path) -> list[Path]:
    """Fit a run of each kind into `folder`, those that are not there yet; return them."""
    runs = []
    for seed, (name, kind) in enumerate(KINDS.items()):
        out = folder / name
        runs.append(out)
        if (out / "report.html").exists():
            continue
        texts, there = planted(seed, kind.length)
        table = folder / f"{name}.csv"
        pd.DataFrame({"sequence": texts, **kind.columns(there, np.random.default_rng(seed))}).to_csv(table, index=False)
        fit_files([str(table)], out, settings=settings_from(QUICK | kind.settings), force=True)
    return runs
