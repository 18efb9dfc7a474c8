"""`motiflens fit`: from labelled data to a whole run folder."""

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import motiflens
from motiflens.data.dataset import Dataset
from motiflens.data.splits import Split, split_names
from motiflens.evaluation.assessment import agreement, assess
from motiflens.evaluation.baselines import fit_baselines
from motiflens.evaluation.metrics import evaluate
from motiflens.evaluation.verdict import verdict
from motiflens.model.ensemble import additive_part
from motiflens.model.predict import predict_ensemble, predict_probabilities
from motiflens.model.store import save_model
from motiflens.motifs.formats import read_motifs
from motiflens.report.page import write_report
from motiflens.run.folder import Run, RunWriter
from motiflens.training.fit import Fitted, fit_model, resolve_device, too_few
from motiflens.workflow.audit import CheckedData, LeakagePolicy, Peaks, check_and_split, drop_conflicting, read_labelled
from motiflens.workflow.explain_dataset import explain_dataset
from motiflens.workflow.faithfulness import assess_faithfulness
from motiflens.workflow.motifs import find_motifs, motif_input
from motiflens.workflow.processes import follows, train_along, where_to_train
from motiflens.workflow.settings import Settings
from motiflens.workflow.stages import Announce, Logbook

#: Further entries of metrics.json, from the test set (Bayes-optimal scores of simulated data).
Extra = Callable[[Dataset], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Console:
    """How a fit shows itself: what it hears, and whether a progress bar may be drawn."""

    announce: Announce = lambda _: None
    progress: bool = False
    command: str = ""


def fit_files(
    arguments: Sequence[str],
    out: str | Path,
    *,
    test: Sequence[str] = (),
    settings: Settings | None = None,
    force: bool = False,
    peaks: Peaks | None = None,
    drop: bool = False,
    allow_leakage: bool = False,
    console: Console = Console(),
) -> Run:
    """Read labelled files as the command line names them, or peaks of a genome, fit, and return the run at `out`.

    `drop` removes conflicting records first (RUN/dropped.tsv lists them). Raises InputError for bad data, before
    anything is written.
    """
    settings = settings or Settings()
    dataset = read_labelled(arguments, test=test, peaks=peaks, settings=settings, allow_conflicts=drop)
    policy = LeakagePolicy(allow_leakage=allow_leakage)
    if drop:
        dataset, gone = drop_conflicting(dataset, settings)
        policy = LeakagePolicy(allow_leakage=allow_leakage, dropped=gone)
    return fit_dataset(dataset, out, settings=settings, force=force, policy=policy, console=console)


def fit_dataset(
    dataset: Dataset,
    out: str | Path,
    *,
    settings: Settings,
    force: bool = False,
    policy: LeakagePolicy | None = None,
    console: Console = Console(),
    extra: Extra = lambda _: {},
) -> Run:
    """Split, train, evaluate beside the baselines, explain, find motifs, report: the run at `out`.

    A killed call, repeated, resumes its training and ends with the same numbers. Of several processes, all but the
    first train along and exit.
    """
    log, policy = Logbook(console.announce), policy or LeakagePolicy()
    device = resolve_device(settings.device)
    _check_what_is_named(settings)
    key = _fingerprint(dataset, settings)
    if follows(settings):
        train_along(dataset, out, settings=settings, policy=policy, device=device, key=key)
        sys.exit()
    with RunWriter(out, force=force, resume_key=key) as writer:
        if writer.resumes:
            log.announce("resuming the interrupted fit")
        log.announce(f"{_shape(dataset)}; training on {device}")
        with log.stage("check data"):
            checked = check_and_split(dataset, settings=settings, policy=policy, log=log)
        split = checked.split
        where = where_to_train(settings, device, writer.checkpoints, progress=console.progress)
        train, val = dataset.take(split.train), dataset.take(split.val)
        if few := too_few(train, settings.fit):
            log.warn(few)
        with log.stage("train"):
            fitted = fit_model(train, val, config=settings.fit, seed=settings.seed, where=where, on_stage=log.announce)
        task = _Task(dataset=dataset, checked=checked, settings=settings, fitted=fitted, log=log)
        writer.write(audit=checked.audit.record(), **({} if policy.dropped is None else {"dropped": policy.dropped}))
        _write_parts(writer, task, extra)
        run = writer.seal(_info(task, device, console.command or " ".join(sys.argv)))
        with log.stage("report"):
            write_report(run)
    return run


def _check_what_is_named(settings: Settings) -> None:
    """A package that is missing or a bad file speaks now, not after the training."""
    if settings.motifs.database:
        read_motifs(settings.motifs.database)


@dataclass(frozen=True, kw_only=True)
class _Task:
    """A fit once its model is trained."""

    dataset: Dataset
    checked: CheckedData
    settings: Settings
    fitted: Fitted
    log: Logbook

    @property
    def split(self) -> Split:
        return self.checked.split


def _write_parts(writer: RunWriter, task: _Task, extra: Extra) -> None:
    """Evaluate, explain and find motifs, and write what comes of it."""
    dataset, split, settings, model = task.dataset, task.split, task.settings, task.fitted.model
    save_model(writer.model_folder, model)
    with task.log.stage("evaluate"):
        probabilities = predict_probabilities(model, dataset.codes)
        metrics = _metrics(task, probabilities) | dict(extra(dataset.take(split.test)))
    with task.log.stage("explain"):
        explained = explain_dataset(model, dataset, split, probabilities=probabilities, settings=settings)
        for note in explained.notes:
            task.log.warn(note)
    with task.log.stage("check explanations"):
        faithfulness = assess_faithfulness(model, explained.attributions, seed=settings.seed)
    with task.log.stage("find motifs"):
        most, seed = settings.motifs.sequences, settings.seed
        sequences = motif_input(explained, dataset, held_out=split.test, most=most, seed=seed)
        parts = find_motifs(sequences, model, database=settings.motifs.database, seed=seed)
    writer.write(
        metrics=metrics,
        history=task.fitted.history,
        predictions=_predictions(dataset, split, probabilities),
        attributions=explained.attributions,
        faithfulness=faithfulness,
        **parts.files(),
    )


def _info(task: _Task, device: str, command: str) -> dict[str, Any]:
    """run.json."""
    dataset, settings, model = task.dataset, task.settings, task.fitted.model
    return {
        "command": command,
        "config": settings.model_dump(mode="json"),
        "network": model.config.model_dump(mode="json"),
        "strands": model.strands,
        "parameters": model.members[0].parameter_count,
        "seed": settings.seed,
        "seeds": [settings.seed + member for member in range(settings.fit.ensemble)],
        "classes": list(dataset.classes),
        "positive": dataset.classes[1] if len(dataset.classes) == 2 else None,
        "length": dataset.length,
        "task": "binary" if len(dataset.classes) == 2 else "multiclass",
        "data": [vars(source) for source in dataset.sources],
        "counts": _counts(dataset, task.split),
        "device": device,
        "notes": list(task.fitted.notes),
        "stages": task.log.stages,
        "warnings": task.log.warnings,
    }


def _fingerprint(dataset: Dataset, settings: Settings) -> str:
    digest = hashlib.sha256(motiflens.__version__.encode())
    for array in (dataset.codes, dataset.labels, dataset.ids.astype("U"), dataset.split, dataset.group):
        digest.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
    digest.update(repr((dataset.classes, settings.model_dump_json())).encode())
    return digest.hexdigest()


def _shape(dataset: Dataset) -> str:
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    classes = ", ".join(f"{n:,} {name}" for name, n in zip(dataset.classes, counts, strict=True))
    return f"{len(dataset):,} sequences of {dataset.length} bp ({classes})"


def _counts(dataset: Dataset, split: Split) -> dict[str, dict[str, int]]:
    return {
        name: {c: int((dataset.labels[rows] == i).sum()) for i, c in enumerate(dataset.classes)}
        for name, rows in (("train", split.train), ("val", split.val), ("test", split.test))
    }


def _metrics(task: _Task, probabilities: np.ndarray) -> dict[str, Any]:
    dataset, split, seed = task.dataset, task.split, task.settings.seed
    strands = task.fitted.model.strands
    baselines = fit_baselines(dataset, split_names(dataset, split), strands=strands, seed=seed)
    test = dataset.take(split.test)
    simple = {name: baseline.predict_proba(test.codes) for name, baseline in baselines.items()}
    additive = additive_part(task.fitted.model)
    metrics = assess(
        test.labels,
        probabilities[split.test],
        simple,
        classes=dataset.classes,
        seed=seed,
        additive=None if additive is None else predict_probabilities(additive, test.codes),
    )
    if len(task.checked.near):
        metrics["test_without_near_duplicates"] = _without_near_duplicates(task, probabilities)
    if len(task.fitted.model.members) > 1:
        metrics["ensemble"] = agreement(predict_ensemble(task.fitted.model, test.codes))
    metrics["verdict"] = verdict(
        metrics,
        counts=_counts(dataset, split),
        notes=dataset.notes,
        leaks=len(task.checked.near),
        shuffled_negatives="shuffled" in dataset.classes,
    )
    return metrics


def _without_near_duplicates(task: _Task, probabilities: np.ndarray) -> dict[str, Any] | None:
    """The figures on the test sequences that have no copy or near duplicate in training; None where none are left."""
    rows = np.setdiff1d(task.split.test, task.checked.near)
    if not len(rows):
        return None
    dataset = task.dataset
    return evaluate(dataset.labels[rows], probabilities[rows], dataset.classes, seed=task.settings.seed).metrics


def _predictions(dataset: Dataset, split: Split, probabilities: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame({"id": dataset.ids, "split": split_names(dataset, split)})
    table["label"] = np.array(dataset.classes)[dataset.labels]
    for column, name in enumerate(dataset.classes):
        table[f"p_{name}"] = probabilities[:, column]
    return table
