"""Match motifs with those of a database: Tomtom's p-values (Gupta 2007), on both strands.

Four departures from Tomtom keep short and vague motifs from absurd p-values (measured: docs/decisions/motif-names.md):
columns closer than TOLERANCE count as equally close, because the purity of a column depends more on how a motif was
counted than on what binds it; columns without information support no match; vague motifs get none; and chance columns
have a composition between the database's and the query's, because AT-rich motifs resemble each other by composition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from jaxtyping import Bool, Float64, Int64

from motiflens.motifs.composition import tilted_weights
from motiflens.motifs.database import Database, Entry
from motiflens.motifs.motif import Motif
from motiflens.motifs.names import AS_GOOD, SIMILAR
from motiflens.motifs.statistics import benjamini_hochberg
from motiflens.shapes import MotifMatrix

TOLERANCE = 0.2  # Euclidean; a pure column is that far from one of 83 %
STEPS = 50  # that the range of similarities is divided into; integer sums have an exact distribution
UNINFORMATIVE = 0.15  # bits; columns with less resemble every flank of every motif
MIN_BITS = 5.0  # bits; motifs with less in all occur everywhere and cannot be named
OWN_COMPOSITION = 0.3  # share of the query's composition in that of chance columns
ELEMENT_TESTS = 2  # that each element counts for, so that both lists together name few motifs by chance
CORE = 0.75  # of the most informative column's bits; an element's columns with as much are its core
ELEMENT_CORE = 0.5  # share of the core's information that must be aligned: CT-rich motifs are no acceptor sites


@dataclass(frozen=True, kw_only=True)
class Match:
    """A database motif that resembles the query.

    p of the best of all offsets and both strands; q by Benjamini-Hochberg over the factors of the database, or over
    its elements. Strand "-" means that
    the database motif is shown, in `probabilities` (4, width), as its reverse complement. Its first column is under
    column `offset` of the query (negative: it starts before); `overlap` columns are aligned.
    """

    name: str
    accession: str
    collection: str
    family: str
    p: float
    q: float
    offset: int
    strand: str
    overlap: int
    probabilities: MotifMatrix


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """Columns of motifs, end to end, and which of them carry next to no information."""

    matrix: MotifMatrix
    uninformative: Bool[np.ndarray, " width"]

    @classmethod
    def of(cls, matrix: MotifMatrix) -> "_Columns":
        return cls(matrix=matrix, uninformative=Motif(name="", probabilities=matrix).information() < UNINFORMATIVE)

    def reverse_complement(self) -> "_Columns":
        """Return the columns of the other strand; motifs come in reverse order."""
        return _Columns(matrix=self.matrix[::-1, ::-1], uninformative=self.uninformative[::-1])


@dataclass(frozen=True, kw_only=True)
class _Scoring:
    """Scores of query columns against database columns, whole numbers, and those that they have by chance.

    A score is (similarity - median) * scale; 0, the median, is also the score of an unaligned or uninformative column
    of the query, and the largest of an uninformative column of the database. `by_chance` (w, n) are the scores with
    each chance column, from `lowest` to `lowest` + `steps` - 1.
    """

    query: _Columns
    medians: Float64[np.ndarray, " w"]
    scale: float
    by_chance: Int64[np.ndarray, "w n"]
    lowest: int
    steps: int

    @classmethod
    def of(cls, query: _Columns, chance: _Columns) -> "_Scoring":
        """Scoring of `query` where the columns `chance` are what turns up by chance."""
        similarities = _similarities(query, chance, tolerance=TOLERANCE)
        medians = np.median(similarities, axis=1)
        similarities -= medians[:, None]
        scale = STEPS / max(float(np.ptp(similarities)), 1e-9)
        scores = _rounded(similarities * scale, query, chance)
        lowest, steps = int(scores.min()), int(np.ptp(scores)) + 1
        return cls(query=query, medians=medians, scale=scale, by_chance=scores, lowest=lowest, steps=steps)

    def similarities(self, target: _Columns, *, tolerance: float) -> np.ndarray:
        """Unrounded scores (w, n) of the query's columns with those of `target`."""
        return (_similarities(self.query, target, tolerance=tolerance) - self.medians[:, None]) * self.scale

    def scores(self, target: _Columns) -> Int64[np.ndarray, "w n"]:
        """Scores of the query's columns with those of `target`, none beyond those seen by chance."""
        scores = _rounded(self.similarities(target, tolerance=TOLERANCE), self.query, target)
        return np.clip(scores, self.lowest, self.lowest + self.steps - 1)

    def tails(self, widths: set[int], weights: Float64[np.ndarray, " n"]) -> dict[int, np.ndarray]:
        """For each target width, P(best score of all offsets >= s) for s from w * lowest up.

        Chance columns are drawn with `weights`; offsets are taken as independent.
        """
        w = len(self.by_chance)
        masses = [np.bincount(row - self.lowest, weights, self.steps) for row in self.by_chance]
        size = w * (self.steps - 1) + 1
        below = {}  # log P(score < s) where query columns a..b are aligned
        for a in range(w):
            mass = np.ones(1)
            for b in range(a + 1, w + 1):
                mass = np.convolve(mass, masses[b - 1])
                low = (w - (b - a)) * -self.lowest  # the columns left out score 0, not `lowest`
                tail = np.zeros(size)
                tail[: low + 1] = 1
                tail[low : low + len(mass)] = np.minimum(np.cumsum(mass[::-1])[::-1], 1)
                with np.errstate(divide="ignore"):
                    below[a, b] = np.log1p(-tail)
        return {
            width: -np.expm1(sum(below[max(0, -k), min(w, width - k)] for k in range(1 - w, width))) for width in widths
        }


def _similarities(query: _Columns, target: _Columns, *, tolerance: float) -> np.ndarray:
    """Minus the Euclidean distance (w, n) of query to target columns, at least `tolerance`."""
    squares = query.matrix.T @ (-2 * target.matrix)
    squares += (query.matrix**2).sum(0)[:, None]
    squares += (target.matrix**2).sum(0)
    np.maximum(squares, tolerance**2, out=squares)
    return np.negative(np.sqrt(squares, out=squares), out=squares)


def _rounded(similarities: np.ndarray, query: _Columns, target: _Columns) -> np.ndarray:
    scores = np.rint(similarities).astype(np.int64)
    scores[:, target.uninformative] = np.minimum(scores[:, target.uninformative], 0)
    scores[query.uninformative] = 0
    return scores


def match_motifs(queries: Sequence[Motif], database: Database, *, top: int = 5) -> list[list[Match]]:
    """Return the `top` database motifs most like each query, best first; none for a query of less than 5 bits in all.

    Similarity is the sum over aligned columns of minus the Euclidean distance, less its median over the database. The
    p-value is that of the best offset and strand against columns drawn at random from the database.
    Gupta et al. 2007, Genome Biology 8:R24; Tanaka et al. 2011, Bioinformatics 27:1603.

    Elements come before factors that are about as similar: TATAAA is the TATA box first, and TBP's motif second.
    """
    targets = _Targets.of(database)
    return [_match(query, targets, top=top) for query in queries]


def p_values(queries: Sequence[Motif], database: Database) -> list[Float64[np.ndarray, " entries"]]:
    """Return the p-value of each database motif for each query; 1 for a query of less than 5 bits in all."""
    targets = _Targets.of(database)
    return [
        _p_values(_Scoring.of(_Columns.of(query.probabilities), targets.chance), targets)
        if _informative(query)
        else np.ones(len(database))
        for query in queries
    ]


@dataclass(frozen=True, kw_only=True)
class _Targets:
    """The database as arrays: its columns end to end, the width of each motif, and the columns that make chance."""

    entries: tuple[Entry, ...]
    widths: Int64[np.ndarray, " targets"]
    elements: Bool[np.ndarray, " targets"]
    columns: _Columns
    chance: _Columns

    @classmethod
    def of(cls, database: Database) -> "_Targets":
        return cls(
            entries=database.entries,
            widths=np.array([entry.motif.width for entry in database.entries]),
            elements=np.array([entry.element for entry in database.entries]),
            columns=_Columns.of(np.concatenate([entry.motif.probabilities for entry in database.entries], axis=1)),
            chance=_Columns.of(np.concatenate((database.columns, database.columns[::-1]), axis=1)),
        )


def _informative(query: Motif) -> bool:
    return bool(query.information().sum() >= MIN_BITS)


def _match(query: Motif, targets: _Targets, *, top: int) -> list[Match]:
    if not _informative(query):
        return []
    scoring = _Scoring.of(_Columns.of(query.probabilities), targets.chance)
    p = _p_values(scoring, targets)
    q = np.empty(len(p))
    q[~targets.elements] = benjamini_hochberg(p[~targets.elements])
    q[targets.elements] = np.minimum(1, ELEMENT_TESTS * benjamini_hochberg(p[targets.elements]))
    # As `name_from` does with members of a family: p ** .8 of a factor is about as good as p.
    rank = np.where(targets.elements & (q <= SIMILAR), p ** (1 / AS_GOOD), p)
    ranked: list[tuple[float, float, int, Match]] = []
    for index in np.argsort(rank, kind="stable"):
        if len(ranked) >= top and rank[index] > sorted(ranked)[top - 1][0]:
            break
        entry = targets.entries[index]
        similarity, match = _place(scoring, entry, p=float(p[index]), q=float(q[index]))
        if not entry.element or _aligned_core(match, query.width) >= ELEMENT_CORE:
            ranked.append((float(rank[index]), -similarity, int(index), match))
    return [match for *_, match in sorted(ranked)[:top]]


def _p_values(scoring: _Scoring, targets: _Targets) -> Float64[np.ndarray, " targets"]:
    """Return the p-value of the best offset and strand of each target."""
    forward = _best_scores(scoring.scores(targets.columns), targets.widths)
    reverse = _best_scores(scoring.scores(targets.columns.reverse_complement()), targets.widths[::-1])[::-1]
    steps = np.maximum(forward, reverse) - len(scoring.by_chance) * scoring.lowest
    single = np.empty(len(steps))
    for rows, weights in _chances(scoring, targets):
        widths = targets.widths[rows].tolist()
        tails = scoring.tails(set(widths), weights)
        single[rows] = [tails[width][step] for width, step in zip(widths, steps[rows], strict=True)]
    return np.clip(single * (2 - single), 0, 1)  # 1 - (1 - single) ** 2: the better of two strands


def _chances(
    scoring: _Scoring, targets: _Targets
) -> list[tuple[Bool[np.ndarray, " targets"], Float64[np.ndarray, " n"]]]:
    """Return the factors and the elements, each with the weights of chance columns."""
    chance, n = targets.chance.matrix, targets.chance.matrix.shape[1]
    informative = scoring.query.matrix[:, ~scoring.query.uninformative]
    mean = chance.mean(axis=1)
    composition = (1 - OWN_COMPOSITION) * mean + OWN_COMPOSITION * informative.mean(axis=1)
    return [(~targets.elements, tilted_weights(chance, composition)), (targets.elements, np.full(n, 1 / n))]


def _aligned_core(match: Match, width: int) -> float:
    """Return the share of the information of the known motif's core in columns that lie on the query's."""
    bits = Motif(name="", probabilities=match.probabilities).information()
    bits[bits < CORE * bits.max()] = 0
    aligned = bits[max(0, -match.offset) : max(0, width - match.offset)]
    return float(aligned.sum() / bits.sum())


def _best_scores(scores: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Best score over all offsets of each target; scores (w, columns of all targets end to end)."""
    w, n = scores.shape
    gaps = np.repeat(np.arange(1, len(widths) + 1), widths) * (w - 1)  # so wide that no offset touches two targets
    spread = np.zeros((w, n + (len(widths) + 2) * (w - 1)), np.int64)
    spread[:, np.arange(n) + gaps] = scores
    offsets = n + len(widths) * (w - 1)
    sums = sum(spread[column, column : column + offsets] for column in range(w))
    return np.maximum.reduceat(sums, np.cumsum([0, *(widths[:-1] + w - 1)]))


def _place(scoring: _Scoring, entry: Entry, *, p: float, q: float) -> tuple[float, Match]:
    """The match at the best offset, and its unrounded similarity, which decides between equal scores."""
    target = _Columns.of(entry.motif.probabilities)
    w, width = scoring.query.matrix.shape[1], entry.motif.width
    placed = []
    for forward, view in ((True, target), (False, target.reverse_complement())):
        scores = scoring.scores(view)
        similarities = scoring.similarities(view, tolerance=0.0) * ~scoring.query.uninformative[:, None]
        for offset in range(1 - width, w):
            rank = (int(np.trace(scores, -offset)), float(np.trace(similarities, -offset)), forward)
            placed.append((rank, offset, view.matrix))
    (_, similarity, forward), offset, matrix = max(placed, key=itemgetter(0))
    return similarity, Match(
        name=entry.motif.name,
        accession=entry.motif.accession,
        collection=entry.collection,
        family=entry.family,
        p=p,
        q=q,
        offset=offset,
        strand="+" if forward else "-",
        overlap=min(w, offset + width) - max(0, offset),
        probabilities=matrix.copy(),
    )
