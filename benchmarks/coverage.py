"""How often the 95 % intervals of the test figures cover the true value, on simulated test sets.

    python benchmarks/coverage.py [--repeats 1000] [--seed 2026] [--sizes 100 200] [--classes 2] [--again RESULT]

Scores of a class are normal; the classes are `separation` standard deviations apart. Probabilities are those of Bayes'
rule, or, not calibrated, those of twice its logits. A test set has fixed numbers of sequences of each class, as a
stratified split has: equal, or one in ten (of three classes, one in ten of two). The true value of a figure is that of
a million sequences; that of the calibration error, of right probabilities, is 0. Calibration is a statement about
labels given probabilities, so for `ece` the labels are drawn. A line a setting and size: for each figure the share of
intervals that cover, that lie above the truth, and that lie below it, in per cent. `--again` measures those settings of
100 sequences and more of which a result file has a figure below 92: of 576 shares a few are by chance.
"""

if __name__ != "__main__":  # numba asks for the package `coverage`, and finds this file beside other benchmarks
    raise ImportError("a benchmark, not the package coverage")

import argparse
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path

import numpy as np
from results import Recorder, Row, add_out
from scipy.special import softmax

from motiflens.evaluation.calibration_error import calibration_error
from motiflens.evaluation.metrics import N_DRAWS, evaluate
from motiflens.evaluation.predictions import check_predictions

SIZES = (20, 60, 100, 200, 1000)
SEPARATIONS = (0.5, 1.2, 3.0)
FIGURES = ("accuracy", "auroc", "auprc", "mcc", "f1", "log_loss", "brier", "ece")
CLASS_FIGURES = ("auroc", "auprc", "precision", "recall", "f1")
TRUTH = 1_000_000
LARGE, LEAST = 100, 92  # sequences from which so many per cent are wanted
CORNERS = {2: np.array([[0.0], [1.0]]), 3: np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])}
UNEQUAL = {2: np.array([0.9, 0.1]), 3: np.array([0.8, 0.1, 0.1])}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What test sets are drawn from."""

    classes: int
    separation: float
    balanced: bool
    calibrated: bool

    @property
    def shares(self) -> np.ndarray:
        return np.full(self.classes, 1 / self.classes) if self.balanced else UNEQUAL[self.classes]

    @property
    def names(self) -> tuple[str, ...]:
        return ("a", "b", "c")[: self.classes]

    def fixed_labels(self, n: int) -> np.ndarray:
        counts = np.floor(self.shares * n + 1e-9).astype(int)
        counts[0] += n - counts.sum()
        return np.repeat(np.arange(self.classes), counts)

    def drawn_labels(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return rng.choice(self.classes, n, p=self.shares)

    def probabilities(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        centres = self.separation * CORNERS[self.classes]
        scores = centres[labels] + rng.normal(size=(len(labels), centres.shape[1]))
        logits = scores @ centres.T - (centres**2).sum(axis=1) / 2 + np.log(self.shares)
        return softmax(logits if self.calibrated else 2 * logits, axis=1)


def settings() -> Iterator[Setting]:
    """Yield every setting."""
    for classes, separation, balanced, calibrated in product((2, 3), SEPARATIONS, (True, False), (True, False)):
        yield Setting(classes=classes, separation=separation, balanced=balanced, calibrated=calibrated)


def settings_below(result: Path) -> set[tuple[Setting, int]]:
    """Return the settings and sizes of a result file with a figure that is covered too rarely."""
    rows = json.loads(result.read_text())["rows"]
    names = [field.name for field in fields(Setting)]
    return {
        (Setting(**{name: row[name] for name in names}), row["n"])
        for row in rows
        if row["n"] >= LARGE and min(shares[0] for shares in row["coverage"].values()) < LEAST
    }


def figures_of(metrics: Row) -> dict[str, float]:
    """Return the figures of a test set and of each class, undefined ones left out."""
    found = {name: metrics[name] for name in FIGURES}
    for label, scores in metrics.get("per_class", {}).items():
        found |= {f"{name} of {label}": scores[name] for name in CLASS_FIGURES if scores[name] is not None}
    return found


def intervals_of(metrics: Row) -> dict[str, tuple[float, float]]:
    """Return the intervals of the same figures."""
    found = {name: tuple(metrics["ci"][name]) for name in FIGURES if name in metrics["ci"]}
    for label, scores in metrics.get("per_class", {}).items():
        found |= {f"{name} of {label}": tuple(interval) for name, interval in scores["ci"].items()}
    return found


def truth(setting: Setting, rng: np.random.Generator) -> dict[str, float]:
    """Return the true figures."""
    labels = setting.fixed_labels(TRUTH)
    probabilities = setting.probabilities(labels, rng)
    found = figures_of(evaluate(labels, probabilities, setting.names, seed=0, draws=2).metrics)
    return found | ({"ece": 0.0} if setting.calibrated else {})


def measure(setting: Setting, n: int, true: dict[str, float], *, repeats: int, seed: int) -> dict[str, list[float]]:
    """Return, for each figure, per cent of intervals that cover, lie above and lie below; none where there are none."""
    above, below, without = (dict.fromkeys(true, 0) for _ in range(3))
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, zlib.crc32(repr(setting).encode()), n, repeat])
        labels = setting.fixed_labels(n)
        probabilities = setting.probabilities(labels, rng)
        evaluation = evaluate(labels, probabilities, setting.names, seed=repeat, draws=N_DRAWS)
        intervals = intervals_of(evaluation.metrics)
        if "ece" in intervals:
            labels = setting.drawn_labels(n, rng)
            predictions = check_predictions(labels, setting.probabilities(labels, rng), setting.names)
            error = calibration_error(predictions, N_DRAWS, seed=repeat)
            intervals["ece"] = error.low, error.high
        for name, value in true.items():
            low, high = intervals.get(name, (None, None))
            if low is None or high is None:
                without[name] += 1
                continue
            above[name] += low > value + 1e-6
            below[name] += high < value - 1e-6
    found = {}
    for name in true:
        tried = repeats - without[name]
        if tried > repeats / 2:
            counts = tried - above[name] - below[name], above[name], below[name]
            found[name] = [round(100 * count / tried, 2) for count in counts]
    return found


def main() -> None:
    """Measure every setting and size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repeats", type=int, default=1000, help="test sets a setting and size")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--classes", type=int, nargs="+", choices=sorted(CORNERS), default=sorted(CORNERS))
    parser.add_argument("--again", type=Path, help="a result file whose settings below 92 are measured")
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    below = None if options.again is None else settings_below(options.again)
    for setting in settings():
        if setting.classes not in options.classes:
            continue
        sizes = [n for n in options.sizes if below is None or (setting, n) in below]
        true = truth(setting, np.random.default_rng(options.seed)) if sizes else {}
        for n in sizes:
            found = measure(setting, n, true, repeats=options.repeats, seed=options.seed)
            what = {"classes": setting.classes, "separation": setting.separation}
            what |= {"balanced": setting.balanced, "calibrated": setting.calibrated, "n": n}
            record(what | {"true": {name: round(value, 4) for name, value in true.items()}, "coverage": found})


if __name__ == "__main__":
    main()
