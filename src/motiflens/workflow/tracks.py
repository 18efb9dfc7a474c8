"""Contributions as genome tracks: bedGraph and bigWig, for sequences whose ids say where they lie."""

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_REGION = re.compile(r"(?:.*::)?(?P<chrom>[^:\s]+):(?P<start>\d+)-(?P<end>\d+)(?:\((?P<strand>[+.-])\))?")

#: Contributions (length,) of the region of a number, in the order of its sequence.
Values = Callable[[int], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where a sequence lies: 0-based half-open, and whether it is the reverse complement of the genome's letters."""

    chrom: str
    start: int
    end: int
    reverse: bool


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Contributions (length,) along a chromosome from `start` on."""

    chrom: str
    start: int
    values: np.ndarray


def parse_region(name: str, length: int) -> Region | None:
    """The region in an id such as `chr1:100-160(-)` or `peak7::chr1:100-160`; None where there is none of this length.

    Starts are 0-based where end - start is the length (bedtools getfasta), 1-based where it is one less (samtools
    faidx).
    """
    found = _REGION.fullmatch(name)
    if found is None:
        return None
    start, end = int(found["start"]), int(found["end"])
    if end - start == length - 1 and start > 0:
        start -= 1
    if end - start != length:
        return None
    return Region(chrom=found["chrom"], start=start, end=end, reverse=found["strand"] == "-")


def stretches(regions: Sequence[Region], values: Values) -> Iterator[Stretch]:
    """Contributions of all regions in genome order; where regions overlap, their mean.

    Each region's values are asked for once; one pile of overlapping regions is held at a time.
    """
    order = sorted(range(len(regions)), key=lambda i: (regions[i].chrom, regions[i].start))
    pile: list[int] = []
    end = -1
    for i in order:
        if pile and (regions[i].chrom != regions[pile[0]].chrom or regions[i].start >= end):
            yield _mean(pile, regions, values)
            pile, end = [], -1
        pile.append(i)
        end = max(end, regions[i].end)
    if pile:
        yield _mean(pile, regions, values)


def _mean(pile: list[int], regions: Sequence[Region], values: Values) -> Stretch:
    first = regions[pile[0]]
    size = max(regions[i].end for i in pile) - first.start
    total, count = np.zeros(size), np.zeros(size, np.int64)
    for i in pile:
        here = slice(regions[i].start - first.start, regions[i].end - first.start)
        total[here] += values(i)[::-1] if regions[i].reverse else values(i)
        count[here] += 1
    return Stretch(chrom=first.chrom, start=first.start, values=total / count)


def write_tracks(path: Path, regions: Sequence[Region], values: Values) -> None:
    """Write contributions of regions as <path>.bedGraph and <path>.bw, a base a line, in genome order.

    Chromosomes count as long as the last region on them. Raises OSError where the files cannot be written.
    """
    with Path(f"{path}.bedGraph").open("w", encoding="utf-8", newline="\n") as file:
        for stretch in stretches(regions, values):
            file.writelines(f"{stretch.chrom}\t{p}\t{p + 1}\t{value:.5g}\n" for p, value in _places(stretch))
    if shutil.disk_usage(path.parent).free < Path(f"{path}.bedGraph").stat().st_size:  # the bigWig is smaller
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    _write_bigwig(f"{path}.bw", regions, values)


def _write_bigwig(path: str, regions: Sequence[Region], values: Values) -> None:
    import pybigtools  # a shared library that only tracks need

    lengths: dict[str, int] = {}
    for region in regions:
        lengths[region.chrom] = max(lengths.get(region.chrom, 0), region.end)
    entries = (
        (stretch.chrom, p, p + 1, value) for stretch in stretches(regions, values) for p, value in _places(stretch)
    )
    try:
        pybigtools.open(path, "w").write(lengths, entries)
    except Exception as error:  # the writer knows no finer class
        raise OSError(f"bigWig: {error}") from error


def _places(stretch: Stretch) -> Iterator[tuple[int, float]]:
    return enumerate(stretch.values.tolist(), stretch.start)
