"""The motif table as a file: RUN/motifs.tsv."""

import pandas as pd

from motiflens.report.measured_table import measured_table
from motiflens.run.schema.motifs import Counts, Enrichment, MotifEntry, MotifRecord

_COLUMNS = ["motif", "known_as", "consensus", "class", "direction", "status", "cut", "window_start", "window_end"]
_COLUMNS += ["in_class", "class_sequences", "in_others", "other_sequences"]
_COLUMNS += ["tested_in_class", "tested_class_sequences", "tested_in_others", "tested_other_sequences"]
_COLUMNS += ["composition_odds", "p", "log10_p", "q", "sites", "strong_sites"]
_COLUMNS += ["planted", "planted_low", "planted_high", "erased", "erased_low", "erased_high"]
_COLUMNS += ["known_accession", "known_q", "parent", "reason"]


def motif_table(record: MotifRecord) -> pd.DataFrame:
    """Return the table of all motifs as the report shows it, supported ones first, strongest first."""
    entries = (*record.motifs, *record.set_aside)
    if any(entry.effects for entry in entries):
        return measured_table(record)
    return pd.DataFrame([_row(entry, entry.enrichment) for entry in entries if entry.enrichment], columns=_COLUMNS)


def by_class(entry: MotifEntry, counts: Counts) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return sequences with a site, and all, in the target class and in the others.

    A motif against a class is frequent outside of it, so that its "positives" are the others.
    """
    positives, negatives = (counts.positives_with, counts.positives), (counts.negatives_with, counts.negatives)
    return (negatives, positives) if entry.direction == "against" else (positives, negatives)


def _row(entry: MotifEntry, test: Enrichment) -> dict[str, object]:
    best = next(iter(entry.similar), None)
    window = entry.position_window or ("", "")
    (in_class, class_size), (in_others, other_size) = by_class(entry, entry.counts)
    (tested_in_class, tested_class), (tested_in_others, tested_others) = by_class(entry, test)
    return {
        "motif": entry.name,
        "known_as": entry.known_as,
        "consensus": entry.consensus,
        "class": entry.target,
        "direction": {"for": "supports", "against": "opposes"}[entry.direction],
        "status": entry.status,
        "cut": entry.cut,
        "window_start": window[0],
        "window_end": window[1],
        "in_class": in_class,
        "class_sequences": class_size,
        "in_others": in_others,
        "other_sequences": other_size,
        "tested_in_class": tested_in_class,
        "tested_class_sequences": tested_class,
        "tested_in_others": tested_in_others,
        "tested_other_sequences": tested_others,
        "composition_odds": test.odds,
        "p": test.p,
        "log10_p": test.log10_p,
        "q": test.q,
        "sites": entry.total_sites,
        "strong_sites": entry.strong_sites,
        **_effects(entry),
        "known_accession": best.accession if best else "",
        "known_q": best.q if best else "",
        "parent": entry.parent,
        "reason": entry.reason,
    }


def _effects(entry: MotifEntry) -> dict[str, object]:
    """Return mean and interval of planting and of erasing; empty where they are not defined."""
    both = {"planted": entry.effect and entry.effect.insertion, "erased": entry.effect and entry.effect.ablation}
    return {
        f"{name}{end}": "" if effect is None or value is None else value
        for name, effect in both.items()
        for end, value in (
            ("", effect and effect.mean),
            ("_low", effect and effect.low),
            ("_high", effect and effect.high),
        )
    }
