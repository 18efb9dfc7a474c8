"""The motif table of a run with numbers as a file: RUN/motifs.tsv."""

import pandas as pd

from motiflens.run.schema.motifs import Effect, MotifEntry, MotifRecord, TargetEffect

_COLUMNS = ["motif", "known_as", "consensus", "target", "direction", "status", "cut", "window_start", "window_end"]
_COLUMNS += ["tested_with", "tested_without", "mean_with", "mean_without", "by_composition"]
_COLUMNS += ["effect", "effect_low", "effect_high", "p", "log10_p", "q", "sequences", "sites", "strong_sites"]
_COLUMNS += ["planted", "planted_low", "planted_high", "erased", "erased_low", "erased_high"]
_PLACE = ["place_start", "place_end", "effect_there", "effect_elsewhere", "place_p", "place_q"]


def measured_table(record: MotifRecord) -> pd.DataFrame:
    """Return the table of all motifs, supported ones first, with the effect on every number at the end."""
    entries = (*record.motifs, *record.set_aside)
    columns = [*_COLUMNS, *(f"{name}:{what}" for name in record.classes for what in ("effect", "given_others"))]
    columns += _PLACE
    columns += ["known_accession", "known_q", "parent", "reason"]
    return pd.DataFrame([_row(entry) for entry in entries], columns=columns)


def _row(entry: MotifEntry) -> dict[str, object]:
    best = next(iter(entry.similar), None)
    own, window = entry.own_effect, entry.position_window or ("", "")
    return {
        "motif": entry.name,
        "known_as": entry.known_as,
        "consensus": entry.consensus,
        "target": entry.target,
        "direction": {"for": "raises", "against": "lowers"}[entry.direction],
        "status": entry.status,
        "cut": entry.cut,
        "window_start": window[0],
        "window_end": window[1],
        "tested_with": own.n_with,
        "tested_without": own.n_without,
        "mean_with": own.mean_with,
        "mean_without": own.mean_without,
        "by_composition": own.by_composition,
        "effect": own.effect,
        "effect_low": _or_empty(own.low),
        "effect_high": _or_empty(own.high),
        "p": own.p,
        "log10_p": own.log10_p,
        "q": entry.q,
        "sequences": entry.sites,
        "sites": entry.total_sites,
        "strong_sites": entry.strong_sites,
        **_ends("planted", entry.effect.insertion if entry.effect else None),
        **_ends("erased", entry.effect.ablation if entry.effect else None),
        **{key: value for one in entry.effects for key, value in _of_target(one).items()},
        **_place(entry),
        "known_accession": best.accession if best else "",
        "known_q": best.q if best else "",
        "parent": entry.parent,
        "reason": entry.reason,
    }


def _of_target(one: TargetEffect) -> dict[str, object]:
    given = one.given_others
    return {
        f"{one.target}:effect": one.effect,
        f"{one.target}:given_others": "" if given is None else _or_empty(given.mean),
    }


def _place(entry: MotifEntry) -> dict[str, object]:
    place = entry.place
    if place is None:
        return dict.fromkeys(_PLACE, "")
    figures = (place.start, place.end, place.there.mean, place.elsewhere.mean, place.p, place.q)
    return dict(zip(_PLACE, figures, strict=True))


def _ends(name: str, effect: Effect | None) -> dict[str, object]:
    ends = (None,) * 3 if effect is None else (effect.mean, effect.low, effect.high)
    return {f"{name}{end}": _or_empty(value) for end, value in zip(("", "_low", "_high"), ends, strict=True)}


def _or_empty(value: float | None) -> object:
    return "" if value is None else value
