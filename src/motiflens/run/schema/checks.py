"""audit.json and faithfulness.json."""

from typing import Literal

from pydantic import Field

from motiflens.run.schema.record import Figure, Record

Severity = Literal["error", "warning", "note"]


class AuditFinding(Record):
    """One finding about the data."""

    name: str
    severity: Severity
    text: str
    remedy: str = ""
    count: int = 0
    records: tuple[str, ...] = ()
    figures: dict[str, Figure] = Field(default_factory=dict)


class AuditRecord(Record):
    """audit.json: findings, gravest first, among `records`; `similarity` defines a near duplicate."""

    records: int
    similarity: str
    findings: tuple[AuditFinding, ...]


class EditCurve(Record):
    """Mean logit when a `share` of the positions is edited, in the order of importance and in random order."""

    share: tuple[float, ...]
    logit: tuple[Figure, ...]
    random: tuple[Figure, ...]
    area: Figure
    random_area: Figure


class AttentionAudit(Record):
    """Rank correlation of attention with mutagenesis, by scale and in total: median and fraction above `threshold`."""

    threshold: float
    widths: tuple[int, ...]
    agreement: tuple[Figure, ...]
    fraction_above_threshold: tuple[Figure, ...]
    agreement_by_sequence: tuple[tuple[Figure, ...], ...]
    total_agreement: Figure = None
    total_above_threshold: Figure = None
    total_by_sequence: tuple[Figure, ...] = ()


class Faithfulness(Record):
    """faithfulness.json; without a sequence that is explained towards its own class only `attention` is measured."""

    sequences: int
    members: int
    deletion: EditCurve | None = None
    insertion: EditCurve | None = None
    weight_randomisation: tuple[Figure, ...] = ()
    member_correlation: Figure = None
    attention: AttentionAudit
