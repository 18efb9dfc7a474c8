"""The data that the page's scripts draw, reduced to what a page can carry."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from pydantic import TypeAdapter

from motiflens.report.examples import examples_of
from motiflens.report.faithfulness_view import ALL_WIDTHS
from motiflens.report.logo import glyphs
from motiflens.report.motif_labels import motif_labels
from motiflens.report.motif_table import motif_table
from motiflens.report.motif_view import SHOWN_MATCHES
from motiflens.report.text import axis_unit
from motiflens.report.view import Kind, kind_of
from motiflens.run.folder import Attributions, Run
from motiflens.run.schema.motifs import MotifEntry, MotifRecord, PositionCounts
from motiflens.sequence.coordinates import parse_interval

_SITES = 6_000  # rows of hits.tsv in the page, all motifs together
_EXAMPLES = 200  # sequences of a class in the browser
_BROWSER_BYTES = 750_000  # of quantised contributions and attention

#: Motif, start, end, strand and q-value of a site.
Hit = tuple[str, int, int, str, float | None]
Rows = list[list[float]]


@dataclass(frozen=True, kw_only=True)
class KnownLogo:
    """A known motif to align."""

    name: str
    offset: int
    strand: str
    probabilities: Rows


@dataclass(frozen=True, kw_only=True)
class MotifData:
    """A motif; `group_sizes` are the sequences behind the position counts, where it is frequent and elsewhere."""

    name: str
    label: str
    consensus: str
    target: str
    direction: str
    sites: int
    positions: PositionCounts
    per_sequence: dict[str, int]
    group_sizes: tuple[int, int]
    probabilities: Rows
    contributions: Rows
    matches: list[KnownLogo]


@dataclass(frozen=True, kw_only=True)
class SiteTable:
    """The best sites of a motif, column by column; `total` counts all of them."""

    total: int
    id: list[str]
    start: list[int]
    end: list[int]
    strand: str
    score: list[float | None]
    p: list[float | None]
    q: list[float | None]
    letters: list[str]


@dataclass(frozen=True, kw_only=True)
class SequenceData:
    """A sequence of the browser; `explains` tells for each scale whether its attention matches the attributions.

    Of numbers `p` are predicted and `y` measured values, of labels `y` is 1 or 0; of classes `y` is empty. `place` is
    chromosome, and number on it (from 1) of the first and of the last letter, where the id names them.
    """

    id: str
    place: tuple[str, int, int] | None
    label: str
    split: str
    p: list[float]
    y: list[float | None]
    letters: str
    targets: list[str]
    explains: list[bool] | None
    hits: list[Hit]


@dataclass(frozen=True, kw_only=True)
class BrowserData:
    """The sequence browser: contributions as int8 and attention as uint8 with a unit a row, in base64.

    Of numbers, `ranges` of the values of each target, and their typical error.
    """

    length: int
    method: str
    scales: list[str]
    shown: int
    total: int
    ranges: list[tuple[float, float]]
    errors: list[float]
    records: list[SequenceData]
    contributions: str
    contribution_units: list[float]
    attention: str
    attention_units: list[float]


@dataclass(frozen=True, kw_only=True)
class Payload:
    """Everything that the page's scripts draw."""

    run: str
    kind: Kind
    unit: str
    classes: list[str]
    background: list[float]
    strands: str
    motifs: list[MotifData]
    table: str
    glyphs: dict[str, list[list[Any]]]
    sites: list[SiteTable]
    browser: BrowserData | None

    def json(self) -> str:
        """Return the payload as compact JSON."""
        return TypeAdapter(Payload).dump_json(self).decode()


def payload(run: Run, record: MotifRecord | None) -> Payload:
    """Return everything that the page's scripts draw."""
    hits = run.hits() if run.has("hits.tsv") else None
    rows = run.attributions() if run.has("attributions.npz") else None
    motifs = record.motifs if record else ()
    labels = motif_labels(motifs)
    return Payload(
        run=run.name,
        kind=kind_of(run),
        unit=axis_unit(run.info.unit),
        classes=list(run.classes),
        background=_rounded(record.background, 4) if record else [0.25] * 4,
        strands=record.strands if record else "both",
        motifs=[_motif(entry, labels[entry.name]) for entry in motifs],
        table=motif_table(record).to_csv(sep="\t", index=False, lineterminator="\n") if record else "",
        glyphs=glyphs(),
        sites=[] if hits is None else sites(hits, [entry.name for entry in motifs], rows),
        browser=None if rows is None or not len(rows) else browser(run, rows, hits),
    )


def _motif(entry: MotifEntry, label: str) -> MotifData:
    return MotifData(
        name=entry.name,
        label=label,
        consensus=entry.consensus,
        target=entry.target,
        direction=entry.direction,
        sites=entry.sites,
        positions=entry.positions,
        per_sequence=entry.per_sequence,
        group_sizes=(entry.counts.positives, entry.counts.negatives),
        probabilities=_rounded_rows(entry.probabilities, 4),
        contributions=[] if entry.contributions is None else _rounded_rows(entry.contributions, 4),
        matches=[
            KnownLogo(
                name=match.name,
                offset=match.offset,
                strand=match.strand,
                probabilities=_rounded_rows(match.probabilities, 3),
            )
            for match in entry.matches[:SHOWN_MATCHES]
        ],
    )


def sites(hits: pd.DataFrame, names: Sequence[str], rows: Attributions | None) -> list[SiteTable]:
    """Return the best hits of each motif, with letters where the run holds the sequence."""
    limit = max(100, _SITES // max(len(names), 1))
    row_of = {} if rows is None else {str(name): i for i, name in enumerate(rows.ids)}
    tables = []
    for name in names:
        of_motif = hits[hits["motif"] == name]
        best = of_motif.sort_values("score", ascending=False, kind="stable").head(limit)
        tables.append(
            SiteTable(
                total=len(of_motif),
                id=best["sequence_id"].tolist(),
                start=best["start"].tolist(),
                end=best["end"].tolist(),
                strand="".join(best["strand"]),
                score=_significant(best["score"]),
                p=_significant(best["p"]),
                q=_significant(best["q"]),
                letters=_letters(best, rows, row_of),
            )
        )
    return tables


def _letters(hits: pd.DataFrame, rows: Attributions | None, row_of: Mapping[str, int]) -> list[str]:
    """Return each hit's letters on its own strand, or nothing where the sequence is not among the rows."""
    places = zip(hits["sequence_id"], hits["start"].tolist(), hits["end"].tolist(), hits["strand"], strict=True)
    return [
        rows.letters(row_of[name], start, end, strand=strand) if rows is not None and name in row_of else ""
        for name, start, end, strand in places
    ]


def browser(run: Run, rows: Attributions, hits: pd.DataFrame | None) -> BrowserData:
    """Return the sequence browser's examples."""
    predictions = run.predictions().set_index("id")
    by_id = pd.Series(np.arange(len(rows))).groupby(rows.ids).apply(list).to_dict()
    scales, length = 1 + rows.attention.shape[1], rows.codes.shape[1]
    targets = max(map(len, by_id.values()))
    limit = _BROWSER_BYTES // ((4 * targets + scales) * length) // len(run.classes)
    explained = predictions.loc[[name for name in by_id if name in predictions.index]]
    examples = examples_of(run, explained, most=max(3, min(_EXAMPLES, limit)))
    chosen = examples.ids
    of_row = [by_id[name] for name in chosen]
    flat = np.array([row for group in of_row for row in group], np.intp)
    first = np.array([group[0] for group in of_row], np.intp)  # attention does not depend on the target
    contributions, contribution_units = _quantised(rows.hypothetical[flat], 127)
    explains = _explains(run, len(rows))
    names, maps = _attention_tracks(rows)
    attention, attention_units = _quantised(np.maximum(maps[first], 0).reshape(-1, 1, length), 255)
    hits_of = {} if hits is None else dict(iter(hits[hits["sequence_id"].isin(chosen)].groupby("sequence_id")))
    return BrowserData(
        length=length,
        method=rows.method,
        scales=names,
        shown=len(chosen),
        total=len(by_id),
        ranges=examples.ranges,
        errors=examples.errors,
        records=[
            SequenceData(
                id=name,
                place=_place(name, length),
                label=str(explained.at[name, "label"]) if "label" in explained else "",
                split=str(explained.at[name, "split"]),
                p=_rounded(examples.predicted[name], 4),
                y=[round(value, 4) if np.isfinite(value) else None for value in examples.measured.get(name, [])],
                letters=rows.letters(group[0]),
                targets=[str(rows.target[row]) for row in group],
                explains=explains[group[0]] if explains else None,
                hits=_hits(hits_of[name]) if name in hits_of else [],
            )
            for name, group in zip(chosen, of_row, strict=True)
        ],
        contributions=_base64(contributions.astype(np.int8)),
        contribution_units=contribution_units,
        attention=_base64(attention.astype(np.uint8)),
        attention_units=attention_units,
    )


def _place(name: str, length: int) -> tuple[str, int, int] | None:
    interval = parse_interval(name)
    place = interval and interval.fitted_to(length)
    if place is None:
        return None
    ends = (place.start + 1, place.end)
    return place.chromosome, *(ends[::-1] if place.reverse else ends)


def _attention_tracks(rows: Attributions) -> tuple[list[str], Float[np.ndarray, "n tracks length"]]:
    """Return the names and maps of the attention tracks: in total, where there are several scales, and by scale."""
    names = [f"width {width}" for width in rows.attention_widths]
    if len(names) < 2:
        return names, rows.attention
    return [ALL_WIDTHS, *names], np.concatenate((rows.attention_total[:, None], rows.attention), 1)


def _explains(run: Run, n: int) -> list[list[bool]] | None:
    """Return whether each track of attention explains each row; None for a run without an audit of its attention."""
    audit = run.faithfulness().attention if run.has("faithfulness.json") else None
    if audit is None or len(audit.agreement_by_sequence) != n:
        return None
    rows = audit.agreement_by_sequence
    if len(audit.widths) > 1 and audit.total_by_sequence:
        rows = tuple((total, *row) for total, row in zip(audit.total_by_sequence, rows, strict=True))
    return [[value is not None and value >= audit.threshold for value in row] for row in rows]


def _hits(hits: pd.DataFrame) -> list[Hit]:
    columns = (hits[name].tolist() for name in ("motif", "start", "end", "strand"))
    return list(zip(*columns, _significant(hits["q"]), strict=True))


def _quantised(
    values: Float[np.ndarray, "rows bases length"], largest: int
) -> tuple[Float[np.ndarray, "rows bases length"], list[float]]:
    """Return integers up to `largest` and the unit of each row."""
    unit = np.abs(values).max((1, 2)) / largest
    safe = np.where(unit > 0, unit, 1)
    return np.rint(values / safe[:, None, None]), [float(f"{u:.6g}") for u in unit]


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _rounded(values: Iterable[float], digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]


def _rounded_rows(values: np.ndarray, digits: int) -> Rows:
    rows: Rows = np.round(values, digits).tolist()
    return rows


def _significant(values: Iterable[float]) -> list[float | None]:
    return [float(f"{v:.3g}") if np.isfinite(v) else None for v in values]
