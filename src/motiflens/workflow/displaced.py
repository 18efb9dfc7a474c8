"""With several classes: motifs that seem enriched in one because the motifs of others occupy its place.

With classes donor, acceptor and neither, AGTG is more frequent in "neither" at the place where the other two have their
sites, only because those occupy it. So a motif in a position window must also be enriched among the sequences that have
no stronger motif of another class there. The test can only remove motifs, so it needs no correction. Motifs found
anywhere are exempt: a site of ten bases in two hundred displaces nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motiflens.discovery.config import EvidenceConfig
from motiflens.discovery.enrichment import enrichment_test
from motiflens.workflow.motif_input import MotifInput
from motiflens.workflow.placed import Placed

_MAX_P = 0.05
_REASON = "no more frequent where other classes' stronger motifs are absent: those occupy its place"


def without_displaced(placed: Sequence[Placed], data: MotifInput) -> list[Placed]:
    """Return the motifs, strongest first, with the displaced ones unsupported."""
    out: list[Placed] = []
    for one in placed:
        stronger = [other for other in out if other.entry.status == "supported" and other.group != one.group]
        out.append(_unsupported(one) if _is_displaced(one, stronger, data) else one)
    return out


def _is_displaced(one: Placed, stronger: Sequence[Placed], data: MotifInput) -> bool:
    window = one.entry.position_window
    if one.entry.status != "supported" or window is None or not stronger:
        return False
    occupied = np.zeros(len(data.labels), bool)
    for other in stronger:
        reaching = (other.hits.start < window[1]) & (other.hits.end > window[0])
        occupied |= other.hits.take(reaching).in_sequences(len(occupied))
    site = one.hits.in_sequences(len(data.labels))
    own = data.labels == data.classes.index(one.entry.target)
    free = one.tested & ~occupied
    if not (free & own).any() or not (free & ~own).any():
        return False
    test = enrichment_test(site, own, np.full(len(own), 0.5), rows=free)
    return test.p > _MAX_P or test.fold < EvidenceConfig().min_fold_in_window


def _unsupported(one: Placed) -> Placed:
    return replace(one, entry=one.entry.model_copy(update={"status": "unsupported", "reason": _REASON}))
