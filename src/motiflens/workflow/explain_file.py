"""`motiflens explain`: every sequence of a file explained into a folder, in parts, resumable."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

import motiflens
from motiflens.data.config import Crop
from motiflens.data.read import SequenceBatch, read_batches, read_sequences
from motiflens.data.regions import GenomeRegions, read_all_intervals
from motiflens.errors import InputError
from motiflens.explain.genome_tracks import Regions, write_tracks
from motiflens.explain.targets import class_index
from motiflens.model.device import resolve_device
from motiflens.model.ensemble import Model
from motiflens.model.store import load_model
from motiflens.report.pictures import draw_sequence
from motiflens.run.files import write_record
from motiflens.run.folder import Run
from motiflens.sequence.coordinates import parse_interval
from motiflens.workflow.config import ExplainOptions, Method
from motiflens.workflow.explain_dataset import explained_arrays
from motiflens.workflow.lengths import chosen_crop
from motiflens.workflow.outputs import file_stems, own_folder
from motiflens.workflow.run_log import Notify, Progress
from motiflens.workflow.shared_model import on_blocks, weights_of
from motiflens.workflow.workers import Workers, pool_of

_PART = 1024  # sequences
_STATE = "state.json"
_SUMMARY = "explained.json"
_FILES = re.compile(r"part_\d{5}\.npz|\d{4,}\.(svg|png)|contributions_[\w.-]+\.(bedGraph|bw)|explained\.json")


def explain_file(
    path: str | Path,
    sequences: str | GenomeRegions,
    out: Path,
    *,
    options: ExplainOptions | None = None,
    force: bool = False,
    notify: Notify = lambda _: None,
    progress: Progress | None = None,
) -> Path:
    """Explain every sequence of a file into the folder `out`, which appears whole or not at all; returns it.

    Writes part_<n>.npz for each 1,024 sequences (`explained_arrays` has the arrays), pictures of the first sequences as
    svg and png, explained.json (counts and notes), and, of sequences whose ids say where they lie, genome tracks a
    target. It streams: memory does not grow with the file. A killed call, repeated, goes on after the last whole part.
    Raises InputError for bad input, an unknown target, or an `out` that cannot be written or holds something else.
    """
    options = options or ExplainOptions()
    run = Run.load(path)
    model = load_model(run.model_folder).to(resolve_device(options.device))
    if options.target is not None:
        class_index(model, options.target)
    if options.method == "contributions" and not model.has_contributions:
        raise InputError(
            f"--method contributions: the logit of preset {model.config.preset} is not a sum; use --method mutagenesis"
        )
    options = replace(options, crop=chosen_crop(run, length=options.length, crop=options.crop))
    _check_folder(out, force=force)
    with own_folder(out) as folder:
        state = _State.resume(folder, _key(run, sequences, options))
        job = _Job(model=model, run=run, options=options, folder=folder, state=state)
        if job.state.sequences:
            notify(f"resuming after {job.state.sequences:,} sequences")
        job.explain(sequences, progress, notify)
        notes = job.finish()
        if out.exists():
            shutil.rmtree(out)
        os.rename(folder, out)
    for note in notes:
        notify(f"warning: {note}")
    return out


class _Summary(BaseModel):
    """explained.json; `located` sequences have genome coordinates in their ids; `tracks` are files by class."""

    motiflens: str = Field(default_factory=lambda: motiflens.__version__)
    run: str
    sequences: int
    parts: int
    located: int
    tracks: dict[str, str]
    notes: list[str]
    method: Method
    target: str | None
    crop: Crop | None
    pictures: int


class _State(BaseModel):
    """Progress of an explanation."""

    key: str
    parts: int = 0
    sequences: int = 0

    @classmethod
    def resume(cls, folder: Path, key: str) -> "_State":
        """Return the state of an interrupted call with the same key; else a fresh one, in an empty folder."""
        with suppress(OSError, ValueError):
            state = cls.model_validate_json((folder / _STATE).read_text("utf-8"))
            if state.key == key:
                return state
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return cls(key=key)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One call of explain_file at work in the folder that becomes the result."""

    model: Model
    run: Run
    options: ExplainOptions
    folder: Path
    state: _State

    def explain(self, sequences: str | GenomeRegions, progress: Progress | None, notify: Notify) -> None:
        """Explain the batches that are still to do."""
        total = _count(sequences) if progress else None
        options = self.options
        explained = partial(explained_arrays, method=options.method, target=options.target)
        explain = on_blocks(explained, self.model, run=self.run, workers=options.workers)
        with pool_of(options.workers) as pool:
            for arrays in pool.map(explain, self._todo(sequences, notify)):
                self._part(arrays)
                if progress:
                    progress(self.state.sequences, total)

    def _todo(self, sequences: str | GenomeRegions, notify: Notify) -> Iterator[SequenceBatch]:
        """Yield the batches of which there is no part yet."""
        done, seen = self.state.sequences, 0
        batches = read_batches(
            sequences,
            length=self.model.length,
            crop=self.options.crop,
            size=_PART,
            notify=lambda note: notify(f"warning: {note}"),
        )
        for batch in batches:
            seen += len(batch.ids)
            if seen > done:
                yield batch

    def _part(self, arrays: dict[str, Any]) -> None:
        size = len(arrays["ids"])
        for row in range(min(size, self.options.pictures - self.state.sequences)):
            self._draw(arrays, row)
        fresh = self.folder / ".part.npz"
        np.savez_compressed(fresh, **arrays)
        os.replace(fresh, self.folder / f"part_{self.state.parts + 1:05d}.npz")
        self.state.parts += 1
        self.state.sequences += size
        write_record(self.folder / _STATE, self.state)

    def _draw(self, arrays: Mapping[str, np.ndarray], row: int) -> None:
        total = arrays["attention"][row].sum(0)
        for kind in ("svg", "png"):
            picture = draw_sequence(
                contributions=arrays["observed"][row],
                codes=arrays["codes"][row],
                ids=str(arrays["ids"][row]),
                target=str(arrays["target"][row]),
                probability=arrays["probability"][row],
                kind=kind,
                unit=self.run.info.unit,
                attention=total if total.any() else None,
            )
            (self.folder / f"{self.state.sequences + row + 1:04d}.{kind}").write_bytes(picture)

    def finish(self) -> list[str]:
        """Tracks and summary of the whole parts; returns notes."""
        notes: dict[str, None] = {}
        for part in self._parts():
            with np.load(part, allow_pickle=False) as arrays:
                notes |= dict.fromkeys(arrays["notes"].tolist())
        located, tracks = self._write_tracks()
        if 0 < located < self.state.sequences:
            notes[f"{located:,} of {self.state.sequences:,} ids contain coordinates; the tracks cover only these"] = (
                None
            )
        summary = _Summary(
            run=self.run.name,
            sequences=self.state.sequences,
            parts=self.state.parts,
            located=located,
            tracks=tracks,
            notes=list(notes),
            method=self.options.method,
            target=self.options.target,
            crop=self.options.crop,
            pictures=self.options.pictures,
        )
        write_record(self.folder / _SUMMARY, summary)
        (self.folder / _STATE).unlink()
        return list(notes)

    def _parts(self) -> Iterator[Path]:
        return (self.folder / f"part_{number:05d}.npz" for number in range(1, self.state.parts + 1))

    def _write_tracks(self) -> tuple[int, dict[str, str]]:
        """Tracks of each target class; returns how many ids carry coordinates, and the track of each class."""
        names = file_stems(self.model.output.names)
        regions: dict[str, Regions] = {}
        row = count()
        scratch = self.folder / ".values"
        with scratch.open("wb") as file:  # by row, so that they can be read in the order of the genome
            for part in self._parts():
                with np.load(part, allow_pickle=False) as arrays:
                    arrays["observed"].astype(np.float32).tofile(file)
                    for name, target in zip(arrays["ids"].tolist(), arrays["target"].tolist(), strict=True):
                        number, interval = next(row), parse_interval(name)
                        region = interval and interval.fitted_to(self.model.length)
                        if region:
                            regions.setdefault(target, Regions()).add(region, number)
        if regions:
            values = np.memmap(scratch, np.float32, "r").reshape(-1, self.model.length)
            for target, places in regions.items():
                write_tracks(self.folder / f"contributions_{names[target]}", places, values)
        scratch.unlink()
        return sum(map(len, regions.values())), {target: f"contributions_{names[target]}" for target in regions}


def _check_folder(out: Path, *, force: bool) -> None:
    """Raise InputError unless `out` is absent, empty, or (with `force`) holds nothing but explanations."""
    if not out.exists():
        return
    if not out.is_dir() or any(not _FILES.fullmatch(file.name) for file in out.iterdir()):
        raise InputError(f"{out}: exists and holds files that are not explanations; choose another folder")
    if any(out.iterdir()) and not force:
        raise InputError(f"{out}: already exists; add --force to replace it, or choose another folder")


def _key(run: Run, sequences: str | GenomeRegions, options: ExplainOptions) -> str:
    """Fingerprint of what is explained: version, weights, input, options. A pipe is never the same twice."""
    weights, plain = weights_of(run), replace(options, workers=Workers())
    with suppress(OSError):
        paths = sequences.files if isinstance(sequences, GenomeRegions) else (sequences,)
        seen = [(os.path.abspath(path), os.stat(path)) for path in paths]
        files = [(path, state.st_size, state.st_mtime_ns) for path, state in seen]
        return hashlib.sha256(repr((motiflens.__version__, weights, files, plain)).encode()).hexdigest()
    return os.urandom(16).hex()


def _count(sequences: str | GenomeRegions) -> int | None:
    """How many records a file has; None for what can be read only once."""
    if isinstance(sequences, GenomeRegions):
        return len(read_all_intervals(sequences.beds)) if all(map(os.path.isfile, sequences.beds)) else None
    return sum(1 for _ in read_sequences(sequences)) if Path(sequences).is_file() else None
