"""With more than two classes: what one class seems to have, because other classes' own motifs stand in its place."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Int64
from scipy.stats import fisher_exact

from motiflens.discovery.evidence import Evidence, MotifEvidence, least_fold
from motiflens.discovery.refine import Band

_P_LIMIT = 0.05
_REASON = "no more frequent where other classes' stronger motifs are absent: those take its place"


def without_shadows(
    found: Sequence[Evidence], labels: Int64[np.ndarray, " n"], targets: Sequence[int]
) -> list[Evidence]:
    """Evidence by target class without motifs that say nothing once stronger motifs of other classes are known.

    At a fixed place a word is more frequent in a class merely because the other classes' motifs leave it no room. So a
    motif with a band must be enriched, as much as `evidence` asks, among the sequences that hold no stronger motif of
    another class there (one-sided Fisher test, in sample: it can only take away). `targets` are the labels that `found`
    is about.
    """
    ranked = sorted((motif.found.log_p, i, j) for i, one in enumerate(found) for j, motif in enumerate(one.supported))
    kept: list[tuple[int, int]] = []
    shadows: set[tuple[int, int]] = set()
    for _, i, j in ranked:
        motif = found[i].supported[j].found
        taken = np.zeros(len(labels), bool)
        if motif.band is not None:
            for a, b in kept:
                taken |= _holds(found[a], b, motif.band, len(labels)) if a != i else False
        site = _holds(found[i], j, motif.band, len(labels))
        if not taken.any() or _enriched(site[~taken], labels[~taken] == targets[i], least_fold(motif)):
            kept.append((i, j))
        else:
            shadows.add((i, j))
    return [
        without(one, [j for j in range(len(one.supported)) if (i, j) in shadows], _REASON)
        for i, one in enumerate(found)
    ]


def _holds(one: Evidence, motif: int, band: Band | None, n: int) -> np.ndarray:
    """Which of n sequences have a site of a supported motif that reaches into the band."""
    out = np.zeros(n, bool)
    if one.hits is not None:
        hits = one.hits.take(one.hits.motif == motif)
        out[hits.sequence if band is None else hits.sequence[(hits.start < band[1]) & (hits.end > band[0])]] = True
    return out


def _enriched(site: np.ndarray, inside: np.ndarray, fold: float) -> bool:
    table = [[(site & inside).sum(), (~site & inside).sum()], [(site & ~inside).sum(), (~site & ~inside).sum()]]
    clear = site[inside].mean() >= fold * site[~inside].mean() if inside.any() and not inside.all() else False
    return bool(clear and fisher_exact(table, alternative="greater").pvalue <= _P_LIMIT)


def without(one: Evidence, indices: Sequence[int], reason: str) -> Evidence:
    """The evidence with these of its supported motifs among the others, for this reason."""
    if not indices:
        return one
    stay = [j for j in range(len(one.supported)) if j not in indices]
    moved: list[MotifEvidence] = [replace(one.supported[j], reason=reason) for j in indices]
    hits = one.hits
    if hits is not None:
        number = np.full(len(one.supported), -1)
        number[stay] = np.arange(len(stay))
        hits = hits.take(np.flatnonzero(number[hits.motif] >= 0))
        hits = replace(hits, motif=number[hits.motif])
    return Evidence(
        supported=tuple(one.supported[j] for j in stay),
        not_supported=(*moved, *one.not_supported),
        hits=hits if stay else None,
    )
