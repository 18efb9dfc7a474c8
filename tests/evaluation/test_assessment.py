import json

import numpy as np
import pytest

from motiflens.evaluation.assessment import assess
from motiflens.evaluation.metrics import compare, evaluate
from motiflens.evaluation.verdict import verdict


@pytest.mark.parametrize("classes", [("n", "y"), ("a", "b", "c")])
def test_assessment_is_whole_valid_json_and_ready_for_a_verdict(classes: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    k = len(classes)
    labels = rng.integers(0, k, 90)
    model = rng.dirichlet(np.ones(k), 90) * 0.5 + 0.5 * np.eye(k)[labels]
    simple = rng.dirichlet(np.ones(k), 90)
    found = assess(labels, model, {"gc_content": simple}, classes=classes, seed=1, draws=50)
    text = json.dumps(found | {"verdict": verdict(found, counts={})}, allow_nan=False)
    assert json.loads(text)["task"] == ("binary" if k == 2 else "multiclass")
    one, other = (evaluate(labels, p, classes, seed=1, draws=50) for p in (model, simple))
    assert found["test"] == one.metrics
    assert found["baselines"] == {"gc_content": other.metrics}
    pair = compare(one, other)
    assert pair is not None
    assert found["comparisons"]["gc_content"] == {
        "metric": "auroc",
        "difference": pair.difference,
        "low": pair.low,
        "high": pair.high,
    }
    assert "interactions" not in found
    deep = assess(labels, model, {}, classes=classes, seed=1, nested=simple, draws=50)
    assert deep["interactions"] == {"nested": other.metrics, "comparison": found["comparisons"]["gc_content"]}
    assert np.trace(found["confusion"]) == round(found["test"]["accuracy"] * 90)


def test_a_test_set_of_one_class_is_assessed_and_judged() -> None:
    labels, p = np.zeros(8, np.int64), np.tile([0.9, 0.1], (8, 1))
    found = assess(labels, p, {"gc_content": p}, classes=("n", "y"), seed=0, draws=10)
    assert found["comparisons"] == {"gc_content": None}
    judged = verdict(found, counts={})
    assert judged["level"] == "poor"
    assert judged["headline"] == "This test set cannot judge the model: it has no sequence of y."
    json.dumps(found | {"verdict": judged}, allow_nan=False)
