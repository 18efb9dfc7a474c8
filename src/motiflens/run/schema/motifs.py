"""motifs.json."""

from typing import Literal

from motiflens.motifs.names import SIMILAR, name_from
from motiflens.run.schema.record import Figure, Matrix, Record

Direction = Literal["for", "against"]


#: Why a motif is no supported one. "echo": it lives off the sites of another, its `parent`. "repeat": copies of one
#: stretch of DNA, or low complexity. "artefact": of shuffled negatives. "composition": letters and dinucleotides
#: explain it. "unused": enriched, but the model does not respond to it. "unconfirmed": proposed by the model, its
#: enrichment not confirmed.
Status = Literal["supported", "unused", "unconfirmed", "composition", "repeat", "artefact", "echo", "unsupported"]


class Counts(Record):
    """Sequences with a site, and all, of the class that the motif is frequent in and of the others."""

    positives_with: int
    positives: int
    negatives_with: int
    negatives: int


class Enrichment(Counts):
    """The test of a motif on sequences that it was not learned from.

    `p` is that of Fisher's exact test, one-sided. Where composition explains some of the difference, `odds` (of the
    positive class, with a site over without one, by composition alone) is not 1, and the distribution is Fisher's
    noncentral hypergeometric one. `q` is over all motifs tested, with the sites of stronger motifs masked.
    """

    odds: float
    p: float
    log10_p: float
    q: float


class ClassCounts(Record):
    """Sequences with a site in one of several other classes, and p of Fisher's exact test against it alone."""

    name: str
    with_site: int
    sequences: int
    p: float


class PositionCounts(Record):
    """Sites by position: bins of `bin` bp from `start`, in the target class (`counts`) and in the others."""

    start: int
    bin: int
    counts: tuple[int, ...]
    others: tuple[int, ...]


class KnownMatch(Record):
    """A similar motif of a database.

    `probabilities` are as `strand` shows the match, its first column below column `offset` of the motif.
    """

    name: str
    accession: str
    collection: str
    family: str = ""
    p: float
    q: float
    offset: int
    strand: str
    overlap: int
    probabilities: Matrix


class Effect(Record):
    """Mean change of the target class's logit over `n` sequences or sites, with its 95 % interval."""

    mean: Figure
    low: Figure
    high: Figure
    n: int


class MotifEffects(Record):
    """Effect of inserting the motif into shuffled sequences, and of erasing its own sites (None: it has none)."""

    insertion: Effect
    ablation: Effect | None


class MotifEntry(Record):
    """A motif with its evidence: all of it is about this matrix, at this cut, in this place.

    Attributes:
        name: motif_1, motif_2, ...
        consensus: IUPAC letters.
        target: the class.
        direction: whether it speaks "for" or "against" the class; against it, it is frequent in the others.
        probabilities: the matrix, as sites are scored: log2(probability / background) summed over its columns.
        contributions: mean hypothetical contributions of its sites, in logits.
        cut: lowest score of a site, in bits.
        position_window: stretch [start, end) that sites lie in; None for anywhere.
        source: what proposed the matrix: k-mers, the model's contributions, a "known" motif of the database that was
            recounted from one half, or the "database", whose matrix it is.
        tested_on: which sequences `enrichment` is of.
        enrichment: the test.
        counts: the same counts in all sequences.
        against_each: with several other classes, the test against each.
        sites: sequences of the class with a site.
        strong_sites: sites in all sequences with q <= .05, of `total_sites`.
        replicated: whether the other half of the sequences has it too, searched by itself.
        seqlets: seqlets that the sites cover.
        contribution_fraction: their share of the contributions in seqlets.
        positions: sites by position.
        per_sequence: sequences of the class by number of sites.
        matches: similar motifs of the database, best first.
        effect: what the model makes of it.
        status: "supported", or why it is not.
        reason: the same in words; empty where it is supported.
        parent: name of the motif that an echo lives off.
    """

    name: str
    consensus: str
    target: str
    direction: Direction
    probabilities: Matrix
    contributions: Matrix | None
    cut: float
    position_window: tuple[int, int] | None
    source: Literal["contributions", "kmers", "known", "database"]
    tested_on: str
    enrichment: Enrichment
    counts: Counts
    against_each: tuple[ClassCounts, ...] = ()
    sites: int
    total_sites: int
    strong_sites: int
    replicated: bool
    seqlets: int
    contribution_fraction: float
    positions: PositionCounts
    per_sequence: dict[str, int]
    matches: tuple[KnownMatch, ...] = ()
    effect: MotifEffects | None = None
    status: Status = "supported"
    reason: str = ""
    parent: str = ""

    @property
    def similar(self) -> tuple[KnownMatch, ...]:
        """The known motifs that are similar enough to name the motif, best first."""
        return tuple(match for match in self.matches if match.q <= SIMILAR)

    @property
    def known_as(self) -> str:
        """The name by the similar known motifs, family first; empty where none is similar enough."""
        return name_from(self.similar)


class DiscoveryCounts(Record):
    """How many candidates each step of the discovery kept."""

    explained_sequences: int
    seqlets_called: int
    seqlets_kept: int
    clusters: int
    note: str


class Spacing(Record):
    """The most surprising distance of a pair; `counts` and `expected` are pairs of sites by gap in bp."""

    arrangement: str
    gap: tuple[int, int]
    observed: int
    chance: float
    p: float
    q: float
    counts: tuple[int, ...]
    expected: tuple[float, ...]


class PairInteraction(Record):
    """Effects of the left motif, the right one and both, and what both do beyond the sum."""

    left: Effect
    right: Effect
    both: Effect
    interaction: Effect


class MotifPair(Record):
    """Two motifs, by name, of one class."""

    a: str
    b: str
    sequences: int
    with_a: int
    with_b: int
    with_both: int
    expected_both: float
    p: float
    q: float
    spacing: Spacing | None
    interaction: PairInteraction | None = None


class ClassGrammar(Record):
    """The pairs of one class's motifs."""

    target: str
    pairs: tuple[MotifPair, ...]


class MotifRecord(Record):
    """motifs.json: supported motifs, strongest first, those set aside, and how they were found.

    `background` are the frequencies of A, C, G, T that scores are against, `strands` those that sites may lie on;
    `database` is what the motifs are named by, empty before they are; `naming_note` is what a reader should know of it.
    """

    classes: tuple[str, ...]
    background: tuple[float, float, float, float]
    strands: Literal["forward", "both"]
    database: str = ""
    naming_note: str = ""
    discovery: DiscoveryCounts
    motifs: tuple[MotifEntry, ...]
    set_aside: tuple[MotifEntry, ...]
    grammar: tuple[ClassGrammar, ...]
