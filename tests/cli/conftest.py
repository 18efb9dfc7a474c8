"""A command line in this process, and one small run that the tests share."""

import contextlib
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import planted
import pytest
from commandline import run


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str


@pytest.fixture
def motiflens(capsys) -> Callable[..., Answer]:
    """Run the command line in this process."""

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(code=end.value.code or 0, out=captured.out, err=captured.err)

    return call


@pytest.fixture(scope="session")
def quick(tmp_path_factory) -> Path:
    """A --config file for a quick fit."""
    path = tmp_path_factory.mktemp("config") / "quick.toml"
    path.write_text(planted.QUICK_TOML)
    return path


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The shared run, the data it learned from, and what the command said."""

    run: Path
    data: list[str]
    answer: str


@pytest.fixture(scope="session")
def fit(tmp_path_factory, quick) -> Fit:
    """A run fitted by the command line on 300 sequences of 40 bp; not to be changed."""
    folder = tmp_path_factory.mktemp("fit")
    data = planted.write_classes(folder, planted.planted(300, 40, both=True))
    out = folder / "run"
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as end:
        run(["fit", *data, "--out", str(out), "--config", str(quick), "--seed", "1"])
    assert not end.value.code
    return Fit(run=out, data=data, answer=said.getvalue())


@pytest.fixture
def copy(fit, tmp_path) -> Path:
    """A copy of the shared run that a test may change."""
    return Path(shutil.copytree(fit.run, tmp_path / "copy"))
