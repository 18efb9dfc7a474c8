"""Results in words and tables for a terminal; figures and their wording are the report's."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from motiflens.words import counted

if TYPE_CHECKING:
    from motiflens.data.audit.finding import Audit
    from motiflens.run.folder import Run
    from motiflens.run.schema.metrics import ClassScores, Figures, Metrics, Scores
    from motiflens.run.schema.motifs import MotifEntry, MotifRecord
    from motiflens.run.schema.number_metrics import LabelMetrics, NumberMetrics, TargetScores

    AnyMetrics = Metrics | NumberMetrics | LabelMetrics

_LINES = 10  # of the summary of a run
_PATHS = 2
_LONGEST = 24  # letters of a consensus

#: What an audit looks for, as its answer says it where it found nothing.
_CHECKED = (
    "sequences under two labels, copies and near duplicates, overlapping intervals and repeated ids, sizes of the "
    "classes, differences in length, N, GC and dinucleotides, letters at fixed positions, shuffled negatives"
)
_CHECKED_TEST = "copies and near duplicates of test records"


def run_summary(run: "Run") -> list[str]:
    """Return at most ten lines: the verdict, the motifs with counts, and where everything is."""
    from motiflens.run.schema.number_metrics import LabelMetrics

    lines, labels = [], False
    if run.has("metrics.json"):
        metrics = run.any_metrics()
        labels = isinstance(metrics, LabelMetrics)
        if verdict := metrics.verdict:
            lines += [verdict.headline, *(f"Doubt: {doubt}" for doubt in verdict.doubts[:1])]
        if best := getattr(metrics, "bayes_optimal", None):
            lines += best_possible(best.accuracy, best.auroc)
    if run.has("motifs.json"):
        lines += _motif_lines(run.motifs(), most=_LINES - _PATHS - len(lines), labels=labels)
    return [*lines, f"Run: {run.path}", f"Report: {run.path / 'report.html'}"]


def best_possible(accuracy: float | None, auroc: float | None) -> list[str]:
    """Return what the best possible rule reaches on simulated data, where it is known."""
    if accuracy is None or auroc is None:
        return []
    return [f"The best possible rule reaches accuracy {accuracy:.3f}, AUROC {auroc:.3f}."]


def _motif_lines(record: "MotifRecord", *, most: int, labels: bool) -> list[str]:
    shared = sum(entry.status == "shared" for entry in record.set_aside)
    others = len(record.set_aside) - shared
    found = [f"{shared} {'more ' if record.motifs else ''}shared by classes"] if shared else []
    aside = "; ".join([*found, *([f"{counted(others, 'more candidate')} set aside"] if others else [])])
    if not record.motifs:
        return [f"Motifs: none is supported{f'; {aside}' if aside else ''}."]
    shown = record.motifs[: most - 1] if len(record.motifs) < most else record.motifs[: most - 2]
    head = f"Motifs: {len(record.motifs)} supported{f' ({aside})' if aside else ''}; share of sequences with a site:"
    rest = len(record.motifs) - len(shown)
    return [
        head,
        *_aligned(_motif_rows(shown, record, labels=labels)),
        *([f"  and {rest} more in the report"] if rest else []),
    ]


def _motif_rows(entries: "Sequence[MotifEntry]", record: "MotifRecord", *, labels: bool) -> Iterator[tuple[str, ...]]:
    from motiflens.report.motif_labels import motif_labels

    called = motif_labels(record.motifs)
    for entry in entries:
        counts, groups = entry.counts, _compared(entry, record.classes, labels=labels)
        own, other = groups if entry.direction == "for" else groups[::-1]
        consensus = entry.consensus if len(entry.consensus) <= _LONGEST else f"{entry.consensus[: _LONGEST - 1]}…"
        yield (
            called[entry.name],
            consensus,
            f"{_share(counts.positives_with, counts.positives)} of {counts.positives:,} {own}",
            f"{_share(counts.negatives_with, counts.negatives)} of {counts.negatives:,} {other}",
        )


def _compared(entry: "MotifEntry", classes: "Sequence[str]", *, labels: bool) -> tuple[str, str]:
    """What a motif's counts are of: a class and the rest, those with and without a label, or the halves by value."""
    if entry.effects and labels:
        return f"with {entry.target}", f"without {entry.target}"
    if entry.effects:
        return f"with higher {entry.target}", f"with lower {entry.target}"
    rest = [name for name in classes if name != entry.target]
    return entry.target, "others" if rest[1:] else rest[0]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def evaluation(metrics: "AnyMetrics") -> list[str]:
    """Return the figures of an evaluation as tables with their 95 % intervals, by class, target or label."""
    from motiflens.run.schema.number_metrics import LabelMetrics, NumberMetrics

    if isinstance(metrics, NumberMetrics):
        lines = []
        for name, scores in metrics.test.items():
            lines += [f"{name}: {scores.n:,} measurements", *_scores(scores)]
        return lines
    if isinstance(metrics, LabelMetrics):
        test = metrics.test
        by_label = {"mean over the labels": test.macro, "all pairs": test.micro, **test.per_label}
        return [f"{test.n:,} sequences", *_by_class(by_label)]
    return _of_classes(metrics)


def _of_classes(metrics: "Metrics") -> list[str]:
    test = metrics.test
    lines = [f"{test.n:,} sequences", *_scores(test)]
    if metrics.task == "multiclass":
        lines += ["By class, against the rest:", *_by_class(test.per_class)]
    if metrics.confusion:
        head = ("class \\ called", *metrics.classes)
        counts = [
            (name, *(f"{count:,}" for count in row))
            for name, row in zip(metrics.classes, metrics.confusion, strict=True)
        ]
        lines += ["Sequences of a class, by the class that they are called:", *_aligned([head, *counts])]
    return lines


def _scores(scores: "Scores | TargetScores") -> list[str]:
    """Return the defined figures with their intervals, and why others are not."""
    from motiflens.report.text import METRIC_NAMES

    rows = [
        (METRIC_NAMES[name], _figure(scores, name), _interval(scores, name))
        for name in METRIC_NAMES
        if scores.value(name) is not None
    ]
    lines = _aligned([("", "", "95 % interval"), *rows] if scores.ci else rows)
    lines += [f"  {METRIC_NAMES.get(name, name)}: not defined, {why}" for name, why in scores.undefined.items()]
    return [*lines, f"  No intervals: {scores.no_intervals}"] if scores.no_intervals else lines


def _by_class(scores: "Mapping[str, ClassScores]") -> list[str]:
    from motiflens.report.text import METRIC_NAMES

    columns = ("auroc", "auprc", "precision", "recall", "f1")
    head = ("", "n", *(METRIC_NAMES[name] for name in columns))
    rows = [(label, f"{own.n:,}", *(_figure(own, name) for name in columns)) for label, own in scores.items()]
    return _aligned([head, *rows])


def _figure(scores: "Figures", name: str) -> str:
    from motiflens.report.text import number

    return number(scores.value(name))


def _interval(scores: "Figures", name: str) -> str:
    from motiflens.report.text import interval

    return interval(scores.interval(name))


def audit_result(found: "Audit", *, test: bool) -> list[str]:
    """Return the findings, a line each; where there are none, that nothing was found, and what was looked for."""
    lines = [f"{finding.severity}: {finding}" for finding in found.findings]
    if not lines:
        looked = f"{_CHECKED}, and {_CHECKED_TEST}" if test else _CHECKED
        lines = [f"Nothing was found. Looked for: {looked}."]
    return [*lines, f"{found.records:,} records; near duplicates have {found.similarity}."]


def _aligned(rows: "Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]]") -> list[str]:
    """Return rows of cells as indented lines whose columns stand below each other."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    ]
