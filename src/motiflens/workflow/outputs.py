"""Files that commands write beside runs: whole or not at all, and never over what the command reads."""

import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel

from motiflens.errors import InputError, MotiflensError
from motiflens.run.files import write_record
from motiflens.run.folder import RUN_FILE, Run

_LONGEST_STEM = 120  # bytes: a file name has up to 255


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A path to write to, whose file takes the place of `out` at the end.

    Raises InputError where that cannot be written.
    """
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        yield partial
        os.replace(partial, out)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error}); choose another location") from error
    finally:
        with suppress(OSError):
            partial.unlink()


@contextmanager
def own_folder(out: Path) -> Iterator[Path]:
    """A folder beside `out` for its parts, for this process alone; it stays after a kill, for the next call to go on.

    Deleted after an error that a retry cannot fix. Raises InputError where another process has it.
    """
    folder, lock = (out.with_name(f".{out.name}.{suffix}") for suffix in ("partial", "lock"))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            try:
                yield folder
            except (MotiflensError, OSError):
                shutil.rmtree(folder, ignore_errors=True)
                raise
            finally:
                with suppress(OSError):
                    lock.unlink()
    except Timeout:
        raise InputError(f"{out}: another motiflens process is writing it; wait, or choose another folder") from None
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error}); choose another location") from error


def write_record_whole(out: Path, record: BaseModel) -> None:
    """Write a record to `out` as JSON. Raises InputError where it cannot be written."""
    with replacing(out) as partial:
        write_record(partial, record)


def refuse_inputs(out: Path | None, inputs: Iterable[str | Path | None]) -> None:
    """Raise InputError where `out` is a file that is read, or one of a run; inputs are paths, or CLASS=PATH."""
    if out is None or not out.is_file():
        return
    for folder in list(out.resolve().parents)[:2]:  # a run has folders, and these have none
        if (folder / RUN_FILE).is_file() and out.resolve() in Run.load(folder.resolve()).files:
            raise InputError(f"{out}: belongs to the run {folder} and would be lost; give --out another name")
    for given in inputs:
        named = () if given is None else (Path(given), Path(str(given).partition("=")[2]))
        if any(path.is_file() and path.samefile(out) for path in named):
            raise InputError(f"{out}: is read by this command and would be lost; give --out another name")


def file_stems(names: Sequence[str]) -> dict[str, str]:
    """Return a part of a file name for each name; no two are alike on any file system."""
    stems: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^\w.-]", "_", name).encode()[:_LONGEST_STEM].decode("utf-8", "ignore")
        tries = (plain, *(f"{plain}_{number}" for number in range(2, len(names) + 2)))
        # Some file systems know no letter case, some no difference between composed and decomposed letters.
        stem = next(stem for stem in tries if _folded(stem) not in taken)
        taken.add(_folded(stem))
        stems[name] = stem
    return stems


def _folded(stem: str) -> str:
    return unicodedata.normalize("NFKD", stem).casefold()
