"""The sites of a motif: every match at its cut and place, the better of those that overlap."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from motiflens.discovery.position_windows import PositionWindow
from motiflens.motifs.motif import Motif, log_odds
from motiflens.motifs.scan import Hits, scan
from motiflens.motifs.scores import UNITS_PER_BIT, integer_scores, score_distribution
from motiflens.sequence.alphabet import reverse_complement
from motiflens.shapes import Codes, Strands


class Sites(NamedTuple):
    """Sites, and the lowest score of a site in bits, as any scanner may use it: scores here are exact."""

    hits: Hits
    cut: float


def find_sites(
    codes: Codes,
    motif: Motif,
    *,
    threshold: int,
    window: PositionWindow | None,
    background: Float64[np.ndarray, "4"],
    strands: Strands,
) -> Sites:
    """Return the sites of a motif; q-values are over all windows of the place that is searched.

    Args:
        codes: sequences.
        motif: the motif.
        threshold: lowest score of a site, in 1/100 bit, of rounded log-odds. The cut is the lowest exact score of
            these sites, rounded down to 1/1000 bit.
        window: columns that sites lie in; None for anywhere.
        background: frequencies of A, C, G, T that scores are against.
        strands: strands that sites may lie on.
    """
    distribution = score_distribution(integer_scores(motif.probabilities, background), background)
    start, end = window or (0, codes.shape[1])
    part = np.ascontiguousarray(codes[:, start:end])
    lowest = threshold - motif.width - 1  # rounding moves a score by half a unit a column
    index = np.clip(lowest - distribution.lowest, 0, len(distribution.survival) - 1)
    hits = scan(part, [motif], strands=strands, p_threshold=float(distribution.survival[index]), background=background)
    exact = _exact_scores(part, hits, log_odds(motif.probabilities, background))
    rounded = np.rint(hits.score * UNITS_PER_BIT).astype(int)
    cut = threshold / UNITS_PER_BIT
    if (rounded >= threshold).any():
        cut = math.floor(1000 * exact[rounded >= threshold].min()) / 1000
    hits = replace(hits, score=exact)
    hits = hits.take(hits.score >= cut)
    hits = hits.take(_separate(hits))
    return Sites(replace(hits, start=hits.start + start, end=hits.end + start), cut)


def _exact_scores(codes: np.ndarray, hits: Hits, scores: np.ndarray) -> Float64[np.ndarray, " hits"]:
    """Sums of unrounded log-odds; the scan's are rounded by column."""
    width = scores.shape[1]
    letters = codes[hits.sequence[:, None], hits.start[:, None] + np.arange(width)]
    reverse = hits.strand < 0
    letters[reverse] = reverse_complement(letters[reverse])
    return np.asarray(scores[letters, np.arange(width)].sum(1))


def _separate(hits: Hits) -> Int64[np.ndarray, " separate"]:
    """Indices of hits of one motif, in order, that overlap no better one."""
    kept = np.zeros(len(hits), bool)
    for group in np.split(np.arange(len(hits)), np.flatnonzero(np.diff(hits.sequence)) + 1):
        spans: list[tuple[int, int]] = []
        for i in group[np.argsort(-hits.score[group].round(9), kind="stable")]:
            start, end = int(hits.start[i]), int(hits.end[i])
            if all(end <= a or start >= b for a, b in spans):
                spans.append((start, end))
                kept[i] = True
    return np.flatnonzero(kept)
