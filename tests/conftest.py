"""Shared fixtures; shapes in signatures are checked while the suite runs."""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

# Tests work on small arrays, for which threads cost more than they give; set before numpy and torch are loaded.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

install_import_hook("motiflens", "beartype.beartype")

#: Files of few and long tests: begun last, they would keep one process busy when the others have ended.
LONG = ("test_docs.py", "test_notebooks.py", "test_faults.py", "test_several_processes.py", "test_fit_workflow.py")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of judging data beside the repository; tests that need it skip without it."""
    folder = Path(os.environ.get("MOTIFLENS_SHARED", SHARED))
    if not (folder / "data").is_dir():
        pytest.skip("needs the judging data in ../shared, which is absent")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first."""
    items.sort(key=lambda item: item.path.name not in LONG)
