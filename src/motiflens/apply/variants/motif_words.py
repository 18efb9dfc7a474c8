"""Motif changes in words; those of weak sites wait for the p-value of the model's change, which comes later."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from motiflens.apply.variants.motif_changes import MotifChange

_IF = "?"  # then the number of the target whose p-value decides


def told(
    changes: Sequence[MotifChange], delta: Float64[np.ndarray, " targets"], targets: Sequence[str]
) -> tuple[str, ...]:
    """Return what is told of the changes at an allele: without those of weak sites that the model goes against."""
    found = []
    for change in changes:
        if change.agreeing is None:
            found.append(str(change))
            continue
        target, sign = change.agreeing
        if target not in targets and len(targets) > 1:
            continue
        number = targets.index(target) if target in targets else 0
        if target not in targets:  # the other class of two
            sign = -sign
        if delta[number] * sign > 0:
            found.append(f"{change}{_IF}{number}")
    return tuple(found)


def settled(texts: Sequence[str], p: Float64[np.ndarray, " targets"] | None, *, agreement: float) -> list[str]:
    """Return what stays of texts once p-values are known: a weak site needs one of at most `agreement`."""
    found = []
    for text in texts:
        plain, _, number = text.partition(_IF)
        if not number or (p is not None and p[int(number)] <= agreement):
            found.append(plain)
    return found


def settled_column(motifs: Sequence[str], p: Float64[np.ndarray, "n targets"] | None, *, agreement: float) -> list[str]:
    """Return the same of each allele, where texts are joined by &."""
    return [
        "&".join(settled(text.split("&"), None if p is None else p[row], agreement=agreement)) if _IF in text else text
        for row, text in enumerate(motifs)
    ]
