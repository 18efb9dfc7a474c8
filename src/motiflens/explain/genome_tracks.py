"""Contributions as genome tracks: bedGraph and bigWig, for sequences whose ids say where they lie."""

import errno
import os
import shutil
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from motiflens.sequence.coordinates import Interval


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Contributions (length,) along a chromosome from `start` on."""

    chrom: str
    start: int
    values: np.ndarray


@dataclass(frozen=True)
class Regions:
    """Regions of one length, each with its number, in 25 bytes a region: there may be millions."""

    _names: dict[str, int] = field(default_factory=dict)
    _chrom: "array[int]" = field(default_factory=lambda: array("q"))
    _start: "array[int]" = field(default_factory=lambda: array("q"))
    _reverse: "array[int]" = field(default_factory=lambda: array("b"))
    _number: "array[int]" = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self._start)

    def add(self, region: Interval, number: int) -> None:
        """Append a region; `number` is its row in the values that belong to all."""
        self._chrom.append(self._names.setdefault(region.chromosome, len(self._names)))
        self._start.append(region.start)
        self._reverse.append(region.reverse)
        self._number.append(number)

    def in_order(self, length: int) -> Iterator[tuple[Interval, int]]:
        """Regions of `length` bases and their numbers, by name of the chromosome and start."""
        names = list(self._names)
        rank = np.argsort(np.argsort(names))
        for i in np.lexsort((np.asarray(self._start), rank[np.asarray(self._chrom)])):
            chrom, start = names[self._chrom[i]], self._start[i]
            yield (
                Interval(chromosome=chrom, start=start, end=start + length, reverse=bool(self._reverse[i])),
                self._number[i],
            )

    def ends(self, length: int) -> dict[str, int]:
        """The last end on each chromosome."""
        last = np.zeros(len(self._names), np.int64)
        np.maximum.at(last, np.asarray(self._chrom), np.asarray(self._start) + length)
        return dict(zip(self._names, last.tolist(), strict=True))


def stretches(regions: Regions, values: np.ndarray) -> Iterator[Stretch]:
    """Contributions of all regions in genome order; where regions overlap, their mean.

    `values` (rows, length) has the contributions of a region, in the order of its sequence, in the row of its number;
    each is read once, and no more than a region is held.
    """
    length = values.shape[1]
    chrom, start = "", 0
    total, count = np.zeros(0), np.zeros(0)
    for region, number in regions.in_order(length):
        done = min(region.start - start, len(total)) if region.chromosome == chrom else len(total)
        if done:
            yield Stretch(chrom=chrom, start=start, values=total[:done] / count[:done])
        fresh = (0, length - (len(total) - done))
        total, count = np.pad(total[done:], fresh), np.pad(count[done:], fresh)
        chrom, start = region.chromosome, region.start
        total += values[number, ::-1] if region.reverse else values[number]
        count += 1
    if len(total):
        yield Stretch(chrom=chrom, start=start, values=total / count)


def write_tracks(path: Path, regions: Regions, values: np.ndarray) -> None:
    """Write contributions of regions as <path>.bedGraph and <path>.bw, a base a line, in genome order.

    `values` as for `stretches`. Chromosomes count as long as the last region on them. Raises OSError where the files
    cannot be written.
    """
    with Path(f"{path}.bedGraph").open("w", encoding="utf-8", newline="\n") as file:
        for stretch in stretches(regions, values):
            file.writelines(f"{stretch.chrom}\t{p}\t{p + 1}\t{value:.5g}\n" for p, value in _places(stretch))
    if shutil.disk_usage(path.parent).free < Path(f"{path}.bedGraph").stat().st_size:  # the bigWig is smaller
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    _write_bigwig(f"{path}.bw", regions, values)


def _write_bigwig(path: str, regions: Regions, values: np.ndarray) -> None:
    import pybigtools  # a shared library that only tracks need

    entries = (
        (stretch.chrom, p, p + 1, value) for stretch in stretches(regions, values) for p, value in _places(stretch)
    )
    try:
        pybigtools.open(path, "w").write(regions.ends(values.shape[1]), entries)
    except Exception as error:  # the writer knows no finer class
        raise OSError(f"bigWig: {error}") from error


def _places(stretch: Stretch) -> Iterator[tuple[int, float]]:
    return enumerate(stretch.values.tolist(), stretch.start)
