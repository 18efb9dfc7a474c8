"""The cache of compiled code: nowhere to write it, damaged, or without numba's compiler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import motiflens

MODULE = """
from motiflens.compiled.jit import njit

@njit(cache=True)
def double(x):
    return 2 * x

@njit(cache=True, nogil=True)
def half(x):
    return x / 2
"""
ROOT = Path(motiflens.__file__).parent


def answer(folder: Path, **environment: str) -> str:
    """What a fresh process computes with the module."""
    code = "import compiled; print(compiled.double(4), compiled.half(4), compiled.double.stats.cache_hits != {})"
    search = os.pathsep.join([str(folder), str(ROOT.parent)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "compiled.py").write_text(MODULE)
    return tmp_path


def files(cache: Path, ending: str) -> list[Path]:
    return sorted(cache.rglob(f"*{ending}"))


@pytest.mark.parametrize(("ending", "left"), [(".nbc", 0), (".nbi", 0), (".nbi", 40), (".nbc", 200)])
def test_a_damaged_cache_is_written_anew(folder, ending, left):
    cache = folder / "cache"
    assert answer(folder, NUMBA_CACHE_DIR=str(cache)) == "8 2.0 False"
    assert answer(folder, NUMBA_CACHE_DIR=str(cache)) == "8 2.0 True"
    assert len(files(cache, ending)) == 2
    for file in files(cache, ending):
        file.write_bytes(file.read_bytes()[:left])
    assert answer(folder, NUMBA_CACHE_DIR=str(cache)) == "8 2.0 False"
    assert answer(folder, NUMBA_CACHE_DIR=str(cache)) == "8 2.0 True"


def test_without_a_place_for_a_cache_functions_are_compiled_all_the_same(folder):
    blocked = folder / "file"
    blocked.write_text("")  # no folder can be made below it, not even by root
    (folder / "__pycache__").write_text("")
    assert answer(folder, NUMBA_CACHE_DIR=str(blocked / "cache")) == "8 2.0 False"
    home = {"HOME": str(blocked / "home"), "XDG_CACHE_HOME": str(blocked / "cache"), "NUMBA_CACHE_DIR": ""}
    assert answer(folder, **home) == "8 2.0 False"


def test_all_compiled_code_has_this_cache():
    """A function with numba's own cache could not be loaded without a place for it."""
    own = ROOT / "compiled"
    for file in ROOT.rglob("*.py"):
        if file.parent != own:
            assert "from numba import njit" not in file.read_text(), file.name
            assert "numba.njit" not in file.read_text(), file.name
