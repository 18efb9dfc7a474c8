"""Alleles as pairs of windows: the genome's letters, and the same with the change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
from jaxtyping import Int64, UInt8

from motiflens.apply.variants.alleles import Allele, Skip, is_sequence, left_aligned, trimmed
from motiflens.apply.variants.contigs import Contigs
from motiflens.apply.variants.genome import Genome, stretches
from motiflens.apply.variants.records import Record
from motiflens.sequence.alphabet import N, encode_letters
from motiflens.shapes import Codes

_CODE = {"A": 0, "C": 1, "G": 2, "T": 3}


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Pairs of windows (n, length), `rows` (n,) their alleles, and the stretches (n, 2) that differ."""

    rows: Int64[np.ndarray, " n"]
    first: Codes
    second: Codes
    first_span: Int64[np.ndarray, "n 2"]
    second_span: Int64[np.ndarray, "n 2"]


@dataclass(kw_only=True)
class Placed:
    """The alleles of some records.

    `bounds` (records + 1,) gives each record's alleles; `skips` why one is not scored, None where it is; `lengths` (n,
    2) of what is replaced and of what replaces it; `windows` those of the scored ones, one a place in the window.
    `compared` counts the records whose REF was held against the genome, `mismatched` those that differ, `swapped`
    those of them whose ALT is what the genome has.
    """

    bounds: Int64[np.ndarray, " bounds"]
    skips: list[Skip | None]
    lengths: Int64[np.ndarray, "n 2"]
    windows: list[Windows] = field(default_factory=list)
    compared: int = 0
    mismatched: int = 0
    swapped: int = 0


def offsets_of(length: int, places: int) -> list[int]:
    """Return where in a window of `length` a variant's middle is put; one place is the window's middle."""
    return [(2 * i + 1) * length // (2 * places) for i in range(places)]


def empty_placed(records: Sequence[Record]) -> Placed:
    """Return the alleles of records with nothing known of them; a record without ALT has one, which is skipped."""
    counts = [max(len(record.alts), 1) for record in records]
    bounds = np.cumsum([0, *counts])
    return Placed(bounds=bounds, skips=[None] * int(bounds[-1]), lengths=np.zeros((int(bounds[-1]), 2), np.int64))


class _Site:
    """An allele on its way: its number, where it lies, and what is left of it."""

    __slots__ = ("allele", "contig", "number", "record")

    def __init__(self, number: int, contig: str, record: Record, allele: Allele) -> None:
        self.number, self.contig, self.record, self.allele = number, contig, record, allele


def place(
    records: Sequence[Record], genome: Genome, contigs: Contigs, *, length: int, offsets: Sequence[int]
) -> Placed:
    """Return the alleles of records with their windows of `length` letters; `offsets` are their places in it."""
    placed = empty_placed(records)
    sites = _sites(records, genome, contigs, placed)
    drafts: list[list[_Draft]] = [[] for _ in offsets]
    cut: list[list[Windows]] = [[] for _ in offsets]
    for name in dict.fromkeys(site.contig for site in sites):
        here = sorted((s for s in sites if s.contig == name), key=lambda s: s.record.start)
        starts = np.array([s.record.start for s in here], np.int64)
        ends = starts + np.array([len(s.record.ref) for s in here])
        low, high = np.maximum(starts - length, 0), np.minimum(ends + 2 * length, genome.lengths[name])
        for a, b, reach in stretches(low, high):
            genome.hold(name, int(low[a]), reach)
            single = [site for site in here[a:b] if _is_single(site.record)]
            others = [site for site in here[a:b] if not _is_single(site.record)]
            _cut(others, genome, placed, length=length, offsets=offsets, drafts=drafts)
            if single:
                found = _cut_single(single, genome, placed, length=length, offsets=offsets)
                for some, windows in zip(cut, found, strict=True):
                    some.append(windows)
    placed.windows = [_joined([*some, _of_drafts(own, length)]) for some, own in zip(cut, drafts, strict=True)]
    _drop_unknown(placed)
    return placed


def _sites(records: Sequence[Record], genome: Genome, contigs: Contigs, placed: Placed) -> list[_Site]:
    """Return what may be scored, and note for the others why not."""
    sites, lengths = [], genome.lengths
    for record, first in zip(records, placed.bounds[:-1].tolist(), strict=True):
        contig = contigs.find(record.contig)
        if not record.alts:
            placed.skips[first] = "NO_ALT"
        for number, alt in enumerate(record.alts, first):
            if alt == record.ref or alt == ".":
                placed.skips[number] = "NO_ALT"
            elif alt not in _CODE and not is_sequence(alt):
                placed.skips[number] = "SYMBOLIC"
            elif contig is None:
                placed.skips[number] = "UNKNOWN_CONTIG"
            elif record.start < 0:
                placed.skips[number] = "EDGE"
            elif record.start + len(record.ref) > lengths[contig] or not (
                record.ref in _CODE or is_sequence(record.ref)
            ):
                placed.skips[number] = "REF_MISMATCH"
            else:
                sites.append(_Site(number, contig, record, Allele(record.start, record.ref, alt)))
    return sites


def _differs(genome: Genome, contig: str, start: int, letters: str) -> bool:
    """Return whether letters are not the genome's; a letter of it that is no base may be anything."""
    found = genome.codes(contig, start, start + len(letters))
    return bool(((found != encode_letters(letters)) & (found != N)).any())


def _is_single(record: Record) -> bool:
    """Return whether all alleles are single bases, most variants being so."""
    return record.ref in _CODE and (
        record.alts[0] in _CODE if len(record.alts) == 1 else _CODE.keys() >= {*record.alts}
    )


def _cut_single(
    sites: Sequence[_Site], genome: Genome, placed: Placed, *, length: int, offsets: Sequence[int]
) -> list[Windows]:
    """Check single-base substitutions on one stretch, which the genome holds, and cut out their windows all at once."""
    contig = sites[0].contig
    numbers = np.array([site.number for site in sites], np.int64)
    starts = np.array([site.allele.start for site in sites], np.int64)
    ref, alt = (np.array([_CODE[letter] for letter in some], np.uint8) for some in _letters(sites))
    low, high = max(int(starts.min()) - length, 0), min(int(starts.max()) + length + 1, genome.lengths[contig])
    letters = genome.codes(contig, low, high)
    found = letters[starts - low]
    wrong = (found != ref) & (found != N)
    opens = np.array([True, *(b.record is not a.record for a, b in pairwise(sites))])  # the first site of a record
    placed.compared += int(opens.sum())
    placed.mismatched += int((wrong & opens).sum())
    placed.swapped += int((wrong & (found == alt)).sum())
    firsts = np.stack([starts - offset for offset in offsets])
    outside = ((firsts < 0) | (firsts + length > genome.lengths[contig])).any(0)
    for number in numbers[wrong].tolist():
        placed.skips[number] = "REF_MISMATCH"
    placed.lengths[numbers[~wrong]] = 1
    for number in numbers[~wrong & outside].tolist():
        placed.skips[number] = "EDGE"
    good = ~wrong & ~outside
    windows = []
    for offset, begins in zip(offsets, firsts, strict=True):
        first = letters[(begins[good] - low)[:, None] + np.arange(length)]
        second = first.copy()
        second[:, offset] = alt[good]
        spans = np.tile(np.array([offset, offset + 1], np.int64), (len(first), 1))
        windows.append(Windows(rows=numbers[good], first=first, second=second, first_span=spans, second_span=spans))
    return windows


def _letters(sites: Sequence[_Site]) -> tuple[list[str], list[str]]:
    return [site.allele.ref for site in sites], [site.allele.alt for site in sites]


@dataclass(frozen=True, slots=True)
class _Draft:
    number: int
    first: UInt8[np.ndarray, " length"]
    second: UInt8[np.ndarray, " length"]
    spans: tuple[int, int, int, int]


def _cut(
    sites: Sequence[_Site],
    genome: Genome,
    placed: Placed,
    *,
    length: int,
    offsets: Sequence[int],
    drafts: list[list[_Draft]],
) -> None:
    """Check, normalise and cut out the windows of sites on one stretch, which the genome holds."""
    last, wrong = None, False
    for site in sites:
        record, contig = site.record, site.contig
        if record is not last:
            last, wrong = record, _differs(genome, contig, record.start, record.ref)
            placed.compared += 1
            placed.mismatched += wrong
        if wrong:
            placed.skips[site.number] = "REF_MISMATCH"
            end = record.start + len(site.allele.alt)
            if end <= genome.lengths[contig] and not _differs(genome, contig, record.start, site.allele.alt):
                placed.swapped += 1
            continue
        allele = site.allele
        allele = trimmed(allele.start, allele.ref, allele.alt)
        allele = left_aligned(allele, partial(genome.letter, contig))
        placed.lengths[site.number] = len(allele.ref), len(allele.alt)
        if max(len(allele.ref), len(allele.alt)) > length:
            placed.skips[site.number] = "TOO_LONG"
            continue
        pairs = [_pair(site.number, allele, genome, contig, length=length, offset=offset) for offset in offsets]
        if any(pair is None for pair in pairs):
            placed.skips[site.number] = "EDGE"
            continue
        for some, pair in zip(drafts, pairs, strict=True):
            some.append(pair)  # type: ignore[arg-type]


def _pair(number: int, allele: Allele, genome: Genome, contig: str, *, length: int, offset: int) -> _Draft | None:
    """Return both windows, with the middle of either allele at `offset`; None where one would leave the contig."""
    r, a, start = len(allele.ref), len(allele.alt), allele.start
    before, before_alt = (min(max(offset - n // 2, 0), length - n) for n in (r, a))
    after_alt = length - before_alt - a
    low = start - max(before, before_alt)
    high = max(start - before + length, start + r + after_alt)
    if low < 0 or high > genome.lengths[contig]:
        return None
    letters = genome.codes(contig, low, high)
    at = start - low
    first = letters[at - before : at - before + length]
    second = np.concatenate(
        (letters[at - before_alt : at], encode_letters(allele.alt), letters[at + r : at + r + after_alt])
    )
    return _Draft(number, first, second, (before, before + r, before_alt, before_alt + a))


def _of_drafts(drafts: Sequence[_Draft], length: int) -> Windows:
    spans = np.array([draft.spans for draft in drafts], np.int64).reshape(-1, 4)
    empty = [np.empty((0, length), np.uint8)]
    return Windows(
        rows=np.array([draft.number for draft in drafts], np.int64),
        first=np.concatenate([*empty, *(draft.first[None] for draft in drafts)]),
        second=np.concatenate([*empty, *(draft.second[None] for draft in drafts)]),
        first_span=spans[:, :2],
        second_span=spans[:, 2:],
    )


def _joined(parts: Sequence[Windows]) -> Windows:
    """Return windows one after the other, in the order of their alleles."""
    whole = Windows(
        **{name: np.concatenate([getattr(one, name) for one in parts]) for name in Windows.__dataclass_fields__}
    )
    return whole if (np.diff(whole.rows) > 0).all() else taken(whole, np.argsort(whole.rows))


def _drop_unknown(placed: Placed) -> None:
    """Skip alleles with a letter other than A, C, G, T in any of their windows."""
    if not placed.windows or not len(placed.windows[0].rows):
        return
    bad = np.zeros(len(placed.windows[0].rows), bool)
    for some in placed.windows:
        bad |= (some.first >= N).any(1) | (some.second >= N).any(1)
    for number in placed.windows[0].rows[bad].tolist():
        placed.skips[number] = "N_IN_WINDOW"
    placed.windows = [taken(some, ~bad) for some in placed.windows]


def taken(windows: Windows, rows: np.ndarray) -> Windows:
    """Return some of the windows, by mask or index."""
    return Windows(**{name: getattr(windows, name)[rows] for name in Windows.__dataclass_fields__})
