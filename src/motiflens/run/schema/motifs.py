"""motifs.json."""

from typing import Literal

from motiflens.motifs.names import SIMILAR, name_from
from motiflens.run.schema.record import Matrix, Record

Direction = Literal["for", "against"]


class Enrichment(Record):
    """Sequences with a site among those that the motif was not learned from; its p-value and q-value."""

    positives_with: int
    positives: int
    negatives_with: int
    negatives: int
    p: float
    q: float


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

    mean: float
    low: float
    high: float
    n: int


class MotifEffects(Record):
    """Effect of inserting the motif into shuffled sequences, and of erasing its own sites (None: it has none)."""

    insertion: Effect
    ablation: Effect | None


class MotifEntry(Record):
    """A motif with its evidence. `reason` says why it is not supported; it is empty where it is.

    `position_window` is the stretch [start, end) that the sites lie in, None for a motif found anywhere.
    `replicated_in` counts the halves of the sequences, searched independently, that contain the motif; `tested_on` is
    what `enrichment` was counted on.
    """

    name: str
    consensus: str
    target: str
    direction: Direction
    probabilities: Matrix
    contributions: Matrix | None
    sites: int
    seqlets: int
    contribution_fraction: float
    sources: tuple[str, ...]
    enrichment: Enrichment
    tested_on: str
    replicated_in: int
    position_window: tuple[int, int] | None
    positions: PositionCounts
    per_sequence: dict[str, int]
    matches: tuple[KnownMatch, ...] = ()
    effect: MotifEffects | None = None
    reason: str = ""

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
    """motifs.json: supported motifs, strongest first, those not supported, and how they were found.

    `database` is what the motifs are named by, empty before they are; `naming_note` is what a reader should know of it.
    """

    classes: tuple[str, ...]
    background: tuple[float, float, float, float]
    database: str = ""
    naming_note: str = ""
    discovery: DiscoveryCounts
    motifs: tuple[MotifEntry, ...]
    not_supported: tuple[MotifEntry, ...]
    grammar: tuple[ClassGrammar, ...]
