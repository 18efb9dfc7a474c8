"""The verdict on a model in sentences: how good it is, compared with what, and what to doubt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from motiflens.model.presets import DEFAULT_PRESET
from motiflens.words import BASELINES

Level = Literal["good", "caution", "poor"]

SMALL_TEST = 100
SMALL_CLASS = 25
SMALL_TRAINING = 500
WIDE_INTERVAL = 0.1
WEAK_AUROC = 0.7
HIGH_GC_AUROC = 0.7
IMBALANCE = 4.0
POOR_ECE = 0.05
NARROW_INTERVAL = 0.005  # median width of a predictive interval: the members are practically the same


@dataclass(frozen=True, kw_only=True)
class Point:
    """One thing to know, how serious it is, and the headline it makes unless a graver point has one."""

    text: str
    level: Level = "caution"
    headline: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Case:
    """What the rules judge: `metrics` as `assess` returns them, and facts about the data."""

    metrics: Mapping[str, Any]
    counts: Mapping[str, Mapping[str, int]]
    leaks: int
    shuffled_negatives: bool

    @property
    def test(self) -> Mapping[str, Any]:
        return self.metrics["test"]

    @property
    def confusion(self) -> np.ndarray:
        return np.array(self.metrics["confusion"])

    @property
    def sizes(self) -> dict[str, int]:
        """Test sequences of each class."""
        return dict(zip(self.metrics["classes"], self.confusion.sum(axis=1).tolist(), strict=True))

    @property
    def auroc(self) -> str:
        return f"AUROC {with_interval(self.test, 'auroc')}"

    @property
    def at_chance(self) -> bool:
        return "auroc" in self.test["ci"] and self.test["ci"]["auroc"][0] <= 0.5

    @property
    def best_baseline(self) -> str | None:
        scores = {name: scores["auroc"] for name, scores in self.metrics.get("baselines", {}).items()}
        defined = {name: auroc for name, auroc in scores.items() if auroc is not None}
        return max(defined, key=lambda name: defined[name]) if defined else None


def verdict(
    metrics: Mapping[str, Any],
    *,
    counts: Mapping[str, Mapping[str, int]],
    notes: Sequence[str] = (),
    leaks: int = 0,
    shuffled_negatives: bool = False,
) -> dict[str, Any]:
    """Judge a model: the score first, then what to doubt.

    Args:
        metrics: What `assess` returns.
        counts: Sequences of each class in "train", "val" and "test".
        notes: Notes of the data set, which are passed on.
        leaks: Number of test sequences with a near copy among the training sequences.
        shuffled_negatives: Whether the negatives are shuffled sequences.

    Returns:
        `headline`, `level` ("good", "caution" or "poor"), `points` of one to three sentences each, and `doubts`, those
        of them that warn, gravest first.
    """
    case = _Case(metrics=metrics, counts=counts, leaks=leaks, shuffled_negatives=shuffled_negatives)
    rules = (  # the first with a headline sets it
        _unmeasurable,
        _collapsed,
        _chance,
        _against_baselines,
        _interactions,
        _members,
        _small_test,
        _weak,
        _never_called,
        _wide_interval,
        _gc_content,
        _leaks,
        _shuffled_negatives,
        _small_training,
        _calibration,
        _imbalance,
    )
    score = _score(case)
    points = [point for rule in rules if (point := rule(case))]
    return composed(score, points, against=_against_baselines(case), notes=notes)


def composed(score: Point, points: Sequence[Point], *, against: Point | None, notes: Sequence[str]) -> dict[str, Any]:
    """Return the verdict of a score and of what to doubt: the first point with a headline sets it."""
    headlines = [point.headline for point in [*points, score] if point.headline][:1]
    if against and against.headline and against.headline not in headlines:
        headlines.append(against.headline)  # that a baseline wins is always in the headline
    return {
        "headline": " ".join(headlines),
        "level": max((point.level for point in [score, *points]), key=get_args(Level).index),
        "points": [point.text for point in [score, *points]] + list(notes),
        "doubts": [point.text for level in ("poor", "caution") for point in points if point.level == level],
    }


def _score(case: _Case) -> Point:
    n = case.test["n"]
    largest = max(case.sizes, key=lambda name: case.sizes[name])
    right = int(np.trace(case.confusion))
    bounds = [percent(bound) for bound in case.test["ci"].get("accuracy", [])]
    interval = f", 95 % interval {bounds[0]} to {bounds[1]}" if bounds else ""
    text = (
        f"{right} of {n} test sequences are called right ({percent(right / n)}{interval}); always guessing {largest} "
        f"would get {percent(case.sizes[largest] / n)}."
    )
    if case.test["auroc"] is None:
        return Point(text=text, level="good")
    how = next(
        word for limit, word in ((0.95, "very well"), (0.85, "well"), (-1, "moderately")) if case.test["auroc"] >= limit
    )
    best = case.metrics.get("comparisons", {}).get(case.best_baseline)
    above = ", better than every baseline" if best and best["low"] > 0 else ""
    return Point(
        text=f"{case.auroc}. {text}",
        level="good",
        headline=f"The model tells {listed(case.sizes)} apart {how}: {case.auroc}{above}.",
    )


def _unmeasurable(case: _Case) -> Point | None:
    absent = [name for name, size in case.sizes.items() if not size]
    if not absent:
        return None
    return Point(
        text=f"The test set has no sequence of {listed(absent)}: AUROC and all that needs every class are missing.",
        level="poor",
        headline=f"This test set cannot judge the model: it has no sequence of {listed(absent)}.",
    )


def _collapsed(case: _Case) -> Point | None:
    called = case.confusion.sum(axis=0)
    if np.count_nonzero(called) > 1 or sum(size > 0 for size in case.sizes.values()) == 1:
        return None
    name = case.metrics["classes"][int(called.argmax())]
    return Point(
        text=f"Every test sequence is called {name}: training collapsed to one class. Do not trust its motifs; try "
        "another preset or seed, more epochs or more data.",
        level="poor",
        headline=f"Not usable: the model calls every test sequence {name}.",
    )


def _chance(case: _Case) -> Point | None:
    if not case.at_chance:
        return None
    return Point(
        text="The interval of AUROC is not above 0.5, what guessing gets: nothing that the model shows is evidence of "
        "anything. A motif is worth what the counts of its own test say.",
        level="poor",
        headline=f"No better than guessing, as far as this test set can tell: {case.auroc}.",
    )


def _against_baselines(case: _Case) -> Point | None:
    best = case.best_baseline
    pair = case.metrics["comparisons"][best] if best else None
    if best is None or pair is None:
        return None
    name = BASELINES.get(best, best.replace("_", " "))
    baseline = f"AUROC {with_interval(case.metrics['baselines'][best], 'auroc')}"
    gap = f"difference {pair['difference']:+.3f}, 95 % interval {pair['low']:+.3f} to {pair['high']:+.3f}"
    if pair["low"] > 0:
        return Point(text=f"It beats the best baseline, {name} with {baseline} ({gap}).", level="good")
    if pair["high"] < 0:
        text = f"The best baseline, {name}, does better: {baseline} ({gap}). What it sees, the model misses."
        headline = f"A simpler method does better: {name} has {baseline}, the model {case.test['auroc']:.3f}."
    else:
        text = f"It is not measurably better than the best baseline, {name} with {baseline} ({gap})."
        headline = f"Not measurably better than a simple baseline: {case.auroc}; {name} has {baseline}."
    return Point(text=text, headline=headline)


def _interactions(case: _Case) -> Point | None:
    """Return what the model gains over the simpler one that it contains."""
    interactions = case.metrics.get("interactions")
    if not interactions or not interactions["comparison"]:
        return None
    pair = interactions["comparison"]
    gain = f"{pair['difference']:+.3f} AUROC [{pair['low']:+.3f}, {pair['high']:+.3f}]"
    nested = f"the simpler network inside it, {interactions['nested']['auroc']:.3f}"
    if pair["low"] > 0:
        return Point(text=f"Interactions matter here: {gain} over {nested}.", level="good")
    if pair["high"] < 0:
        return Point(text=f"The model loses to {nested}: {gain}. Use preset {DEFAULT_PRESET}.")
    return Point(
        text=f"Interactions do not matter here, as far as this test set can tell: {gain} over {nested}. "
        f"Preset {DEFAULT_PRESET} is as good and simpler to explain.",
        level="good",
    )


def _members(case: _Case) -> Point | None:
    ensemble = case.metrics.get("ensemble")
    if not ensemble:
        return None
    text = (
        f"The {ensemble['members']} networks of the ensemble call {ensemble['disagreements']} of {case.test['n']} test "
        f"sequences differently; the 95 % predictive interval of a probability is {ensemble['median_width']:.2f} "
        "wide in the median."
    )
    if ensemble["median_width"] >= NARROW_INTERVAL:
        return Point(text=text, level="good")
    return Point(
        text=f"{text} The networks are practically the same: of the model's terms only the motifs differ "
        "from member to member. Such an interval does not show how certain a prediction is."
    )


def _small_test(case: _Case) -> Point | None:
    n, smallest = case.test["n"], min(case.sizes.values())
    if not smallest or (n >= SMALL_TEST and smallest >= SMALL_CLASS):
        return None
    perfect = f" All {n} right still allows a true error rate of up to {percent(1 - 0.05 ** (1 / n))}."
    sizes = listed(f"{size} {name}" for name, size in case.sizes.items())
    intervals = " It is too small for intervals." if case.test.get("no_intervals") else ""
    text = (
        f"The test set is small ({sizes}): one sequence moves the accuracy by {percent(1 / n)}.{intervals}"
        f"{perfect if case.test['accuracy'] == 1 else ''} It cannot be concluded that the score holds on others, "
        "that the model is better or worse than one with a similar score, or that a motif found in a few sequences is "
        "more than chance. Repeat with other seeds (other splits) or get more sequences."
    )
    return Point(text=text, headline=f"Too few test sequences ({n}) to say how good the model is: {case.auroc}.")


def _weak(case: _Case) -> Point | None:
    if case.test["auroc"] is None or case.at_chance or case.test["auroc"] >= WEAK_AUROC:
        return None
    return Point(
        text="The classes are told apart only weakly; read the motifs as hints.",
        headline=f"The model tells {listed(case.sizes)} apart only weakly: {case.auroc}.",
    )


def _never_called(case: _Case) -> Point | None:
    called = case.confusion.sum(axis=0)
    never = [name for name, count in zip(case.sizes, called, strict=True) if count == 0 and case.sizes[name]]
    if not never or np.count_nonzero(called) == 1:
        return None
    return Point(text=f"No sequence is ever called {listed(never, 'or')}: that class is not learned.")


def _wide_interval(case: _Case) -> Point | None:
    if "auroc" not in case.test["ci"]:
        return None
    low, high = case.test["ci"]["auroc"]
    if high - low <= WIDE_INTERVAL:
        return None
    return Point(text=f"The interval of AUROC is wide ({low:.3f} to {high:.3f}): the true value may be anywhere in it.")


def _gc_content(case: _Case) -> Point | None:
    auroc = case.metrics.get("baselines", {}).get("gc_content", {}).get("auroc")
    if auroc is None or auroc < HIGH_GC_AUROC:
        return None
    return Point(
        text=f"GC content alone reaches AUROC {auroc:.3f}: the classes differ in base composition, and GC-rich or "
        "AT-rich motifs may only reflect this. Compare with negatives of matched GC content."
    )


def _leaks(case: _Case) -> Point | None:
    if not case.leaks:
        return None
    return Point(
        text=f"{case.leaks} of {case.test['n']} test sequences have a near copy among the training sequences: the "
        "score is inflated by memorised sequences. Split by group (column group)."
    )


def _shuffled_negatives(case: _Case) -> Point | None:
    if not case.shuffled_negatives:
        return None
    return Point(
        text="The negatives are shuffled sequences, not real DNA. Real DNA is easy to tell from shuffled DNA without "
        "knowing any binding site, so the score is too good: repeat with real sequences of matched length and GC "
        "content.",
    )


def _small_training(case: _Case) -> Point | None:
    n = sum(sum(case.counts.get(part, {}).values()) for part in ("train", "val"))
    if not 0 < n < SMALL_TRAINING:
        return None
    return Point(text=f"Only {n} sequences to learn from: another seed may find other motifs.")


def _calibration(case: _Case) -> Point | None:
    if case.test["ci"].get("ece", [0])[0] < POOR_ECE:
        return None
    return Point(
        text=f"The probabilities are off by {case.test['ece_debiased']:.2f} on average (calibration error, debiased): "
        "use them to rank sequences, not as chances.",
    )


def _imbalance(case: _Case) -> Point | None:
    sizes = {name: size for name, size in case.sizes.items() if size}
    rare, common = min(sizes, key=lambda name: sizes[name]), max(sizes, key=lambda name: sizes[name])
    if sizes[common] < IMBALANCE * sizes[rare]:
        return None
    return Point(
        text=f"There are {sizes[common] / sizes[rare]:.0f} times as many {common} as {rare}: accuracy is misleading; "
        "see the precision-recall curve and MCC.",
        level="good",
    )


def with_interval(scores: Mapping[str, Any], name: str) -> str:
    """Return a figure with its interval: 0.961 [0.950, 0.972]."""
    if name not in scores["ci"]:
        return f"{scores[name]:.3f}"
    low, high = scores["ci"][name]
    return f"{scores[name]:.3f} [{low:.3f}, {high:.3f}]"


def percent(fraction: float) -> str:
    """Return 61.4 %."""
    return f"{100 * fraction:.1f} %"


def listed(names: Iterable[str], last: str = "and") -> str:
    """Return a, b and c."""
    *others, end = names
    return f"{', '.join(others)} {last} {end}" if others else end
