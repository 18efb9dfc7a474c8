"""A finished run applied: evaluate, predict, and rebuild its report."""

import contextlib
import csv
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from jaxtyping import Shaped

from motiflens.data.assemble import with_classes
from motiflens.data.checks import check_dataset, file_names
from motiflens.data.config import Crop
from motiflens.data.dataset import AnyDataset, Dataset
from motiflens.data.peaks import read_regions
from motiflens.data.read import SequenceBatch, read_batches, read_dataset
from motiflens.data.read_targets import read_targets
from motiflens.data.regions import GenomeRegions
from motiflens.errors import InputError
from motiflens.model.device import resolve_device
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_ensemble, predict_values
from motiflens.model.store import load_model
from motiflens.report.page import build_report, write_report
from motiflens.run.folder import Run
from motiflens.run.schema.metrics import Metrics
from motiflens.sequence.coordinates import parse_interval
from motiflens.shapes import Codes, Scores
from motiflens.workflow.audit import LabelledRegions
from motiflens.workflow.config import Device
from motiflens.workflow.judge import AnyMetrics, judge_alone
from motiflens.workflow.known_sequences import trained_on, trained_on_warning
from motiflens.workflow.lengths import chosen_crop
from motiflens.workflow.outputs import refuse_inputs, replacing
from motiflens.workflow.run_log import Notify, Progress
from motiflens.workflow.settings import Settings
from motiflens.workflow.shared_model import on_blocks
from motiflens.workflow.workers import Workers, pool_of


def evaluate_run(
    path: str | Path,
    arguments: Sequence[str],
    *,
    regions: LabelledRegions | None = None,
    length: int | None = None,
    crop: Crop | None = None,
    device: Device = "auto",
    notify: Notify = lambda _: None,
) -> AnyMetrics:
    """Figures of the run's model on other labelled data, as metrics.json has them, without baselines.

    `regions` are labelled data of a genome, in place of `arguments`; `notify` hears what is left out. Of a run with
    numbers or several labels, the table must have the same columns.

    Raises InputError for classes or a length that differ from the model's.
    """
    run = Run.load(path)
    model = load_model(run.model_folder).to(resolve_device(device))
    wanted = length or (model.length if crop else None)  # a choice of what stays asks for the model's length
    settings = Settings.model_validate(run.info.config)
    dataset: AnyDataset
    if settings.data.columns.kind != "classes":
        if regions is not None:
            raise InputError("--genome: this run predicts numbers or labels, which a table must hold; give a table")
        dataset = read_targets(
            arguments,
            settings.data.columns.model_copy(update={"weight": None}),
            counts=settings.fit.loss == "poisson",
            length=wanted,
            crop=crop or settings.data.crop,
            minimum=1,
            allow_conflicts=True,
        )
    elif regions is not None:
        dataset = _labelled_windows(regions, run, length=length or model.length)
    else:
        dataset = read_dataset(
            arguments,
            classes=model.classes,
            class_names=settings.data.class_names,
            length=wanted,
            crop=crop or settings.data.crop,
        )
    if dataset.length != model.length:
        raise InputError(
            f"{file_names(dataset.sources)}: the sequences have {dataset.length} letters where the model takes "
            f"{model.length}; crop or pad with --length {model.length} --crop left|center|right"
        )
    for note in dataset.notes:
        notify(f"warning: {note}")
    if known := trained_on(run, dataset.codes):
        notify(f"warning: {trained_on_warning(known, len(dataset))}")
    found = judge_alone(model, dataset, seed=run.info.seed)
    return found.model_copy(update={"trained_on": known}) if isinstance(found, Metrics) else found


def _labelled_windows(regions: LabelledRegions, run: Run, *, length: int) -> Dataset:
    """Windows of labelled regions; a class alone gets negatives of the kind that the run was fitted with."""
    settings = Settings.model_validate(run.info.config)
    dataset = read_regions(
        regions.files, regions.genome, negatives=settings.data.negatives, length=length, seed=settings.seed + 1
    )
    dataset = with_classes(dataset, run.classes)
    check_dataset(dataset, minimum_per_class=1)
    return dataset


def predict_file(
    path: str | Path,
    sequences: str | GenomeRegions,
    out: Path | None,
    *,
    length: int | None = None,
    crop: Crop | None = None,
    device: Device = "auto",
    workers: Workers | None = None,
    notify: Notify = lambda _: None,
    progress: Progress | None = None,
) -> None:
    """Write id and p_<class> of each sequence as TSV to `out` (whole or not at all), or to stdout; streams.

    Of numbers the columns are pred_<target>, in target units; of counts, the rate at an exposure of 1.

    Of regions of a genome, a row is a window of the model's length around an interval, with its place in front: chrom,
    start, end (0-based, half-open), strand. `notify` hears which intervals are left out.

    Of an ensemble also p_<class>_low and p_<class>_high (pred_...), the 95 % predictive interval. The output does not
    depend on `workers`.

    Raises InputError for bad input, and for sequences of another length than the model's without `length` or `crop`.
    """
    run = Run.load(path)
    crop = chosen_crop(run, length=length, crop=crop)
    refuse_inputs(out, sequences.files if isinstance(sequences, GenomeRegions) else (sequences,))
    model = load_model(run.model_folder).to(resolve_device(device))
    batches = read_batches(sequences, length=model.length, crop=crop, notify=lambda note: notify(f"warning: {note}"))
    first = next(batches, None)  # read the first batch now, so that bad input fails before any output
    if first is None:
        raise InputError(f"{sequences}: holds no sequences; give FASTA, or a table with a column `sequence`")
    with _text_output(out) as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        kind = "pred" if model.output.task == "regression" else "p"
        ends = ("", "_low", "_high") if len(model.members) > 1 else ("",)
        located = isinstance(sequences, GenomeRegions)
        places = ("chrom", "start", "end", "strand") * located
        table.writerow(["id", *places, *(f"{kind}_{name}{end}" for end in ends for name in model.output.names)])
        predict, done = on_blocks(_predicted, model, run=run, workers=workers or Workers()), 0
        with pool_of(workers or Workers()) as pool:
            for found in pool.map(predict, itertools.chain([first], batches)):
                for name, row in zip(found.ids.tolist(), found.values, strict=True):
                    table.writerow([name, *(_place(name) if located else ()), *(f"{value:.6g}" for value in row)])
                done += len(found.ids)
                if progress:
                    progress(done, None)


@dataclass(frozen=True, kw_only=True)
class _Predicted:
    """Ids (n,) of sequences, and what is predicted of each (n, columns)."""

    ids: Shaped[np.ndarray, " n"]
    values: Scores


def _predicted(model: Model, batch: SequenceBatch) -> _Predicted:
    return _Predicted(ids=batch.ids, values=_columns(model, batch.codes))


def _place(name: str) -> tuple[str, int, int, str]:
    """The columns of the place that an id like chr1:100-300(+) names."""
    place = parse_interval(name)
    if place is None:
        raise ValueError(f"{name} is no interval")
    return place.chromosome, place.start, place.end, name[-2]


def _columns(model: Model, codes: Codes) -> Scores:
    """What is predicted, and of an ensemble the ends of their intervals, side by side (n, columns)."""
    if len(model.members) == 1:
        return predict_values(model, codes)
    found = predict_ensemble(model, codes)
    return np.hstack((found.values, found.low, found.high))


@contextlib.contextmanager
def _text_output(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    with replacing(out) as partial, partial.open("w", newline="") as file:
        yield file


def rebuild_report(path: str | Path) -> Run:
    """Draw figures and report.html anew from the run folder alone."""
    run = Run.load(path)
    write_report(run)
    return run


def write_page(path: str | Path, out: Path) -> None:
    """Write the report of a run to `out`, whole or not at all, and leave the run as it is.

    Raises InputError where `out` cannot be written or is a file of a run.
    """
    refuse_inputs(out, ())
    page = build_report(Run.load(path))
    with replacing(out) as partial:
        partial.write_text(page, "utf-8", newline="\n")
