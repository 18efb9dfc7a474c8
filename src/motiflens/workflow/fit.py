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
from motiflens.data.read import read_dataset
from motiflens.data.splits import Split, find_copies, split_dataset
from motiflens.evaluation.assessment import assess
from motiflens.evaluation.baselines import fit_baselines
from motiflens.evaluation.verdict import verdict
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_probabilities
from motiflens.model.store import save_model
from motiflens.report.figures import write_figures
from motiflens.report.page import write_report
from motiflens.run import Run, RunWriter
from motiflens.training.fit import Fitted, fit_model, resolve_device
from motiflens.training.loop import Where
from motiflens.workflow.explain import explain_dataset
from motiflens.workflow.motifs import find_motifs, motif_input
from motiflens.workflow.settings import Settings
from motiflens.workflow.stages import Announce, Logbook

#: Further entries of metrics.json, from the test set (the ceiling of simulated data).
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
    console: Console = Console(),  # noqa: B008  (frozen)
) -> Run:
    """Read labelled files as the command line names them, fit, and return the run at `out`.

    Raises InputError for bad data, before anything is written.
    """
    settings = settings or Settings()
    dataset = read_dataset(
        arguments,
        test=test,
        positive=settings.data.positive,
        length=settings.data.length,
        align=settings.data.align,
        seed=settings.seed,
    )
    return fit_dataset(dataset, out, settings=settings, force=force, console=console)


def fit_dataset(
    dataset: Dataset,
    out: str | Path,
    *,
    settings: Settings,
    force: bool = False,
    console: Console = Console(),  # noqa: B008  (frozen)
    extra: Extra = lambda _: {},
) -> Run:
    """Split, train, evaluate beside the baselines, explain, find motifs, report: the run at `out`.

    A killed call, repeated, resumes its training and ends with the same numbers.
    """
    log = Logbook(console.announce)
    device = resolve_device(settings.device)
    split = split_dataset(
        dataset,
        test_share=settings.data.test_share,
        validation_share=settings.data.validation_share,
        seed=settings.seed,
    )
    with RunWriter(out, force=force, resume_key=_fingerprint(dataset, settings)) as writer:
        if writer.resumes:
            log.announce("resuming the interrupted fit")
        log.announce(f"{_shape(dataset)}; training on {device}")
        leaks = _warn_of_data(dataset, split, log)
        where = Where(device=device, folder=writer.checkpoints, progress=console.progress)
        with log.stage("train"):
            fitted = fit_model(
                dataset.take(split.train),
                dataset.take(split.val),
                config=settings.fit,
                seed=settings.seed,
                where=where,
                on_stage=log.announce,
            )
        save_model(writer.model_folder, fitted.model)
        with log.stage("evaluate"):
            probabilities = predict_probabilities(fitted.model, dataset.codes)
            metrics = _metrics(dataset, split, probabilities, fitted.model, leaks, settings.seed)
            metrics |= extra(dataset.take(split.test))
        with log.stage("explain"):
            explained = explain_dataset(fitted.model, dataset, split, probabilities, settings=settings)
        with log.stage("find motifs"):
            sequences = motif_input(explained, dataset, most=settings.motifs.sequences, seed=settings.seed)
            parts = find_motifs(
                sequences, strands=fitted.model.strands, database=settings.motifs.database, seed=settings.seed
            )
        writer.write(
            metrics=metrics,
            history=fitted.history,
            predictions=_predictions(dataset, split, probabilities),
            attributions=explained.attributions,
            **parts.files(),
        )
        return _finish(writer, dataset, split, fitted, settings, device, log, console)


def _finish(
    writer: RunWriter,
    dataset: Dataset,
    split: Split,
    fitted: Fitted,
    settings: Settings,
    device: str,
    log: Logbook,
    console: Console,
) -> Run:
    run = writer.seal(
        {
            "command": console.command or " ".join(sys.argv),
            "config": settings.model_dump(mode="json"),
            "network": fitted.model.config.model_dump(mode="json"),
            "strands": fitted.model.strands,
            "parameters": fitted.model.members[0].parameter_count,
            "seed": settings.seed,
            "seeds": [settings.seed + member for member in range(settings.fit.ensemble)],
            "classes": list(dataset.classes),
            "positive": dataset.classes[1] if len(dataset.classes) == 2 else None,
            "length": dataset.length,
            "task": "binary" if len(dataset.classes) == 2 else "multiclass",
            "data": [vars(source) for source in dataset.sources],
            "counts": _counts(dataset, split),
            "device": device,
            "notes": list(fitted.notes),
            "stages": log.stages,
            "warnings": log.warnings,
        }
    )
    with log.stage("report"):
        write_figures(run)
        write_report(run)
    return run


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


def _warn_of_data(dataset: Dataset, split: Split, log: Logbook) -> int:
    """Warn of what the data say of themselves; the number of test sequences with a copy in training."""
    for note in dataset.notes:
        log.warn(note)
    copies = find_copies(dataset, split)
    if copies.groups and not copies.leaked:
        log.warn(
            f"{copies.records:,} sequences are copies (on either strand) of one another, in {copies.groups:,} sets; "
            "each set is kept on one side of the split"
        )
    if copies.leaked:
        log.warn(
            f"{copies.leaked:,} test sequences have an exact or reverse-complement copy in training "
            f"({', '.join(copies.leaked_ids)}...): the test figures flatter the model; remove them from the test data"
        )
    return copies.leaked


def _counts(dataset: Dataset, split: Split) -> dict[str, dict[str, int]]:
    return {
        name: {c: int((dataset.labels[rows] == i).sum()) for i, c in enumerate(dataset.classes)}
        for name, rows in (("train", split.train), ("val", split.val), ("test", split.test))
    }


def split_names(dataset: Dataset, split: Split) -> np.ndarray:
    """ "train", "val" or "test" of each record (n,)."""
    names = np.full(len(dataset), "train", dtype="<U5")
    names[split.val], names[split.test] = "val", "test"
    return names


def _metrics(
    dataset: Dataset, split: Split, probabilities: np.ndarray, model: Model, leaks: int, seed: int
) -> dict[str, Any]:
    baselines = fit_baselines(dataset, split_names(dataset, split), strands=model.strands, seed=seed)
    test = dataset.take(split.test)
    simple = {name: baseline.predict_proba(test.codes) for name, baseline in baselines.items()}
    metrics = assess(test.labels, probabilities[split.test], simple, classes=dataset.classes, seed=seed)
    metrics["verdict"] = verdict(
        metrics,
        counts=_counts(dataset, split),
        notes=dataset.notes,
        leaks=leaks,
        shuffled_negatives="shuffled" in dataset.classes,
    )
    return metrics


def _predictions(dataset: Dataset, split: Split, probabilities: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame({"id": dataset.ids, "split": split_names(dataset, split)})
    table["label"] = np.array(dataset.classes)[dataset.labels]
    for column, name in enumerate(dataset.classes):
        table[f"p_{name}"] = probabilities[:, column]
    return table
