"""One saved analysis: reads and writes the run folder, nothing else.

A run is built in `.<name>.partial` beside its final name and moved into place when whole (RunWriter); parts of a
finished run are replaced through a staging folder inside it (Run.update). Whatever moment a process dies at, the
folder under the final name is a whole run or absent, and the next reader or writer carries on from there.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Unpack

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout
from jaxtyping import UInt64

import motiflens
from motiflens.errors import InputError, RunFolderError
from motiflens.run.files import (
    RESTORE,
    Attributions,
    Parts,
    read_arrays,
    read_attributions,
    read_history,
    read_hits,
    read_json,
    read_predictions,
    read_record,
    read_training_sequences,
    remedy_for,
    write_parts,
    write_record,
)
from motiflens.run.schema.checks import AuditRecord, Faithfulness
from motiflens.run.schema.info import FORMAT, RunInfo
from motiflens.run.schema.metrics import Metrics
from motiflens.run.schema.motifs import MotifRecord
from motiflens.run.schema.number_metrics import LabelMetrics, NumberMetrics

__all__ = ["Attributions", "Run", "RunWriter"]

RUN_FILE = "run.json"
MODEL_FOLDER = "model"
_CHECKPOINTS = "checkpoints"
_RESUME_KEY = ".resume-key"
_STAGING = ".staged"
_PATIENCE = 5.0  # seconds to wait for a writer who is between two renames
# Made from the other files by `motiflens report`: a run without them is still whole.
_PRODUCTS = ("report.html", "motifs.tsv", "figures/", "motiflens_mqc.json", "motiflens_motifs_mqc.json")


class Run:
    """One saved analysis. `info` is run.json; the other parts are read when asked for.

    Raises RunFolderError, naming the file, from every reader whose file is missing or corrupt.
    """

    def __init__(self, path: Path, info: RunInfo, *, lock: FileLock, name: str) -> None:
        self.path, self.info, self.name, self._lock = path, info, name, lock

    @classmethod
    def load(cls, path: str | Path) -> "Run":
        """Open the run folder at `path` and check the sha256 of every file that cannot be rebuilt.

        Raises InputError where `path` is no run, RunFolderError where a file is missing or corrupt.
        """
        folder = Path(path).resolve()
        lock = _lock(folder)
        if not folder.exists() and _beside(folder, "old").exists():
            with _holding(lock, folder, patience=_PATIENCE):
                _recover(folder)
        run = cls(folder, _read_info(folder), lock=lock, name=folder.name)
        if run.info.staged:
            with _holding(lock, folder, patience=_PATIENCE):
                run.info = _read_info(folder)
                run._settle()
        for relative, expected in run.info.files.items():
            if not relative.startswith(_PRODUCTS):
                _check(folder / relative, expected)
        return run

    def _repr_html_(self) -> str:
        from motiflens.run.notebook import run_html

        verdict = self.any_metrics().verdict if self.has("metrics.json") else None
        record = self.motifs() if self.has("motifs.json") else None
        return run_html(self.info, self.path, verdict=verdict, record=record)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, targets or labels, in the order of the columns of predictions."""
        return self.info.classes

    @property
    def model_folder(self) -> Path:
        """The folder with config.json and the weights."""
        return self.path / MODEL_FOLDER

    def has(self, relative: str) -> bool:
        """Whether the run was written with this file."""
        return relative in self.info.files

    def metrics(self) -> Metrics:
        """metrics.json of classes: test scores with intervals, baselines, verdict, curves."""
        return read_record(self._file("metrics.json"), Metrics)

    def number_metrics(self) -> NumberMetrics:
        """metrics.json of numbers: the same by target."""
        return read_record(self._file("metrics.json"), NumberMetrics)

    def label_metrics(self) -> LabelMetrics:
        """metrics.json of several labels a sequence: the same by label, macro and micro."""
        return read_record(self._file("metrics.json"), LabelMetrics)

    def any_metrics(self) -> Metrics | NumberMetrics | LabelMetrics:
        """metrics.json of whatever the run predicts."""
        if self.info.task == "regression":
            return self.number_metrics()
        return self.label_metrics() if self.info.task == "multilabel" else self.metrics()

    def motifs(self) -> MotifRecord:
        """motifs.json: motifs with their evidence, those not supported, and how they were found."""
        return read_record(self._file("motifs.json"), MotifRecord)

    def audit(self) -> AuditRecord:
        """audit.json: what was found in the data before training."""
        return read_record(self._file("audit.json"), AuditRecord)

    def history(self) -> pd.DataFrame:
        """history.csv, an epoch a row (an epoch of a member where there is a column `member`)."""
        return read_history(self._file("history.csv"), self.info.task)

    def predictions(self) -> pd.DataFrame:
        """predictions.tsv: id, split, label and a probability p_<class> for each class; of targets y_ and pred_."""
        return read_predictions(self._file("predictions.tsv"), self.classes, self.info.task)

    def hits(self) -> pd.DataFrame:
        """hits.tsv: places where a motif matches, 0-based half-open on the sequence as given."""
        return read_hits(self._file("hits.tsv"))

    def attributions(self) -> Attributions:
        """attributions.npz, shapes checked."""
        return read_attributions(self._file("attributions.npz"))

    def faithfulness(self) -> Faithfulness:
        """faithfulness.json: how far the explanations can be trusted."""
        return read_record(self._file("faithfulness.json"), Faithfulness)

    def variant_null(self) -> dict[str, np.ndarray]:
        """variant_null.npz: effects of random changes in held-out sequences (targets, n), by kind; empty without it."""
        name = "variant_null.npz"
        return read_arrays(self._file(name)) if self.has(name) else {}

    def training_sequences(self) -> UInt64[np.ndarray, " n"]:
        """training_sequences.npy: sorted fingerprints of the sequences that the model was trained or validated on."""
        return read_training_sequences(self._file("training_sequences.npy"))

    @property
    def files(self) -> list[Path]:
        """Every file that belongs to the run."""
        return [self.path / name for name in (RUN_FILE, *self.info.files)]

    def update(self, **parts: Unpack[Parts]) -> None:
        """Replace parts of the run, all of them or none."""
        with _holding(self._lock, self.path), _writable(self.path):
            staging = self.path / _STAGING
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            write_parts(staging, parts)
            self.info = _read_info(self.path).model_copy(update={"staged": _fingerprints(staging)})
            write_record(self.path / RUN_FILE, self.info)
            self._settle()

    def _file(self, relative: str) -> Path:
        if not self.has(relative):
            raise RunFolderError(
                f"{self.path / relative}: this run was written without it; make it with `motiflens fit`"
            )
        return self.path / relative

    def _settle(self) -> None:
        """Move what is staged into place; safe to repeat from any point at which it was cut off."""
        staged = self.info.staged
        for relative in staged:
            target = self.path / relative
            target.parent.mkdir(exist_ok=True)
            with suppress(FileNotFoundError):  # moved before the cut
                os.replace(self.path / _STAGING / relative, target)
        files = dict(sorted((self.info.files | staged).items()))
        self.info = self.info.model_copy(update={"files": files, "staged": {}})
        write_record(self.path / RUN_FILE, self.info)
        shutil.rmtree(self.path / _STAGING, ignore_errors=True)


class RunWriter:
    """Builds a run beside its final name and moves it into place at the end of the `with` block.

        with RunWriter("out/run", force=False, resume_key=key) as writer:
            ...                             # checkpoints in writer.checkpoints, model in writer.model_folder
            writer.write(metrics=..., motifs=...)
            run = writer.seal(info)         # readable from here on; update(...) adds figures and report
        run.path                            # out/run

    A block that ends in an exception leaves only its checkpoints behind, and those not after an InputError; the
    next writer with the same `resume_key` (a fingerprint of data and options) finds them, any other starts afresh.
    Raises InputError where `path` is something else than a run, a run without `force`, or being written.
    """

    def __init__(self, path: str | Path, *, force: bool = False, resume_key: str = "") -> None:
        self.path = Path(path).resolve()
        self._force, self._key = force, resume_key
        self._partial = _beside(self.path, "partial")
        self._lock = _lock(self.path)
        self._run: Run | None = None

    @property
    def checkpoints(self) -> Path:
        """Folder for training checkpoints: survives an interruption, left out of the run."""
        return self._partial / _CHECKPOINTS

    @property
    def model_folder(self) -> Path:
        """The folder to save the model in."""
        return self._partial / MODEL_FOLDER

    @property
    def resumes(self) -> bool:
        """Whether an interrupted fit with the same key left checkpoints."""
        return any(self.checkpoints.iterdir())

    def __enter__(self) -> "RunWriter":
        with _writable(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with ExitStack() as stack:
                stack.enter_context(_holding(self._lock, self.path))
                _recover(self.path)
                _check_target(self.path, force=self._force)
                self._prepare()
                self._held = stack.pop_all()
        return self

    def write(self, **parts: Unpack[Parts]) -> None:
        """Write parts of the run."""
        write_parts(self._partial, parts)

    def seal(self, info: RunInfo) -> Run:
        """Write run.json with the sha256 of every file, and return the run, readable from here on."""
        info = info.model_copy(update={"files": _fingerprints(self._partial)})
        write_record(self._partial / RUN_FILE, info)
        self._run = Run(self._partial, info, lock=self._lock, name=self.path.name)
        return self._run

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._held:
            if error is None and self._run is not None:
                self._move_into_place(self._run)
            elif isinstance(error, InputError) or not self.resumes:
                shutil.rmtree(self._partial, ignore_errors=True)

    def _prepare(self) -> None:
        key = self._partial / _RESUME_KEY
        if not (self._key and key.is_file() and key.read_text("utf-8") == self._key):
            shutil.rmtree(self._partial, ignore_errors=True)
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        for leftover in self._partial.iterdir():  # half-written parts of the interrupted process
            if leftover.is_dir() and leftover.name != _CHECKPOINTS:
                shutil.rmtree(leftover)
            elif leftover.is_file():
                leftover.unlink()
        key.write_text(self._key, "utf-8")
        self.model_folder.mkdir()

    def _move_into_place(self, run: Run) -> None:
        old = _beside(self.path, "old")
        shutil.rmtree(old, ignore_errors=True)
        if self.path.exists():
            os.rename(self.path, old)
        os.rename(self._partial, self.path)
        run.path = self.path
        shutil.rmtree(self.path / _CHECKPOINTS)  # not before: a kill just now must not cost the training
        (self.path / _RESUME_KEY).unlink()
        shutil.rmtree(old, ignore_errors=True)


def await_checkpoints(path: str | Path, *, resume_key: str, patience: float = 600.0) -> Path:
    """The checkpoints' folder of the run that another process is about to write, once it is ready.

    Raises InputError after `patience` seconds without it: the other process has failed, or does not see this folder.
    """
    folder = _beside(Path(path).resolve(), "partial")
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with suppress(OSError):
            if (folder / _RESUME_KEY).read_text("utf-8") == resume_key:
                return folder / _CHECKPOINTS
        time.sleep(0.1)
    raise InputError(f"{path}: the first process has not started this run; all nodes must share folder and data")


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(f".{folder.name}.{suffix}")


def _lock(folder: Path) -> FileLock:
    return FileLock(_beside(folder, "lock"))


@contextmanager
def _holding(lock: FileLock, folder: Path, *, patience: float = 0.0) -> Iterator[None]:
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        raise InputError(
            f"{folder}: another motiflens process is writing this run; wait until it ends or choose another folder"
        ) from None
    try:
        yield
    finally:
        if lock.lock_counter == 1:
            with suppress(OSError):  # while held, so that a waiting process notices and takes a fresh file
                os.unlink(lock.lock_file)
        lock.release()


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error}); choose another folder") from error


def _recover(folder: Path) -> None:
    """Undo a replacement that was cut off between its two renames."""
    if not folder.exists() and _beside(folder, "old").exists():
        os.rename(_beside(folder, "old"), folder)


def _check_target(folder: Path, *, force: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / RUN_FILE).is_file():
        raise InputError(f"{folder}: exists and is not a motiflens run; choose another folder")
    if not force:
        raise InputError(f"{folder}: already holds a run; add --force to replace it, or choose another folder")


def _read_info(folder: Path) -> RunInfo:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; a run folder is what `motiflens fit ... --out RUN` writes")
    file = folder / RUN_FILE
    if not file.is_file():
        raise InputError(f"{folder}: not a motiflens run: it has no {RUN_FILE}; name the folder given to --out")
    raw = read_json(file)
    if "motiflens" not in raw or "files" not in raw:
        raise RunFolderError(f"{file}: not the record of a motiflens run; {RESTORE}")
    if (found := raw.get("format", 1)) != FORMAT:
        remedy = "fit again with `motiflens fit`" if found == 1 else "use the version of motiflens that wrote it"
        raise RunFolderError(
            f"{folder}: a run folder of format {found}, and motiflens {motiflens.__version__} reads format {FORMAT}; "
            f"{remedy}"
        )
    info = read_record(file, RunInfo)
    for relative in [*info.files, *info.staged]:
        path = PurePosixPath(relative)
        if path.is_absolute() or ".." in path.parts:
            raise RunFolderError(f"{file}: lists a file outside the run, {relative!r}; {RESTORE}")
    return info


def _check(file: Path, expected: str) -> None:
    try:
        actual = _sha256(file)
    except FileNotFoundError:
        raise RunFolderError(f"{file}: missing from the run; {RESTORE}") from None
    except OSError as error:
        raise RunFolderError(f"{file}: cannot be read ({error.strerror}); {remedy_for(error)}") from error
    if actual != expected:
        raise RunFolderError(f"{file}: changed since the run was written (its sha256 differs); {RESTORE}")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fingerprints(folder: Path) -> dict[str, str]:
    names = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    left_out = (RUN_FILE, _RESUME_KEY, f"{_CHECKPOINTS}/")
    return {name: _sha256(names[name]) for name in sorted(names) if not name.startswith(left_out)}
