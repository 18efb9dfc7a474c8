"""What discovery returns: motifs with their evidence and their sites."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64

from motiflens.discovery.association import AssociationTest
from motiflens.discovery.enrichment import EnrichmentTest
from motiflens.discovery.position_windows import PositionWindow
from motiflens.discovery.refine import Source
from motiflens.discovery.seqlets import Direction
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import Hits
from motiflens.shapes import Strands

#: "supported": enriched in sequences that it was not learned from. "echo": lives off the sites of another. "repeat":
#: copies of one stretch, or low complexity. "composition": enriched, but letters and dinucleotides explain it.
#: "unconfirmed": proposed by the model's contributions, its enrichment not confirmed. "unsupported": the rest.
Status = Literal["supported", "echo", "repeat", "composition", "unconfirmed", "unsupported"]


@dataclass(frozen=True, kw_only=True)
class FoundMotif:
    """A motif, its evidence and its sites; all of it is about this matrix, at this cut and place.

    Attributes:
        motif: the motif; its `sites` are the sequences of the target class with a site.
        direction: "for" or "against" the target class.
        source: what proposed the matrix.
        cut: lowest score of a site, in bits.
        background: frequencies of A, C, G, T that scores are against.
        position_window: window that the sites lie in; None where they lie anywhere.
        tested: which sequences the motif was tested on, none of which it was learned from.
        test: the test.
        q: q-value over all motifs tested, with the sites of stronger motifs masked.
        replicated: whether the other half of the sequences, searched by itself, has the motif too.
        hits: its sites in all sequences.
        seqlets: number of seqlets that the sites cover; 0 without contributions.
        contribution_fraction: their fraction of the total absolute contribution in seqlets; 0 without contributions.
        status: see `Status`.
        reason: why it is not supported; empty where it is.
        parent: place, among the motifs of this discovery, of the motif that an echo lives off.
    """

    motif: Motif
    direction: Direction
    source: Source
    cut: float
    background: Float64[np.ndarray, "4"]
    position_window: PositionWindow | None
    tested: Bool[np.ndarray, " n"]
    test: EnrichmentTest | AssociationTest
    q: float
    replicated: bool
    hits: Hits
    seqlets: int = 0
    contribution_fraction: float = 0.0
    status: Status = "supported"
    reason: str = ""
    parent: int | None = None


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """Motifs, strongest first, and how many candidates each step left.

    Attributes:
        motifs: all motifs found, whatever their status.
        background: frequencies of A, C, G, T that scores are against.
        strands: strands that sites may lie on.
        explained_sequences: number of sequences with contributions.
        seqlets_called: windows of contributions above the null.
        seqlets_kept: those that overlap no stronger one.
        clusters: groups of seqlets with a common motif.
        note: a sentence on where the motifs came from.
    """

    motifs: tuple[FoundMotif, ...]
    background: Float64[np.ndarray, "4"]
    strands: Strands
    explained_sequences: int
    seqlets_called: int
    seqlets_kept: int
    clusters: int
    note: str

    @property
    def supported(self) -> tuple[FoundMotif, ...]:
        """The supported motifs, strongest first."""
        return tuple(found for found in self.motifs if found.status == "supported")
