"""What the page's scripts need of a run, thinned to what a page can carry."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from motiflens.report.motif_rows import SHOWN_MATCHES
from motiflens.run.folder import Attributions, Run

_SITES = 8_000  # rows of hits.tsv in the page, all motifs together
_EXAMPLES = 200  # sequences of a class in the browser
_BROWSER_BYTES = 900_000  # of quantised contributions and attention
# Of the examples of a class: the most confident wrong ones, then borderline ones; the rest is confident and right.
_WRONG, _BORDERLINE = 0.3, 0.3


def payload(run: Run, motif_record: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the page's scripts draw, as JSON knows it."""
    hits = run.hits() if run.has("hits.tsv") else None
    rows = run.attributions() if run.has("attributions.npz") else None
    motifs = motif_record.get("motifs", [])
    return {
        "run": run.name,
        "classes": list(run.classes),
        "background": _rounded(motif_record.get("background", [0.25] * 4), 4),
        "motifs": [_motif(entry) for entry in motifs],
        "unsupported": [_motif(entry) for entry in motif_record.get("not_supported", [])],
        "sites": [] if hits is None else sites(hits, [entry["name"] for entry in motifs], rows),
        "browser": None if rows is None or not len(rows) else browser(run, rows, hits),
    }


def _motif(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("name", "consensus", "target", "direction", "sites", "positions", "per_sequence")
    matches = [
        {key: match.get(key) for key in ("name", "offset", "strand")}
        | {"probabilities": _rounded(match.get("probabilities") or [], 3)}
        for match in entry.get("matches", [])[:SHOWN_MATCHES]
    ]
    return {key: entry.get(key) for key in kept} | {
        "group_sizes": _group_sizes(entry),
        "probabilities": _rounded(entry["probabilities"], 4),
        "contributions": _rounded(entry.get("contributions") or [], 4),
        "matches": matches,
    }


def _group_sizes(entry: Mapping[str, Any]) -> list[int]:
    """Sequences that the position counts come from: where the motif is frequent, and the rest."""
    group = sum((entry.get("per_sequence") or {}).values())
    test = entry.get("enrichment") or {}
    rest = group * test["negatives"] / test["positives"] if test.get("positives") else 0
    return [group, round(rest)]


def sites(hits: pd.DataFrame, names: Iterable[str], rows: Attributions | None) -> list[dict[str, Any]]:
    """The best hits of each motif, column by column; letters where the run holds the sequence."""
    names = list(names)
    room = max(100, _SITES // max(len(names), 1))
    row_of = {} if rows is None else {str(name): i for i, name in enumerate(rows.ids)}
    tables = []
    for name in names:
        of_motif = hits[hits["motif"] == name]
        best = of_motif.sort_values("score", ascending=False, kind="stable").head(room)
        tables.append(
            {
                "total": len(of_motif),
                "id": best["sequence_id"].tolist(),
                "start": best["start"].tolist(),
                "end": best["end"].tolist(),
                "strand": "".join(best["strand"]),
                **{key: _significant(best[key]) for key in ("score", "p", "q")},
                "letters": _letters(best, rows, row_of),
            }
        )
    return tables


def _letters(hits: pd.DataFrame, rows: Attributions | None, row_of: Mapping[str, int]) -> list[str]:
    """Each hit's letters on its own strand, or nothing where the sequence is not among the rows."""
    places = zip(hits["sequence_id"], hits["start"].tolist(), hits["end"].tolist(), hits["strand"], strict=True)
    return [
        rows.letters(row_of[name], start, end, strand=strand) if rows is not None and name in row_of else ""
        for name, start, end, strand in places
    ]


def browser(run: Run, rows: Attributions, hits: pd.DataFrame | None) -> dict[str, Any]:
    """The sequence browser's examples: contributions as int8 and attention as uint8 with a scale a row, base64."""
    predictions = run.predictions().set_index("id")
    by_id = pd.Series(np.arange(len(rows))).groupby(rows.ids).apply(list).to_dict()
    scales, length = rows.attention.shape[1:]
    targets = max(map(len, by_id.values()))
    room = _BROWSER_BYTES // ((4 * targets + scales) * length) // len(run.classes)
    known = predictions.loc[[name for name in by_id if name in predictions.index]]
    chosen = choose_examples(known, run.classes, max(3, min(_EXAMPLES, room)))
    of_row = [by_id[name] for name in chosen]
    flat = np.array([row for group in of_row for row in group], np.intp)
    first = np.array([group[0] for group in of_row], np.intp)  # attention knows no target
    contributions, contribution_scale = _quantised(rows.hypothetical[flat], 127)
    explains = _explains(run, len(rows))
    attention, attention_scale = _quantised(np.maximum(rows.attention[first], 0).reshape(-1, 1, length), 255)
    hits_of = {} if hits is None else dict(iter(hits[hits["sequence_id"].isin(chosen)].groupby("sequence_id")))
    return {
        "length": length,
        "method": rows.method,
        "scales": list(rows.attention_scales),
        "shown": len(chosen),
        "total": len(by_id),
        "records": [
            {
                "id": name,
                "label": known.at[name, "label"],
                "split": known.at[name, "split"],
                "p": _rounded([known.at[name, f"p_{c}"] for c in run.classes], 4),
                "letters": rows.letters(group[0]),
                "targets": [str(rows.target[row]) for row in group],
                "explains": explains[group[0]] if explains else None,
                "hits": [_hit(hit) for hit in hits_of[name].itertuples()] if name in hits_of else [],
            }
            for name, group in zip(chosen, of_row, strict=True)
        ],
        "contributions": _base64(contributions.astype(np.int8)),
        "contributionScale": contribution_scale,
        "attention": _base64(attention.astype(np.uint8)),
        "attentionScale": attention_scale,
    }


def _explains(run: Run, n: int) -> list[list[bool]] | None:
    """Whether each scale's attention explains each row; None for a run that was not audited."""
    audit = run.faithfulness()["attention"] if run.has("faithfulness.json") else {}
    if len(audit.get("rows", [])) != n:
        return None
    return [[value >= audit["threshold"] for value in row] for row in audit["rows"]]


def _hit(hit: Any) -> list[Any]:
    return [hit.motif, int(hit.start), int(hit.end), hit.strand, float(f"{hit.q:.3g}") if hit.q == hit.q else None]


def choose_examples(predictions: pd.DataFrame, classes: Iterable[str], room: int) -> list[str]:
    """Ids, `room` a class: held-out sequences first of all; confident and right, confident and wrong, borderline."""
    classes = list(classes)
    held_out = predictions[predictions["split"] == "test"]
    table = held_out if len(held_out) else predictions
    p = table[[f"p_{name}" for name in classes]].to_numpy()
    own = p[np.arange(len(table)), [classes.index(name) for name in table["label"]]]
    right = own >= p.max(1)
    margin = pd.Series(np.where(right, p.max(1) - np.sort(p, 1)[:, -2], own - p.max(1)), index=table.index)
    chosen: list[str] = []
    for name in classes:
        of_class = margin[table["label"] == name].sort_values(kind="stable")
        wrong = of_class[of_class < 0].head(int(_WRONG * room))
        borderline = of_class.drop(wrong.index)
        borderline = borderline.loc[borderline.abs().sort_values(kind="stable").index].head(int(_BORDERLINE * room))
        rest = of_class.drop(wrong.index).drop(borderline.index)[::-1].head(room - len(wrong) - len(borderline))
        chosen += [*rest.index, *borderline.index[::-1], *wrong.index[::-1]]
    return chosen


def _quantised(values: np.ndarray, top: int) -> tuple[np.ndarray, list[float]]:
    """Integers up to `top` and the unit of each row (the first axis)."""
    unit = np.abs(values).max((1, 2)) / top
    safe = np.where(unit > 0, unit, 1)
    return np.rint(values / safe[:, None, None]), [float(f"{u:.6g}") for u in unit]


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _rounded(values: Any, digits: int) -> Any:
    return np.round(np.array(values, float), digits).tolist()


def _significant(values: Iterable[float]) -> list[float | None]:
    return [float(f"{v:.3g}") if np.isfinite(v) else None for v in values]
