"""How many threads a search works with."""

import os

import pytest

from motiflens.compiled.threads import thread_count
from motiflens.discovery.config import DiscoveryConfig


@pytest.mark.parametrize(("given", "expected"), [("3", 3), ("1", 1)])
def test_processors_are_those_that_pytorch_is_given(monkeypatch, given, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert thread_count() == expected
    assert DiscoveryConfig().workers == expected


@pytest.mark.parametrize("given", ["", "0", "4,2"])
def test_otherwise_those_that_the_process_may_use(monkeypatch, given):
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    assert thread_count() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert thread_count() == 1
