"""The verdict on a model of numbers in sentences: how much it explains, compared with what, and what to doubt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motiflens.evaluation.verdict import Point, composed, listed, percent, with_interval
from motiflens.words import BASELINES, EXPOSURE

SMALL_TEST = 100
SMALL_TRAINING = 1000
WIDE_INTERVAL = 0.15
WEAK = 0.3  # Pearson's correlation
COVERAGE = (0.90, 0.98)
GC_R2 = 0.2
LOW_CEILING = 0.5


@dataclass(frozen=True, kw_only=True)
class _Case:
    """What the rules judge: `metrics` as `assess_numbers` returns them, and facts about the data."""

    metrics: Mapping[str, Any]
    counts: Mapping[str, Mapping[str, int]]
    leaks: int

    @property
    def test(self) -> Mapping[str, Mapping[str, Any]]:
        """Figures by target."""
        blocks: Mapping[str, Mapping[str, Any]] = self.metrics["test"]
        return blocks

    def pearson(self, name: str) -> str:
        """Return the correlation of a target with its interval, and the target where there are several."""
        shown = with_interval(self.test[name], "pearson") if self.test[name]["pearson"] is not None else "undefined"
        return f"{shown} for {name}" if len(self.test) > 1 else shown

    @property
    def correlations(self) -> str:
        """The correlations of all targets, in words."""
        return f"Pearson {listed(self.pearson(name) for name in self.test)}"

    def best_baseline(self, name: str) -> str | None:
        """Return the baseline with the highest correlation for a target; the exposure is part of all of them."""
        baselines = {key: of for key, of in self.metrics.get("baselines", {}).items() if key != EXPOSURE}
        known = {key: blocks[name]["pearson"] for key, blocks in baselines.items()}
        defined = {key: value for key, value in known.items() if value is not None}
        return max(defined, key=lambda key: defined[key]) if defined else None

    def against(self, name: str) -> Mapping[str, Any] | None:
        """Return the comparison with the best baseline of a target."""
        best = self.best_baseline(name)
        pair: Mapping[str, Any] | None = self.metrics["comparisons"][best][name] if best else None
        return pair

    def by_exposure(self, name: str) -> float | None:
        """Return the R2 of the exposure alone, of a count that has one."""
        block = self.metrics.get("baselines", {}).get(EXPOSURE, {}).get(name)
        return None if block is None or block["r2"] is None else max(0.0, block["r2"])

    def beyond_exposure(self, name: str) -> Mapping[str, Any] | None:
        """Return the comparison with the exposure alone, of a count that has one."""
        pair: Mapping[str, Any] | None = self.metrics.get("comparisons", {}).get(EXPOSURE, {}).get(name)
        return pair


def number_verdict(
    metrics: Mapping[str, Any],
    *,
    counts: Mapping[str, Mapping[str, int]],
    notes: Sequence[str] = (),
    leaks: int = 0,
) -> dict[str, Any]:
    """Judge a model of numbers: the score first, then what to doubt.

    Args:
        metrics: What `assess_numbers` returns.
        counts: Sequences with a value of each target in "train", "val" and "test".
        notes: Notes of the data set, which are passed on.
        leaks: Number of test sequences with a near copy among the training sequences.

    Returns:
        As `verdict.verdict`.
    """
    case = _Case(metrics=metrics, counts=counts, leaks=leaks)
    against = _against_baselines(case)
    rules = (_collapsed, _chance, _exposure, lambda _: against, _interactions, _ceiling, _coverage, _small_test, _weak)
    further = (_wide_interval, _scale, _gc_content, _leaks, _small_training)
    points = [point for rule in (*rules, *further) if (point := rule(case))]
    return composed(_score(case), points, against=against, notes=notes)


def _score(case: _Case) -> Point:
    parts = []
    for name, block in case.test.items():
        explained = "" if block["r2"] is None else f" (R2 {with_interval(block, 'r2')})"
        error = f"typical error {block['rmse']:.3g} (RMSE) in units of {name}"
        ranks = "" if block["spearman"] is None else f", Spearman {with_interval(block, 'spearman')}"
        parts.append(f"{case.pearson(name)}{explained}{ranks}, {error}, {block['n']} test sequences")
    pairs = [case.against(name) for name in case.test]
    above = ", better than every baseline" if all(pair and pair["low"] > 0 for pair in pairs) else ""
    shares = listed(_explained(case, name) for name, block in case.test.items() if block["r2"] is not None)
    what = listed(case.test)
    headline = f"The model explains {shares} of the variance of {what}: {case.correlations}{above}."
    return Point(text=f"Pearson {'; '.join(parts)}.", level="good", headline=headline)


def _explained(case: _Case, name: str) -> str:
    """The share of the variance explained, and what of it the exposure alone explains."""
    alone, share = case.by_exposure(name), percent(max(0.0, case.test[name]["r2"]))
    return share if alone is None else f"{share} (the exposure alone {percent(alone)})"


def _collapsed(case: _Case) -> Point | None:
    flat = [name for name, block in case.test.items() if block["pearson"] is None]
    if not flat:
        return None
    return Point(
        text=f"Correlations are undefined for {listed(flat)}: the predictions, or the measured values of the test set, "
        "are all equal.",
        level="poor",
        headline=f"Not usable for {listed(flat)}: the predictions or the measured values do not vary.",
    )


def _chance(case: _Case) -> Point | None:
    low = {name: block["ci"].get("pearson", [1.0])[0] for name, block in case.test.items()}
    none = [name for name, value in low.items() if value <= 0]
    if not none:
        return None
    return Point(
        text=f"The interval of Pearson's correlation is not above 0 for {listed(none)}: what the model shows of it, "
        "motifs included, is no evidence of anything.",
        level="poor",
        headline=f"No better than guessing for {listed(none)}, as far as this test set can tell: {case.correlations}.",
    )


def _against_baselines(case: _Case) -> Point | None:
    sentences, worse, equal = [], [], []
    for name in case.test:
        best, pair = case.best_baseline(name), case.against(name)
        if best is None or pair is None:
            continue
        block = case.metrics["baselines"][best][name]
        gap = f"difference {pair['difference']:+.3f}, 95 % interval {pair['low']:+.3f} to {pair['high']:+.3f}"
        known = f"{BASELINES.get(best, best)} with Pearson {with_interval(block, 'pearson')} ({gap})"
        of = f" for {name}" if len(case.test) > 1 else ""
        if pair["low"] > 0:
            sentences.append(f"It beats the best baseline{of}, {known}.")
        elif pair["high"] < 0:
            worse.append(f"{BASELINES.get(best, best)} has Pearson {block['pearson']:.3f}{of}")
            sentences.append(f"The best baseline{of} does better: {known}. What it sees, the model misses.")
        else:
            equal.append(f"{BASELINES.get(best, best)} has Pearson {block['pearson']:.3f}{of}")
            sentences.append(f"It is not measurably better than the best baseline{of}, {known}.")
    if not sentences:
        return None
    text = " ".join(sentences)
    if worse:
        return Point(
            text=text, headline=f"A simpler method does better: {listed(worse)}, the model {case.correlations}."
        )
    if equal and len(equal) == len(sentences):
        return Point(
            text=text, headline=f"Not measurably better than a simple baseline: {case.correlations}; {listed(equal)}."
        )
    return Point(text=text, level="caution" if equal else "good")


def _interactions(case: _Case) -> Point | None:
    found = case.metrics.get("interactions")
    if not found:
        return None
    gains = [
        f"{pair['difference']:+.3f} [{pair['low']:+.3f}, {pair['high']:+.3f}] for {name}"
        for name, pair in found["comparison"].items()
        if pair
    ]
    if not gains:
        return None
    text = f"Over the simpler network inside it the model gains {listed(gains)} in Pearson's correlation."
    return Point(text=text, level="good")


def _ceiling(case: _Case) -> Point | None:
    sentences, low = [], False
    for name, block in case.test.items():
        ceiling, share = block.get("replicate_ceiling"), block.get("explained_of_ceiling")
        if not ceiling:
            continue
        low |= ceiling["r2"] < LOW_CEILING
        bounds = " to ".join(percent(end) for end in ceiling["ci"]["r2"])
        explained = "" if share is None else f": the model explains {percent(max(0.0, share))} of what can be explained"
        sentences.append(
            f"By the agreement of its {ceiling['replicates']} replicates (Pearson {ceiling['replicate_pearson']:.3f}), "
            f"{percent(ceiling['r2'])} ({bounds}) of the variance of {name} is not noise{explained}."
        )
    return Point(text=" ".join(sentences), level="caution" if low else "good") if sentences else None


def _coverage(case: _Case) -> Point | None:
    ensemble = case.metrics.get("ensemble")
    if not ensemble:
        return None
    shares = {name: entry["covered"] for name, entry in ensemble["targets"].items()}
    text = "The 95 % predictive intervals hold " + listed(
        f"{percent(share)} of the measurements of {name}" for name, share in shares.items()
    )
    right = all(COVERAGE[0] <= share <= COVERAGE[1] for share in shares.values())
    return Point(
        text=f"{text}." + ("" if right else " They are not of the right width."), level="good" if right else "caution"
    )


def _small_test(case: _Case) -> Point | None:
    small = {name: block["n"] for name, block in case.test.items() if block["n"] < SMALL_TEST}
    if not small:
        return None
    sizes = listed(f"{n} with a value of {name}" for name, n in small.items())
    return Point(
        text=f"The test set is small ({sizes}): it cannot be concluded that the score holds on others, or that "
        "the model is better or worse than one with a similar score. Repeat with other seeds or measure more.",
        headline=f"Too few test sequences to say how good the model is: {case.correlations}.",
    )


def _weak(case: _Case) -> Point | None:
    weak = [name for name, b in case.test.items() if b["pearson"] is not None and b["pearson"] < WEAK]
    if not weak:
        return None
    return Point(
        text=f"The predictions of {listed(weak)} are weak: read its motifs as hints.",
        headline=f"The model predicts {listed(weak)} only weakly: {case.correlations}.",
    )


def _wide_interval(case: _Case) -> Point | None:
    bounds = {name: block["ci"]["pearson"] for name, block in case.test.items() if "pearson" in block["ci"]}
    wide = [f"{low:.3f} to {high:.3f} for {name}" for name, (low, high) in bounds.items() if high - low > WIDE_INTERVAL]
    if not wide:
        return None
    return Point(
        text=f"The interval of Pearson's correlation is wide ({listed(wide)}): the true value may be anywhere in it."
    )


def _scale(case: _Case) -> Point | None:
    """Return where R2 is far below the squared correlation: the predictions are shifted or stretched."""
    off = [
        name
        for name, block in case.test.items()
        if block["r2"] is not None and block["pearson"] is not None and block["pearson"] ** 2 - block["r2"] > 0.1
    ]
    if not off:
        return None
    return Point(
        text=f"R2 of {listed(off)} is far below the squared correlation: the predictions are shifted or stretched "
        "against the measurements; use them to rank sequences, not as values."
    )


def _exposure(case: _Case) -> Point | None:
    """Return what no sequence explains: all predictions of counts with an exposure have it in them."""
    sentences, nothing = [], []
    for name in case.test:
        alone, pair = case.by_exposure(name), case.beyond_exposure(name)
        if alone is None:
            continue
        gain = "cannot be compared with it"
        if pair:
            gain = f"adds {pair['difference']:+.3f} [{pair['low']:+.3f}, {pair['high']:+.3f}] to Pearson's correlation"
        sentences.append(f"The exposure alone explains {percent(alone)} of {name}; the sequence {gain}.")
        if not pair or pair["low"] <= 0:
            nothing.append(name)
    if not sentences:
        return None
    if not nothing:
        return Point(text=" ".join(sentences), level="good")
    return Point(
        text=" ".join([*sentences, "What the model shows, motifs included, is then no evidence of anything."]),
        level="poor",
        headline=f"The sequence adds nothing to the exposure that this test set can show: {listed(nothing)}.",
    )


def _gc_content(case: _Case) -> Point | None:
    high = []
    for name, block in case.metrics.get("baselines", {}).get("gc_content", {}).items():
        alone = case.by_exposure(name)
        share = (block["r2"] or 0.0) - (alone or 0.0)
        if share >= GC_R2:
            high.append(f"{percent(share)} of {name}{' beside the exposure' if alone else ''}")
    if not high:
        return None
    return Point(text=f"GC content explains {listed(high)}: GC-rich or AT-rich motifs may only reflect this.")


def _leaks(case: _Case) -> Point | None:
    if not case.leaks:
        return None
    return Point(
        text=f"{case.leaks} test sequences have a near copy among the training sequences: the score is inflated by "
        "memorised sequences. Split by group (column group)."
    )


def _small_training(case: _Case) -> Point | None:
    sizes = {name: sum(case.counts.get(part, {}).get(name, 0) for part in ("train", "val")) for name in case.test}
    small = {name: n for name, n in sizes.items() if 0 < n < SMALL_TRAINING}
    if not small:
        return None
    shown = listed(f"{n} sequences to learn {name} from" for name, n in small.items())
    return Point(text=f"Only {shown}: another seed may find other motifs.")
