"""The rows of the motif table and the cards of its motifs, in words; and the same table for RUN/motifs.tsv."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from motiflens.report.palette import class_colour
from motiflens.report.text import count, interval, p_value, percent
from motiflens.run.schema.motifs import Effect, Enrichment, KnownMatch, MotifEntry, MotifRecord

SHOWN_MATCHES = 5
_BAR = 56  # pixels
_SOURCES = {
    "contributions": "the model's contributions",
    "kmers": "k-mer enrichment",
    "database": "the motif database",
}
_REPLICATED = ("neither half", "one of the two halves", "both halves")


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
class EffectRow:
    """An effect on the model's logit."""

    name: str
    value: str
    interval: str


@dataclass(frozen=True, kw_only=True)
class MotifRow:
    """A motif as the table and its card show it; the last four fields are what filters and sorting use."""

    name: str
    consensus: str
    target: str
    others: str
    colour: str
    against: bool
    group: str
    rates: list[Rate]
    fold: str
    p: Markup
    q: Markup
    tested_on: str
    found_in: str
    replicated_in: str
    kmers_only: bool
    sites: str
    seqlets: str
    contribution_fraction: str
    effects: list[EffectRow]
    has_contributions: bool
    matches: list[MatchRow]
    nearest: MatchRow | None
    reason: str
    text: str
    q_value: float
    known_as: str


def motif_rows(entries: Sequence[MotifEntry], classes: Sequence[str]) -> list[MotifRow]:
    """Return the motif table, one row a motif."""
    return [_row(entry, list(classes)) for entry in entries]


def motif_table(record: MotifRecord) -> pd.DataFrame:
    """Return the table of the supported motifs as the report shows it, strongest first."""
    rows = []
    for entry in record.motifs:
        in_class, in_others = _counts(entry)
        best = next(iter(entry.similar), None)
        window = entry.position_window or ("", "")
        rows.append(
            {
                "motif": entry.name,
                "consensus": entry.consensus,
                "class": entry.target,
                "direction": {"for": "supports", "against": "opposes"}[entry.direction],
                "in_class": in_class[0],
                "class_sequences": in_class[1],
                "in_others": in_others[0],
                "other_sequences": in_others[1],
                "p": entry.enrichment.p,
                "q": entry.enrichment.q,
                "window_start": window[0],
                "window_end": window[1],
                "known_as": entry.known_as,
                "known_accession": best.accession if best else "",
                "known_q": best.q if best else "",
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["motif", "consensus", "class", "direction", "in_class", "class_sequences", "in_others", "other_sequences"]
_COLUMNS += ["p", "q", "window_start", "window_end", "known_as", "known_accession", "known_q"]


def _row(entry: MotifEntry, classes: list[str]) -> MotifRow:
    against = entry.direction == "against"
    others = _others(entry.target, classes)
    matches = [_match(index, match) for index, match in enumerate(entry.similar[:SHOWN_MATCHES])]
    nearest = next(iter(entry.matches), None)
    searchable = [entry.name, entry.consensus, entry.target, *(f"{m.name} {m.accession}" for m in matches)]
    return MotifRow(
        name=entry.name,
        consensus=entry.consensus,
        target=entry.target,
        others=others,
        colour=class_colour(classes.index(entry.target)),
        against=against,
        group=others if against else entry.target,
        rates=[_rate(found, of) for found, of in _counts(entry)],
        fold=_fold(entry.enrichment),
        p=p_value(entry.enrichment.p),
        q=p_value(entry.enrichment.q),
        tested_on=entry.tested_on,
        found_in=", ".join(_SOURCES.get(source, source) for source in entry.sources),
        replicated_in=_REPLICATED[entry.replicated_in],
        kmers_only=bool(entry.sources) and "contributions" not in entry.sources,
        sites=count(entry.sites),
        seqlets=count(entry.seqlets),
        contribution_fraction=percent(entry.contribution_fraction, 1),
        effects=_effects(entry),
        has_contributions=entry.contributions is not None,
        matches=matches,
        nearest=None if nearest is None else _match(0, nearest),
        reason=entry.reason,
        text=" ".join(searchable).lower(),
        q_value=entry.enrichment.q,
        known_as=entry.known_as,
    )


def _others(target: str, classes: Sequence[str]) -> str:
    rest = [name for name in classes if name != target]
    return rest[0] if len(rest) == 1 else "the others"


def _counts(entry: MotifEntry) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return sequences with a site, and all, in the target class and in the others.

    A motif against a class is tested for being frequent outside of it, so that its "positives" are the others.
    """
    test = entry.enrichment
    positives, negatives = (test.positives_with, test.positives), (test.negatives_with, test.negatives)
    return (negatives, positives) if entry.direction == "against" else (positives, negatives)


def _rate(found: int, of: int) -> Rate:
    return Rate(
        share=percent(found, of),
        value=found / of if of else 0.0,
        bar=round(_BAR * found / of, 1) if of else 0.0,
        counts=f"{count(found)} of {count(of)}" if of else "",
    )


def _fold(test: Enrichment) -> str:
    """Return how many times more frequent the motif is where it is frequent."""
    if not test.positives_with:
        return "–"
    if not test.negatives_with:
        return "found nowhere else"
    ratio = test.positives_with / test.positives * test.negatives / test.negatives_with
    return f"{ratio:.1f} ×"


def _match(index: int, match: KnownMatch) -> MatchRow:
    return MatchRow(
        index=index, name=match.name, accession=match.accession, collection=match.collection, q=p_value(match.q)
    )


def _effects(entry: MotifEntry) -> list[EffectRow]:
    if entry.effect is None:
        return []
    rows = [_effect("Inserting it into shuffled sequences", entry.effect.insertion, "sequences")]
    if entry.effect.ablation:
        rows.append(_effect("Erasing its own sites", entry.effect.ablation, "sites"))
    return rows


def _effect(name: str, effect: Effect, unit: str) -> EffectRow:
    return EffectRow(
        name=name,
        value=f"{effect.mean:+.2f}".replace("-", "\u2212"),
        interval=f"{interval((effect.low, effect.high), 2)}, {count(effect.n)} {unit}",
    )
