"""Pairs of motifs in words and small pictures: together or not, at which distance, and what the model makes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from motiflens.report.text import Number, count, interval, number, p_value, percent

_Q_LIMIT = 0.05
_WIDTH, _HEIGHT = 180, 36
_GAPS = 60  # letters of the histogram


def grammar(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The pairs that stand out, and how many were tried; None for a run that has not looked."""
    if "grammar" not in record or not record.get("motifs"):
        return None
    known = {motif["name"]: motif for motif in record["motifs"]}
    tried = [(group["target"], pair) for group in record["grammar"] for pair in group["pairs"]]
    rows = [_row(target, pair, known) for target, pair in tried if _stands_out(pair)]
    return {"rows": rows, "tried": count(len(tried)), "width": _WIDTH, "height": _HEIGHT, "gaps": _GAPS}


def _stands_out(pair: Mapping[str, Any]) -> bool:
    spacing = pair["spacing"]
    return pair["q"] <= _Q_LIMIT or (spacing is not None and spacing["q"] <= _Q_LIMIT)


def _row(target: str, pair: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    spacing = pair["spacing"]
    fixed = spacing is not None and spacing["q"] <= _Q_LIMIT
    return {
        "target": target,
        "a": _motif(known[pair["a"]]),
        "b": _motif(known[pair["b"]]),
        "same": pair["a"] == pair["b"],
        "both": f"{count(pair['with_both'])} of {count(pair['sequences'])}",
        "expected": count(pair["expected_both"]),
        "together": p_value(pair["q"]) if pair["a"] != pair["b"] else "",
        "spacing": _spacing(spacing) if fixed else None,
        "interaction": _interaction(pair.get("interaction")),
    }


def _motif(entry: Mapping[str, Any]) -> dict[str, str]:
    match = next((m["name"] for m in entry.get("matches", []) if m.get("q") is not None and m["q"] <= 0.1), "")
    return {"name": entry["name"], "consensus": entry["consensus"], "known": match}


def _spacing(spacing: Mapping[str, Any]) -> dict[str, Any]:
    first, last = spacing["gap"]
    strands = "".join(word[1] for word in spacing["arrangement"].split())
    order = [word[0] for word in spacing["arrangement"].split()]
    return {
        "order": order,
        "arrows": [{">": "→", "<": "←"}[strand] for strand in strands],
        "gap": f"{first}" if first == last else f"{first} to {last}",
        "observed": count(spacing["observed"]),
        "chance": number(spacing["chance"], 1),
        "times": percent(spacing["observed"], max(sum(spacing["counts"]), 1)),
        "q": p_value(spacing["q"]),
        "bars": _bars(spacing["counts"], spacing["expected"], (first, last)),
    }


def _bars(counts: Sequence[Number], expected: Sequence[Number], gap: tuple[int, int]) -> dict[str, Any]:
    """Bars of the pairs by gap, and the line of chance, around the gap that stands out."""
    start = max(0, min(gap[0] - _GAPS // 3, len(counts) - _GAPS))
    shown, chance = counts[start : start + _GAPS], expected[start : start + _GAPS]
    highest = max(*shown, *chance, 1e-9)
    step = _WIDTH / max(len(shown), 1)
    bars = [
        {
            "x": round(i * step, 2),
            "y": round(_HEIGHT * (1 - value / highest), 2),
            "width": round(step * 0.85, 2),
            "height": round(_HEIGHT * value / highest, 2),
            "best": gap[0] <= start + i <= gap[1],
        }
        for i, value in enumerate(shown)
        if value
    ]
    line = " ".join(f"{(i + 0.42) * step:.1f},{_HEIGHT * (1 - e / highest):.1f}" for i, e in enumerate(chance))
    return {"bars": bars, "line": line, "first": start, "last": start + len(shown) - 1}


def _interaction(effects: Mapping[str, Mapping[str, Number]] | None) -> dict[str, str] | None:
    if not effects:
        return None
    extra = effects["interaction"]
    if extra["low"] > 0:
        word = "more than the sum"
    elif extra["high"] < 0:
        word = "less than the sum"
    else:
        word = "the sum, no more"
    return {
        "left": number(effects["left"]["mean"], 2),
        "right": number(effects["right"]["mean"], 2),
        "both": number(effects["both"]["mean"], 2),
        "extra": number(extra["mean"], 2),
        "interval": interval((extra["low"], extra["high"]), 2),
        "word": word,
    }
