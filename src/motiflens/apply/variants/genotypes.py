"""Genotypes of one sample of a VCF: which alleles it carries, and on which of its two haplotypes."""

from dataclasses import dataclass

from motiflens.apply.variants.records import Record
from motiflens.errors import InputError

PLOIDY = 2
_FORMAT = 8  # the column
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Copy:
    """The ALT of that number on a haplotype, 1 or 2; `phase` is its phase set, None where it is on all haplotypes."""

    alt: int
    haplotype: int
    phase: str | None


@dataclass(frozen=True, kw_only=True)
class Genotype:
    """Copies of the alternative alleles of a record, and the numbers of those that are carried but not phased."""

    copies: tuple[Copy, ...] = ()
    unphased: tuple[int, ...] = ()


def sample_column(header: str, sample: str, *, path: str) -> int:
    """Return the column of a sample, given the line #CHROM of a header.

    Raises:
        InputError: there is no such sample.
    """
    names = header.split("\t")[_FORMAT + 1 :]
    if sample not in names:
        there = f"has {', '.join(names[:_SHOWN])}{' ...' * (len(names) > _SHOWN)}" if names else "has no genotypes"
        raise InputError(f"--haplotypes {sample}: {path} has no such sample; it {there}")
    return names.index(sample) + _FORMAT + 1


def genotype_of(record: Record, column: int) -> Genotype:
    """Return what a sample carries at a record. Homozygous alleles need no phase.

    Raises:
        InputError: more than two copies.
    """
    fields = record.text.split("\t")
    keys = fields[_FORMAT].split(":") if len(fields) > column else []
    if "GT" not in keys:
        return Genotype()
    values = dict(zip(keys, fields[column].split(":"), strict=False))
    text = values["GT"].lstrip("/|")
    numbers = [int(part) - 1 if part.isdigit() else -1 for part in text.replace("|", "/").split("/")]
    if len(numbers) > PLOIDY:
        raise InputError(f"--haplotypes: {record.contig}:{record.start + 1} has the genotype {text}, of {len(numbers)}")
    numbers = [number if number < len(record.alts) else -1 for number in numbers]
    carried = sorted({number for number in numbers if number >= 0})
    if len(set(numbers)) == 1:
        return Genotype(copies=tuple(Copy(k, h, None) for k in carried for h in range(1, len(numbers) + 1)))
    if "/" in text:
        return Genotype(unphased=tuple(carried))
    phase = values.get("PS", ".")
    return Genotype(copies=tuple(Copy(k, h, phase) for h, k in enumerate(numbers, 1) if k >= 0))
