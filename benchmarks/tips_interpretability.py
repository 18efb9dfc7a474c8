"""The measurements behind docs/explanations/attention.md: one JSON line each on stdout.

Usage: python benchmarks/tips_interpretability.py [EXPERIMENT ...]
Experiments (default: all): bound, sum, planted, seeds. Everything is simulated or bundled with the package.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from results import Recorder, add_out
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from motiflens.data.dataset import Dataset
from motiflens.data.examples import load_splice
from motiflens.data.splits import Split, split_dataset
from motiflens.explain.attention import attention_maps
from motiflens.explain.contributions import contributions
from motiflens.explain.mutagenesis import mutagenesis
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits
from motiflens.simulation.simulate import TUTORIAL, Simulation, simulate
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.workflow.settings import settings_from

Row = dict[str, Any]
_LENGTH = 200


def fitted(dataset: Dataset, split: Split, options: Row, *, seed: int = 0) -> Model:
    """A model trained on the set's train and val parts."""
    config = settings_from(options).fit
    return fit_model(
        dataset.take(split.train), dataset.take(split.val), config=config, seed=seed, compute=Compute()
    ).model


def bound() -> Iterator[Row]:
    """What softmax can do with logits in [-1, 1] over 200 positions, whatever was learned."""
    high = math.e / (math.e + (_LENGTH - 1) / math.e)
    counts = np.arange(1, _LENGTH)
    entropies = []
    for k in counts:  # the entropy is least at a corner: k positions at +1, the others at -1
        weights = np.r_[np.full(k, math.e), np.full(_LENGTH - k, 1 / math.e)]
        weights /= weights.sum()
        entropies.append(-(weights * np.log(weights)).sum())
    yield {
        "largest weight": round(high, 4),
        "fewest positions (exp of entropy)": round(float(np.exp(min(entropies))), 1),
    }


def sum_() -> Iterator[Row]:
    """Whether the contributions of the additive model add up to its logit."""
    dataset = load_splice()
    split = split_dataset(dataset, seed=0)
    model = fitted(dataset, split, {"fit.strands": "forward", "fit.network.position_weights": "per_base"})
    test = dataset.take(split.test)
    logits = predict_logits(model, test.codes)
    for index, name in enumerate(model.classes):
        found = contributions(model, test.codes, target=name)
        expected = logits @ model.output.target_weights()[index]
        gap = np.abs(found.bias + found.values.sum(1) - expected)
        yield {"set": "splice", "target": name, "n": len(test), "largest gap in logits": float(f"{gap.max():.2g}")}


def planted() -> Iterator[Row]:
    """Compute attention and mutagenesis look on simulated positives, beside where the motif was planted."""
    simulation = simulate(replace(TUTORIAL, length=100), seed=0)
    dataset = simulation.dataset
    split = split_dataset(dataset, seed=0)
    for preset in ("additive", "classic"):
        options = {"fit.network.preset": preset, "fit.strands": "forward"}
        model = fitted(
            dataset, split, options | ({"fit.network.position_weights": "none"} if preset == "additive" else {})
        )
        rows = split.test[dataset.labels[split.test] == 1]
        rows = rows[predict_logits(model, dataset.codes[rows])[:, 0] > 0]  # called right: there is something to explain
        yield from ({"preset": preset} | row for row in _compared(model, simulation, rows))


def _compared(model: Model, simulation: Simulation, rows: np.ndarray) -> Iterator[Row]:
    codes = simulation.dataset.codes[rows]
    truth = _truth(simulation, rows)
    maps = attention_maps(model, codes)
    effect = mutagenesis(model, codes)
    importance = np.abs(effect.hypothetical).max(1)
    pictures = {f"attention, width {width}": maps.maps[:, i] for i, width in enumerate(maps.widths)}
    pictures |= {"attention, mean of scales": maps.maps.mean(1), "mutagenesis": importance}
    if model.config.preset == "additive":
        pictures["contributions"] = np.abs(contributions(model, codes).values)
    for name, values in pictures.items():
        share = values / values.sum(1, keepdims=True)
        entropy = -(share * np.log(np.maximum(share, 1e-12))).sum(1)
        yield {
            "picture": name,
            "n": len(rows),
            "AUROC of planted positions": _mean(roc_auc_score, truth, values),
            "share on planted positions": round(float((share * truth).sum(1).mean()), 3),
            "positions looked at (exp of entropy)": round(float(np.exp(entropy).mean()), 1),
            "Spearman with mutagenesis": _mean(lambda a, b: spearmanr(a, b)[0], values, importance),
        }
    yield {"picture": "chance", "share on planted positions": round(float(truth.mean()), 3)}


def _mean(score: Callable[..., float], first: np.ndarray, second: np.ndarray) -> float:
    """Mean over the sequences of a score of two rows."""
    return round(float(np.mean([score(a, b) for a, b in zip(first, second, strict=True)])), 3)


def _truth(simulation: Simulation, rows: np.ndarray) -> np.ndarray:
    """Whether a position (n, length) was planted."""
    at = {str(simulation.dataset.ids[row]): i for i, row in enumerate(rows)}
    truth = np.zeros((len(rows), simulation.dataset.length), bool)
    for site in simulation.planted:
        if site.sequence_id in at:
            truth[at[site.sequence_id], site.start : site.end] = True
    return truth


def seeds() -> Iterator[Row]:
    """How alike the explanations of two networks are that differ in the seed alone."""
    dataset = load_splice()
    split = split_dataset(dataset, seed=0)
    rows = split.test[:100]
    codes, own = dataset.codes[rows], [dataset.classes[i] for i in dataset.labels[rows]]
    options = {"fit.strands": "forward", "fit.network.position_weights": "per_base"}
    first, second = (
        mutagenesis(fitted(dataset, split, options, seed=seed), codes, target=own).hypothetical for seed in (0, 1)
    )
    each = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(first, second, strict=True)]
    yield {"set": "splice", "n": len(rows), "Pearson between seeds, median": round(float(np.median(each)), 3)}


EXPERIMENTS: dict[str, Callable[[], Iterator[Row]]] = {"bound": bound, "sum": sum_, "planted": planted, "seeds": seeds}


def main() -> None:
    """Run the experiments named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT", default=list(EXPERIMENTS))
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    for name in options.experiments:
        for row in EXPERIMENTS[name]():
            record({"experiment": name} | row)


if __name__ == "__main__":
    main()
