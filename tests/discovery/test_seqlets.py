"""Seqlets: none in noise, and where the contributions are."""

import numpy as np
import pytest

from motiflens.discovery.config import SeqletConfig
from motiflens.discovery.seqlets import call_seqlets


def test_noise_has_no_seqlets():
    rng = np.random.default_rng(0)
    found = call_seqlets(rng.normal(size=(200, 100)).astype(np.float32), direction="for", config=SeqletConfig())
    assert len(found) <= 2


@pytest.mark.parametrize(("direction", "sign"), [("for", 1), ("against", -1)])
def test_seqlets_lie_where_the_contributions_do(direction, sign):
    values = np.random.default_rng(0).normal(0, 0.1, (100, 80)).astype(np.float32)
    values[:50, 30:39] += sign
    found = call_seqlets(values, direction=direction, config=SeqletConfig(width=9))
    strong = np.abs(found.total) > 5
    assert np.array_equal(found.row[strong], np.arange(50))
    assert (found.start[strong] == 30).all()
    assert (np.sign(found.total) == sign).all()
    assert len(found) <= 55
