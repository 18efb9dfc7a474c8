"""Every reader takes any bytes: it reads them, or refuses in one line."""

import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutate import mutated
from seeds import NAMES, seeds
from targets import TARGETS, feed

SLOW = {"attributions", "keras", "parquet", "csv", "tsv", "labelled", "peaks", "genome"}


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files_are_read_or_refused(name):
    outcomes = {feed(name, content) for content in mutated(seeds(name), seed=1, n=40 if name in SLOW else 150)}
    assert outcomes <= {"read", "refused"}
    assert "refused" in outcomes


@pytest.mark.parametrize("name", sorted(set(TARGETS) - SLOW))
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_arbitrary_bytes_are_read_or_refused(name, content):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert feed(name, content) in ("read", "refused")


def test_every_target_can_be_fuzzed():
    assert set(NAMES) == set(TARGETS)


def test_a_reader_that_breaks_is_noticed(monkeypatch):
    def broken(_):
        raise KeyError("name")

    monkeypatch.setitem(TARGETS, "fasta", (".fa", broken))
    with pytest.raises(KeyError):
        feed("fasta", b"")
