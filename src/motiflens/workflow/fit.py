"""`motiflens fit`: from labelled data to a whole run folder."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import motiflens
from motiflens.data.dataset import AnyDataset, Dataset
from motiflens.data.negatives import ids_on_genome
from motiflens.data.splits import Split
from motiflens.errors import MotiflensError
from motiflens.groups.fingerprints import fingerprints
from motiflens.model.device import resolve_device
from motiflens.model.output import ClassOutput
from motiflens.model.predict import predict_values
from motiflens.model.store import save_model
from motiflens.motifs.database import Database, load_database
from motiflens.motifs.genome_places import with_genome_places
from motiflens.motifs.taxa import check_taxon
from motiflens.report.page import write_report
from motiflens.run.folder import Run, RunWriter
from motiflens.run.schema.checks import AuditRecord
from motiflens.run.schema.info import NetworkInfo, RunInfo, Source
from motiflens.training.fit import Fitted, fit_model, too_few
from motiflens.workflow.audit import (
    CheckedData,
    LabelledRegions,
    LeakagePolicy,
    check_and_split,
    drop_conflicting,
    read_labelled,
)
from motiflens.workflow.explain_dataset import Explained, explain_dataset
from motiflens.workflow.faithfulness import assess_faithfulness
from motiflens.workflow.find_motifs import Found, find_motifs, meme_of
from motiflens.workflow.judge import Best, Judged, counts_by_part, in_measured_units, judge, predictions_table
from motiflens.workflow.measured_input import contrasts_of, measured_input
from motiflens.workflow.measured_motifs import find_measured_motifs
from motiflens.workflow.motif_input import motif_input
from motiflens.workflow.name_motifs import name_motifs
from motiflens.workflow.processes import compute_of, follows, train_along
from motiflens.workflow.run_log import FIT_PLAN, Console, RunLog
from motiflens.workflow.settings import Settings
from motiflens.workflow.windows import window_files


def fit_files(
    arguments: Sequence[str],
    out: str | Path,
    *,
    test: Sequence[str] = (),
    settings: Settings | None = None,
    force: bool = False,
    regions: LabelledRegions | None = None,
    drop: bool = False,
    allow_leakage: bool = False,
    console: Console | None = None,
) -> Run | None:
    """Read labelled files as the command line names them, or regions of a genome, and fit.

    Args:
        arguments: CLASS=FILE pairs, or one table.
        out: Folder of the run.
        test: Held-out data, given like `arguments`.
        regions: Data as intervals of a genome, in place of `arguments` and `test`.
        drop: Remove contradictory and repeated records first; RUN/dropped.tsv lists them.
        allow_leakage: Go on where the test data hold copies of training records.

    Returns:
        As `fit_dataset`.

    Raises:
        InputError: The data are bad; nothing is written.
    """
    settings = settings or Settings()
    dataset = read_labelled(arguments, test=test, regions=regions, settings=settings, allow_conflicts=drop)
    policy = LeakagePolicy(allow_leakage=allow_leakage)
    if drop:
        dataset, dropped = drop_conflicting(dataset, settings)
        policy = LeakagePolicy(allow_leakage=allow_leakage, dropped=dropped)
    windows = window_files(dataset) if regions is not None and isinstance(dataset, Dataset) else None
    return fit_dataset(dataset, out, settings=settings, force=force, policy=policy, console=console, windows=windows)


def fit_dataset(
    dataset: AnyDataset,
    out: str | Path,
    *,
    settings: Settings,
    force: bool = False,
    policy: LeakagePolicy | None = None,
    console: Console | None = None,
    bayes_optimal: Best | None = None,
    windows: Mapping[str, str] | None = None,
) -> Run | None:
    """Split, train, evaluate beside the baselines, explain, find motifs, and write the run with its report.

    A killed call, repeated, resumes its training and ends with the same numbers. `windows` are texts that the run
    keeps, by file name.

    Returns:
        The run at `out`. None in a process that is one of several and not the first: it only took part in the
        training.

    Raises:
        MotiflensError: A step after the training failed; the run has the model and what was computed before.
    """
    console, policy = console or Console(), policy or LeakagePolicy()
    log = RunLog(console, FIT_PLAN)
    device = resolve_device(settings.device)
    database = load_database(settings.motifs.database)  # a bad file fails now, not after the training
    check_taxon(settings.motifs.taxon, database)
    contrasts_of(settings.motifs.contrasts, () if isinstance(dataset, Dataset) else dataset.targets)
    key = _fingerprint(dataset, settings)
    if follows(settings):
        train_along(dataset, out, settings=settings, policy=policy, device=device, key=key)
        return None
    with RunWriter(out, force=force, resume_key=key) as writer:
        if writer.resumes:
            log.notify("resuming the interrupted fit")
        log.notify(f"{_shape(dataset)}; training on {device}")
        with log.stage("check data"):
            checked = check_and_split(dataset, settings=settings, policy=policy, log=log)
        split = checked.split
        compute = replace(compute_of(settings, device, writer.checkpoints), on_progress=log.progress)
        train, val = dataset.take(split.train), dataset.take(split.val)
        if few := too_few(train, settings.fit):
            log.warn(few)
        with log.stage("train"):
            fitted = fit_model(
                train, val, config=settings.fit, seed=settings.seed, compute=compute,
                on_stage=lambda doing: log.notify(f"detail: {doing}"),
            )  # fmt: skip
        for note in fitted.notes:
            log.notify(f"detail: {note}")
        task = _Task(dataset=dataset, checked=checked, settings=settings, fitted=fitted, log=log)
        _write_data(writer, task, dropped=policy.dropped, windows=windows)
        save_model(writer.model_folder, fitted.model)
        failure = _failure(lambda: _write_parts(writer, task, database, bayes_optimal))
        run = writer.seal(_info(task, device, console.command))
        if failure is None:
            failure = _failure(lambda: _write_report(run, log))
    if failure is not None:
        raise MotiflensError(_how_to_go_on(run, failure)) from failure
    return run


def _write_data(
    writer: RunWriter, task: "_Task", *, dropped: pd.DataFrame | None, windows: Mapping[str, str] | None
) -> None:
    """Write what is known of the data."""
    writer.write(audit=AuditRecord.model_validate(task.checked.audit))
    if dropped is not None:
        writer.write(dropped=dropped)
    if windows:
        writer.write(windows=windows)
    learned = np.concatenate([task.split.train, task.split.val])
    writer.write(training_sequences=np.unique(fingerprints(task.dataset.codes[learned])))


def _write_report(run: Run, log: RunLog) -> None:
    with log.stage("report"):
        write_report(run)


def _failure(step: Callable[[], None]) -> Exception | None:
    """Return what a step failed of; errors of the machine (a full disk) are raised, for the same command resumes."""
    try:
        step()
    except (OSError, MemoryError, MotiflensError):
        raise
    except Exception as error:
        return error
    return None


def _how_to_go_on(run: Run, failure: Exception) -> str:
    reason = f"{type(failure).__name__}: {' '.join(str(failure).split())[:200]}"
    if run.has("hits.tsv"):
        return (
            f"{run.path}: the report could not be drawn ({reason}); everything else is in the run: "
            f"`motiflens report {run.path}` tries again"
        )
    return (
        f"{run.path}: a step after the training failed ({reason}); the run has the model, which `motiflens predict`, "
        "`evaluate` and `explain` take, and what was computed before; --force fits again. Please report this"
    )


@dataclass(frozen=True, kw_only=True)
class _Task:
    """A fit once its model is trained."""

    dataset: AnyDataset
    checked: CheckedData
    settings: Settings
    fitted: Fitted
    log: RunLog

    @property
    def split(self) -> Split:
        return self.checked.split


def _write_parts(writer: RunWriter, task: _Task, database: Database, bayes_optimal: Best | None) -> None:
    """Evaluate, explain, find and name motifs, and write the results."""
    dataset, split, settings, model = task.dataset, task.split, task.settings, task.fitted.model
    writer.write(history=task.fitted.history)
    with task.log.stage("evaluate"):
        predicted = predict_values(model, dataset.codes)
        judged = Judged(dataset=dataset, checked=task.checked, model=model, predicted=predicted, seed=settings.seed)
        shown = predicted if isinstance(dataset, Dataset) else in_measured_units(dataset, predicted)
        writer.write(predictions=predictions_table(dataset, judged.names, shown))
        writer.write(metrics=judge(judged, bayes_optimal=bayes_optimal))
    with task.log.stage("explain"):
        explained = explain_dataset(model, dataset, split, predicted=predicted, settings=settings)
        for note in explained.notes:
            task.log.warn(note)
        writer.write(attributions=explained.attributions)
    with task.log.stage("check explanations"):
        writer.write(faithfulness=assess_faithfulness(model, explained.attributions, seed=settings.seed))
    with task.log.stage("find motifs"):
        found = _found_motifs(task, explained, database)
        motifs = name_motifs(found.record, database, taxon=settings.motifs.taxon)
    writer.write(
        motifs=motifs,
        meme=meme_of(motifs),
        hits=with_genome_places(found.hits, ids_on_genome(dataset), [dataset.length] * len(dataset)),
    )
    if found.measured is not None:
        writer.write(measured=found.measured)


def _found_motifs(task: _Task, explained: Explained, database: Database) -> Found:
    dataset, settings, held_out = task.dataset, task.settings, task.split.test
    model, seed = task.fitted.model, settings.seed
    if isinstance(dataset, Dataset):
        most = settings.motifs.sequences
        sequences = motif_input(explained, dataset, held_out=held_out, max_sequences=most, seed=seed)
        return find_motifs(sequences, model, database=database, seed=seed, heard=task.log.progress)
    measured = measured_input(explained, dataset, held_out=held_out, settings=settings)
    return find_measured_motifs(measured, model, database=database, seed=seed, heard=task.log.progress)


def _info(task: _Task, device: str, command: str) -> RunInfo:
    dataset, settings, model = task.dataset, task.settings, task.fitted.model
    output = model.output
    return RunInfo(
        command=command,
        config=settings.model_dump(mode="json"),
        network=NetworkInfo.model_validate(model.config.model_dump(mode="json")),
        strands=model.strands,
        parameters=model.members[0].parameter_count,
        seed=settings.seed,
        seeds=tuple(settings.seed + member for member in range(settings.fit.ensemble)),
        classes=output.names,
        positive=output.positive if isinstance(output, ClassOutput) else None,
        explained=tuple(output.names[index] for index in output.explained),
        unit=output.unit,
        length=dataset.length,
        task=output.task,
        data=tuple(Source.model_validate(source) for source in dataset.sources),
        counts=counts_by_part(dataset, task.split),
        parts={"train": len(task.split.train), "val": len(task.split.val), "test": len(task.split.test)},
        device=device,
        notes=task.fitted.notes,
        stages=tuple(task.log.stages),
        warnings=tuple(task.log.warnings),
    )


def _fingerprint(dataset: AnyDataset, settings: Settings) -> str:
    digest = hashlib.sha256(motiflens.__version__.encode())
    truth: tuple[np.ndarray | None, ...]
    if isinstance(dataset, Dataset):
        truth, names = (dataset.labels,), dataset.classes
    else:
        truth, names = (dataset.values, dataset.weights, dataset.offset, dataset.replicates), dataset.targets
    for array in (dataset.codes, *truth, dataset.ids.astype("U"), dataset.split, dataset.group):
        digest.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
    digest.update(repr((names, settings.model_dump_json())).encode())
    return digest.hexdigest()


def _shape(dataset: AnyDataset) -> str:
    if isinstance(dataset, Dataset):
        counts, names = np.bincount(dataset.labels, minlength=len(dataset.classes)), dataset.classes
    else:
        counted = dataset.values == 1 if dataset.kind == "labels" else np.isfinite(dataset.values)
        counts, names = counted.sum(axis=0), dataset.targets
    shown = ", ".join(f"{n:,} {name}" for name, n in zip(names, counts, strict=True))
    return f"{len(dataset):,} sequences of {dataset.length} bp ({shown})"
