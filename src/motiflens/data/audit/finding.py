"""What an audit says."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from motiflens.data.dataset import Dataset

Severity = Literal["error", "warning", "note"]
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that the audit found.

    `severity`: an error stops a fit, a warning is said aloud, a note is only written down. `count` records are
    concerned (0: the data as a whole), `records` are the ids of the first of them, `figures` the numbers behind it.
    """

    name: str
    severity: Severity
    text: str
    remedy: str = ""
    count: int = 0
    records: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """One line: what, which records first, what to do."""
        first = f" (first: {', '.join(self.records)})" if self.records else ""
        return self.text + first + (f"; {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was found, gravest first, in how many records, and what counts as a near duplicate."""

    findings: tuple[Finding, ...]
    records: int
    similarity: str

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity == severity)

    def record(self) -> dict[str, Any]:
        """The audit as audit.json holds it."""
        return {
            "records": self.records,
            "similarity": self.similarity,
            "findings": [asdict(finding) for finding in self.findings],
        }


def gravest_first(findings: Iterable[Finding | None]) -> tuple[Finding, ...]:
    """The findings that there are: errors, then warnings, then notes."""
    order = ("error", "warning", "note")
    return tuple(sorted((f for f in findings if f is not None), key=lambda finding: order.index(finding.severity)))


def about(
    dataset: Dataset,
    concerned: np.ndarray,
    *,
    name: str,
    severity: Severity,
    text: str,
    remedy: str = "",
    figures: dict[str, float] | None = None,
) -> Finding:
    """A finding about the records of a mask (n,): with their number and the ids of the first."""
    return Finding(
        name=name,
        severity=severity,
        text=text,
        remedy=remedy,
        count=int(concerned.sum()),
        records=tuple(map(str, dataset.ids[concerned][:SHOWN].tolist())),
        figures=figures or {},
    )
