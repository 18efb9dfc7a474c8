"""Records in batches, each scored by itself; for haplotypes, with the records around it."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from motiflens.apply.variants.records import Record, VariantFile
from motiflens.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Records that are scored at a time, and those `around` them that may share a window with one of them."""

    records: Sequence[Record]
    around: Sequence[Record] = ()


def batches(source: VariantFile, size: int, *, reach: int | None = None) -> Iterator[Batch]:
    """Yield the records of a file, `size` at a time; with `reach`, also those so many letters around.

    Raises:
        InputError: with `reach`, records that are not sorted.
    """
    if reach is not None:
        yield from _with_neighbours(source, size, reach)
        return
    while records := list(itertools.islice(source.records, size)):
        yield Batch(records=records)


def _with_neighbours(source: VariantFile, size: int, reach: int) -> Iterator[Batch]:
    records = _sorted(source)
    before: list[Record] = []
    pending = list(itertools.islice(records, size))
    while pending:
        pending += itertools.islice(records, max(size - len(pending), 0))
        block, rest = pending[:size], pending[size:]
        last = block[-1]
        if not rest or _near(last, rest[-1], reach):
            for record in records:
                rest.append(record)
                if not _near(last, record, reach):
                    break
        after = [record for record in rest if _near(last, record, reach)]
        first = block[0]
        yield Batch(records=block, around=[*(one for one in before if _near(first, one, reach)), *after])
        before = [record for record in (*before, *block) if _near(last, record, reach)]
        pending = rest


def _near(one: Record, other: Record, reach: int) -> bool:
    return one.contig == other.contig and abs(one.start - other.start) <= reach


def _sorted(source: VariantFile) -> Iterator[Record]:
    """Yield the records. Raises InputError for one that stands before its place."""
    seen, last = set[str](), -1
    contig = ""
    for record in source.records:
        new = record.contig != contig
        if (new and record.contig in seen) or (not new and record.start < last):
            where = f"{record.contig}:{record.start + 1}"
            raise InputError(
                f"{source.path}: {where} stands behind later places, and haplotypes need sorted records: bcftools sort"
            )
        contig, last = record.contig, record.start
        seen.add(contig)
        yield record
