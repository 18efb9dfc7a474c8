"""Alleles: what is left of one after trimming and shifting to the left, and what can be scored of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Skip = Literal["REF_MISMATCH", "SYMBOLIC", "TOO_LONG", "EDGE", "N_IN_WINDOW", "UNKNOWN_CONTIG", "NO_ALT"]
#: Why an allele is not scored, in the words of a summary.
REASONS: dict[Skip, str] = {
    "REF_MISMATCH": "REF is not what the genome has there",
    "SYMBOLIC": "a symbolic allele, a breakend or *",
    "TOO_LONG": "an allele longer than the model's window",
    "EDGE": "the window would leave the contig",
    "N_IN_WINDOW": "the window has letters other than A, C, G and T",
    "UNKNOWN_CONTIG": "a contig that the genome has not",
    "NO_ALT": "no alternative allele",
}
_LETTERS = re.compile(r"[ACGTUNRYSWKMBDHV]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Allele:
    """Letters `ref` from `start` on (0-based) are replaced by `alt`; either may be empty."""

    start: int
    ref: str
    alt: str


def is_sequence(letters: str) -> bool:
    """Return whether an allele is spelled out."""
    return _LETTERS.fullmatch(letters) is not None


def trimmed(start: int, ref: str, alt: str) -> Allele:
    """Return the allele without what both sides have in common: first at the end, then at the beginning."""
    end = min(len(ref), len(alt))
    same = 0
    while same < end and ref[-1 - same] == alt[-1 - same]:
        same += 1
    ref, alt = ref[: len(ref) - same], alt[: len(alt) - same]
    end, same = min(len(ref), len(alt)), 0
    while same < end and ref[same] == alt[same]:
        same += 1
    return Allele(start + same, ref[same:], alt[same:])


def left_aligned(allele: Allele, letter_at: Callable[[int], str]) -> Allele:
    """Return a trimmed insertion or deletion as far to the left as it means the same.

    Together with `trimmed` this gives one spelling for every change of a genome: the longest ending that both
    haplotypes share is cut off, and then the longest beginning (Tan et al. 2015, Bioinformatics 31:2202).
    """
    moving = allele.alt or allele.ref
    if bool(allele.ref) == bool(allele.alt):
        return allele
    start, steps = allele.start, 0
    while start > 0 and letter_at(start - 1) == moving[-1 - steps % len(moving)]:
        start, steps = start - 1, steps + 1
    turn = steps % len(moving)
    moving = moving[len(moving) - turn :] + moving[: len(moving) - turn]
    return Allele(start, *((moving, "") if allele.ref else ("", moving)))
