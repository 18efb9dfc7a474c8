"""Pairs of motifs: which occur together, at which distance and in which orientation.

The null keeps the positions that each motif prefers: the expected number of pairs at a distance is that of sites of the
two motifs in different sequences, which is a convolution of their position counts and needs no random placement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np
from jaxtyping import Int64
from scipy.stats import hypergeom, poisson

from motiflens.motifs.scan import Hits
from motiflens.motifs.statistics import benjamini_hochberg
from motiflens.shapes import Strands

_WINDOWS = (1, 3)  # neighbouring distances counted together: a fixed spacing, or one give or take a letter
_MIN_PAIRS = 5


@dataclass(frozen=True, kw_only=True)
class Spacing:
    """The most surprising distance of a pair.

    `arrangement` shows order and strands, e.g. "a> b<"; `gap` is the first and last number of letters between the two
    sites; `counts` and `expected` are pairs by gap, 0 first, in that arrangement. `p` is corrected for the gaps and
    arrangements tried, `q` for the pairs too.
    """

    arrangement: str
    gap: tuple[int, int]
    observed: int
    chance: float
    p: float
    q: float
    counts: tuple[int, ...]
    expected: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two motifs (indices) of one class: sequences with each and with both; `p`, `q` that they occur together.

    Of a motif with itself `with_both` are the sequences with two sites or more, and nothing is tested but distances.
    """

    a: int
    b: int
    sequences: int
    with_a: int
    with_b: int
    with_both: int
    expected_both: float | None
    p: float | None
    q: float | None
    spacing: Spacing | None


def motif_pairs(
    sites: Sequence[Hits], *, rows: Int64[np.ndarray, " rows"], length: int, strands: Strands
) -> list[Pair]:
    """Return all pairs of motifs, by significance of their spacing.

    q-values are over all pairs tested (Benjamini & Hochberg 1995). Where the sites of two motifs overlap, one stretch
    of DNA would be counted twice: only the better site counts, by its p-value.

    Args:
        sites: sites of each motif.
        rows: sequences to look at, those of one class.
        length: length of every sequence.
        strands: with "both", pairs are counted as they read on the strand of their first motif.
    """
    inside = [hits.take(np.isin(hits.sequence, rows)) for hits in sites]
    found = [
        _pair(inside, a, b, n=len(rows), length=length, both_strands=strands == "both")
        for a, b in combinations_with_replacement(range(len(sites)), 2)
        if len(inside[a]) and len(inside[b])
    ]
    if not found:
        return []
    tested = np.array([pair.p for pair in found if pair.p is not None])
    together = iter(benjamini_hochberg(tested).tolist())
    spaced = benjamini_hochberg(np.array([1.0 if pair.spacing is None else pair.spacing.p for pair in found]))
    found = [
        replace(
            pair,
            q=None if pair.p is None else next(together),
            spacing=pair.spacing and replace(pair.spacing, q=float(q)),
        )
        for pair, q in zip(found, spaced, strict=True)
    ]
    return sorted(
        found,
        key=lambda pair: (1.0 if pair.spacing is None else pair.spacing.p, 1.0 if pair.p is None else pair.p),
    )


def _pair(sites: Sequence[Hits], a: int, b: int, *, n: int, length: int, both_strands: bool) -> Pair:
    same = a == b
    # A motif with itself: sites that are another motif's are none of its own.
    others = [hits for i, hits in enumerate(sites) if i != a] if same else [sites[b]]
    x = _without_overlaps(sites[a], others)
    y = x if same else _without_overlaps(sites[b], [sites[a]], wins_ties=True)
    first, times = np.unique(x.sequence, return_counts=True)
    second = np.unique(y.sequence)
    shared = int((times > 1).sum()) if same else len(np.intersect1d(first, second))
    p = None if same else float(hypergeom.sf(shared - 1, n, len(first), len(second)))
    spacing = _spacing(x, y, n=n, length=length, both_strands=both_strands, same=same) if len(x) and len(y) else None
    return Pair(
        a=a,
        b=b,
        sequences=n,
        with_a=len(first),
        with_b=len(second),
        with_both=shared,
        expected_both=None if same else len(first) * len(second) / n,
        p=p,
        q=p,
        spacing=spacing,
    )


def _without_overlaps(hits: Hits, others: Sequence[Hits], *, wins_ties: bool = False) -> Hits:
    """The sites that overlap no better site, by p, of other motifs."""
    worse = np.zeros(len(hits), bool)
    for other in others:
        left, right = _pairs_of_sites(hits.sequence, other.sequence)
        shared = (hits.start[left] < other.end[right]) & (other.start[right] < hits.end[left])
        beaten = other.p[right] < hits.p[left] if wins_ties else other.p[right] <= hits.p[left]
        worse[left[shared & beaten]] = True
    return hits.take(~worse)


def _spacing(a: Hits, b: Hits, *, n: int, length: int, both_strands: bool, same: bool) -> Spacing | None:
    """The arrangement and gap whose number of pairs surprises most; None with too few pairs to tell."""
    left, right = _pairs_of_sites(a.sequence, b.sequence)
    arranged = _arrangements(same=same, both_strands=both_strands)
    observed = _histograms(a, b, left, right, length=length, both_strands=both_strands, same=same)
    expected = _expected(a, b, n=n, length=length, both_strands=both_strands, same=same)
    best, tried = None, 0
    for name in arranged:
        counts, chance = observed[name], expected[name]
        for window in _WINDOWS:
            kernel = np.ones(window)
            seen, mean = np.convolve(counts, kernel, "valid"), np.convolve(chance, kernel, "valid")
            possible = mean > 0
            tried += int(possible.sum())
            tails = np.where(possible & (seen >= _MIN_PAIRS), poisson.sf(seen - 1, np.maximum(mean, 1e-12)), 1.0)
            at = int(np.argmin(tails))
            if tails[at] < 1 and (best is None or tails[at] < best[0]):
                best = (float(tails[at]), name, (at, at + window - 1), int(seen[at]), float(mean[at]))
    if best is None:
        return None
    p, name, gap, seen_there, mean_there = best
    p = min(1.0, p * tried)
    return Spacing(
        arrangement=name,
        gap=gap,
        observed=seen_there,
        chance=mean_there,
        p=p,
        q=p,
        counts=tuple(int(c) for c in observed[name]),
        expected=tuple(round(float(e), 3) for e in expected[name]),
    )


def _pairs_of_sites(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of all pairs of sites in one sequence; both inputs ascend."""
    start, stop = np.searchsorted(second, first, "left"), np.searchsorted(second, first, "right")
    many = stop - start
    left = np.repeat(np.arange(len(first)), many)
    within = np.arange(len(left)) - np.repeat(np.cumsum(many) - many, many)
    return left, np.repeat(start, many) + within


def _arrangements(*, same: bool, both_strands: bool) -> list[str]:
    if not both_strands:
        return ["a> a>"] if same else ["a> b>", "b> a>"]
    # Read from the strand of `a`; a pair of equals, from the left: towards each other, apart, one after the other.
    return ["a> a>", "a> a<", "a< a>"] if same else ["a> b>", "a> b<", "b> a>", "b< a>"]


def _histograms(
    a: Hits, b: Hits, left: np.ndarray, right: np.ndarray, *, length: int, both_strands: bool, same: bool
) -> dict[str, np.ndarray]:
    """Pairs of sites by gap, for each arrangement; overlapping sites are no pair."""
    name, gap = _classify(
        (a.start[left], a.end[left], a.strand[left]),
        (b.start[right], b.end[right], b.strand[right]),
        both_strands,
        same,
    )
    out = {}
    for code, arrangement in enumerate(_arrangements(same=same, both_strands=both_strands)):
        chosen = (name == code) & (gap >= 0)
        out[arrangement] = np.bincount(gap[chosen], minlength=length)[:length]
    return out


_Sites = tuple[np.ndarray, np.ndarray, np.ndarray]  # starts, ends, strands


def _classify(a: _Sites, b: _Sites, both_strands: bool, same: bool) -> tuple[np.ndarray, np.ndarray]:
    """Index of the arrangement and gap of each pair of sites; gap -1 for pairs that do not count."""
    a_first = a[0] < b[0]
    gap = np.where(a_first, b[0] - a[1], a[0] - b[1])
    gap = np.where(gap < 0, -1, gap)
    if same:
        gap = np.where(a_first, gap, -1)  # each pair once
        if not both_strands:
            return np.zeros(len(gap), np.int64), gap
        return np.select([a[2] == b[2], a[2] > b[2]], [0, 1], 2), gap
    if not both_strands:
        return np.where(a_first, 0, 1), gap
    downstream = a_first == (a[2] > 0)
    same_strand = a[2] == b[2]
    return np.select([downstream & same_strand, downstream, same_strand], [0, 1, 2], 3), gap


def _expected(a: Hits, b: Hits, *, n: int, length: int, both_strands: bool, same: bool) -> dict[str, np.ndarray]:
    """Pairs by gap for each arrangement if the sites of one sequence had nothing to do with each other."""
    names = _arrangements(same=same, both_strands=both_strands)
    out = {name: np.zeros(length) for name in names}
    for strand_a in (1, -1):
        for strand_b in (1, -1):
            x, y = _places(a, strand_a, length), _places(b, strand_b, length)
            if not x.any() or not y.any():
                continue
            starts_a, starts_b = np.meshgrid(np.flatnonzero(x), np.flatnonzero(y), indexing="ij")
            width_a, width_b = int((a.end - a.start)[0]), int((b.end - b.start)[0])
            strands = np.full(starts_a.size, strand_a), np.full(starts_a.size, strand_b)
            first, second = starts_a.ravel(), starts_b.ravel()
            name, gap = _classify(
                (first, first + width_a, strands[0]), (second, second + width_b, strands[1]), both_strands, same
            )
            # Sites of different sequences: of n * n pairs of sequences, n - 1 of n are of different ones.
            weight = (x[starts_a] * y[starts_b]).ravel() / n
            for code, arrangement in enumerate(names):
                chosen = (name == code) & (gap >= 0)
                out[arrangement] += np.bincount(gap[chosen], weight[chosen], minlength=length)[:length]
    return out


def _places(sites: Hits, strand: int, length: int) -> np.ndarray:
    return np.bincount(sites.start[sites.strand == strand], minlength=length).astype(float)
