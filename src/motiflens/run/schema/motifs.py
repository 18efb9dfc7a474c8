"""motifs.json."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import model_serializer

from motiflens.motifs.names import SIMILAR, name_from
from motiflens.run.schema.record import Figure, Matrix, Record

Direction = Literal["for", "against"]


#: Why a motif is no supported one. "echo": it lives off the sites of another, its `parent`. "repeat": copies of one
#: stretch of DNA, or low complexity. "artefact": of shuffled negatives. "composition": letters and dinucleotides
#: explain it. "shared": with several classes, more frequent than in the others together, but not clearly more than in
#: each. "unused": enriched, but the model does not respond to it. "unconfirmed": proposed by the model, its enrichment
#: not confirmed.
Status = Literal[
    "supported", "shared", "unused", "unconfirmed", "composition", "repeat", "artefact", "echo", "unsupported"
]


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


class TargetEffect(Record):
    """What a motif has to do with one of the numbers, and the test of it.

    The test is on sequences that the motif was not learned from: those with a site against those without, what
    composition explains taken off every number (measured.tsv has both).

    Attributes:
        target: name of the number.
        n_with: sequences with a site that have the number.
        n_without: sequences without one that have it.
        mean_with: mean of the first, as measured.
        mean_without: mean of the others.
        by_composition: difference of the means that composition alone explains.
        effect: mean_with - mean_without - by_composition, in the units of the number; of counts in natural logarithms
            of the rate, of small ones in Pearson residuals.
        rate_with: of counts, all counts of sequences with a site by all their exposure.
        rate_without: the same of the others.
        low: lower end of its 95 % interval (Welch).
        high: upper end.
        sd_with: standard deviation of the first, composition taken off.
        sd_without: that of the others.
        superiority: chance that one with a site is above one without, composition taken off (by permutation: as
            measured).
        test: the rank sum test (Mann & Whitney); of numbers that many sequences share, a permutation test of the mean;
            of a label Fisher's exact test given composition.
        p: of the motif's own target one-sided, in its direction; of other targets two-sided.
        log10_p: the same, for those too small for a number.
        q: q-value over all motifs tested, with the sites of stronger motifs masked; None of other targets than the
            motif's own.
        given_others: what a site adds in all sequences, composition and the other supported motifs held constant: a
            multiple regression.
        planted: what planting the motif adds to the model's prediction of this number.
    """

    target: str
    n_with: int
    n_without: int
    mean_with: float
    mean_without: float
    by_composition: float
    effect: float
    low: Figure
    high: Figure
    sd_with: float
    sd_without: float
    superiority: float
    test: Literal["rank sum", "permutation", "Fisher"]
    p: float
    log10_p: float
    q: Figure = None
    rate_with: Figure = None
    rate_without: Figure = None
    given_others: "Effect | None" = None
    planted: "Effect | None" = None


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
    """Mean change over `n` sequences or sites, with its 95 % interval: of a class's logit, or in units of a number."""

    mean: Figure
    low: Figure
    high: Figure
    n: int


class MotifEffects(Record):
    """Effect of inserting the motif into shuffled sequences, and of erasing its own sites (None: it has none)."""

    insertion: Effect
    ablation: Effect | None


class EffectPlace(Record):
    """The stretch in which the sites of a motif of numbers matter most, tested where the stretch was not chosen.

    Attributes:
        start: first position of the stretch that the sites lie in.
        end: the position after its last.
        part: which sequences the test is of, as measured.tsv has it.
        there: what sequences with a site there have more than those without any, composition taken off.
        elsewhere: the same of sequences that have sites elsewhere alone.
        difference: there less elsewhere.
        p: of the same test of those with a site there against those with sites elsewhere alone, one-sided.
        log10_p: the same, for those too small for a number.
        q: over the motifs of the run that have a stretch.
    """

    start: int
    end: int
    part: Literal["first", "second", "unseen"]
    there: Effect
    elsewhere: Effect
    difference: Effect
    p: float
    log10_p: float
    q: float


class MotifEntry(Record):
    """A motif with its evidence: all of it is about this matrix, at this cut, in this place.

    Attributes:
        name: motif_1, motif_2, ...
        consensus: IUPAC letters.
        target: the class, or the number that it was found by.
        direction: whether it speaks "for" or "against" the class, or raises or lowers the number; against a class, it
            is frequent in the others.
        probabilities: the matrix, as sites are scored: log2(probability / background) summed over its columns.
        contributions: mean hypothetical contributions of its sites, in logits.
        cut: lowest score of a site, in bits.
        position_window: stretch [start, end) that sites lie in; None for anywhere.
        source: what proposed the matrix: k-mers, the model's contributions, a "known" motif of the database that was
            recounted from one half, or the "database", whose matrix it is.
        tested_on: which sequences the test is of.
        tested_part: the same as measured.tsv has it; empty with classes.
        enrichment: the test; None with numbers.
        effects: of numbers: the tests, one a target.
        place: of numbers: where its sites matter most; None where no place stands out.
        counts: the counts in all sequences; of numbers, "positives" are the sequences on the motif's side of the
            median: above it for one that raises the number.
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
    tested_part: Literal["", "first", "second", "unseen", "all"] = ""
    enrichment: Enrichment | None = None
    effects: tuple[TargetEffect, ...] = ()
    place: EffectPlace | None = None
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

    @model_serializer(mode="wrap")
    def _without_what_numbers_have(self, serialise: Callable[[Any], Any]) -> dict[str, Any]:
        """Leave out with classes what only numbers have."""
        out: dict[str, Any] = serialise(self)
        return out if self.effects else {k: v for k, v in out.items() if k not in ("effects", "place", "tested_part")}

    @property
    def log10_p(self) -> float:
        """log10 of p of the test that the motif was found by."""
        return self.own_effect.log10_p if self.enrichment is None else self.enrichment.log10_p

    @property
    def p(self) -> float:
        """p of the test that the motif was found by."""
        return self.own_effect.p if self.enrichment is None else self.enrichment.p

    @property
    def q(self) -> float:
        """q-value of that test, over all motifs tested."""
        q = self.own_effect.q if self.enrichment is None else self.enrichment.q
        return 1.0 if q is None else q

    @property
    def own_effect(self) -> TargetEffect:
        """The effect on the number that the motif was found by."""
        return next(one for one in self.effects if one.target == self.target)

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
    """Two motifs, by name, of one class; of one with itself `with_both` have two sites, and co-occurrence is null."""

    a: str
    b: str
    sequences: int
    with_a: int
    with_b: int
    with_both: int
    expected_both: float | None
    p: float | None
    q: float | None
    spacing: Spacing | None
    interaction: PairInteraction | None = None


class ClassGrammar(Record):
    """The pairs of one class's motifs."""

    target: str
    pairs: tuple[MotifPair, ...]


class MotifRecord(Record):
    """motifs.json: supported motifs, strongest first, those set aside, and how they were found.

    `background` are the frequencies of A, C, G, T that scores are against, `strands` those that sites may lie on;
    `shuffles` is the class that is shuffles of another, empty without one; `database` is what the motifs are named by,
    empty before they are; `naming_note` is what a reader should know of it.
    """

    classes: tuple[str, ...]
    shuffles: str = ""
    background: tuple[float, float, float, float]
    strands: Literal["forward", "both"]
    database: str = ""
    naming_note: str = ""
    discovery: DiscoveryCounts
    motifs: tuple[MotifEntry, ...]
    set_aside: tuple[MotifEntry, ...]
    grammar: tuple[ClassGrammar, ...]
