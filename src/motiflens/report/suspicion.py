"""Which motifs to suspect where the negatives are shuffled sequences, and how to get better ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motiflens.report.motif_labels import motif_labels
from motiflens.report.text import count, number, signed
from motiflens.run.schema.motifs import MotifEntry, MotifRecord

_MAX_BITS = 1.3  # entropy of the letters of a word of low complexity; of four equally frequent letters it is 2
_MIN_ODDS = 1.5


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """Supported motifs to suspect, each with the reason; how many were set aside for such a reason, in words."""

    motifs: list[str]
    set_aside: str


def suspicion(record: MotifRecord) -> Suspicion | None:
    """Return what to suspect; None where the negatives are real sequences."""
    if not record.shuffles:
        return None
    labels = motif_labels(record.motifs)
    reasons = [(labels[entry.name], _reasons(entry)) for entry in record.motifs]
    aside = sum(entry.status in ("repeat", "artefact", "composition") for entry in record.set_aside)
    return Suspicion(
        motifs=[f"{label}: {', '.join(why)}" for label, why in reasons if why],
        set_aside=f"Set aside for such a reason: {count(aside)}." if aside else "",
    )


def _reasons(entry: MotifEntry) -> Sequence[str]:
    reasons = []
    if letter_entropy(entry) < _MAX_BITS:
        reasons.append("made of few different letters")
    if entry.enrichment and entry.enrichment.odds >= _MIN_ODDS:
        reasons.append(f"composition alone favours it (odds {number(entry.enrichment.odds, 1)})")
    if entry.effects and abs(entry.own_effect.by_composition) > abs(entry.own_effect.effect):
        reasons.append(f"composition explains more ({signed(entry.own_effect.by_composition, 2)}) than the motif does")
    return reasons


def letter_entropy(entry: MotifEntry) -> float:
    """Return the entropy, in bits, of a motif's letters: each column's most frequent, by the column's information."""
    p = entry.probabilities
    bits = 2 + (p * np.log2(np.where(p > 0, p, 1))).sum(0)
    letters = np.bincount(p.argmax(0), weights=np.maximum(bits, 0), minlength=4)
    shares = letters / max(float(letters.sum()), 1e-9)
    return float(-(shares * np.log2(np.where(shares > 0, shares, 1))).sum())
