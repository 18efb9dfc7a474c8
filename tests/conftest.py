"""Shared fixtures; shapes in signatures are checked while the suite runs."""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

# Tests work on small arrays, for which threads cost more than they give; set before numpy and torch are loaded.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

install_import_hook("motiflens", "beartype.beartype")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of judging data beside the repository; tests that need it skip without it."""
    folder = Path(os.environ.get("MOTIFLENS_SHARED", SHARED))
    if not (folder / "data").is_dir():
        pytest.skip("needs the judging data in ../shared, which is absent")
    return folder
