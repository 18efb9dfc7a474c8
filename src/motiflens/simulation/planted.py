"""A planted site, and a list of them as BED."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PlantedSite:
    """One planted motif, [start, end) 0-based on the forward strand, whichever strand ("+" or "-") it reads on."""

    sequence_id: str
    start: int
    end: int
    motif: str
    strand: str


def bed(planted: Sequence[PlantedSite]) -> str:
    """Return planted sites as BED6."""
    return "".join(
        f"{site.sequence_id}\t{site.start}\t{site.end}\t{'_'.join(site.motif.split())}\t0\t{site.strand}\n"
        for site in planted
    )
