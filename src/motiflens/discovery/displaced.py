"""With more than two classes: motifs that seem enriched in one class because other classes' motifs displace them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Int64
from scipy.stats import fisher_exact

from motiflens.discovery.evidence import Evidence, MotifEvidence, min_fold
from motiflens.discovery.labelled import PositionWindow

_P_LIMIT = 0.05
_REASON = "no more frequent where other classes' stronger motifs are absent: those occupy its place"


def without_displaced(
    found: Sequence[Evidence], labels: Int64[np.ndarray, " n"], targets: Sequence[int]
) -> list[Evidence]:
    """Move displaced motifs to those not supported.

    At a fixed place, a k-mer is more frequent in a class merely because the other classes' motifs occupy that place. So
    a motif with a position window must be enriched, as much as `assess_motifs` asks, among the sequences that hold no
    stronger motif of another class there (one-sided Fisher test, in sample: it can only remove motifs).

    Args:
        found: evidence of the motifs of each target class.
        labels: class of each sequence.
        targets: the target class of each of `found`.
    """
    ranked = sorted((motif.found.log_p, i, j) for i, one in enumerate(found) for j, motif in enumerate(one.supported))
    kept: list[tuple[int, int]] = []
    displaced: set[tuple[int, int]] = set()
    for _, i, j in ranked:
        motif = found[i].supported[j].found
        occupied = np.zeros(len(labels), bool)
        if motif.position_window is not None:
            for a, b in kept:
                occupied |= _holds(found[a], b, motif.position_window, len(labels)) if a != i else False
        site = _holds(found[i], j, motif.position_window, len(labels))
        if not occupied.any() or _enriched(site[~occupied], labels[~occupied] == targets[i], min_fold(motif)):
            kept.append((i, j))
        else:
            displaced.add((i, j))
    return [
        demote(one, [j for j in range(len(one.supported)) if (i, j) in displaced], _REASON)
        for i, one in enumerate(found)
    ]


def _holds(one: Evidence, motif: int, window: PositionWindow | None, n: int) -> Bool[np.ndarray, " n"]:
    """Which of n sequences have a site of a supported motif that reaches into the window."""
    out = np.zeros(n, bool)
    if one.hits is not None:
        hits = one.hits.take(one.hits.motif == motif)
        reaching = slice(None) if window is None else (hits.start < window[1]) & (hits.end > window[0])
        out[hits.sequence[reaching]] = True
    return out


def _enriched(site: np.ndarray, inside: np.ndarray, fold: float) -> bool:
    table = [[(site & inside).sum(), (~site & inside).sum()], [(site & ~inside).sum(), (~site & ~inside).sum()]]
    clear = site[inside].mean() >= fold * site[~inside].mean() if inside.any() and not inside.all() else False
    return bool(clear and fisher_exact(table, alternative="greater").pvalue <= _P_LIMIT)


def demote(one: Evidence, indices: Sequence[int], reason: str) -> Evidence:
    """Return the evidence with some of its supported motifs moved to those not supported, for this reason."""
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
