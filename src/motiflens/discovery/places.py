"""Where in the sequences the sites of a motif move a number most.

A motif that works everywhere, but more at one place, has no position window: all its sites together are the stronger
evidence. So its sites are compared with each other: sequences with one inside a stretch against those that have sites
elsewhere alone. The stretch is chosen in the sequences that the motif was learned from, and narrowed as long as a part
of it surpasses the rest; it is tested in the others.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from scipy.stats import norm, rankdata

from motiflens.discovery.association import AssociationTest, association_test
from motiflens.discovery.config import PlaceConfig
from motiflens.discovery.number_test import NumberTest
from motiflens.discovery.position_windows import PositionWindow
from motiflens.motifs.scan import Hits


@dataclass(frozen=True, kw_only=True)
class Place:
    """A stretch in which sites move the number more than elsewhere.

    Attributes:
        window: the stretch [start, end) that the sites lie in.
        test: sequences with a site there, against those with sites elsewhere alone.
        there: sequences with a site there, against those without any.
        elsewhere: sequences with sites elsewhere alone, against those without any.
    """

    window: PositionWindow
    test: AssociationTest
    there: AssociationTest
    elsewhere: AssociationTest


def place_of(
    hits: Hits,
    values: Float64[np.ndarray, " n"],
    expected: Float64[np.ndarray, " n"],
    *,
    tested: Bool[np.ndarray, " n"],
    chosen: Bool[np.ndarray, " n"],
    raises: bool,
    by: NumberTest,
    length: int,
    config: PlaceConfig | None = None,
) -> Place | None:
    """Return where a motif moves a number most, and the test of it; None where no stretch stands out.

    Args:
        hits: sites of one motif, in all sequences.
        values: number of each sequence; NaN where it was not measured.
        expected: what composition alone makes of each.
        tested: sequences that the place is tested in.
        chosen: sequences that it is chosen in, none of which is tested.
        raises: whether the motif raises the number; else its place is where it lowers it most.
        by: the test; where it is of ranks, the place is chosen by ranks as well.
        length: length of the sequences.
        config: settings.
    """
    if not len(hits):
        return None
    width = int(hits.end[0] - hits.start[0])
    begins = np.zeros((len(values), length - width + 1), bool)
    begins[hits.sequence, hits.start] = True
    rows = chosen & np.isfinite(values) & begins.any(1)
    residual = (values - expected)[rows] * (1 if raises else -1)
    scores = rankdata(residual) if by.name == "rank sum" else residual
    stretch = _chosen_stretch(begins[rows], scores, config or PlaceConfig())
    if stretch is None:
        return None
    inside, some = _with_any(begins[:, slice(*stretch)]), _with_any(begins)

    def tested_in(site: np.ndarray, among: np.ndarray) -> AssociationTest:
        return association_test(site, values, expected, raises=raises, rows=tested & among, by=by)

    return Place(
        window=(stretch[0], stretch[1] + width - 1),
        test=tested_in(inside, some),
        there=tested_in(inside, inside | ~some),
        elsewhere=tested_in(some, ~inside),
    )


def _with_any(begins: np.ndarray) -> np.ndarray:
    return np.asarray(begins.any(1))


def _chosen_stretch(begins: np.ndarray, scores: np.ndarray, config: PlaceConfig) -> PositionWindow | None:
    """The stretch of starts, narrowed while a part of it is above the rest by more than the choice among many gives."""
    stretch: PositionWindow | None = None
    while True:
        first, last = stretch or (0, begins.shape[1])
        windows = _parts(first, last, config)
        rows = begins[:, first:last].any(1)
        z = _deviations(begins[rows], scores[rows], windows, least=config.min_sequences)
        if not len(z) or norm.sf(z.max()) * len(z) > config.level:
            return stretch
        stretch = windows[int(z.argmax())]


def _parts(first: int, last: int, config: PlaceConfig) -> list[PositionWindow]:
    """Parts of a stretch, of growing width."""
    parts: list[PositionWindow] = []
    width = config.narrowest
    while width <= config.largest_part * (last - first):
        parts += [(start, start + width) for start in range(first, last - width + 1, max(width // 4, 1))]
        width = round(config.growth * width)
    return parts


def _deviations(
    begins: np.ndarray, scores: np.ndarray, windows: list[PositionWindow], *, least: int
) -> Float64[np.ndarray, " windows"]:
    """How many standard deviations the scores of sequences with a site inside each window are above the others'."""
    total = np.pad(begins.cumsum(1, dtype=np.int32), ((0, 0), (1, 0)))
    starts, ends = np.array(windows, int).reshape(-1, 2).T
    inside = total[:, ends] > total[:, starts]
    m, n = inside.sum(0), (~inside).sum(0)
    left = scores - scores.mean() if len(scores) else scores
    spread = np.sqrt(m * n / max(len(scores), 1) * float(left @ left) / max(len(scores) - 1, 1))
    return np.where((m >= least) & (n >= least) & (spread > 0), left @ inside / np.maximum(spread, 1e-12), 0.0)
