"""What the report says of the data: the audit's findings, what was dropped, the figures without near duplicates."""

from collections.abc import Mapping
from typing import Any

from motiflens.report.text import METRIC_NAMES, count, number, typeset
from motiflens.run.folder import Run

_WORDS = {"error": "Error", "warning": "Warning", "note": "Note"}
_COMPARED = ("auroc", "accuracy", "mcc")


def audit(run: Run, metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """The section on the data; None for a run that was made without an audit."""
    if not run.has("audit.json"):
        return None
    record = run.audit()
    findings = [
        {
            "word": _WORDS.get(str(finding.get("severity")), "Note"),
            "text": typeset(str(finding.get("text", ""))),
            "records": ", ".join(map(str, finding.get("records") or [])),
            "remedy": typeset(str(finding.get("remedy", ""))),
        }
        for finding in record.get("findings") or []
    ]
    return {
        "records": count(int(record.get("records") or 0)),
        "similarity": typeset(str(record.get("similarity", ""))),
        "findings": findings,
        "grave": any(finding["word"] != "Note" for finding in findings),
        "dropped": run.has("dropped.tsv"),
        "clean": _clean(metrics),
    }


def _clean(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Figures on all test sequences and on those unlike any training sequence."""
    clean, test = metrics.get("test_without_near_duplicates"), metrics.get("test") or {}
    if not clean:
        return []
    rows = [{"name": "Sequences", "all": count(test["n"]), "clean": count(clean["n"])}]
    return rows + [
        {"name": METRIC_NAMES[key], "all": number(test.get(key)), "clean": number(clean.get(key))} for key in _COMPARED
    ]
