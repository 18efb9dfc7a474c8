"""How well explanations find planted truth: one JSON line a model and method.

    python benchmarks/truth.py [--n 20000] [--presets additive classic] [--ensemble 1] [--seed 0] [--explained 500]
                               [--methods NAME ...] [--keep DIR]

The third task of Koo & Ploenzke (2021): 200 bp; positives carry 3 to 5 sites of five core motifs of JASPAR (CEBPB,
GABPA, MAX, SP1, YY1) on either strand, and sites of other motifs; negatives carry as many sites, all of other motifs.
A position is true where a core site lies on it whose column has more than 0.1 bits. Over the positions of a test
positive, each method's contributions towards the positive class rank them: `auroc`, `auprc` (means over sequences),
`signal_to_noise` (mean contribution at true positions over mean |contribution| elsewhere). Then, for mutagenesis: the
area of the deletion curve beside that of the brute-force twin, rank correlation with permuted weights, and with
--ensemble 5 the correlation of the members' maps. --keep keeps the fitted models, or takes those that are there.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pyjaspar import jaspardb
from results import Recorder, add_out
from sklearn.metrics import average_precision_score, roc_auc_score

from motiflens.data.dataset import Dataset
from motiflens.explain.attention import attention_maps
from motiflens.explain.contributions import contributions, letter_contributions
from motiflens.explain.faithfulness import deletion_curve, randomised_correlation, seed_correlation
from motiflens.explain.gradients import deeplift, integrated_gradients, saliency
from motiflens.explain.mutagenesis import mutagenesis, mutagenesis_naive
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_values
from motiflens.model.store import load_model, save_model
from motiflens.sequence.alphabet import at_observed_letters
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.workflow.settings import settings_from

CORE = ("MA0466", "MA0062", "MA0058", "MA0079", "MA0095")
POOL, LENGTH = 100, 200
SHARES = {"train": 0.7, "val": 0.1, "test": 0.2}


@dataclass(frozen=True, kw_only=True)
class Task:
    """Codes (n, length), labels (n,), and which positions carry a core motif's information (n, length)."""

    codes: np.ndarray
    labels: np.ndarray
    truth: np.ndarray


def matrices() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Probabilities (width, 4) of the core motifs, and of a pool of others that is the same every time."""
    database = jaspardb(release="JASPAR2020")
    every = {m.base_id: m for m in database.fetch_motifs(collection="CORE", tax_group=["vertebrates"])}
    families = {every[name].tf_family[0] for name in CORE if every[name].tf_family}
    others = [m for name, m in sorted(every.items()) if name not in CORE and not families & set(m.tf_family or [])]
    chosen = np.random.default_rng(0).permutation(len(others))[:POOL]
    return [probabilities(every[name]) for name in CORE], [probabilities(others[i]) for i in chosen]


def probabilities(motif: Any) -> np.ndarray:
    counts = np.array([motif.counts[base] for base in "ACGT"]).T
    return counts / counts.sum(1, keepdims=True)


def make(n: int, *, seed: int) -> Task:
    """n sequences, half of them positives."""
    rng = np.random.default_rng(seed)
    core, others = matrices()
    codes = rng.integers(0, 4, (n, LENGTH)).astype(np.uint8)
    labels, truth = rng.permutation(np.arange(n) % 2), np.zeros((n, LENGTH), bool)
    for row in range(n):
        sites = rng.integers(3, 6)
        planted = [(others[rng.integers(len(others))], False) for _ in range(rng.integers(1, 4))]
        pool = core if labels[row] else others
        planted += [(pool[rng.integers(len(pool))], bool(labels[row])) for _ in range(sites)]
        place(codes[row], truth[row], [planted[i] for i in rng.permutation(len(planted))], rng)
    return Task(codes=codes, labels=labels.astype(np.int64), truth=truth)


def place(codes: np.ndarray, truth: np.ndarray, planted: list, rng: np.random.Generator) -> None:
    """Write sites side by side with random gaps, each on a random strand."""
    spare = LENGTH - sum(len(matrix) for matrix, _ in planted)
    while spare < 0:
        spare += len(planted.pop()[0])
    cuts = np.sort(rng.integers(0, spare + 1, len(planted)))
    at = 0
    for (matrix, is_core), gap in zip(planted, np.diff(cuts, prepend=0), strict=True):
        at += gap
        strand = matrix if rng.random() < 0.5 else matrix[::-1, ::-1]
        here = slice(at, at + len(matrix))
        codes[here] = (rng.random((len(matrix), 1)) >= strand.cumsum(1)[:, :3]).sum(1)
        if is_core:
            bits = 2 + (strand * np.log2(np.maximum(strand, 1e-9))).sum(1)
            truth[here] = bits > 0.1
        at += len(matrix)


def score(values: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Means over sequences; values and truth (n, length)."""
    signal = np.mean([v[t].mean() for v, t in zip(values, truth, strict=True)])
    noise = np.mean([np.abs(v[~t]).mean() for v, t in zip(values, truth, strict=True)])
    return {
        "auroc": round(float(np.mean([roc_auc_score(t, v) for v, t in zip(values, truth, strict=True)])), 4),
        "auprc": round(float(np.mean([average_precision_score(t, v) for v, t in zip(values, truth, strict=True)])), 4),
        "signal_to_noise": round(float(signal / noise), 3),
    }


#: Contributions (n, length) of codes (n, length) towards the positive class, by method.
METHODS: dict[str, Callable[[Model, np.ndarray], np.ndarray]] = {
    "mutagenesis": lambda m, x: at_observed_letters(mutagenesis(m, x, target=1).hypothetical, x),
    "mutagenesis, size of the effects": lambda m, x: np.linalg.norm(mutagenesis(m, x, target=1).deltas, axis=1),
    "contributions": lambda m, x: contributions(m, x, target=1).values,
    "contributions by letter": lambda m, x: letter_contributions(m, x, target=1).values,
    "attention, all scales": lambda m, x: attention_maps(m, x).total,
    "saliency": lambda m, x: at_observed_letters(saliency(m, x, target=1).hypothetical, x),
    "deeplift": lambda m, x: at_observed_letters(deeplift(m, x, target=1).hypothetical, x),
    "integrated gradients": lambda m, x: at_observed_letters(integrated_gradients(m, x, target=1).hypothetical, x),
}
SLOW = ("deeplift", "integrated gradients")


def measure(task: Task, preset: str, options: argparse.Namespace, record: Recorder) -> None:
    """Fit a preset; record a row per method, then one of checks."""
    overrides = {"fit.network.preset": preset, "fit.ensemble": options.ensemble}
    overrides |= {key: json.loads(value) for key, value in (pair.split("=", 1) for pair in options.set)}
    ends = np.cumsum([int(share * len(task.codes)) for share in SHARES.values()])
    names = ("background", "core")
    ids = np.array([f"s{i}" for i in range(len(task.codes))])
    data = Dataset(codes=task.codes, labels=task.labels, classes=names, ids=ids)
    rows = np.arange(len(ids))
    kept = options.keep and options.keep / f"{preset}-{len(ids)}-{options.seed}-{options.ensemble}"
    if kept and kept.exists():
        model, fit = load_model(kept), {}
    else:
        start = time.process_time()
        fitted = fit_model(
            data.take(rows[: ends[0]]),
            data.take(rows[ends[0] : ends[1]]),
            config=settings_from(overrides).fit,
            seed=options.seed,
            compute=Compute(),
        )
        model = fitted.model
        fit = {"fit_cpu_seconds": round(time.process_time() - start), "notes": list(fitted.notes)}
        if kept:
            save_model(kept, model)
    test = rows[ends[1] :]
    p = predict_values(model, task.codes[test])[:, 1]
    head = {"preset": preset, "n": len(ids), "seed": options.seed, "members": options.ensemble}
    quality = {"test_auroc": round(roc_auc_score(task.labels[test], p), 4), "strands": model.strands}
    record(head | quality | fit)
    some = test[task.labels[test] == 1][: options.explained]
    codes, truth = task.codes[some], task.truth[some]
    for name, attribute in METHODS.items():
        if options.methods and name not in options.methods:
            continue
        count = 50 if name in SLOW else len(some)
        if name.startswith("contributions") and preset == "classic":
            continue
        found = score(attribute(model, codes[:count]), truth[:count])
        record(head | {"method": name, "sequences": count} | found)
    if not options.methods:
        record(head | checks(model, codes[:100]))


def checks(model: Model, codes: np.ndarray) -> dict:
    """Faithfulness of mutagenesis on up to 100 positives; the twin's area on 10."""
    exact = mutagenesis(model, codes, target=1).hypothetical
    twin = mutagenesis_naive(model, codes[:10], target=1).hypothetical
    areas = [
        deletion_curve(model, codes[:10], at_observed_letters(m, codes[:10]), target=1).area for m in (exact[:10], twin)
    ]
    curve = deletion_curve(model, codes, at_observed_letters(exact, codes), target=1)
    permuted = randomised_correlation(model, codes, exact, target=1, repeats=5)
    return {
        "deletion_area": round(curve.area, 3),
        "random_area": round(curve.random_area, 3),
        "area_against_twin": round(areas[0] / areas[1] - 1, 5),
        "permuted_weights": permuted.round(3).tolist(),
        "seed_correlation": seed_correlation(model, codes, target=1),
    }


def main() -> None:
    """Measure all presets asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--presets", nargs="+", default=["additive", "classic"])
    parser.add_argument("--ensemble", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--explained", type=int, default=500, help="test positives to explain")
    parser.add_argument("--set", nargs="*", default=[], help="settings, e.g. fit.training.samples=100000")
    parser.add_argument("--methods", nargs="+", choices=METHODS, help="these alone, and no checks")
    parser.add_argument("--keep", type=Path, help="folder for the fitted models")
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    task = make(options.n, seed=options.seed)
    for preset in options.presets:
        measure(task, preset, options, record)


if __name__ == "__main__":
    main()
