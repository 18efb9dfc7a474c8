"""The report's section on the data: the audit's findings, dropped records, the figures without near duplicates."""

from dataclasses import dataclass

from motiflens.report.text import METRIC_NAMES, count, number, typeset
from motiflens.run.folder import Run
from motiflens.run.schema.metrics import Figures, Metrics
from motiflens.run.schema.number_metrics import LabelMetrics, LabelScores, NumberMetrics, TargetScores

_KINDS = {"error": "Error", "warning": "Warning", "note": "Note"}
_COMPARED = ("auroc", "accuracy", "mcc")


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """A finding of the audit, with the first records that it concerns."""

    kind: str
    text: str
    records: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class SubsetRow:
    """A figure on all test sequences and on those without near duplicates in training."""

    name: str
    all: str
    subset: str


@dataclass(frozen=True, kw_only=True)
class AuditView:
    """The section on the data."""

    records: str
    similarity: str
    findings: list[FindingRow]
    dropped: bool
    without_near_duplicates: list[SubsetRow]


def audit_view(run: Run, metrics: Metrics | NumberMetrics | LabelMetrics | None) -> AuditView | None:
    """Return the section on the data; None for a run without an audit."""
    if not run.has("audit.json"):
        return None
    record = run.audit()
    return AuditView(
        records=count(record.records),
        similarity=typeset(record.similarity),
        findings=[
            FindingRow(
                kind=_KINDS[finding.severity],
                text=typeset(finding.text),
                records=", ".join(finding.records),
                remedy=typeset(finding.remedy),
            )
            for finding in record.findings
        ],
        dropped=run.has("dropped.tsv"),
        without_near_duplicates=[] if metrics is None else _without_near_duplicates(metrics),
    )


def _without_near_duplicates(metrics: Metrics | NumberMetrics | LabelMetrics) -> list[SubsetRow]:
    if isinstance(metrics, NumberMetrics):
        subset_of = metrics.test_without_near_duplicates or {}
        return [row for name, subset in subset_of.items() for row in _target_rows(name, metrics.test[name], subset)]
    test, subset = metrics.test, metrics.test_without_near_duplicates
    if subset is None:
        return []
    if isinstance(test, LabelScores) or isinstance(subset, LabelScores):
        return _label_rows(test, subset)
    figures = [
        SubsetRow(name=METRIC_NAMES[key], all=number(test.value(key)), subset=number(subset.value(key)))
        for key in _COMPARED
    ]
    return [SubsetRow(name="Sequences", all=count(test.n), subset=count(subset.n)), *figures]


def _target_rows(name: str, test: TargetScores, subset: TargetScores) -> list[SubsetRow]:
    rows = [SubsetRow(name=f"Sequences with {name}", all=count(test.n), subset=count(subset.n))]
    return rows + [
        SubsetRow(name=f"{METRIC_NAMES[key]}, {name}", all=number(test.value(key)), subset=number(subset.value(key)))
        for key in ("pearson", "r2")
    ]


def _label_rows(test: Figures, subset: Figures) -> list[SubsetRow]:
    rows = [SubsetRow(name="Sequences", all=count(test.n), subset=count(subset.n))]
    if isinstance(test, LabelScores) and isinstance(subset, LabelScores):
        rows.append(SubsetRow(name="AUROC, mean", all=number(test.macro.auroc), subset=number(subset.macro.auroc)))
    return rows
