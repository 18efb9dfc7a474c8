"""Every threshold of motif discovery and its evidence."""

from dataclasses import dataclass, field

from motiflens.compiled.threads import thread_count


@dataclass(frozen=True, kw_only=True)
class GappedKmerConfig:
    """Which gapped k-mers are counted, and how many are kept."""

    shapes: tuple[tuple[int, tuple[int, ...]], ...] = (
        (4, (4,)), (5, (5, 6)), (6, (6, 7)), (7, (7, 8, 9)), (8, (8, 9, 10)),
    )  # fmt: skip
    """(letters, spans): all ways to place that many letters within each span."""
    dyads: tuple[tuple[int, tuple[int, ...]], ...] = ((3, (3, 4, 5, 6, 7)), (4, (3, 4, 5, 6, 7, 8)))
    """(letters, gaps): two runs of that many letters with each gap between them, as dimers bind."""
    max_per_template: int = 50
    max_kmers: int = 3000
    variance_floor: float = 1.0


@dataclass(frozen=True, kw_only=True)
class RefineConfig:
    """How a seed becomes a matrix."""

    max_rounds: int = 12
    patience: int = 2
    column_penalty: float = 0.5
    """Log p-value that a column must gain."""
    window_penalty: float = 5.0
    """Log p-value that a position window must gain: there are several to choose from."""
    tolerance: float = 2.0
    """Log p-value that a later matrix, of more rounds, may lose: a site more or less is chance."""
    min_sites: int = 8
    flank: int = 4
    pseudocount: float = 1.0
    noise: float = 1.0
    min_edge_bits: float = 0.25
    min_edge_deviance: float = 25.0
    min_width: int = 4
    max_width: int = 20


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """One search for motifs."""

    gapped_kmers: GappedKmerConfig = GappedKmerConfig()
    refine: RefineConfig = RefineConfig()
    max_seeds: int = 25
    """Gapped k-mers refined in each round."""
    max_window_seeds: int = 8
    """Gapped k-mers refined in each round and position window."""
    rounds: int = 4
    """Rounds of counting gapped k-mers."""
    max_motifs: int = 12
    max_log_p: float = -9.2
    """Largest natural log of the in-sample p-value of a candidate."""
    same_motif_correlation: float = 0.8
    """Correlation of matrices from which the weaker is a variant of the stronger, if they share more than ends."""
    chimera_correlation: float = 0.65
    """Correlation below which the two components of a matrix are two motifs, not the alternatives of one."""


@dataclass(frozen=True, kw_only=True)
class PositionWindowConfig:
    """Windows of oriented sequences in which motifs at a fixed place are sought."""

    min_width: int = 20
    fraction: float = 0.25
    """Width of a wide window as a fraction of the sequence; wide windows overlap by half."""
    narrow: int = 40
    """Width of the windows at peaks; sequences whose wide windows are no wider have none."""
    max_narrow: int = 6
    min_peak: float = 6.0
    """Standard deviations that a letter's difference between the classes must be off that of its surroundings."""


@dataclass(frozen=True, kw_only=True)
class PlaceConfig:
    """Where the sites of a motif of numbers matter most; widths are of the stretch that sites begin in."""

    narrowest: int = 10
    growth: float = 1.5
    """Ratio of one width to the next smaller one."""
    largest_part: float = 0.75
    """Widest part of a stretch that may be better than the rest of it."""
    level: float = 0.05
    """Largest p-value of a choice, times the parts to choose from."""
    min_sequences: int = 20
    """Sequences with a site there, and with sites elsewhere alone."""
    max_q: float = 0.05


@dataclass(frozen=True, kw_only=True)
class SeqletConfig:
    """How seqlets are called."""

    width: int = 9
    flank: int = 4
    """Letters on either side that are clustered too."""
    fdr: float = 0.05
    min_seqlets: int = 10
    """Number of seqlets below which nothing is clustered."""
    max_seqlets: int = 20_000
    """Number of seqlets clustered, the strongest first."""


@dataclass(frozen=True, kw_only=True)
class KnownMotifConfig:
    """How the motifs of a database are tested."""

    chance_sites: tuple[float, ...] = (0.003, 0.015, 0.06)
    """Cuts tried: scores that chance reaches so many times a sequence."""
    permutations: int = 40
    """Permutations of the labels by which the effective number of tests is estimated."""
    max_null_work: int = 2_000_000
    """Sequences times motifs in these permutations; beyond, the effective number is extrapolated."""
    block_size: int = 50
    """Sequences of like composition among which labels are permuted."""
    max_q: float = 0.05
    min_sites: int = 5
    min_fold: float = 1.2
    """Odds of a site in the target class over those that composition explains."""
    min_effect: float = 0.1
    """The same of numbers: effect of a site in standard deviations."""
    max_motifs: int = 12
    weak_sites_per_sequence: float = 0.5
    """Chance sites a sequence down to which a stronger motif's sites are no evidence for a weaker one."""
    max_hidden_q: float = 1e-3
    """q-value up to which a new motif's sites are masked; one above may be confirmed by a known one, tested on all."""
    max_candidates: int = 400
    """Motifs counted in every sequence: those whose core is most enriched."""


@dataclass(frozen=True, kw_only=True)
class EvidenceConfig:
    """When a motif is supported."""

    max_q: float = 0.05
    min_fold: float = 1.05
    """Fraction of the target class with a site over that of the others."""
    min_fold_in_window: float = 1.5
    """The same in a position window, where the surroundings of the anchor (exon, intron) differ in composition."""
    min_effect: float = 0.1
    """Effect of a site, in standard deviations of the numbers."""
    min_effect_in_window: float = 0.15
    """The same in a position window."""
    known_motif_weight: float = 0.8
    """Share of the error rate spent on known motifs; the rest is spent on new motifs."""
    max_alone_p: float = 0.05
    """Largest p-value, with the sites of stronger motifs masked, of a motif that is no echo of theirs."""
    min_bits: float = 5.0
    """Information of a motif against the background; less is a difference of letters at a place."""
    max_plain_p: float = 1e-4
    """Largest p-value, composition left out, of a motif that composition explains."""
    max_relative_p: float = 1e-10
    """The same of a motif that resembles a stronger one and is listed beside it."""
    weak_sites_per_sequence: float = 0.1
    """Chance sites a sequence down to which a stronger motif's sites are masked."""


@dataclass(frozen=True, kw_only=True)
class RepeatConfig:
    """What is a repeat or a word of low complexity rather than a motif."""

    flank: int = 25
    """Letters on either side of a site that are compared."""
    min_comparable: int = 30
    min_identity: float = 0.7
    """Fraction of equal letters in the flanks of two sites from which they are copies of one stretch."""
    max_share: float = 0.25
    """Largest fraction of sites in one group of copies."""
    max_sites: int = 2000
    """Sites compared with each other, drawn at random."""
    max_period: int = 6
    min_periodic: float = 0.8
    """Correlation of a matrix with itself, shifted by one period, from which it repeats a unit."""
    min_letters_beyond: int = 600
    """Letters beyond the sites, twelve of each, that tell whether a unit goes on there, as in a microsatellite."""
    max_beyond: float = 0.05
    """How much more of the letters beyond its sites may repeat a unit than by the letters' frequencies."""
    max_beyond_long: float = 0.15
    """The same of a unit of four letters or more: some sites of a dimer (IRF) have a third copy."""
    min_soft_masked: float = 0.75
    """Fraction of sites in soft-masked letters from which a motif is a repeat, if chance puts many fewer there."""
    min_beyond_chance: float = 0.25
    """How much larger that fraction must be than that of the letters."""
    max_soft_masked_p: float = 1e-3
    """Largest binomial p of so many sites in soft-masked letters."""


@dataclass(frozen=True, kw_only=True)
class DiscoveryConfig:
    """How motifs are discovered and tested."""

    seqlets: SeqletConfig = SeqletConfig()
    cluster_search: SearchConfig = SearchConfig(rounds=3, max_motifs=20)
    search: SearchConfig = SearchConfig()
    known_motifs: KnownMotifConfig = KnownMotifConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    repeats: RepeatConfig = RepeatConfig()
    known_seeds: int = 15
    """Database motifs from which a search of one half starts, beside k-mers."""
    same_motif_correlation: float = 0.75
    """Correlation of matrices from which two are one motif, if they share more than ends, and the weaker is not clearly
    enriched by itself."""
    identical_correlation: float = 0.9
    """Correlation from which they are one in any case."""
    workers: int = field(default_factory=thread_count)
