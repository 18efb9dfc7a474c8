"""The findings of an audit."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Bool

from motiflens.data.dataset import SequenceSet

Severity = Literal["error", "warning", "note"]
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem in the data.

    Attributes:
        name: Identifier of the kind of problem.
        severity: An error stops a fit, a warning is shown, a note is only recorded.
        text: The problem in one sentence.
        remedy: What to do about it.
        count: Number of records concerned; 0 where it is the data as a whole.
        records: Ids of the first records concerned.
        figures: Numbers behind the text.
    """

    name: str
    severity: Severity
    text: str
    remedy: str = ""
    count: int = 0
    records: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return one line: the problem, the first records, the remedy."""
        first = f" (first: {', '.join(self.records)})" if self.records else ""
        return self.text + first + (f"; {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Findings, most severe first, the number of records, and the definition of a near duplicate in words."""

    findings: tuple[Finding, ...]
    records: int
    similarity: str

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity == severity)


def most_severe_first(findings: Iterable[Finding | None]) -> tuple[Finding, ...]:
    """Return findings in order: errors, warnings, notes; None is left out."""
    order = ("error", "warning", "note")
    return tuple(sorted((f for f in findings if f is not None), key=lambda finding: order.index(finding.severity)))


def about(
    dataset: SequenceSet,
    concerned: Bool[np.ndarray, " n"],
    *,
    name: str,
    severity: Severity,
    text: str,
    remedy: str = "",
    figures: dict[str, float] | None = None,
) -> Finding:
    """Return a finding about the records of a mask, with their number and the ids of the first."""
    return Finding(
        name=name,
        severity=severity,
        text=text,
        remedy=remedy,
        count=int(concerned.sum()),
        records=tuple(map(str, dataset.ids[concerned][:SHOWN].tolist())),
        figures=figures or {},
    )
