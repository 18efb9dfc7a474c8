"""From a seed to a matrix: sites are counted in the sequences, a threshold is chosen where the classes differ most."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple, no_type_check

import numpy as np
from numba import njit

from motiflens.discovery.config import RefineConfig
from motiflens.motifs._kernels import ABSENT, best_windows
from motiflens.motifs.scores import UNITS_PER_BIT

PSEUDOCOUNT = 0.01  # share of the background mixed into each column, as in Motif.pwm


Band = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Sequences end to end with their labels.

    codes (total,), sequence i at offsets[i]..offsets[i + 1]; positive (n,) 0 or 1; expected (n,) the probability of
    being positive that composition alone gives it; letters (4,) background frequencies. `bands` are the stretches
    (start, end) of the sequences, all of one length, that motifs at a fixed place are sought in.
    """

    codes: np.ndarray
    offsets: np.ndarray
    positive: np.ndarray
    expected: np.ndarray
    letters: np.ndarray
    both: bool
    bands: tuple[Band, ...] = ()

    def __len__(self) -> int:
        return len(self.positive)

    @property
    def weight(self) -> np.ndarray:
        """1 for a positive, minus its odds for a negative: chance sites of both classes cancel in sums."""
        return np.where(self.positive, 1.0, -self.expected / (1 - self.expected))

    def within(self, band: "Band | None") -> "Labelled":
        """The same, cut to a band of the sequences."""
        if band is None:
            return self
        n, (start, end) = len(self), band
        codes = np.ascontiguousarray(self.codes.reshape(n, -1)[:, start:end]).reshape(-1)
        return replace(self, codes=codes, offsets=np.arange(n + 1) * (end - start), bands=())

    def masked(self, places: np.ndarray) -> "Labelled":
        """The same with N at `places`."""
        codes = self.codes.copy()
        codes[places] = 4
        return replace(self, codes=codes)

    def relabelled(self, positive: np.ndarray) -> "Labelled":
        """The same with other labels."""
        return replace(self, positive=positive)

    def of_class_against(self) -> "Labelled":
        """The same with the classes exchanged."""
        return replace(self, positive=~self.positive, expected=1 - self.expected)


class Enrichment(NamedTuple):
    """The cut at which hits are most enriched: natural log of the binomial tail, and hits behind it."""

    log_p: float
    cut: int
    positives: int
    hits: int
    expected: float


NOTHING = Enrichment(0.0, 0, 0, 0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A matrix (4, width) of probabilities with the cut of its integer score and the enrichment at that cut.

    Sites lie within the `band`, if there is one.
    """

    probabilities: np.ndarray
    scores: np.ndarray
    enrichment: Enrichment
    source: str
    sites: tuple[np.ndarray, np.ndarray, np.ndarray]
    """Rows with a site, then start and strand of every sequence's best window."""
    band: Band | None = None

    @property
    def cut(self) -> int:
        """Lowest score of a site, in 1/100 bit."""
        return self.enrichment.cut


@njit(cache=True, nogil=True)
@no_type_check
def log_binomial_tail(successes, trials, share, worse_than=0.0):
    """Natural log of P(X >= successes), X ~ Binomial(trials, share); 0 where successes are not above the mean.

    0 also where the tail is certain to be no smaller than exp(worse_than), which is quickly told: the tail is at least
    exp(-trials KL) / sqrt(2 trials) (Ash 1965, Information Theory, lemma 4.7.2).
    """
    if successes <= trials * share or successes == 0 or share >= 1:
        return 0.0
    if share <= 0:
        return -1e9
    rate = successes / trials
    bound = -successes * math.log(rate / share)
    if successes < trials:
        bound -= (trials - successes) * math.log((1 - rate) / (1 - share))
    if bound > worse_than + 0.5 * math.log(2.0 * trials):
        return 0.0
    term = (
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        + successes * math.log(share)
        + (trials - successes) * math.log(1 - share)
    )
    total, ratio, x = 1.0, 1.0, successes
    odds = share / (1 - share)
    while x < trials:
        ratio *= (trials - x) / (x + 1) * odds
        total += ratio
        if ratio < 1e-10 * total:
            break
        x += 1
    return min(0.0, term + math.log(total))


@njit(cache=True, nogil=True)
@no_type_check
def log_tail(positives, hits, expected, all_positives, sequences, all_expected, worse_than=0.0):
    """Natural log of the chance of so many positives among the hits, where composition leads one to expect `expected`.

    Binomial in the hits or, where most sequences are hits, in the misses: the smaller side is nearer to
    independent draws.
    """
    if 2 * hits <= sequences:
        return log_binomial_tail(positives, hits, expected / max(hits, 1), worse_than)
    misses = sequences - hits
    negatives = misses - (all_positives - positives)
    return log_binomial_tail(negatives, misses, 1 - (all_expected - expected) / max(misses, 1), worse_than)


@njit(cache=True, nogil=True)
@no_type_check
def _best_cut(scores, order, positive, expected, least, most):
    """Cut of the smallest tail over all cuts that at least `least` and at most `most` sequences reach."""
    log_p, cut, found, hits, chance = 0.0, 0, 0, 0, 0.0
    a, e = 0, 0.0
    n = len(order)
    all_a, all_e = positive.sum(), expected.sum()
    for rank in range(min(most, n)):
        i = order[rank]
        a += positive[i]
        e += expected[i]
        k = rank + 1
        if k < least or (k < n and scores[order[k]] == scores[i]) or a <= e:
            continue
        tail = log_tail(a, k, e, all_a, n, all_e, log_p)
        if tail < log_p:
            log_p, cut, found, hits, chance = tail, scores[i], a, k, e
    return log_p, cut, found, hits, chance


def best_cut(scores: np.ndarray, data: Labelled, *, least: int) -> Enrichment:
    """The most significant cut of best scores (n,); a tail of 0 where no cut enriches positives."""
    order = np.argsort(-scores, kind="stable")
    present = int(np.count_nonzero(scores > ABSENT // 2))
    return Enrichment(*_best_cut(scores, order, data.positive, data.expected, least, present))


def integer_log_odds(probabilities: np.ndarray, letters: np.ndarray) -> np.ndarray:
    """Log-odds (4, width) in 1/100 bit."""
    p = (1 - PSEUDOCOUNT) * probabilities + PSEUDOCOUNT * letters[:, None]
    return np.ascontiguousarray(np.rint(np.log2(p / letters[:, None]) * UNITS_PER_BIT), np.int32)


def with_n(scores: np.ndarray) -> np.ndarray:
    """Scores with the row of N, (5, width)."""
    return np.vstack((scores, np.full((1, scores.shape[1]), ABSENT, np.int32)))


def best_sites(
    data: Labelled, scores: np.ndarray, band: Band | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Best score, its start and strand, for each sequence; of the windows within the band."""
    cut = data.within(band)
    found, starts, strands = best_windows(cut.codes, cut.offsets, with_n(scores), with_n(scores[::-1, ::-1]), data.both)
    return found, starts if band is None else np.where(starts < 0, -1, starts + band[0]), strands


@njit(cache=True, nogil=True)
@no_type_check
def _count_sites(codes, offsets, sites, starts, strands, weight, width, flank):
    """Weighted counts (4, width + 2 flank) at the sites, those of positives and negatives apart (2, ...)."""
    counts = np.zeros((2, 4, width + 2 * flank))
    for s in sites:
        begin, end = offsets[s], offsets[s + 1]
        side = 0 if weight[s] > 0 else 1
        for j in range(-flank, width + flank):
            at = begin + starts[s] + (j if strands[s] > 0 else width - 1 - j)
            if at < begin or at >= end:
                continue
            code = codes[at]
            if code > 3:
                continue
            base = code if strands[s] > 0 else 3 - code
            counts[side, base, j + flank] += abs(weight[s])
    return counts


def _matrix(counts: np.ndarray, letters: np.ndarray, config: RefineConfig) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed counts (4, width) and their column sums, from counts of positives and of chance sites (2, 4, width).

    Noise shrinks to the background.
    """
    excess = np.maximum(counts[0] - counts[1], 0)
    prior = config.pseudocount + config.noise * np.sqrt(counts[1].sum(0))
    smoothed = excess + prior * letters[:, None]
    return smoothed, smoothed.sum(0)


@njit(cache=True, nogil=True)
@no_type_check
def _leave_out(codes, offsets, rows, starts, strands, scores, weight, smoothed, totals, letters, pseudocount):
    """Rescore in place the best window of each of `rows` against the counts without that window."""
    width = smoothed.shape[1]
    for s in rows:
        begin = offsets[s] + starts[s]
        total = 0
        for j in range(width):
            code = codes[begin + (j if strands[s] > 0 else width - 1 - j)]
            base = code if strands[s] > 0 else 3 - code
            count = max(smoothed[base, j] - weight[s], 0.05)
            p = (1 - pseudocount) * count / max(totals[j] - weight[s], 0.2) + pseudocount * letters[base]
            total += round(math.log2(p / letters[base]) * UNITS_PER_BIT)  # by column, as the full matrix is
        scores[s] = total


def _informative(probabilities: np.ndarray, sites: float, letters: np.ndarray, config: RefineConfig) -> np.ndarray:
    """Which columns differ from the background by more than sampling explains."""
    bits = (probabilities * np.log2(np.maximum(probabilities, 1e-9) / letters[:, None])).sum(0)
    return (bits > config.edge_bits) & (bits * sites * 2 * math.log(2) > config.edge_deviance)


def _span(probabilities: np.ndarray, counts: np.ndarray, letters: np.ndarray, config: RefineConfig) -> slice:
    """From the first to the last informative column; at least `least_width`, at most `most_width` columns."""
    sites = max(counts[0].sum(0).mean() - counts[1].sum(0).mean(), 1.0)
    kept = np.flatnonzero(_informative(probabilities, sites, letters, config))
    width = probabilities.shape[1]
    if len(kept) == 0:
        return slice(0, width)
    low, high = int(kept[0]), int(kept[-1]) + 1
    bits = (probabilities * np.log2(np.maximum(probabilities, 1e-9) / letters[:, None])).sum(0)
    while high - low > config.most_width:
        low, high = (low + 1, high) if bits[low] < bits[high - 1] else (low, high - 1)
    while high - low < config.least_width:
        low, high = max(low - 1, 0), min(high + 1, width)
    return slice(low, high)


def seed_matrix(columns: np.ndarray, letters: np.ndarray, *, match: float = 0.85) -> np.ndarray:
    """Probabilities (4, width) of a word of codes (width,) with 4 for gaps."""
    out = np.repeat(letters[:, None], len(columns), 1)
    for j in np.flatnonzero(columns < 4):
        out[:, j] = (1 - match) * letters
        out[columns[j], j] += match
    return out


def refine(
    probabilities: np.ndarray,
    data: Labelled,
    *,
    source: str,
    config: RefineConfig,
    band: Band | None = None,
    settled: bool = False,
) -> Candidate:
    """Recount the matrix from its sites in the sequences until its enrichment no longer grows.

    Columns beside it are taken in where they carry information and left out where they carry none. A sequence that
    the matrix was counted from is scored against the counts without it, or every chance motif would look significant.
    One that is `settled`, refined before on almost the same sequences, may also keep its columns.
    """
    weight = data.weight
    current = start = _start(probabilities, data, source, config, band)
    best, lowest, stale = None, np.inf, 0
    for turn in range(settled + config.rounds):
        recounted = _recount(current, data, weight, config, grow=turn >= settled)
        if recounted is None:
            break
        current = recounted
        now = strength(current, config)
        if now <= lowest + config.tolerance:
            best = current
        if now < lowest - 1e-9:
            lowest, stale = now, 0
        else:
            stale += 1
            if stale > config.patience:
                break
    return best or replace(start, enrichment=NOTHING)


def strength(candidate: Candidate, config: RefineConfig) -> float:
    """What candidates are ranked by, lowest first: the log tail, and a price for each column and for a band."""
    price = config.column_price * candidate.probabilities.shape[1]
    return candidate.enrichment.log_p + price + (0.0 if candidate.band is None else config.band_price)


def _start(
    probabilities: np.ndarray, data: Labelled, source: str, config: RefineConfig, band: Band | None
) -> Candidate:
    scores = integer_log_odds(probabilities, data.letters)
    found, starts, strands = best_sites(data, scores, band)
    enrichment = best_cut(found, data, least=config.least_sites)
    sites = (np.flatnonzero(found >= enrichment.cut), starts, strands)
    return Candidate(
        probabilities=probabilities, scores=scores, enrichment=enrichment, source=source, sites=sites, band=band
    )


def _recount(
    current: Candidate, data: Labelled, weight: np.ndarray, config: RefineConfig, *, grow: bool
) -> Candidate | None:
    """From its sites, with the columns that it has or (`grow`) those that carry information; None without sites."""
    rows, starts, strands = current.sites
    if len(rows) < config.least_sites or current.enrichment.log_p == 0:
        return None
    width = current.scores.shape[1]
    flank = config.flank if grow else 0
    counts = _count_sites(data.codes, data.offsets, rows, starts, strands, weight, width, flank)
    smoothed, totals = _matrix(counts, data.letters, config)
    kept = _span(smoothed / totals, counts, data.letters, config) if grow else slice(None)
    smoothed, totals = np.ascontiguousarray(smoothed[:, kept]), totals[kept]
    scores = integer_log_odds(smoothed / totals, data.letters)
    found, starts, strands = best_sites(data, scores, current.band)
    rows = rows[found[rows] > ABSENT // 2]
    own = found.copy()
    _leave_out(
        data.codes, data.offsets, rows, starts, strands, own, weight, smoothed, totals, data.letters, PSEUDOCOUNT
    )
    enrichment = best_cut(own, data, least=config.least_sites)
    return Candidate(
        probabilities=smoothed / totals,
        scores=scores,
        enrichment=enrichment,
        source=current.source,
        band=current.band,
        sites=(np.flatnonzero(own >= enrichment.cut), starts, strands),
    )


def covered_places(
    codes: np.ndarray, offsets: np.ndarray, scores: np.ndarray, *, cut: int, both: bool, band: Band | None
) -> np.ndarray:
    """Positions (total,) under windows of concatenated sequences that score at least `cut`, within the band."""
    first, last = band or (0, len(codes))
    return site_mask(codes, offsets, with_n(scores), with_n(scores[::-1, ::-1]), cut, both, first, last)


@njit(cache=True, nogil=True)
@no_type_check
def site_mask(codes, offsets, forward, reverse, cut, both, first, last):
    """Positions (total,) covered by a window that scores at least `cut`, within first..last of each sequence."""
    covered = np.zeros(len(codes), np.bool_)
    width = forward.shape[1]
    highest = np.zeros((2, width + 1), np.int64)  # that the columns from j on can still add
    for j in range(width - 1, -1, -1):
        highest[0, j] = highest[0, j + 1] + forward[:, j].max()
        highest[1, j] = highest[1, j + 1] + reverse[:, j].max()
    for s in range(len(offsets) - 1):
        for p in range(offsets[s] + first, min(offsets[s] + last, offsets[s + 1]) - width + 1):
            for strand in range(2 if both else 1):
                matrix = reverse if strand else forward
                total = 0
                for j in range(width):
                    total += matrix[codes[p + j], j]
                    if total + highest[strand, j + 1] < cut:
                        break
                if total >= cut:
                    covered[p : p + width] = True
    return covered
