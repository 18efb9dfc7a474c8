"""The log of a run, and the samples that are explained."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.workflow.explain_dataset import sample_by_class
from motiflens.workflow.run_log import FIT_PLAN, Console, RunLog, peak_memory_mb


def test_the_log_passes_on_and_keeps():
    heard = []
    log = RunLog(
        Console(
            notify=heard.append,
            begin=lambda *stage: heard.append(stage),
            part=heard.append,
            finish=lambda name, seconds: heard.append((name, seconds >= 0)),
        ),
        plan={"check": 0.25, "train": 0.5, "explain": 0.25},
    )
    with log.stage("train"):
        log.progress(0.5, "epoch 1")
    log.warn("few sequences")
    assert heard == [("train", 0.25, 0.75), 0.5, "detail: epoch 1", ("train", True), "warning: few sequences"]
    assert log.warnings == ["few sequences"]
    (stage,) = log.stages
    assert stage.name == "train"
    assert stage.seconds >= 0
    assert 1 < stage.peak_memory_mb < 10**6
    assert 1 < peak_memory_mb() < 10**6


def test_the_plan_of_a_fit_is_a_whole():
    assert sum(FIT_PLAN.values()) == pytest.approx(1)


def test_a_stage_that_fails_is_not_kept():
    log = RunLog()
    with pytest.raises(ValueError, match="x"), log.stage("train"):
        raise ValueError("x")
    assert log.stages == []


@settings(deadline=None)
@given(counts=st.lists(st.integers(1, 60), min_size=2, max_size=4), most=st.integers(4, 120), seed=st.integers(0, 9))
def test_a_sample_is_stratified_and_none_falls_below_an_even_share(counts, most, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    rows = np.arange(len(labels))[::-1].copy()
    rows.sort()
    chosen = sample_by_class(labels, rows, most=most, rng=np.random.default_rng(seed))
    assert len(chosen) <= max(most, 0)
    assert len(chosen) > most - len(counts) or len(chosen) == len(rows)
    assert (np.diff(chosen) > 0).all()
    assert set(chosen) <= set(rows)
    for label, count in enumerate(counts):
        assert (labels[chosen] == label).sum() >= min(count, most // len(counts))


def test_a_sample_depends_on_the_generator_alone():
    labels, rows = np.arange(100) % 2, np.arange(100)
    one, same, other = (sample_by_class(labels, rows, most=20, rng=np.random.default_rng(s)) for s in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
