"""What discovery returns: the motifs found, and the counts of each step."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int8, Int64

from motiflens.discovery.known_motifs import KnownEnrichment
from motiflens.discovery.labelled import LabelledSequences, PositionWindow
from motiflens.discovery.seqlets import Direction
from motiflens.motifs.motif import Motif
from motiflens.shapes import Strands


@dataclass(frozen=True, kw_only=True)
class FoundMotif:
    """A motif, and what it rests on.

    Attributes:
        motif: the motif.
        direction: "for" or "against" the target class.
        threshold: lowest score of a site, in 1/100 bit against the background of the discovery.
        site_rows: sequences with a site; of the target class, or of the others where `direction` is "against".
        site_starts: start of the best site of each of these sequences.
        site_strands: its strand, +1 or -1.
        seqlets: number of seqlets that the motif covers; 0 without contributions.
        contribution_fraction: their fraction of the total absolute contribution in seqlets; 0 without contributions.
        sources: where the motif was proposed: "contributions", "kmers", "database".
        log_p: natural log of the p-value in the sample. It is no evidence, since the motif was chosen by it.
        position_window: window that the sites lie in; None where they lie anywhere.
        known_motif: the enriched database motif that this one resembles, if any.
    """

    motif: Motif
    direction: Direction
    threshold: int
    site_rows: Int64[np.ndarray, " sites"]
    site_starts: Int64[np.ndarray, " sites"]
    site_strands: Int8[np.ndarray, " sites"]
    seqlets: int
    contribution_fraction: float
    sources: tuple[str, ...]
    log_p: float
    position_window: PositionWindow | None = None
    known_motif: KnownEnrichment | None = None


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """Motifs, strongest first, and how many candidates each step left.

    Attributes:
        motifs: the motifs found.
        background: frequencies of A, C, G, T that scores are against.
        strands: strands that sites may lie on.
        sequences: the labelled sequences that motifs of each direction were sought in.
        database_size: number of database motifs tested.
        explained_sequences: number of sequences with contributions.
        seqlets_called: windows of contributions above the null.
        seqlets_kept: those that overlap no stronger one.
        clusters: groups of seqlets with a common motif.
        note: a sentence on where the motifs came from.
    """

    motifs: tuple[FoundMotif, ...]
    background: Float64[np.ndarray, "4"]
    strands: Strands
    sequences: Mapping[Direction, LabelledSequences]
    database_size: int
    explained_sequences: int
    seqlets_called: int
    seqlets_kept: int
    clusters: int
    note: str
