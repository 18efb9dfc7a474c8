"""What the templates say about a run: every number already in words, so that the templates only place them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from motiflens.report.palette import class_colour
from motiflens.report.text import (
    METRIC_NAMES,
    Number,
    count,
    difference,
    duration,
    interval,
    number,
    rule_name,
    typeset,
)
from motiflens.run.folder import Run

_LEVELS = {"good": "Good", "caution": "Use with caution", "poor": "Poor"}
_TILES = ("auroc", "accuracy", "auprc", "mcc")
_COMPARED = ("auroc", "accuracy", "mcc")
_SPLITS = {"train": "training", "val": "validation", "test": "test"}


def header(run: Run) -> dict[str, Any]:
    """Title, classes with their sizes, data, date."""
    info = run.info
    counts: Mapping[str, Mapping[str, int]] = info.get("counts") or {}
    sizes = {name: sum(split.get(name, 0) for split in counts.values()) for name in run.classes}
    return {
        "name": run.name,
        "classes": [
            {"name": name, "colour": class_colour(i), "count": count(sizes[name]) if counts else ""}
            for i, name in enumerate(run.classes)
        ],
        "total": count(sum(sizes.values())) if counts else "",
        "length": info.get("length"),
        "sources": [str(source.get("path", "")) for source in info.get("data") or []],
        "created": date(info.get("created")),
        "version": info["motiflens"],
    }


def date(text: str | None) -> str:
    """14 March 2026, 09:26 UTC, from ISO 8601."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return text or ""
    return f"{moment.day} {moment:%B %Y, %H:%M}" + (" UTC" if moment.utcoffset() is not None else "")


def verdict(run: Run, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """How good, compared with what, what to doubt."""
    told = metrics.get("verdict") or {}
    level = told.get("level") if told.get("level") in _LEVELS else "caution"
    test = metrics["test"]
    tiles = [
        {"term": key, "name": METRIC_NAMES[key], "value": number(test[key]), "interval": interval(_bounds(test, key))}
        for key in _TILES
        if test.get(key) is not None
    ]
    return {
        "level": level,
        "word": _LEVELS[str(level)],
        "headline": typeset(told.get("headline", "")),
        "points": [typeset(point) for point in told.get("points", [])],
        "warnings": [text for text in run.info.get("warnings", []) if text not in told.get("points", [])],
        "tiles": tiles,
        "n": count(test["n"]) if test.get("n") else "",
        "several": len(run.classes) > 2,
        "compared": compared(metrics),
        "leads": any((metrics.get("comparisons") or {}).values()),
        "bayes_optimal": bayes_optimal(metrics),
    }


def compared(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for the model and for each baseline, with the model's lead over it."""
    pairs = metrics.get("comparisons") or {}
    rows = [("", metrics["test"]), *(metrics.get("baselines") or {}).items()]
    return [
        {
            "name": rule_name(key) if key else "this model",
            "cells": [_cell(scores, name) for name in _COMPARED],
            "lead": _lead(pairs[key]) if pairs.get(key) else None,
        }
        for key, scores in rows
    ]


def _cell(scores: Mapping[str, Any], key: str) -> dict[str, str]:
    return {"value": number(scores.get(key)), "interval": interval(_bounds(scores, key))}


def _lead(pair: Mapping[str, Any]) -> dict[str, str]:
    return {
        "value": difference(pair["difference"]),
        "interval": f"{difference(pair['low'])} to {difference(pair['high'])}",
    }


def bayes_optimal(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the best possible rule reaches on simulated data, and how far the model is from it."""
    best = metrics.get("bayes_optimal") or {}
    rows = []
    for key in ("accuracy", "auroc"):
        if best.get(key) is None or metrics["test"].get(key) is None:
            continue
        own = metrics["test"][key]
        rows.append(
            {
                "name": METRIC_NAMES[key] if key == "auroc" else "accuracy",
                "best": number(best[key]),
                "own": number(own),
                "gap": number(abs(best[key] - own)),
                "side": "below" if own <= best[key] else "above",
            }
        )
    return rows


def per_class(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Scores of each class, with intervals; of the whole test set where there are two classes."""
    test = metrics["test"]
    rows = test.get("per_class") or {"test set": test}
    keys = [key for key in METRIC_NAMES if any(_is_number(row.get(key)) for row in rows.values())]
    classes = list(metrics.get("classes", []))
    return {
        "columns": [{"term": key, "name": METRIC_NAMES[key]} for key in keys],
        "rows": [
            {
                "name": name,
                "colour": class_colour(classes.index(name)) if name in classes else "",
                "n": count(row["n"]) if row.get("n") else "",
                "cells": [_cell(row, k) for k in keys],
            }
            for name, row in rows.items()
        ],
    }


def _bounds(scores: Mapping[str, Any], key: str) -> tuple[Number, Number] | None:
    bounds = (scores.get("ci") or {}).get(key)
    return (bounds[0], bounds[1]) if bounds and None not in bounds else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def making(run: Run) -> dict[str, Any]:
    """Command, versions, seeds, data, stages, splits."""
    info = run.info
    stages = info.get("stages") or []
    seeds = info.get("seeds") or [info.get("seed")]
    network = info.get("network") or {}
    facts = [
        ("Command", info.get("command")),
        ("Model", network.get("preset")),
        ("Parameters", count(info["parameters"]) if info.get("parameters") else ""),
        ("Strands", info.get("strands")),
        ("Seed" if len(seeds) == 1 else "Seeds of the members", ", ".join(map(str, seeds))),
        ("Device", info.get("device")),
        ("motiflens", info["motiflens"]),
        ("Python", info.get("python")),
        ("Made", date(info.get("created"))),
    ]
    splits = [
        {
            "name": _SPLITS.get(name, name),
            "counts": [count(of.get(c, 0)) for c in run.classes],
            "total": count(sum(of.values())),
        }
        for name, of in (info.get("counts") or {}).items()
    ]
    return {
        "facts": [(name, value) for name, value in facts if value],
        "data": [source | {"records": count(source.get("records", 0))} for source in info.get("data") or []],
        "stages": [
            {
                "name": stage["name"],
                "time": duration(stage["seconds"]),
                "memory": f"{stage['peak_memory_mb']:,.0f} MB" if stage.get("peak_memory_mb") else "",
            }
            for stage in stages
        ],
        "whole": duration(sum(stage["seconds"] for stage in stages)) if stages else "",
        "splits": splits,
        "notes": info.get("notes") or [],
        "config": json.dumps(info.get("config") or {}, indent=2, ensure_ascii=False),
    }
