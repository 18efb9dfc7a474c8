"""What the templates show of a run: every number already formatted, so that the templates only place it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from motiflens.report.palette import class_colour
from motiflens.report.text import (
    METRIC_NAMES,
    baseline_name,
    count,
    difference,
    duration,
    interval,
    number,
    typeset,
)
from motiflens.run.folder import Run
from motiflens.run.schema.metrics import Comparison, Figures, Metrics, Verdict

LEVELS = {"good": "good", "caution": "with caveats", "poor": "poor"}
_TILES = ("auroc", "accuracy", "auprc", "mcc")
_COMPARED = ("auroc", "accuracy", "mcc")
Kind = Literal["classes", "numbers", "labels"]
_KINDS_OF_TASKS: Mapping[str, Kind] = {"regression": "numbers", "multilabel": "labels"}
_SPLITS = {"train": "training", "val": "validation", "test": "test"}


@dataclass(frozen=True, kw_only=True)
class ClassSize:
    """A class with its colour and number of sequences ("" where unknown)."""

    name: str
    colour: str
    count: str


@dataclass(frozen=True, kw_only=True)
class Header:
    """Title, classes, data and date; of numbers or labels the "classes" are these, with their numbers of records."""

    name: str
    kind: Kind
    classes: list[ClassSize]
    total: str
    length: int
    sources: list[str]
    created: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A figure with its interval."""

    value: str
    interval: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """A figure's name, and its key in the glossary."""

    term: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A figure shown large."""

    term: str
    name: str
    value: str
    interval: str


@dataclass(frozen=True, kw_only=True)
class ComparedRow:
    """The model or a baseline; `difference` is the model minus the baseline."""

    name: str
    cells: list[Cell]
    difference: Cell | None


@dataclass(frozen=True, kw_only=True)
class BestPossible:
    """A figure of the best possible rule beside the model's."""

    name: str
    best: str
    own: str
    gap: str
    side: str


@dataclass(frozen=True, kw_only=True)
class VerdictView:
    """How good, compared with what, and what to doubt."""

    level: str
    word: str
    headline: str
    points: list[str]
    doubts: list[str]
    warnings: list[str]
    undefined: list[str]
    tiles: list[Tile]
    n: str
    several: bool
    no_intervals: str
    compared: list[ComparedRow]
    has_differences: bool
    best_possible: list[BestPossible]


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """Figures of one class."""

    name: str
    colour: str
    n: str
    cells: list[Cell]


@dataclass(frozen=True, kw_only=True)
class ClassTable:
    """Figures class by class."""

    columns: list[Column]
    rows: list[ClassRow]


@dataclass(frozen=True, kw_only=True)
class DataRow:
    """An input file."""

    path: str
    records: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """A step of the fit."""

    name: str
    time: str
    memory: str


@dataclass(frozen=True, kw_only=True)
class SplitRow:
    """Sequences of each class in one part of the data."""

    name: str
    counts: list[str]
    total: str


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How the run was made."""

    facts: list[tuple[str, str]]
    data: list[DataRow]
    stages: list[StageRow]
    total_time: str
    splits: list[SplitRow]
    notes: list[str]
    config: str


def header(run: Run) -> Header:
    """Return the title, the classes with their sizes, the data and the date."""
    info = run.info
    sizes = {name: sum(split.get(name, 0) for split in info.counts.values()) for name in run.classes}
    return Header(
        name=run.name,
        kind=kind_of(run),
        classes=[
            ClassSize(name=name, colour=class_colour(i), count=count(sizes[name]) if info.counts else "")
            for i, name in enumerate(run.classes)
        ],
        total=_total(run, sum(sizes.values())),
        length=info.length,
        sources=[source.path for source in info.data],
        created=date(info.created),
        version=info.motiflens,
    )


def kind_of(run: Run) -> Kind:
    """Return what the run predicts."""
    return _KINDS_OF_TASKS.get(run.info.task, "classes")


def _total(run: Run, of_classes: int) -> str:
    if kind_of(run) == "classes":
        return count(of_classes) if run.info.counts else ""
    return count(sum(run.info.parts.values())) if run.info.parts else ""


def date(text: str) -> str:
    """Return 14 March 2026, 09:26 UTC, from ISO 8601; any other text as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.day} {moment:%B %Y, %H:%M}" + (" UTC" if moment.utcoffset() is not None else "")


def _is_said(warning: str, found: Verdict) -> bool:
    """Whether the verdict says the same, perhaps in other words: reading and audit both warn of shuffled negatives."""
    return warning in found.points or (
        "shuffles of the" in warning and any("shuffled sequences" in d for d in found.doubts)
    )


def verdict(run: Run, metrics: Metrics) -> VerdictView:
    """Return how good the model is, compared with what, and what to doubt."""
    found = metrics.verdict or Verdict(headline="", level="caution", points=())
    test = metrics.test
    tiles = [
        Tile(term=key, name=METRIC_NAMES[key], value=number(test.value(key)), interval=interval(test.interval(key)))
        for key in _TILES
        if test.value(key) is not None
    ]
    return VerdictView(
        level=found.level,
        word=LEVELS[found.level],
        headline=typeset(found.headline),
        points=[typeset(point) for point in found.points],
        doubts=[typeset(point) for point in found.doubts],
        undefined=undefined(metrics),
        warnings=[text for text in run.info.warnings if not _is_said(text, found)],
        tiles=tiles,
        n=count(test.n),
        several=bool(test.per_class),
        no_intervals=test.no_intervals,
        compared=compared(metrics),
        has_differences=any(pair is not None for pair in metrics.comparisons.values()),
        best_possible=best_possible(metrics),
    )


def undefined(metrics: Metrics) -> list[str]:
    """Return which figures of the test set are not defined, and why."""
    test = metrics.test
    reasons: dict[str, list[str]] = {}
    for key in METRIC_NAMES:
        if key in type(test).model_fields and test.value(key) is None:
            reasons.setdefault(test.undefined.get(key, "the test set does not give it"), []).append(METRIC_NAMES[key])
    return [f"{', '.join(names)}: not defined, because {reason}." for reason, names in reasons.items()]


def compared(metrics: Metrics) -> list[ComparedRow]:
    """Return a row for the model and for each baseline, with the difference of the two."""
    rows = [ComparedRow(name="this model", cells=_cells(metrics.test), difference=None)]
    for key, scores in metrics.baselines.items():
        pair = metrics.comparisons.get(key)
        rows.append(
            ComparedRow(
                name=baseline_name(key), cells=_cells(scores), difference=None if pair is None else _difference(pair)
            )
        )
    return rows


def _cells(scores: Figures, keys: tuple[str, ...] = _COMPARED) -> list[Cell]:
    return [Cell(value=number(scores.value(key)), interval=interval(scores.interval(key))) for key in keys]


def _difference(pair: Comparison) -> Cell:
    known = pair.low is not None and pair.high is not None
    ends = f"{difference(pair.low)} to {difference(pair.high)}" if known else ""
    return Cell(value=difference(pair.difference), interval=ends)


def best_possible(metrics: Metrics) -> list[BestPossible]:
    """Return what the best possible rule reaches on simulated data, and how far the model is from it."""
    rows = []
    for key, name in (("accuracy", "accuracy"), ("auroc", METRIC_NAMES["auroc"])):
        best = getattr(metrics.bayes_optimal, key, None)
        own = metrics.test.value(key)
        if best is not None and own is not None:
            side = "below" if own <= best else "above"
            rows.append(
                BestPossible(name=name, best=number(best), own=number(own), gap=number(abs(best - own)), side=side)
            )
    return rows


def per_class(metrics: Metrics) -> ClassTable:
    """Return the figures of each class, with intervals; of the whole test set where there are two classes."""
    rows: dict[str, Figures] = {**metrics.test.per_class} or {"test set": metrics.test}
    keys = tuple(key for key in METRIC_NAMES if any(row.value(key) is not None for row in rows.values()))
    return ClassTable(
        columns=[Column(term=key, name=METRIC_NAMES[key]) for key in keys],
        rows=[
            ClassRow(
                name=name,
                colour=class_colour(metrics.classes.index(name)) if name in metrics.classes else "",
                n=count(row.n),
                cells=_cells(row, keys),
            )
            for name, row in rows.items()
        ],
    )


def provenance(run: Run) -> Provenance:
    """Return the command, versions, seeds, data, stages and splits."""
    info = run.info
    seeds = info.seeds or (info.seed,)
    facts = [
        ("Command", info.command),
        ("Model", info.network.preset if info.network else ""),
        ("Parameters", count(info.parameters) if info.parameters else ""),
        ("Strands", info.strands),
        ("Seed" if len(seeds) == 1 else "Seeds of the members", ", ".join(map(str, seeds))),
        ("Device", info.device),
        ("motiflens", info.motiflens),
        ("Python", info.python),
        ("Created", date(info.created)),
    ]
    return Provenance(
        facts=[(name, value) for name, value in facts if value],
        data=[DataRow(path=it.path, records=count(it.records), sha256=it.sha256) for it in info.data],
        stages=[
            StageRow(name=it.name, time=duration(it.seconds), memory=f"{it.peak_memory_mb:,.0f} MB")
            for it in info.stages
        ],
        total_time=duration(sum(stage.seconds for stage in info.stages)) if info.stages else "",
        splits=[
            SplitRow(
                name=_SPLITS.get(name, name),
                counts=[count(of.get(c, 0)) for c in run.classes],
                total=count(info.parts.get(name, sum(of.values()))),
            )
            for name, of in info.counts.items()
        ],
        notes=list(info.notes),
        config=json.dumps(info.config, indent=2, ensure_ascii=False),
    )
