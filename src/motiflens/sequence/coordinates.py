"""Genomic intervals: read from the ids of records, merged, and tested for overlap; 0-based and half-open."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

_INTERVAL = re.compile(
    r"(?:.*::)?(?P<chromosome>[^\s:]+?)[:_](?P<start>\d+)[-_](?P<end>\d+)(?:\((?P<strand>[+.-])\))?", re.ASCII
)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Bases start..end of a chromosome; `reverse` where the sequence is the reverse complement of the genome's."""

    chromosome: str
    start: int
    end: int
    reverse: bool = False

    def fitted_to(self, length: int) -> "Interval | None":
        """The interval as one of `length` bases.

        An interval that is one base short was written with a 1-based start (as samtools faidx writes; bedtools
        getfasta writes 0-based ones) and starts one base earlier. None where neither reading has `length` bases.
        """
        start = self.start - (self.end - self.start == length - 1 and self.start > 0)
        if self.end - start != length:
            return None
        return Interval(chromosome=self.chromosome, start=start, end=self.end, reverse=self.reverse)


def parse_interval(record_id: str) -> Interval | None:
    """Return the interval that a record id names, or None where it names none.

    Understood are `chr1:100-160`, `chr1_100_160`, and either behind a name of its own (`peak7::chr1:100-160`, as
    bedtools getfasta -name+ writes) and in front of a strand (`chr1:100-160(-)`). The numbers are taken as they are.
    """
    found = _INTERVAL.fullmatch(record_id)
    if found is None:
        return None
    return Interval(
        chromosome=found["chromosome"],
        start=int(found["start"]),
        end=int(found["end"]),
        reverse=found["strand"] == "-",
    )


def parse_intervals(record_ids: Iterable[str]) -> list[Interval | None]:
    """Return the interval that each record id names, None for those that name none."""
    return [parse_interval(str(record_id)) for record_id in record_ids]


@dataclass(frozen=True, kw_only=True)
class MergedIntervals:
    """Intervals of one chromosome, sorted, with those that overlap or touch merged."""

    start: Int64[np.ndarray, " merged"]
    end: Int64[np.ndarray, " merged"]

    @classmethod
    def of(cls, start: Int64[np.ndarray, " n"], end: Int64[np.ndarray, " n"]) -> "MergedIntervals":
        """Merge intervals given in any order."""
        order = np.argsort(start, kind="stable")
        start, reach = start[order], np.maximum.accumulate(end[order])
        first = np.concatenate([[True], start[1:] > reach[:-1]]) if len(start) else np.zeros(0, bool)
        last = np.concatenate([first[1:], [True]]) if len(start) else first
        return cls(start=start[first], end=reach[last])

    def overlap(self, start: Int64[np.ndarray, " n"], end: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Return which of the intervals start..end share a base with a merged one."""
        if not len(self.start):
            return np.zeros(len(start), bool)
        before = np.searchsorted(self.start, end, side="left") - 1
        return (before >= 0) & (self.end[np.maximum(before, 0)] > start)
