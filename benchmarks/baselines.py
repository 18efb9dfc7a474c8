"""Test scores of the three baselines on fixed splits: one JSON line a set on stdout, then a table on stderr.

Usage: python benchmarks/baselines.py [--shared FOLDER] [SET ...]
FOLDER holds splits/SET/train.csv.gz and test.csv.gz with the columns sequence and label.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from results import Recorder, add_out

from motiflens.data.dataset import Dataset
from motiflens.evaluation.baselines import fit_baselines
from motiflens.evaluation.metrics import evaluate
from motiflens.sequence.alphabet import encode

BOTH_STRANDS = ("ienhancer", "human-cohn", "ctcf-vs-pu1", "nfe2", "tf-")


def load(folder: Path) -> Dataset:
    """One set with its split; shorter sequences are centred and padded with N."""
    parts = {name: pd.read_csv(folder / f"{name}.csv.gz") for name in ("train", "test")}
    table = pd.concat(parts.values(), ignore_index=True)
    longest = table.sequence.str.len().max()
    padding = (longest - table.sequence.str.len()) // 2
    padded = [("N" * left + text).ljust(longest, "N") for left, text in zip(padding, table.sequence, strict=True)]
    classes, labels = np.unique(table.label, return_inverse=True)
    return Dataset(
        codes=encode(padded),
        labels=labels,
        classes=tuple(str(name) for name in classes),
        ids=np.arange(len(table)).astype(str),
        split=np.repeat(list(parts), [len(part) for part in parts.values()]),
    )


def measure(folder: Path, *, seed: int) -> dict:
    """Scores of the baselines on one set."""
    dataset = load(folder)
    assert dataset.split is not None
    test = dataset.take(dataset.split == "test")
    strands: Literal["both", "forward"] = "both" if folder.name.startswith(BOTH_STRANDS) else "forward"
    start = time.perf_counter()
    baselines = fit_baselines(dataset, dataset.split, strands=strands, seed=seed)
    row: dict[str, Any] = {"set": folder.name, "strands": strands, "seconds": round(time.perf_counter() - start, 1)}
    for name, baseline in baselines.items():
        scores = evaluate(test.labels, baseline.predict_proba(test.codes), dataset.classes, seed=seed).metrics
        row[name] = {key: round(scores[key], 4) for key in ("accuracy", "auroc", "mcc", "log_loss")}
        row[name] |= {"auroc_ci": scores["ci"]["auroc"], "C": baseline.model.C, "converged": baseline.converged}
    return row


def main() -> None:
    """Measures the sets named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--seed", type=int, default=0)
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    splits = options.shared / "splits"
    for name in options.sets or sorted(folder.name for folder in splits.iterdir()):
        record(measure(splits / name, seed=options.seed))
    for row in record.rows:
        scores = (f"{v['auroc']:.3f}/{v['mcc']:.2f} (C {v['C']:g})" for v in row.values() if isinstance(v, dict))
        print(f"{row['set']:28}", *(f"{score:24}" for score in scores), f"{row['seconds']} s", file=sys.stderr)


if __name__ == "__main__":
    main()
