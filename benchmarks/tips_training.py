"""The measurements behind docs/explanations/choices.md: one JSON line a trial on stdout.

Usage: python benchmarks/tips_training.py [--shared FOLDER] EXPERIMENT ...
Experiments (default: all): presets, seeds, folds, starts, position_weights, strands, ensemble, size, negatives.
Sets: splice and promoter are bundled, simulated is made (2,000 x 60 bp); nfe2 comes from FOLDER/splits/nfe2
(train.csv.gz and test.csv.gz with the columns sequence and label), cropped to its central 101 bp, for 15 epochs.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from unittest import mock

import numpy as np
import torch
from baselines import load
from results import Recorder, add_out
from sklearn.metrics import roc_auc_score

from motiflens.data.dataset import Dataset
from motiflens.data.examples import load_promoter, load_splice
from motiflens.data.splits import k_folds, split_dataset, split_names
from motiflens.evaluation.assessment import assess
from motiflens.evaluation.baselines import fit_baselines
from motiflens.model.predict import predict_values
from motiflens.sequence.shuffle import dinucleotide_shuffle
from motiflens.simulation.bayes_rule import bayes_optimal
from motiflens.simulation.simulate import TUTORIAL, simulate
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.workflow.settings import settings_from

Row = dict[str, Any]
_KEPT = ("n", "accuracy", "auroc", "mcc", "log_loss")
_SIMULATED = replace(TUTORIAL, n=2000, length=60)
#: What suits each set, so that a trial need not choose.
_CHOSEN: dict[str, Row] = {
    "splice": {"fit.strands": "forward", "fit.network.position_weights": "per_base"},
    "promoter": {"fit.strands": "forward", "fit.network.position_weights": "per_base"},
    "nfe2": {"fit.strands": "both", "fit.network.position_weights": "none", "fit.training.epochs": 15},
    "simulated": {"fit.strands": "forward", "fit.network.position_weights": "none"},
}


def data_set(name: str, shared: Path) -> Dataset:
    """A set by name, with its split where the set fixes one."""
    match name:
        case "splice":
            return load_splice()
        case "promoter":
            return load_promoter()
        case "simulated":
            return simulate(_SIMULATED, seed=0).dataset
        case _:
            whole = load(shared / "splits" / name)
            first = (whole.length - 101) // 2
            return replace(whole, codes=np.ascontiguousarray(whole.codes[:, first : first + 101]))


def trial(dataset: Dataset, split: Any, options: Row, *, seed: int) -> Row:
    """Fit and score one model; no explanation, no report."""
    preset = options.get("fit.network.preset", "additive")
    if preset == "classic":  # its own recipe, which reads one strand and has no position weights
        options = {"fit.strands": "forward"}
    settings = settings_from(options | {"fit.network.preset": preset})
    start = time.perf_counter()
    fitted = fit_model(
        dataset.take(split.train), dataset.take(split.val), config=settings.fit, seed=seed, compute=Compute()
    )
    test = dataset.take(split.test)
    probabilities = predict_values(fitted.model, test.codes)
    found = assess(test.labels, probabilities, {}, classes=dataset.classes, seed=0, draws=20)
    row = {key: round(found["test"][key], 4) for key in _KEPT}
    called = np.count_nonzero(np.array(found["confusion"]).sum(axis=0))
    mixes = [cast(torch.Tensor, m.mix)[:, 0] for m in fitted.model.members] if preset == "additive" else []
    return row | {
        "classes_called": int(called),
        "motif_term": [round(float(mix[0]), 2) for mix in mixes] or None,
        "epochs": int(fitted.history["epoch"].max()),
        "seconds": round(time.perf_counter() - start, 1),
    }


def _sets(names: tuple[str, ...], shared: Path) -> Iterator[tuple[str, Dataset, Row]]:
    for name in names:
        yield name, data_set(name, shared), dict(_CHOSEN[name])


def presets(shared: Path) -> Iterator[Row]:
    """Classic against additive."""
    for name, dataset, options in _sets(("promoter", "nfe2", "splice", "simulated"), shared):
        split = split_dataset(dataset, seed=0)
        if name == "simulated":
            yield {
                "set": name,
                "preset": "bayes_optimal",
                "auroc": round(bayes_optimal(dataset.take(split.test), _SIMULATED).auroc, 4),
            }
        for preset in ("additive", "classic"):
            row = trial(dataset, split, options | {"fit.network.preset": preset}, seed=0)
            yield {"set": name, "preset": preset} | row


def seeds(shared: Path) -> Iterator[Row]:
    """The same split, other seeds of the network."""
    for name, dataset, options in _sets(("promoter",), shared):
        split = split_dataset(dataset, seed=0)
        for preset in ("additive", "classic"):
            for seed in range(5):
                row = trial(dataset, split, options | {"fit.network.preset": preset}, seed=seed)
                yield {"set": name, "preset": preset, "seed": seed} | row


def folds(shared: Path) -> Iterator[Row]:
    """Other splits, the same seed, beside the baselines."""
    for name, dataset, options in _sets(("promoter",), shared):
        for number, split in enumerate(k_folds(dataset, n_folds=5, seed=0)):
            row = trial(dataset, split, options, seed=0)
            simple = fit_baselines(dataset, split_names(dataset, split), strands="forward", seed=0)
            test = dataset.take(split.test)
            for baseline, model in simple.items():
                row[baseline] = round(float(roc_auc_score(test.labels, model.predict_proba(test.codes)[:, 1])), 4)
            yield {"set": name, "fold": number} | row


def starts(shared: Path) -> Iterator[Row]:
    """First-layer filters from discriminative k-mers, and from random numbers."""
    for name, dataset, options in _sets(("nfe2", "simulated"), shared):
        split = split_dataset(dataset, seed=0)
        for seed in range(3):
            yield {"set": name, "start": "k-mers", "seed": seed} | trial(dataset, split, options, seed=seed)
            with mock.patch("motiflens.training.recipes.initial_filters.discriminative_kmers", return_value=[]):
                yield {"set": name, "start": "random", "seed": seed} | trial(dataset, split, options, seed=seed)


def position_weights(shared: Path) -> Iterator[Row]:
    """Weights of a motif's position: none, smooth, per base."""
    for name, dataset, options in _sets(("splice",), shared):
        split = split_dataset(dataset, seed=0)
        for choice in ("none", "smooth", "per_base"):
            row = trial(dataset, split, options | {"fit.network.position_weights": choice}, seed=0)
            yield {"set": name, "position_weights": choice} | row


def strands(shared: Path) -> Iterator[Row]:
    """Both strands or the forward one."""
    for name, dataset, options in _sets(("splice", "nfe2"), shared):
        split = split_dataset(dataset, seed=0)
        for choice in ("forward", "both"):
            yield {"set": name, "strands": choice} | trial(dataset, split, options | {"fit.strands": choice}, seed=0)


def ensemble(shared: Path) -> Iterator[Row]:
    """One network and three, with the seeds that the ensemble uses."""
    for name, dataset, options in _sets(("nfe2",), shared):
        split = split_dataset(dataset, seed=0)
        for seed in range(3):
            yield {"set": name, "members": 1, "seed": seed} | trial(dataset, split, options, seed=seed)
        yield {"set": name, "members": 3, "seed": 0} | trial(dataset, split, options | {"fit.ensemble": 3}, seed=0)


def size(shared: Path) -> Iterator[Row]:
    """How many training sequences: subsets of splice, the same test set."""
    ((_, dataset, options),) = _sets(("splice",), shared)
    split = split_dataset(dataset, seed=0)
    rng = np.random.default_rng(0)
    learned = rng.permutation(np.concatenate([split.train, split.val]))
    for n in (100, 250, 500, 1000, len(learned)):
        part = learned[:n]
        fewer = replace(split, train=np.sort(part[n // 5 :]), val=np.sort(part[: n // 5]))
        yield {"set": "splice", "sequences": n} | trial(dataset, fewer, options, seed=0)


def negatives(shared: Path) -> Iterator[Row]:
    """Trained on dinucleotide shuffles or on real negatives; tested on both kinds."""
    ((_, dataset, options),) = _sets(("nfe2",), shared)
    split = split_dataset(dataset, seed=0)
    bound = dataset.labels == 1
    shuffled = dataset.codes.copy()
    # Part by part, so that no shuffle of a test sequence is trained on.
    for part in (split.train, split.val, split.test):
        inside, outside = part[bound[part]], part[~bound[part]]
        rows = np.resize(inside, len(outside))
        shuffled[outside] = dinucleotide_shuffle(dataset.codes[rows], seed=1)
    kinds = {"real": dataset, "shuffled": replace(dataset, codes=shuffled)}
    for kind, data in kinds.items():
        settings = settings_from(options)
        fitted = fit_model(data.take(split.train), data.take(split.val), config=settings.fit, seed=0, compute=Compute())
        for other, judged in kinds.items():
            test = judged.take(split.test)
            score = predict_values(fitted.model, test.codes)[:, 1]
            auroc = round(float(roc_auc_score(test.labels, score)), 4)
            yield {"set": "nfe2", "trained on": kind, "tested on": other, "auroc": auroc}


EXPERIMENTS: dict[str, Callable[[Path], Iterator[Row]]] = {
    f.__name__: f for f in (presets, seeds, folds, starts, position_weights, strands, ensemble, size, negatives)
}


def main() -> None:
    """Run the experiments named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT", default=list(EXPERIMENTS))
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    for name in options.experiments:
        for row in EXPERIMENTS[name](options.shared):
            record({"experiment": name} | row)


if __name__ == "__main__":
    main()
