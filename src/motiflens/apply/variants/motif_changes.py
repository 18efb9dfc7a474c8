"""Motifs that a change makes or breaks: the best match among the places that see the change, before and after."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32, Int64

from motiflens.apply.variants.windows import Windows
from motiflens.motifs.motif import Motif
from motiflens.motifs.scores import (
    UNITS_PER_BIT,
    integer_scores,
    score_distribution,
    with_n_row,
)
from motiflens.shapes import Codes, Strands

_ABSENT = -(1 << 24)
_SPECIAL = re.compile(r"[^\w.()+-]+")  # commas, semicolons, blanks and what else has a meaning in VCF


@dataclass(frozen=True, kw_only=True)
class KnownSite:
    """A motif that is looked for, the name it is reported by, and the lowest score of a site in bits.

    `weak` is the lowest score of a weak site, None where there are none. What the model makes of a site is a change of
    the score towards `target`, upwards where it `raises` that.
    """

    name: str
    motif: Motif
    cut: float
    weak: float | None = None
    target: str = ""
    raises: bool = True


@dataclass(frozen=True, kw_only=True)
class MotifChange:
    """What happens to the best match of a motif, in bits.

    A change of a weak site counts where the model agrees: `agreeing` is then the target and the sign, 1 or -1, of the
    change of the score that would; None for sites that need no consent.
    """

    word: str
    name: str
    ref: float
    alt: float
    agreeing: tuple[str, int] | None = None

    @property
    def delta(self) -> float:
        """Change of the best match."""
        return self.alt - self.ref

    def __str__(self) -> str:
        return f"{self.word}:{_SPECIAL.sub('_', self.name)}:{self.delta:+.2f}"


class MotifWatch:
    """Looks for motifs whose best match at a change becomes a site, ceases to be one, or becomes better or worse."""

    def __init__(
        self, sites: Sequence[KnownSite], *, background: Float64[np.ndarray, "4"], strands: Strands, min_bits: float
    ) -> None:
        self.sites = tuple(sites)
        self._min = min_bits
        forward = [integer_scores(site.motif.probabilities, background) for site in sites]
        both = [(matrix, matrix[::-1, ::-1]) if strands == "both" else (matrix,) for matrix in forward]
        self._strands = 2 if strands == "both" else 1
        flat = [matrix for pair in both for matrix in pair]
        self._bounds = np.cumsum([0, *(matrix.shape[1] for matrix in flat)])
        self._scores: Int32[np.ndarray, "5 columns"] | None = None
        if flat:
            self._scores = np.ascontiguousarray(with_n_row(np.concatenate(flat, axis=1)))
        self._cuts = _units([site.cut for site in sites])
        self._weak = _units([site.cut if site.weak is None else min(site.weak, site.cut) for site in sites])

    def changes(self, windows: Windows) -> list[tuple[MotifChange, ...]]:
        """Return the motifs that change at each pair of windows, the largest change first.

        A site of a motif is a match that reaches its cut. One is gained or lost; it is stronger or weaker by
        `min_bits` or more. A weak site is gained or lost where the match changes by as much. Matches that are no site
        before and after are no news.
        """
        if self._scores is None:
            return [()] * len(windows.rows)
        ref = self._best(windows.first, windows.first_span)
        alt = self._best(windows.second, windows.second_span)
        was, is_ = ref >= self._cuts, alt >= self._cuts
        large = np.abs(alt - ref) >= self._min * UNITS_PER_BIT
        weak = ((ref >= self._weak) != (alt >= self._weak)) & large & ~was & ~is_
        news = (was != is_) | (was & is_ & large) | weak
        found: list[tuple[MotifChange, ...]] = [()] * len(ref)
        for row in np.flatnonzero(news.any(1)).tolist():
            some = [self._change(k, int(ref[row, k]), int(alt[row, k])) for k in np.flatnonzero(news[row]).tolist()]
            found[row] = tuple(sorted(some, key=lambda change: -abs(change.delta)))
        return found

    def _change(self, k: int, ref: int, alt: int) -> MotifChange:
        was, is_ = ref >= self._cuts[k], alt >= self._cuts[k]
        site, agreeing = self.sites[k], None
        if not (was or is_):
            was, is_ = ref >= self._weak[k], alt >= self._weak[k]
            agreeing = site.target, 1 if site.raises == bool(is_) else -1
        word = ("stronger" if alt > ref else "weaker") if was and is_ else "gained" if is_ else "lost"
        lowest = int(self._lowest[k])
        return MotifChange(
            word=word,
            name=site.name,
            ref=max(int(ref), lowest) / UNITS_PER_BIT,
            alt=max(int(alt), lowest) / UNITS_PER_BIT,
            agreeing=agreeing,
        )

    @property
    def _lowest(self) -> Int64[np.ndarray, " motifs"]:
        """The lowest score that each motif can have: that of a match where there is no room for one."""
        assert self._scores is not None
        columns = self._scores[:4].min(0)
        lowest = [columns[a:b].sum() for a, b in zip(self._bounds[:-1], self._bounds[1:], strict=True)]
        return np.array(lowest)[:: self._strands]

    def _best(self, codes: Codes, spans: Int64[np.ndarray, "n 2"]) -> Int64[np.ndarray, "n motifs"]:
        from motiflens.apply.variants._kernels import best_at

        out = np.full((len(codes), len(self._bounds) - 1), _ABSENT, np.int64)
        best_at(np.ascontiguousarray(codes), np.ascontiguousarray(spans), self._scores, self._bounds, out)
        return out.reshape(len(codes), len(self.sites), self._strands).max(2)


def _units(bits: Sequence[float]) -> Int64[np.ndarray, " n"]:
    """Return scores in units; one that cannot be reached as one that no match has."""
    return np.array([round(one * UNITS_PER_BIT) if np.isfinite(one) else -_ABSENT for one in bits], np.int64)


def cut_of(motif: Motif, background: Float64[np.ndarray, "4"], *, p_value: float) -> float:
    """Return the lowest score in bits whose p-value is at most `p_value`; infinite where even the best has a larger."""
    distribution = score_distribution(integer_scores(motif.probabilities, background), background)
    threshold = distribution.threshold(p_value)
    highest = distribution.lowest + len(distribution.survival) - 1
    return threshold / UNITS_PER_BIT if threshold <= highest else float("inf")
