"""The rows of the motif table and the cards of its motifs, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from motiflens.report.logo import static_logo
from motiflens.report.motif_evidence import Evidence, evidence
from motiflens.report.motif_labels import motif_labels
from motiflens.report.motif_table import by_class
from motiflens.report.palette import class_colour
from motiflens.report.text import count, p_value, percent, typeset
from motiflens.report.wording import Words
from motiflens.run.schema.motifs import KnownMatch, MotifEntry, MotifRecord

SHOWN_MATCHES = 5
_BAR = 56  # pixels

_SHORT, _DOUBTFUL = 8, 0.25  # letters of a motif, and q of the nearest known one, that leave it open


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Sequences of a group with a site."""

    share: str
    value: float
    bar: float
    counts: str


@dataclass(frozen=True, kw_only=True)
class MatchRow:
    """A known motif; `index` is its place among all matches."""

    index: int
    name: str
    accession: str
    collection: str
    q: Markup


@dataclass(frozen=True, kw_only=True)
class MotifRow:
    """A motif as the table and its card show it; the last three fields are what filters and sorting use."""

    name: str
    label: str
    title: str
    consensus: str
    logo: Markup
    target: str
    own: str
    others: str
    says: str
    measured: bool
    colour: str
    against: bool
    group: str
    rates: list[Rate]
    q: Markup
    place: str
    evidence: Evidence
    has_contributions: bool
    matches: list[MatchRow]
    nearest: MatchRow | None
    doubtful: bool
    reason: str
    parent: str
    parent_label: str
    text: str
    q_value: float
    known_as: str


@dataclass(frozen=True, kw_only=True)
class MotifGroup:
    """Motifs that are set aside for one reason."""

    heading: str
    meaning: str
    tests: str
    rows: list[MotifRow]


def motif_rows(record: MotifRecord, *, words: Words) -> list[MotifRow]:
    """Return the motif table, one row a motif, in the words of what the run predicts."""
    labels = motif_labels(record.motifs)
    return [_row(entry, record, labels, words) for entry in record.motifs]


def set_aside_groups(record: MotifRecord, *, words: Words) -> list[MotifGroup]:
    """Return the motifs that are set aside, by reason."""
    labels = {**motif_labels(record.set_aside), **motif_labels(record.motifs)}
    groups = []
    for status, (heading, meaning) in words.aside.items():
        rows = [_row(entry, record, labels, words) for entry in record.set_aside if entry.status == status]
        tests = "; or ".join(dict.fromkeys(row.evidence.test for row in rows))
        if rows:
            groups.append(MotifGroup(heading=heading, meaning=meaning, tests=tests, rows=rows))
    return groups


def _row(entry: MotifEntry, record: MotifRecord, labels: Mapping[str, str], words: Words) -> MotifRow:
    classes = record.classes
    against = entry.direction == "against"
    own, others = _groups(entry, classes, words)
    matches = [_match(index, match) for index, match in enumerate(entry.similar[:SHOWN_MATCHES])]
    nearest = next(iter(entry.matches), None)
    label = labels[entry.name]
    searchable = [
        entry.name,
        entry.known_as,
        entry.consensus,
        entry.target,
        *(f"{m.name} {m.accession}" for m in matches),
    ]
    group = others if against else own
    logo = static_logo(entry.probabilities, np.array(record.background), label=f"Logo of {label}: {entry.consensus}")
    return MotifRow(
        name=entry.name,
        label=label,
        title=entry.known_as or entry.name,
        consensus=entry.consensus,
        logo=logo,
        target=entry.target,
        own=own,
        others=others,
        says=words.says[against],
        measured=bool(entry.effects),
        colour=class_colour(classes.index(entry.target)),
        against=against,
        group=group,
        rates=[_rate(found, of) for found, of in by_class(entry, entry.counts)],
        q=p_value(entry.q),
        place=_place(entry),
        evidence=evidence(entry, record, words, group=group, others=others),
        has_contributions=entry.contributions is not None,
        matches=matches,
        nearest=None if nearest is None else _match(0, nearest),
        doubtful=nearest is not None and nearest.q <= _DOUBTFUL and len(entry.consensus) <= _SHORT,
        reason=typeset(entry.reason),
        parent=entry.parent,
        parent_label=labels.get(entry.parent, entry.parent),
        text=" ".join(searchable).lower(),
        q_value=entry.q,
        known_as=entry.known_as,
    )


def _groups(entry: MotifEntry, classes: Sequence[str], words: Words) -> tuple[str, str]:
    """The sequences that the target's column is of, and those that they are compared with."""
    if entry.effects:
        return words.upper.format(entry.target), words.lower.format(entry.target)
    return entry.target, _others(entry.target, classes)


def _others(target: str, classes: Sequence[str]) -> str:
    rest = [name for name in classes if name != target]
    return rest[0] if len(rest) == 1 else "the others"


def _place(entry: MotifEntry) -> str:
    if entry.place is not None:
        return f"most at {entry.place.start + 1} to {entry.place.end}"
    window = entry.position_window
    return "anywhere" if window is None else f"positions {window[0] + 1} to {window[1]}"


def _rate(found: int, of: int) -> Rate:
    return Rate(
        share=percent(found, of),
        value=found / of if of else 0.0,
        bar=round(_BAR * found / of, 1) if of else 0.0,
        counts=f"{count(found)} of {count(of)}" if of else "",
    )


def _match(index: int, match: KnownMatch) -> MatchRow:
    return MatchRow(
        index=index, name=match.name, accession=match.accession, collection=match.collection, q=p_value(match.q)
    )
