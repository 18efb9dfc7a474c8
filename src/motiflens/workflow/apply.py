"""A finished run at work: evaluate, predict, explain new sequences, find its motifs again, rebuild its report."""

import contextlib
import csv
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from motiflens.data.checks import file_names
from motiflens.data.config import Align
from motiflens.data.read import SequenceBatch, read_batches, read_dataset
from motiflens.errors import InputError
from motiflens.evaluation.assessment import assess
from motiflens.explain.explanation import explain
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_probabilities
from motiflens.model.store import load_model
from motiflens.motifs.formats import read_motifs
from motiflens.report.figures import write_figures
from motiflens.report.page import write_report
from motiflens.report.pictures import draw_sequence
from motiflens.run import Run
from motiflens.run_files import write_json
from motiflens.workflow.fit import Console
from motiflens.workflow.motifs import motifs_of_run


def evaluate_run(
    path: str | Path, arguments: Sequence[str], *, length: int | None = None, align: Align | None = None
) -> dict[str, Any]:
    """Figures of the run's model on other labelled data, as metrics.json has them, without baselines.

    Raises InputError for classes or a length that differ from the model's.
    """
    run = Run.load(path)
    model = load_model(run.model_folder)
    if align:  # a choice of what stays asks for the model's length
        dataset = read_dataset(arguments, classes=model.classes, length=length or model.length, align=align)
    else:
        dataset = read_dataset(arguments, classes=model.classes, length=length)
    if dataset.length != model.length:
        raise InputError(
            f"{file_names(dataset.sources)}: the sequences have {dataset.length} letters where the model takes "
            f"{model.length}; crop or pad with --length {model.length} --align left|center|right"
        )
    probabilities = predict_probabilities(model, dataset.codes)
    return assess(dataset.labels, probabilities, {}, classes=model.classes, seed=run.info["seed"])


def predict_file(path: str | Path, sequences: str, out: Path | None, *, align: Align | None = None) -> None:
    """Write id and p_<class> of each sequence as TSV to `out` (whole or not at all), or to stdout; streams."""
    model = load_model(Run.load(path).model_folder)
    batches = read_batches(sequences, length=model.length, align=align)
    first = next(batches, None)  # bad input speaks before anything is written
    if first is None:
        raise InputError(f"{sequences}: holds no sequences; give FASTA, or a table with a column `sequence`")
    with _text_output(out) as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(["id", *(f"p_{name}" for name in model.classes)])
        for batch in _chain(first, batches):
            for name, row in zip(batch.ids, predict_probabilities(model, batch.codes), strict=True):
                table.writerow([name, *(f"{value:.6g}" for value in row)])


def _chain(first: SequenceBatch, rest: Iterator[SequenceBatch]) -> Iterator[SequenceBatch]:
    yield first
    yield from rest


@contextlib.contextmanager
def _text_output(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", newline="") as file:
            yield file
        os.replace(partial, out)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error}); choose another place") from error
    finally:
        partial.unlink(missing_ok=True)


def write_json_atomically(out: Path, content: dict[str, Any]) -> None:
    """Write `content` to `out`, whole or not at all. Raises InputError where it cannot be written."""
    try:
        write_json(out, content)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error}); choose another place") from error


def explain_file(
    path: str | Path,
    sequences: str,
    out: Path,
    *,
    target: str | None = None,
    align: Align | None = None,
    pictures: int = 20,
    force: bool = False,
) -> Path:
    """Explain every sequence of a file into the folder `out`, which appears whole or not at all; returns it.

    Writes part_<n>.npz for each batch (hypothetical, codes, ids, target, probability, attention_scales, attention,
    shapes as in attributions.npz; of preset additive also contributions (n, length) and bias (n,), which add up to the
    logit) and pictures of the first `pictures` sequences as svg and png.
    """
    model = load_model(Run.load(path).model_folder)
    _check_folder(out, force=force)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        drawn = 0
        for number, batch in enumerate(read_batches(sequences, length=model.length, align=align, size=1024), 1):
            arrays = _explained(model, batch, target)
            np.savez_compressed(partial / f"part_{number:05d}.npz", **arrays)
            for row in range(min(len(batch.ids), pictures - drawn)):
                drawn += 1
                for kind in ("svg", "png"):
                    picture = draw_sequence(**{name: arrays[name][row] for name in _PICTURED}, kind=kind)
                    (partial / f"{drawn:04d}.{kind}").write_bytes(picture)
        if out.exists():
            shutil.rmtree(out)
        os.rename(partial, out)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error}); choose another place") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def _check_folder(out: Path, *, force: bool) -> None:
    """Raise InputError unless `out` is absent, empty, or (with `force`) holds nothing but explanations."""
    if not out.exists():
        return
    if not out.is_dir() or any(not _EXPLANATION.fullmatch(file.name) for file in out.iterdir()):
        raise InputError(f"{out}: exists and holds other things than explanations; choose another folder")
    if any(out.iterdir()) and not force:
        raise InputError(f"{out}: exists already; add --force to replace it, or choose another folder")


_EXPLANATION = re.compile(r"part_\d{5}\.npz|\d{4}\.(svg|png)")
_PICTURED = ("hypothetical", "codes", "ids", "target", "probability")


def _explained(model: Model, batch: SequenceBatch, target: str | None) -> dict[str, Any]:
    found = explain(model, batch.codes, target=target)
    probabilities = predict_probabilities(model, batch.codes)
    column = [model.classes.index(name) for name in found.target]
    arrays = {
        "hypothetical": found.hypothetical,
        "codes": batch.codes,
        "ids": batch.ids,
        "target": np.array(found.target),
        "probability": probabilities[np.arange(len(column)), column],
        "attention_scales": np.array(found.attention.scales),
        "attention": found.attention.maps,
    }
    if found.contributions is None:
        return arrays
    return arrays | {"contributions": found.contributions, "bias": found.bias}


def rediscover(path: str | Path, *, database: Path | None, console: Console) -> Run:
    """Find and name the motifs of a run anew from its attributions, and rebuild its report."""
    run = Run.load(path)
    if database:
        read_motifs(database)  # also where no motif will ask for names
    console.announce("find motifs")
    run.update(**motifs_of_run(run, database=database).files())
    return rebuild_report(run.path)


def rebuild_report(path: str | Path) -> Run:
    """Draw figures and report.html anew from the run folder alone."""
    run = Run.load(path)
    write_figures(run)
    write_report(run)
    return run
