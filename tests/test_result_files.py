"""The helper with which benchmarks write their results."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

PATH = Path(__file__).resolve().parents[1] / "benchmarks" / "results.py"


@pytest.fixture(scope="module")
def results() -> ModuleType:
    spec = importlib.util.spec_from_file_location("results", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rows_are_printed_and_kept_as_they_come(results, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks/models.py", "--seeds", "2", "--out", "x.json", "--sets", "nfe2"])
    record = results.Recorder(tmp_path / "models.json")
    for row in ({"set": "nfe2", "auroc": 0.99}, {"set": "nfe2", "auroc": 0.98, "strands": None}):
        record(row)
        found = results.read("models", tmp_path)
        assert found["rows"] == record.rows
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == record.rows
    assert found["benchmark"] == "models"
    assert found["command"] == "python benchmarks/models.py --seeds 2 --sets nfe2"
    assert list(found) == list(results.FIELDS)
    assert set(found["machine"]) == {"cpu", "cores", "avx512", "memory_gb"}


def test_without_a_file_rows_are_only_printed(results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.Recorder(None)({"set": "nfe2"})
    assert list(tmp_path.iterdir()) == []


def test_the_command_leaves_out_where_the_result_went(results):
    assert results.command(["/a/b/truth.py", "--out=x.json", "--seed", "1"]) == "python benchmarks/truth.py --seed 1"


def test_an_incomplete_result_is_refused(results, tmp_path):
    with pytest.raises(ValueError, match=r"x\.json: the result lacks machine, date, commit, rows"):
        results.write(tmp_path / "x.json", {"benchmark": "models", "command": "python benchmarks/models.py"})
