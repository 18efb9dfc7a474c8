"""Discover motifs that raise or lower a number, and test each on sequences that it was not learned from.

As `discover`, with numbers in place of classes: seeds and cuts by how far sequences are above what composition makes
of them, the test that of `association`. Motifs that raise the number come first; those that lower it are sought where
the sites of these are masked and their effects taken off.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from motiflens.discovery.config import DiscoveryConfig
from motiflens.discovery.contributions import Explained
from motiflens.discovery.families import families, halves, unrelated
from motiflens.discovery.measured import measure_sequences
from motiflens.discovery.number_test import NumberTest
from motiflens.discovery.progress import Heard, unheard
from motiflens.discovery.result import Discovery, FoundMotif
from motiflens.discovery.seqlets import Direction
from motiflens.discovery.side import Side
from motiflens.discovery.side_search import search_sides
from motiflens.errors import InputError
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import Hits
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes, Strands

_DIRECTIONS: tuple[Direction, ...] = ("for", "against")


def first_half(codes: Codes, values: Float64[np.ndarray, " n"], *, seed: int) -> Bool[np.ndarray, " n"]:
    """Return which sequences are in the first half: both have as many above the median, and families stay whole."""
    return halves(values > NumberTest.of(values).middle(values), families(codes), seed=seed)


def discover_numbers(
    codes: Codes,
    values: Float64[np.ndarray, " n"],
    hypothetical: Float32[np.ndarray, "m 4 length"] | None = None,
    *,
    rows: Int64[np.ndarray, " m"] | None = None,
    unseen: Bool[np.ndarray, " n"] | None = None,
    first: Bool[np.ndarray, " n"] | None = None,
    null: Float32[np.ndarray, "k length"] | None = None,
    database: Sequence[Motif] = (),
    strands: Strands = "both",
    targets: int = 1,
    by: NumberTest | None = None,
    seed: int = 0,
    config: DiscoveryConfig | None = None,
    heard: Heard = unheard,
) -> Discovery:
    """Find motifs that raise ("for") or lower ("against") a number, with their evidence.

    Args:
        codes: sequences of one length.
        values: number of each; NaN where it was not measured.
        hypothetical: mean-centred contributions, in the units of the numbers, of the sequences `rows`.
        rows: sequences that have contributions; all by default.
        unseen: sequences that the model was not trained on, in which motifs of its contributions are tested; none by
            default.
        first: which sequences are in the first half; drawn by `first_half`, unless it is given.
        null: contributions of shuffled sequences.
        database: known motifs, which need less evidence.
        strands: strands that sites may lie on.
        targets: how many numbers the sequences are searched for; they share the error rate.
        by: the test of a motif; by default the one that suits the values.
        seed: seed of all random choices.
        config: settings.
        heard: hears the share of the search that is done.

    Raises:
        InputError: if fewer than two sequences, or no different numbers, were measured.
    """
    values = np.asarray(values, np.float64)
    known = np.isfinite(values)
    if known.sum() < 2 or np.ptp(values[known]) == 0:
        raise InputError("motif discovery needs sequences with different numbers")
    half = first_half(codes, values, seed=seed) if first is None else first
    measured = partial(measure_sequences, values=values, strands=strands, by=by)
    unseen = np.zeros(len(codes), bool) if unseen is None else unrelated(families(codes), unseen)

    def side_of(direction: Direction, found: Sequence[FoundMotif]) -> Side:
        raises = direction == "for"
        supported = [one.hits for one in found if one.status == "supported"]
        side = Side.of(
            codes,
            half,
            lambda part, learned: measured(part, raises=raises, learned=learned),
            direction=direction,
            masked=None if raises else _masked(codes, supported),
        )
        return side.without_effects([hits.in_sequences(len(codes)) for hits in supported])

    return search_sides(
        side_of,
        directions=_DIRECTIONS,
        explained=None if hypothetical is None else Explained.of(codes, hypothetical, rows, seed=seed),
        unseen=unseen & known,
        null=null,
        database=database,
        share=1 / (targets * len(_DIRECTIONS)),
        seed=seed,
        config=config or DiscoveryConfig(),
        heard=heard,
    )


def _masked(codes: Codes, sites: Sequence[Hits]) -> Codes:
    """The sequences with N at all sites."""
    covered = np.zeros(codes.shape, bool)
    for hits in sites:
        covered |= hits.covered(codes.shape)
    return np.where(covered, N, codes).astype(codes.dtype)
