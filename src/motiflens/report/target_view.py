"""What the templates show of the scores of numbers, or of several labels: tables by target, tiles, verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from motiflens.report.text import (
    METRIC_NAMES,
    baseline_name,
    count,
    difference,
    interval,
    number,
    percent,
    significant,
    typeset,
)
from motiflens.report.view import LEVELS, Cell, Column, ComparedRow, Tile, VerdictView
from motiflens.run.folder import Run
from motiflens.run.schema.metrics import Comparison, Figures, Verdict
from motiflens.run.schema.number_metrics import LabelMetrics, NumberMetrics, TargetScores

_OF_NUMBERS = ("pearson", "spearman", "r2", "rmse", "mae")
_IN_UNITS = ("rmse", "mae")
_OF_LABELS = ("auroc", "auprc", "precision", "recall", "f1")
_TILED = 4


@dataclass(frozen=True, kw_only=True)
class ScoreTable:
    """The model and the baselines on one target, or the labels of one model."""

    title: str
    key: str
    columns: list[Column]
    rows: list[ComparedRow]
    n: str
    has_differences: bool
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class TargetScoresView:
    """The section of scores: tables, and the sentences of the verdict."""

    tables: list[ScoreTable]
    compared: str
    ceiling: bool
    points: list[str]
    warnings: list[str]


def number_scores(run: Run, metrics: NumberMetrics) -> TargetScoresView:
    """Return the tables of a run that predicts numbers, one a target."""
    tables = []
    for name, own in metrics.test.items():
        rows = [ComparedRow(name="this model", cells=_cells(own, _OF_NUMBERS), difference=None)]
        for key, blocks in metrics.baselines.items():
            pair = metrics.comparisons.get(key, {}).get(name)
            rows.append(
                ComparedRow(name=baseline_name(key), cells=_cells(blocks[name], _OF_NUMBERS), difference=_gap(pair))
            )
        if own.replicate_ceiling:
            rows.append(_ceiling_row(own))
        tables.append(
            ScoreTable(
                title=name,
                key=f"scores-{name}",
                columns=[Column(term=key, name=METRIC_NAMES[key]) for key in _OF_NUMBERS],
                rows=rows,
                n=count(own.n),
                has_differences=any(row.difference for row in rows),
                notes=_number_notes(name, own, metrics),
            )
        )
    ceiling = any(block.replicate_ceiling for block in metrics.test.values())
    return _section(run, tables, metrics.verdict, compared="Pearson", ceiling=ceiling)


def label_scores(run: Run, metrics: LabelMetrics) -> TargetScoresView:
    """Return the tables of a run with several labels: methods by macro average, and the labels of the model."""
    columns = [Column(term=key, name=METRIC_NAMES[key]) for key in _OF_LABELS]
    methods = [ComparedRow(name="this model", cells=_cells(metrics.test.macro, _OF_LABELS), difference=None)]
    for key, scores in metrics.baselines.items():
        pair = metrics.comparisons.get(key, {}).get("macro")
        methods.append(
            ComparedRow(name=baseline_name(key), cells=_cells(scores.macro, _OF_LABELS), difference=_gap(pair))
        )
    labels = [
        ComparedRow(name=f"{name} ({count(scores.n)})", cells=_cells(scores, _OF_LABELS), difference=None)
        for name, scores in metrics.test.per_label.items()
    ]
    labels.append(
        ComparedRow(
            name="all pairs of sequence and label", cells=_cells(metrics.test.micro, _OF_LABELS), difference=None
        )
    )
    tables = [
        ScoreTable(
            title="Mean over the labels",
            key="scores-macro",
            columns=columns,
            rows=methods,
            n=count(metrics.test.n),
            has_differences=any(row.difference for row in methods),
            notes=["Precision, recall and F1 at a probability of 0.5."],
        ),
        ScoreTable(
            title="Each label",
            key="scores-labels",
            columns=columns,
            rows=labels,
            n=count(metrics.test.n),
            has_differences=False,
            notes=[metrics.test.no_intervals] if metrics.test.no_intervals else [],
        ),
    ]
    return _section(run, tables, metrics.verdict, compared="AUROC")


def target_verdict(run: Run, metrics: NumberMetrics | LabelMetrics) -> VerdictView:
    """Return the verdict of the first screen."""
    found = metrics.verdict or Verdict(headline="", level="caution", points=())
    if isinstance(metrics, NumberMetrics):
        tiles, n = _number_tiles(metrics), max(block.n for block in metrics.test.values())
        reasons = [block.no_intervals for block in metrics.test.values() if block.no_intervals]
    else:
        tiles, n, reasons = _label_tiles(metrics), metrics.test.n, [metrics.test.no_intervals]
    return VerdictView(
        level=found.level,
        word=LEVELS[found.level],
        headline=typeset(found.headline),
        points=[typeset(point) for point in found.points],
        doubts=[typeset(point) for point in found.doubts],
        warnings=[text for text in run.info.warnings if text not in found.points],
        undefined=[],
        tiles=tiles,
        n=count(n),
        several=False,
        no_intervals=reasons[0] if reasons and not any(tile.interval for tile in tiles) else "",
        compared=[],
        has_differences=False,
        best_possible=[],
    )


def _section(
    run: Run, tables: list[ScoreTable], verdict: Verdict | None, *, compared: str, ceiling: bool = False
) -> TargetScoresView:
    points = verdict.points if verdict else ()
    return TargetScoresView(
        tables=tables,
        compared=compared,
        ceiling=ceiling,
        points=[typeset(point) for point in points],
        warnings=[typeset(text) for text in run.info.warnings if text not in points],
    )


def _number_tiles(metrics: NumberMetrics) -> list[Tile]:
    """Of one target four figures; of several their correlations."""
    if len(metrics.test) == 1:
        (scores,) = metrics.test.values()
        return [_tile(key, METRIC_NAMES[key], scores) for key in ("pearson", "r2", "spearman", "rmse")]
    shown = list(metrics.test.items())[:_TILED]
    return [_tile("pearson", f"{METRIC_NAMES['pearson']}, {name}", scores) for name, scores in shown]


def _label_tiles(metrics: LabelMetrics) -> list[Tile]:
    own = [_tile("auroc", "AUROC, mean", metrics.test.macro), _tile("auprc", "AUPRC, mean", metrics.test.macro)]
    worst = sorted(metrics.test.per_label.items(), key=lambda item: item[1].auroc or 0)[: _TILED - len(own)]
    return own + [_tile("auroc", f"AUROC, {name}", scores) for name, scores in worst]


def _tile(key: str, name: str, scores: Figures) -> Tile:
    (cell,) = _cells(scores, (key,))
    return Tile(term=key, name=name, value=cell.value, interval=cell.interval)


def _cells(scores: Figures, keys: Sequence[str]) -> list[Cell]:
    return [_cell(scores, key) for key in keys]


def _cell(scores: Figures, key: str) -> Cell:
    ends = scores.interval(key)
    if key not in _IN_UNITS:
        return Cell(value=number(scores.value(key)), interval=interval(ends))
    shown = "" if ends is None else f"{significant(ends[0])} to {significant(ends[1])}"
    return Cell(value=significant(scores.value(key)), interval=shown)


def _gap(pair: Comparison | None) -> Cell | None:
    if pair is None:
        return None
    known = pair.low is not None and pair.high is not None
    return Cell(
        value=difference(pair.difference),
        interval=f"{difference(pair.low)} to {difference(pair.high)}" if known else "",
    )


def _ceiling_row(scores: TargetScores) -> ComparedRow:
    ceiling = scores.replicate_ceiling
    blank = Cell(value="", interval="")
    if ceiling is None:
        return ComparedRow(name="", cells=[], difference=None)
    known: Mapping[str, Cell] = {
        "pearson": Cell(value=number(ceiling.pearson), interval=interval(ceiling.ci.get("pearson"))),
        "r2": Cell(value=number(ceiling.r2), interval=interval(ceiling.ci.get("r2"))),
    }
    return ComparedRow(
        name="ceiling of the replicates", cells=[known.get(key, blank) for key in _OF_NUMBERS], difference=None
    )


def _number_notes(name: str, scores: TargetScores, metrics: NumberMetrics) -> list[str]:
    notes = [f"RMSE and MAE in units of {name}."]
    if scores.explained_of_ceiling is not None:
        share = percent(max(0.0, scores.explained_of_ceiling), 1)
        notes.append(f"The model explains {share} of what replicates allow to explain.")
    covered = metrics.ensemble.targets.get(name) if metrics.ensemble else None
    if covered:
        notes.append(
            f"The 95 % predictive intervals hold {percent(covered.covered, 1)} of the measurements; median width "
            f"{significant(covered.median_width)}."
        )
    notes += [f"{METRIC_NAMES[key]}: not defined, because {reason}." for key, reason in scores.undefined.items()]
    return [typeset(note) for note in notes]
