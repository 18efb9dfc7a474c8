"""Each rule of the verdict fires exactly when it should."""

from typing import Any

import numpy as np
import pytest

from motiflens.evaluation.verdict import verdict

PLENTY = {"train": {"control": 800, "promoter": 800}, "val": {"control": 100, "promoter": 100}}
ALIKE = {"difference": 0.001, "low": -0.01, "high": 0.012}


def scores(auroc: float | None, *, half: float = 0.01, n: int = 400, **others: Any) -> dict[str, Any]:
    ci = {"accuracy": [0.88, 0.95], "ece": [0.0, 0.03]}
    if auroc is not None:
        ci["auroc"] = [auroc - half, auroc + half]
    return {"n": n, "accuracy": 0.92, "auroc": auroc, "ece": 0.02, "ece_debiased": 0.01, "ci": ci, **others}


def case(test: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A model with nothing to doubt, and what is changed of it."""
    return {
        "task": "binary",
        "classes": ["control", "promoter"],
        "test": test or scores(0.96),
        "baselines": {"gc_content": scores(0.6), "kmer_logistic_regression": scores(0.9)},
        "comparisons": {
            "gc_content": {"difference": 0.36, "low": 0.3, "high": 0.4},
            "kmer_logistic_regression": {"difference": 0.06, "low": 0.04, "high": 0.08},
        },
        "confusion": [[185, 15], [17, 183]],
        **changes,
    }


def kmers(auroc: float, difference: float, low: float, high: float) -> dict[str, Any]:
    return {
        "baselines": {"kmer_logistic_regression": scores(auroc)},
        "comparisons": {"kmer_logistic_regression": {"difference": difference, "low": low, "high": high}},
    }


def points(metrics: dict[str, Any], **options: Any) -> str:
    return "\n".join(verdict(metrics, **{"counts": PLENTY, **options})["points"])


def test_nothing_to_doubt() -> None:
    assert verdict(case(), counts=PLENTY) == {
        "headline": "The model tells control and promoter apart very well: AUROC 0.960 [0.950, 0.970], better than "
        "every baseline.",
        "level": "good",
        "points": [
            "AUROC 0.960 [0.950, 0.970]. 368 of 400 test sequences are called right (92.0 %, 95 % interval 88.0 % to "
            "95.0 %); always guessing control would get 50.0 %.",
            "It beats the best baseline, k-mer logistic regression with AUROC 0.900 [0.890, 0.910] "
            "(difference +0.060, 95 % interval +0.040 to +0.080).",
        ],
        "doubts": [],
    }


@pytest.mark.parametrize(("auroc", "word"), [(0.95, "very well"), (0.94, "well"), (0.85, "well"), (0.84, "moderately")])
def test_words_follow_auroc(auroc: float, word: str) -> None:
    assert f"promoter apart {word}:" in verdict(case(scores(auroc)), counts=PLENTY)["headline"]


def test_without_baselines_none_is_claimed() -> None:
    metrics = case(baselines={}, comparisons={})
    found = verdict(metrics, counts={})
    assert found["level"] == "good"
    assert "baseline" not in found["headline"] + points(metrics)


def test_the_best_baseline_is_the_one_that_counts() -> None:
    metrics = case(
        baselines={"a_new_one": scores(0.97), "gc_content": scores(0.6), "broken": scores(None)},
        comparisons={
            "a_new_one": {"difference": -0.01, "low": -0.02, "high": -0.001},
            "gc_content": ALIKE,
            "broken": None,
        },
    )
    assert verdict(metrics, counts=PLENTY)["headline"].startswith("A simpler method does better: a new one has")


@pytest.mark.parametrize(
    ("low", "high", "headline", "level"),
    [
        (0.0001, 0.02, "The model tells", "good"),
        (0.0, 0.02, "Not measurably better than a simple baseline: AUROC 0.960 [0.950, 0.970]; k-mer", "caution"),
        (-0.02, 0.0, "Not measurably better than a simple baseline", "caution"),
        (-0.02, -0.0001, "A simpler method does better: k-mer logistic regression has AUROC 0.955", "caution"),
    ],
)
def test_the_paired_interval_decides_who_is_better(low: float, high: float, headline: str, level: str) -> None:
    found = verdict(case(**kmers(0.955, 0.005, low, high)), counts=PLENTY)
    assert found["headline"].startswith(headline)
    assert found["level"] == level
    assert f"95 % interval {low:+.3f} to {high:+.3f}" in found["points"][1]


@pytest.mark.parametrize(("auroc", "fires"), [(0.7, True), (0.699, False)])
def test_gc_content_that_explains_it(auroc: float, fires: bool) -> None:
    metrics = case()
    metrics["baselines"]["gc_content"] = scores(auroc)
    assert (f"GC content alone reaches AUROC {auroc:.3f}" in points(metrics)) is fires
    assert verdict(metrics, counts=PLENTY)["level"] == ("caution" if fires else "good")


@pytest.mark.parametrize(("half", "fires"), [(0.2, True), (0.05, True), (0.049, False)])
def test_chance(half: float, fires: bool) -> None:
    found = verdict(case(scores(0.55, half=half)), counts=PLENTY)
    assert found["headline"].startswith("No better than guessing") is fires
    assert (found["level"] == "poor") is fires


def test_better_than_chance_yet_weak() -> None:
    weak = case(scores(0.69), **kmers(0.6, 0.09, 0.05, 0.12))
    assert verdict(weak, counts=PLENTY)["headline"].startswith("The model tells control and promoter apart only weakly")
    assert verdict(weak, counts=PLENTY)["level"] == "caution"
    assert "weakly" not in points(case(scores(0.7)))


def test_collapsed_to_one_class() -> None:
    found = verdict(case(scores(0.78), confusion=[[200, 0], [200, 0]]), counts=PLENTY)
    assert found["headline"] == "Not usable: the model calls every test sequence control."
    assert found["level"] == "poor"
    assert "collapsed" not in points(case(confusion=[[200, 0], [199, 1]]))


def test_a_test_set_without_one_class() -> None:
    found = verdict(case(scores(None), confusion=[[400, 0], [0, 0]]), counts=PLENTY)
    assert found["headline"] == "This test set cannot judge the model: it has no sequence of promoter."
    assert found["level"] == "poor"
    assert "collapsed" not in "\n".join(found["points"])


def test_a_class_never_called() -> None:
    three = {"classes": ["n", "donor", "acceptor"], "task": "multiclass"}
    never = case(**three, confusion=[[100, 10, 0], [10, 100, 0], [50, 50, 0]])
    assert "No sequence is ever called acceptor" in points(never)
    assert "ever called" not in points(case(**three, confusion=[[100, 10, 0], [10, 100, 0], [50, 49, 1]]))
    assert (
        "n, donor and acceptor apart"
        in verdict(case(**three, confusion=np.diag([99, 99, 99]).tolist()), counts=PLENTY)["headline"]
    )


@pytest.mark.parametrize(
    ("confusion", "fires"),
    [
        ([[49, 1], [1, 48]], True),  # 99 in all
        ([[49, 1], [1, 49]], False),
        ([[270, 6], [2, 22]], True),  # 24 of a class
        ([[270, 5], [2, 23]], False),
    ],
)
def test_small_test_set(confusion: list[list[int]], fires: bool) -> None:
    n = int(np.sum(confusion))
    found = verdict(case(scores(0.96, n=n), confusion=confusion), counts=PLENTY)
    assert ("cannot be concluded" in "\n".join(found["points"])) is fires
    assert found["headline"].startswith(f"Too few test sequences ({n})") is fires
    assert found["level"] == ("caution" if fires else "good")


def test_106_promoters() -> None:
    test = scores(0.99, half=0.01, n=20)
    test["accuracy"] = 1.0
    counts = {"train": {"control": 34, "promoter": 34}, "val": {"control": 9, "promoter": 9}}
    metrics = case(test, confusion=[[10, 0], [0, 10]], **kmers(0.95, 0.04, -0.01, 0.1))
    found = verdict(metrics, counts=counts)
    assert found["level"] == "caution"
    assert found["headline"].startswith("Not measurably better than a simple baseline")
    text = "\n".join(found["points"])
    assert "The test set is small (10 control and 10 promoter): one sequence moves the accuracy by 5.0 %." in text
    assert "All 20 right still allows a true error rate of up to 13.9 %." in text
    assert "Only 86 sequences to learn from" in text
    test["accuracy"] = 0.95
    assert "true error rate" not in points(metrics)


@pytest.mark.parametrize(("train", "fires"), [(399, True), (400, False)])
def test_small_training_set_counts_validation(train: int, fires: bool) -> None:
    counts = {"train": {"control": train, "promoter": 50}, "val": {"control": 50}, "test": {"control": 9}}
    assert (f"Only {train + 100} sequences" in points(case(), counts=counts)) is fires
    assert verdict(case(), counts=counts)["level"] == ("caution" if fires else "good")


@pytest.mark.parametrize(("half", "fires"), [(0.051, True), (0.049, False)])
def test_wide_interval(half: float, fires: bool) -> None:
    assert ("interval of AUROC is wide" in points(case(scores(0.9, half=half)))) is fires


@pytest.mark.parametrize(("low", "fires"), [(0.05, True), (0.049, False)])
def test_poor_calibration(low: float, fires: bool) -> None:
    test = scores(0.96, ece=0.11, ece_debiased=0.08)
    test["ci"]["ece"] = [low, 0.1]
    assert ("probabilities are off by 0.08" in points(case(test))) is fires
    assert verdict(case(test), counts=PLENTY)["level"] == ("caution" if fires else "good")


@pytest.mark.parametrize(("common", "fires"), [(160, True), (159, False)])
def test_imbalance_is_told_without_alarm(common: int, fires: bool) -> None:
    metrics = case(confusion=[[common - 5, 5], [3, 37]])
    assert ("4 times as many control as promoter" in points(metrics)) is fires
    assert verdict(metrics, counts=PLENTY)["level"] == "good"


def test_leaks_and_shuffled_negatives() -> None:
    assert "3 of 400 test sequences have a near copy" in points(case(), leaks=3)
    assert "near copy" not in points(case(), leaks=0)
    assert "shuffled" in points(case(), shuffled_negatives=True)
    assert "shuffled" not in points(case())
    for options in ({"leaks": 1}, {"shuffled_negatives": True}):
        assert verdict(case(), counts=PLENTY, **options)["level"] == "caution"


def test_notes_are_passed_on_last() -> None:
    found = verdict(case(), counts=PLENTY, notes=("12 letters were read as N.",))
    assert found["points"][-1] == "12 letters were read as N."
    assert found["level"] == "good"


def test_every_number_comes_as_words_without_line_breaks() -> None:
    grave = case(scores(0.6, half=0.2, n=50), confusion=[[40, 0], [10, 0]], **kmers(0.75, -0.15, -0.3, -0.01))
    grave["baselines"]["gc_content"] = scores(0.72)
    found = verdict(grave, counts={"train": {"control": 40}}, leaks=2, shuffled_negatives=True)
    assert found["level"] == "poor"
    assert found["headline"] == (
        "Not usable: the model calls every test sequence control. "
        "A simpler method does better: k-mer logistic regression has AUROC 0.750 [0.740, 0.760], the model 0.600."
    )
    assert len(found["points"]) == 11
    assert all(point.endswith(".") and "\n" not in point for point in found["points"])


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.006, 0.019, "Interactions matter here: +0.012 AUROC [+0.006, +0.019] over the simpler network inside it"),
        (-0.006, 0.019, "Interactions do not matter here, as far as this test set can tell: +0.012 AUROC [-0.006,"),
        (-0.03, -0.001, "The model loses to the simpler network inside it"),
    ],
)
def test_a_deep_network_says_what_it_gains(low: float, high: float, said: str) -> None:
    pair = {"difference": 0.012, "low": low, "high": high}
    metrics = case(interactions={"nested": scores(0.948), "comparison": pair})
    assert said in points(metrics)
    assert verdict(metrics, counts=PLENTY)["level"] == ("caution" if high < 0 else "good")
    assert "nteractions" not in points(case()) + points(case(interactions={"nested": {}, "comparison": None}))


def test_an_ensemble_says_how_far_it_agrees() -> None:
    found = points(case(ensemble={"members": 5, "median_width": 0.084, "disagreements": 12}))
    assert "The 5 networks of the ensemble call 12 of 400 test sequences differently; " in found
    assert "0.08 wide in the median" in found
    assert "practically the same" not in found
    assert "ensemble" not in points(case())
    assert "practically the same" in points(case(ensemble={"members": 5, "median_width": 4e-7, "disagreements": 0}))


def test_a_test_set_too_small_for_intervals_is_judged_without_them() -> None:
    test = scores(0.96, n=24, no_intervals="the test set has too few sequences for an interval") | {"ci": {}}
    found = verdict(case(test, confusion=[[20, 1], [1, 2]]), counts=PLENTY)
    assert found["headline"].startswith("Too few test sequences (24) to say how good the model is: AUROC 0.960.")
    assert "It is too small for intervals." in " ".join(found["points"])
    assert "95 % interval" not in found["points"][0]
