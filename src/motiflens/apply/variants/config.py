"""How variants are scored: the defaults."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class VariantConfig:
    """Settings of a scoring.

    Attributes:
        offsets: places in the window that a variant is put at; 1 is the middle alone.
        haplotypes: the sample of the file whose alleles are also scored together, by haplotype; None is none.
        allow_mismatches: go on where the genome seems to be of another assembly.
        block: records that are scored, and kept for a resume, at a time.
        max_mismatches: share of records whose REF is not the genome's above which the genome is taken for a wrong one,
            once there are `min_mismatches` of them.
        null_changes: random changes that each kind of variant is compared with.
        null_substitutions: the same of single-base substitutions.
        null_sequences: held-out sequences that those are made in, at most.
        min_bits: smallest change of a motif's match that is reported where it crosses no threshold.
        p_value: of a site of a motif of a database, which has no cut of its own.
        weak_p_value: of a weak site of a motif of the run, which counts where the model agrees.
        agreement: p-value of the model's change up to which it agrees.
        strongest: variants that the report shows.
    """

    offsets: int = 1
    haplotypes: str | None = None
    allow_mismatches: bool = False
    block: int = 8192
    max_mismatches: float = 0.05
    min_mismatches: int = 5
    null_changes: int = 20_000
    null_substitutions: int = 100_000
    null_sequences: int = 2000
    min_bits: float = 1.0
    p_value: float = 1e-4
    weak_p_value: float = 1e-3
    agreement: float = 0.05
    strongest: int = 300
