"""Test AUROC, MCC and calibration of a preset on every set of a folder of fixed splits, default settings.

    python benchmarks/models.py [--shared ../shared] [--sets uci-splice nfe2] [--seeds 1] [--first-seed 0]
        [--preset additive]

Reads splits/<set>/train.csv.gz and test.csv.gz (columns sequence, label); prints a JSON line a fit. `ece_of_truth` is
what the calibration error of these probabilities would be on average if they were true: far from 0 on few sequences.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
from results import Recorder, add_out

from motiflens.data.dataset import Dataset
from motiflens.data.read import dataset_from_sequences
from motiflens.data.splits import split_for_training
from motiflens.evaluation.calibration_error import calibration_error
from motiflens.evaluation.metrics import evaluate
from motiflens.evaluation.predictions import check_predictions
from motiflens.model.predict import predict_values
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.workflow.settings import Settings, settings_from


def read(file: Path, length: int | None) -> Dataset:
    """A split's file; sequences that carry two labels are left out, as motiflens refuses them."""
    table = pd.read_csv(file)
    labels = table.groupby("sequence")["label"].nunique()
    table = table[table["sequence"].map(labels) == 1]
    return dataset_from_sequences(table["sequence"].tolist(), table["label"].tolist(), length=length)


def longest(folder: Path) -> int | None:
    """The length to pad to, where a set has mixed lengths."""
    lengths = pd.concat(pd.read_csv(file)["sequence"].str.len() for file in folder.glob("t*.csv.gz"))
    return None if lengths.nunique() == 1 else int(lengths.max())


def ece_of_truth(probabilities: np.ndarray, classes: tuple[str, ...], *, draws: int = 100) -> float:
    """Mean calibration error of labels that are drawn from the probabilities (n, classes)."""
    rng, bounds = np.random.default_rng(0), probabilities.cumsum(axis=1)[:, :-1]
    errors = []
    for _ in range(draws):
        labels = (rng.random((len(bounds), 1)) > bounds).sum(axis=1)
        errors.append(calibration_error(check_predictions(labels, probabilities, classes), 1, seed=0).observed)
    return float(np.mean(errors))


def measure(folder: Path, settings: Settings, seed: int) -> dict:
    """Fit on train.csv.gz, score test.csv.gz."""
    length = longest(folder)
    train, test = (read(folder / f"{part}.csv.gz", length) for part in ("train", "test"))
    start = time.perf_counter()
    split = split_for_training(train, seed=seed)
    fitted = fit_model(
        train.take(split.train), train.take(split.val), config=settings.fit, seed=seed, compute=Compute()
    )
    seconds = time.perf_counter() - start
    probabilities = predict_values(fitted.model, test.codes)
    scores = evaluate(test.labels, probabilities, test.classes, seed=seed, draws=200).metrics
    mix = dict(fitted.model.members[0].named_parameters()).get("mix")
    return {
        "set": folder.name,
        "seed": seed,
        **{name: round(scores[name], 4) for name in ("auroc", "accuracy", "mcc", "ece", "log_loss")},
        "ece_of_truth": round(ece_of_truth(probabilities, test.classes), 4),
        "strands": fitted.model.strands,
        "position_weights": getattr(fitted.model.config, "position_weights", None),
        "mix": [] if mix is None else mix.detach().double().numpy().round(2).tolist(),
        "seconds": round(seconds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--preset", default="additive")
    parser.add_argument("--set", dest="overrides", nargs="*", default=[], help="settings, e.g. fit.ensemble=3")
    add_out(parser)
    args = parser.parse_args()
    record = Recorder(args.out)
    overrides = {"fit.network.preset": args.preset}
    overrides |= {key: json.loads(value) for key, value in (pair.split("=") for pair in args.overrides)}
    settings = settings_from(overrides)
    folders = [f for f in sorted((args.shared / "splits").iterdir()) if not args.sets or f.name in args.sets]
    for folder in folders:
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            record(measure(folder, settings, seed))


if __name__ == "__main__":
    main()
