"""Writing a run: nothing is overwritten, no crash leaves half a run, one process writes at a time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from make_example import Example, binary, splice
from make_motifs import motif_record
from make_run import bare_info, make_run

from motiflens.errors import InputError
from motiflens.run.folder import Run, RunWriter


@pytest.fixture(scope="module")
def example() -> Example:
    return binary(120)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, example: Example) -> Run:
    return make_run(tmp_path_factory.mktemp("original") / "a run", example)


@pytest.fixture
def run(tmp_path: Path, original: Run) -> Run:
    return Run.load(shutil.copytree(original.path, tmp_path / "a run"))


def litter(folder: Path) -> list[str]:
    """Hidden files and folders: what a finished or failed writer must not leave."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_what_is_there_is_not_overwritten(tmp_path: Path, run: Run) -> None:
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.tex").write_text("years of work")
    for target, force in ((foreign, False), (foreign, True), (foreign / "chapter.tex", True), (run.path, False)):
        before = Run.load(run.path).info
        with pytest.raises(InputError, match=r"exists|holds a run"), RunWriter(target, force=force):
            raise AssertionError("not reached")
        assert (foreign / "chapter.tex").read_text() == "years of work"
        assert Run.load(run.path).info == before
    assert litter(tmp_path) == litter(foreign) == []


def test_an_empty_folder_is_filled_and_a_run_replaced_by_force(tmp_path: Path, example: Example) -> None:
    (tmp_path / "out").mkdir()
    first = make_run(tmp_path / "out", example)
    (first.path / "stale").write_text("of the old run")
    second = make_run(tmp_path / "out", splice(150), force=True)
    assert Run.load(second.path).classes == ("EI", "IE", "N")
    assert not (second.path / "stale").exists()
    assert litter(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), RunWriter(tmp_path / "file" / "run"):
        raise AssertionError("not reached")


@pytest.mark.parametrize("error", [InputError("bad data"), RuntimeError("bug"), KeyboardInterrupt()])
def test_a_failure_leaves_no_half_run(tmp_path: Path, error: BaseException) -> None:
    def fail() -> None:
        with RunWriter(tmp_path / "out", resume_key="k") as writer:
            writer.write(meme="half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_survive_an_interruption_and_serve_the_same_key_alone(tmp_path: Path) -> None:
    resumed = []

    def train(key: str, error: BaseException) -> None:
        with RunWriter(tmp_path / "out", resume_key=key) as writer:
            resumed.append(writer.resumes)
            (writer.checkpoints / "last.ckpt").write_text(key)
            writer.write(meme="half")
            raise error

    def interrupted(key: str, error: BaseException) -> bool:
        with pytest.raises(type(error)):
            train(key, error)
        return resumed[-1]

    assert not interrupted("one", KeyboardInterrupt())
    assert not (tmp_path / "out").exists()
    assert interrupted("one", KeyboardInterrupt())
    assert not interrupted("two", KeyboardInterrupt())
    assert interrupted("two", InputError("bad"))
    assert not interrupted("two", RuntimeError())
    with RunWriter(tmp_path / "out", resume_key="two") as writer:
        assert (writer.checkpoints / "last.ckpt").read_text() == "two"
        writer.seal(bare_info())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["model", "run.json"]
    assert litter(tmp_path) == []


def test_a_killed_process_leaves_its_checkpoints_and_no_lock(tmp_path: Path) -> None:
    script = (
        "import os, sys; from motiflens.run.folder import RunWriter\n"
        "with RunWriter(sys.argv[1], resume_key='k') as writer:\n"
        "    (writer.checkpoints / 'last.ckpt').write_text('epoch 3'); writer.write(meme='half'); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "out")], check=False)
    assert done.returncode == 9
    assert not (tmp_path / "out").exists()
    with RunWriter(tmp_path / "out", resume_key="k") as writer:
        assert writer.resumes
        assert not (writer.checkpoints.parent / "motifs.meme").exists()
        writer.seal(bare_info())
    assert litter(tmp_path) == []


NEW = motif_record(binary(20), [], [])


class Cut(BaseException):
    """The process dies here."""


def die_at(monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    """Let the nth rename or replace of this process not happen, nor any after it."""
    calls = iter(range(nth))

    def dying(original):
        def call(*arguments):
            if next(calls, None) is None:
                raise Cut
            return original(*arguments)

        return call

    monkeypatch.setattr(os, "replace", dying(os.replace))
    monkeypatch.setattr(os, "rename", dying(os.rename))


@pytest.mark.parametrize("nth", range(4))
def test_replacing_a_run_leaves_the_old_or_the_new_one(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    with monkeypatch.context() as dying:
        die_at(dying, nth)
        try:
            with RunWriter(run.path, force=True) as writer:
                writer.write(meme="new")
                writer.seal(bare_info(("new",)))
        except Cut:
            pass
    loaded = Run.load(run.path)
    assert loaded.classes == (("new",) if nth >= 3 else ("background", "promoter"))
    if nth < 3:
        loaded.attributions()
    with RunWriter(run.path, force=True) as writer:
        writer.seal(bare_info(("third",)))
    assert Run.load(run.path).classes == ("third",)
    assert litter(tmp_path) == []


@pytest.mark.parametrize("nth", range(7))
def test_an_update_is_done_whole_or_not_at_all(run: Run, monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    before = run.motifs()
    with monkeypatch.context() as dying:
        die_at(dying, nth)
        try:
            run.update(motifs=NEW, meme="new", report="<p>new")
        except Cut:
            done = False
        else:
            done = True
    loaded = Run.load(run.path)
    new = loaded.motifs() == NEW
    assert new == ((run.path / "motifs.meme").read_text() == "new")
    assert new == (run.path / "report.html").exists()
    assert new or loaded.motifs() == before
    assert new >= done
    loaded.update(meme="again")
    assert litter(run.path) == []
    assert Run.load(run.path).info.staged == {}


def test_the_crash_points_above_reach_past_the_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        die_at(dying, 6)
        run.update(motifs=NEW, meme="new", report="<p>new")
    with monkeypatch.context() as dying:
        die_at(dying, 3)
        with RunWriter(run.path, force=True) as writer:
            writer.write(meme="new")
            writer.seal(bare_info(("new",)))


# ---------------------------------------------------------------- two at once


def test_one_process_at_a_time_writes_a_run(tmp_path: Path, run: Run) -> None:
    other = Run.load(run.path)
    with RunWriter(run.path, force=True) as writer:
        with pytest.raises(InputError, match="another motiflens process"), RunWriter(run.path, force=True):
            raise AssertionError("not reached")
        with pytest.raises(InputError, match="another motiflens process"):
            other.update(meme="other")
        assert Run.load(run.path).info == other.info  # reading goes on
        sealed = writer.seal(bare_info(("new",)))
        sealed.update(report="<p>")  # the writer's own run may be added to
    assert Run.load(run.path).classes == ("new",)
    Run.load(run.path).update(meme="later")
    assert litter(tmp_path) == []


def test_the_lock_holds_between_processes(tmp_path: Path) -> None:
    script = (
        "import sys; from motiflens.run.folder import RunWriter; from motiflens.errors import InputError\n"
        "try:\n    RunWriter(sys.argv[1]).__enter__()\nexcept InputError as error: print(error)"
    )
    with RunWriter(tmp_path / "out"):
        told = subprocess.run([sys.executable, "-c", script, str(tmp_path / "out")], capture_output=True, text=True)
    assert "another motiflens process" in told.stdout
    assert told.stderr == ""
