"""What the motif table and its cards say of each motif, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from motiflens.report.palette import class_colour
from motiflens.report.text import count, interval, p_value, percent

SHOWN_MATCHES = 5
#: A known motif with a larger q-value is not called similar (Tomtom's usual limit).
SIMILAR = 0.1
_BAR = 56  # pixels
_SOURCES = {
    "contributions": "the model's contributions",
    "kmers": "k-mer enrichment",
    "database": "the motif database",
}
_EFFECTS = {"insertion": "Planting it in shuffled sequences", "ablation": "Erasing its own sites"}


def motif_rows(entries: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> list[dict[str, Any]]:
    """The motif table, one record a motif."""
    return [_row(entry, list(classes)) for entry in entries]


def _row(entry: Mapping[str, Any], classes: list[str]) -> dict[str, Any]:
    target, test = entry["target"], entry.get("enrichment") or {}
    against = entry.get("direction") == "against"
    sources = entry.get("sources") or []
    similar = [match for match in _matches(entry) if match["similar"]]
    return {
        "name": entry["name"],
        "consensus": entry["consensus"],
        "target": target,
        "others": _others(target, classes),
        "colour": class_colour(classes.index(target) if target in classes else 0),
        "against": against,
        "group": _others(target, classes) if against else target,
        "rates": _rates(test, against=against),
        "fold": _fold(test),
        "p": p_value(test.get("p")),
        "q": p_value(test.get("q")),
        "tested_on": entry.get("tested_on", ""),
        "found_by": ", ".join(_SOURCES.get(source, source) for source in sources),
        "replicated_in": {0: "neither half", 1: "one of the two halves", 2: "both halves"}.get(
            entry.get("replicated_in", -1), ""
        ),
        "unseen": bool(sources) and "contributions" not in sources,
        "sites": count(entry.get("sites") or 0),
        "seqlets": count(entry.get("seqlets") or 0),
        "part": percent(entry.get("contribution_fraction") or 0, 1),
        "effects": [_effect(key, value) for key, value in (entry.get("effect") or {}).items() if value is not None],
        "has_contributions": bool(entry.get("contributions")),
        "has_positions": bool(entry.get("positions")),
        "has_per_sequence": bool(entry.get("per_sequence")),
        "matches": similar,
        "nearest": next(iter(_matches(entry)), None),
        "reason": entry.get("reason", ""),
        "text": " ".join(
            [entry["name"], entry["consensus"], target, *(f"{m['name']} {m['accession']}" for m in similar)]
        ).lower(),
        "sort": {"q": test.get("q"), "match": similar[0]["name"] if similar else ""},
    }


def _others(target: str, classes: Sequence[str]) -> str:
    rest = [name for name in classes if name != target]
    return rest[0] if len(rest) == 1 else "the others"


def _rates(test: Mapping[str, Any], *, against: bool) -> list[dict[str, Any]]:
    """Sequences with a site, in the target class and then in the others.

    A motif against a class is tested for being frequent outside of it, so that its "positives" are the others.
    """
    sides = [(test.get(f"{side}_with", 0), test.get(side, 0)) for side in ("positives", "negatives")]
    return [
        {
            "share": percent(found, of),
            "value": found / of if of else 0.0,
            "bar": round(_BAR * found / of, 1) if of else 0,
            "counts": f"{count(found)} of {count(of)}" if of else "",
        }
        for found, of in (sides[::-1] if against else sides)
    ]


def _fold(test: Mapping[str, Any]) -> str:
    """How many times more frequent the motif is where it is frequent."""
    if not test.get("positives_with"):
        return "–"
    if not test["negatives_with"]:
        return "found nowhere else"
    ratio = test["positives_with"] / test["positives"] * test["negatives"] / test["negatives_with"]
    return f"{ratio:.1f} ×"


def _matches(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": match["name"],
            "accession": match.get("accession") or "",
            "collection": match.get("collection") or "",
            "q": p_value(match.get("q")),
            "similar": match.get("q") is not None and match["q"] <= SIMILAR,
            "drawn": index if match.get("probabilities") else None,
        }
        for index, match in enumerate(entry.get("matches", [])[:SHOWN_MATCHES])
    ]


def _effect(key: str, value: Mapping[str, Any]) -> dict[str, str]:
    of = "sites" if key == "ablation" else "sequences"
    return {
        "name": _EFFECTS[key],
        "value": f"{value['mean']:+.2f}".replace("-", "\u2212"),
        "interval": f"{interval((value['low'], value['high']), 2)}, {count(value['n'])} {of}",
    }
