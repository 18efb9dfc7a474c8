"""Every threshold of motif discovery and its evidence."""

from dataclasses import dataclass, field

from motiflens.compiled.threads import thread_count


@dataclass(frozen=True, kw_only=True)
class WordConfig:
    """Which words are counted, and how many are kept."""

    shapes: tuple[tuple[int, tuple[int, ...]], ...] = (
        (4, (4,)), (5, (5, 6)), (6, (6, 7)), (7, (7, 8, 9)), (8, (8, 9, 10)),
    )  # fmt: skip
    """(letters, spans): all ways to place that many letters within each span."""
    dyads: tuple[tuple[int, tuple[int, ...]], ...] = ((3, (3, 4, 5, 6, 7)), (4, (3, 4, 5, 6, 7, 8)))
    """(letters, gaps): two runs of that many letters with each gap between them, as dimers bind."""
    per_template: int = 50
    kept: int = 3000
    variance_floor: float = 1.0


@dataclass(frozen=True, kw_only=True)
class RefineConfig:
    """How a seed becomes a matrix."""

    rounds: int = 12
    patience: int = 2
    column_price: float = 0.5
    """Log tail that a column must gain."""
    band_price: float = 5.0
    """Log tail that a fixed place must gain: there are several to choose from."""
    tolerance: float = 1.0
    """Log tail that a later, more settled matrix may lose: a site more or less is chance."""
    least_sites: int = 8
    flank: int = 4
    pseudocount: float = 1.0
    noise: float = 1.0
    edge_bits: float = 0.25
    edge_deviance: float = 25.0
    least_width: int = 4
    most_width: int = 20


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """One search for motifs."""

    words: WordConfig = WordConfig()
    refine: RefineConfig = RefineConfig()
    seeds: int = 25
    """Words refined in each round."""
    band_seeds: int = 8
    """Words refined in each round and band."""
    word_rounds: int = 4
    most: int = 12
    """Motifs at most."""
    log_limit: float = -9.2
    """Natural log of the largest in-sample tail of a candidate."""
    same: float = 0.8
    """Correlation of matrices from which the weaker is a variant of the stronger."""


@dataclass(frozen=True, kw_only=True)
class BandConfig:
    """Stretches that oriented sequences are cut into, for motifs at a fixed place."""

    longest: int = 300
    """Sequences longer than this have no bands."""
    least: int = 20
    share: float = 0.25
    """Length of a band as a share of the sequence; bands overlap by half."""


@dataclass(frozen=True, kw_only=True)
class SeqletConfig:
    """How seqlets are called."""

    width: int = 9
    margin: int = 4
    """Letters on either side that are looked at too."""
    fdr: float = 0.05
    least: int = 10
    """Seqlets below which nothing is clustered."""
    most: int = 20_000
    """Seqlets clustered, the strongest."""


@dataclass(frozen=True, kw_only=True)
class KnownConfig:
    """How known motifs are tested."""

    draws: int = 40
    """Sets of exchanged labels that tell the effective number of tests."""
    null_work: int = 2_000_000
    """Sequences times known motifs that these are tried on; beyond, the effective number is taken in proportion."""
    block: int = 50
    """Sequences of like composition among which labels are exchanged."""
    q_limit: float = 0.05
    least_sites: int = 8
    least_fold: float = 1.2
    """Positives with a site over those expected from all sequences with one, at least."""
    most: int = 12
    weak: float = 0.5
    """Chance sites a sequence down to which a stronger motif's sites are no evidence for a weaker one."""
    pool: int = 400
    """Known motifs counted in every sequence: those whose core is most enriched."""


@dataclass(frozen=True, kw_only=True)
class DiscoveryConfig:
    """How motifs are discovered."""

    seqlets: SeqletConfig = SeqletConfig()
    cluster_search: SearchConfig = SearchConfig(word_rounds=3, most=20)
    search: SearchConfig = SearchConfig()
    known: KnownConfig = KnownConfig()
    same: float = 0.75
    """Correlation from which a motif is taken for a known one."""
    workers: int = field(default_factory=thread_count)


@dataclass(frozen=True, kw_only=True)
class EvidenceConfig:
    """How motifs are tested."""

    search: SearchConfig = SearchConfig()
    splits: int = 1
    same: float = 0.75
    """Correlation from which a motif of a half is the motif in question."""
    q_limit: float = 0.05
    least_fold: float = 1.05
    """Share of the target class with a site over that of the others, at least."""
    least_fold_in_band: float = 1.5
    """The same at a fixed place, where what surrounds the anchor (exon, intron) differs in composition by itself."""
    known_weight: float = 0.8
    """Share of the error rate spent on known motifs; the rest, on motifs found anew, which are far clearer or not."""
    workers: int = field(default_factory=thread_count)
