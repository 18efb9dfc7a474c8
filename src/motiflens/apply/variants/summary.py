"""What became of a file of variants, in lines for a person; and when a genome is the wrong one."""

from collections.abc import Iterable

from motiflens.apply.variants.alleles import REASONS
from motiflens.apply.variants.block import Tally
from motiflens.apply.variants.config import VariantConfig
from motiflens.errors import InputError

_SHOWN = 5


def summary_of(tally: Tally) -> list[str]:
    """Return a line on the whole, and one for each reason why alleles have no score, with examples."""
    skipped = sum(tally.skipped.values())
    lines = [f"{tally.records:,} records, {tally.alleles - skipped:,} alleles scored, {skipped:,} not"]
    for reason, text in REASONS.items():
        if count := tally.skipped[reason]:
            lines.append(f"{reason}: {count:,}: {text} (first: {', '.join(tally.examples[reason])})")
    if tally.swapped:
        lines.append(
            f"of the alleles with REF_MISMATCH, {tally.swapped:,} have REF and ALT swapped: ALT is the genome's"
        )
    lines += _haplotype_lines(tally)
    if tally.translated:
        pairs = [f"{a} is {b}" for a, b in list(tally.translated.items())[:3]]
        lines.append(f"names of contigs differ between the file and the genome and were matched: {', '.join(pairs)}")
    return lines


def _haplotype_lines(tally: Tally) -> list[str]:
    texts = {
        "alleles that are also scored together with others of their haplotype": tally.together,
        "alleles that overlap others of their haplotype, or whose common window is not known": tally.apart,
        "heterozygous alleles of the sample that are not phased (0/1, not 0|1) and stand alone": tally.unphased,
    }
    return [f"{text}: {count:,}" for text, count in texts.items() if count]


def check_genome(tally: Tally, config: VariantConfig, *, path: str, genome: str, contigs: Iterable[str]) -> None:
    """Raise InputError where the genome has none of the contigs, or another reference allele too often."""
    known = tally.alleles - tally.skipped["UNKNOWN_CONTIG"] - tally.skipped["NO_ALT"] - tally.skipped["SYMBOLIC"]
    if tally.skipped["UNKNOWN_CONTIG"] and not known:
        there = dict.fromkeys(example.partition(":")[0] for example in tally.examples["UNKNOWN_CONTIG"])
        raise InputError(
            f"{genome}: has none of the contigs of {path}: they are called {', '.join(there)} there and "
            f"{', '.join(list(contigs)[:_SHOWN])} here; give the genome that the variants were called on"
        )
    share = tally.mismatched / max(tally.compared, 1)
    wrong = share > config.max_mismatches and tally.mismatched >= config.min_mismatches
    if wrong and not config.allow_mismatches:
        raise InputError(
            f"{genome}: {share:.0%} of the reference alleles of {path} are not what this genome has there "
            f"({tally.mismatched:,} of {tally.compared:,}; first: {', '.join(tally.examples['REF_MISMATCH'])}): it is "
            "another assembly; give the one that the variants were called on, or add --allow-mismatches"
        )
