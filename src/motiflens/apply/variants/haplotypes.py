"""Variants of one haplotype in one window: what they do together, beside what each of them does alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float64, UInt8

from motiflens.apply.variants.alleles import Allele, left_aligned, trimmed
from motiflens.apply.variants.contigs import Contigs
from motiflens.apply.variants.genome import Genome
from motiflens.apply.variants.genotypes import genotype_of
from motiflens.apply.variants.records import Record
from motiflens.apply.variants.scores import Scorer
from motiflens.apply.variants.windows import Windows
from motiflens.sequence.alphabet import N, decode, encode_letters

_NEAR = 2  # windows, to either side of an allele, in which others of its haplotype are looked for
#: Windows around a batch whose records can matter to it: those of an allele, of its neighbours, and of a long REF.
REACH = 2 * _NEAR
_BASES = frozenset("ACGT")
_SHOWN = 20  # letters of an allele


@dataclass(frozen=True, kw_only=True)
class Joint:
    """An allele (`row`) in the window with others of its haplotype, which is 1 or 2.

    `delta` (targets,) is the change of the score where all of them replace the reference, `interaction` that less the
    sum of what each of them changes alone; None where two of them overlap, or the window cannot be filled.
    """

    row: int
    haplotype: int
    others: tuple[str, ...]
    delta: Float64[np.ndarray, " targets"] | None = None
    interaction: Float64[np.ndarray, " targets"] | None = None


@dataclass(frozen=True, slots=True)
class _Carried:
    """An allele on a haplotype as it is spelled, `row` None where it is not of the batch."""

    allele: Allele
    phase: str | None
    shown: str
    row: int | None

    @property
    def end(self) -> int:
        return self.allele.start + len(self.allele.ref)


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """A joint score to be: the reference's window, and those with all alleles and with each of them alone."""

    row: int
    others: tuple[str, ...]
    first: UInt8[np.ndarray, " length"]
    seconds: list[UInt8[np.ndarray, " length"]]


class Haplotypes:
    """Scores alleles together that a sample carries on one haplotype; `sample` is its column."""

    def __init__(self, scorer: Scorer, genome: Genome, contigs: Contigs, *, length: int, sample: int) -> None:
        self._scorer, self._genome, self._contigs = scorer, genome, contigs
        self._length, self._sample = length, sample

    def joint(
        self, records: Sequence[Record], around: Sequence[Record], *, offsets: dict[int, int]
    ) -> tuple[list[Joint], int]:
        """Return what alleles do together with others, and how many are carried but not phased.

        Args:
            records: the records, whose alleles are numbered as rows; one without ALT is a row too.
            around: further records, which may share a window with one of them.
            offsets: of the rows that are scored, where in its window each stands.
        """
        lines: dict[tuple[str, int], list[_Carried]] = {}
        unphased = self._add(lines, records, numbered=True)
        self._add(lines, around, numbered=False)
        found, drafts = list[Joint](), list[tuple[int, _Draft]]()
        for (contig, haplotype), line in lines.items():
            line.sort(key=lambda one: (one.allele.start, one.end, one.allele.alt))
            for focal in line:
                if focal.row is None or focal.row not in offsets:
                    continue
                chain = self._chain(focal, line)
                made = self._draft(contig, chain, chain.index(focal), offset=offsets[focal.row])
                if isinstance(made, _Draft):
                    drafts.append((haplotype, made))
                elif made:
                    found.append(Joint(row=focal.row, haplotype=haplotype, others=made))
        return found + self._scored(drafts), unphased

    def _add(self, lines: dict[tuple[str, int], list[_Carried]], records: Sequence[Record], *, numbered: bool) -> int:
        """Add the alleles of records to the lines of their contigs and haplotypes; return how many are not phased."""
        row, unphased = 0, 0
        for record in records:
            genotype = genotype_of(record, self._sample)
            contig = self._contigs.find(record.contig)
            unphased += len(genotype.unphased)
            for copy in genotype.copies if contig else ():
                allele = self._usable(record, copy.alt, str(contig))
                if allele is not None:
                    shown = _shown(record, copy.alt)
                    own = _Carried(allele, copy.phase, shown, row + copy.alt if numbered else None)
                    lines.setdefault((str(contig), copy.haplotype), []).append(own)
            row += max(len(record.alts), 1)
        return unphased

    def _usable(self, record: Record, number: int, contig: str) -> Allele | None:
        """Return an allele, trimmed; None unless it is spelled out, fits a window and replaces what the genome has."""
        ref, alt, start = record.ref, record.alts[number], record.start
        if ref == alt or not ref or not _BASES.issuperset(ref + alt) or max(len(ref), len(alt)) > self._length:
            return None
        end = start + len(ref)
        if start < 0 or end > self._genome.lengths[contig] or decode(self._genome.codes(contig, start, end)) != ref:
            return None
        return trimmed(start, ref, alt)

    def _chain(self, focal: _Carried, line: Sequence[_Carried]) -> list[_Carried]:
        """Return the alleles near one that are of its phase, itself among them, each once, in the genome's order."""
        place = focal.allele.start
        near = [one for one in line if abs(one.allele.start - place) <= _NEAR * self._length]
        phase = focal.phase
        if phase is None:  # it is on both haplotypes: of the phase of the nearest that is not
            phased = [one for one in near if one.phase is not None]
            phase = min(phased, key=lambda one: abs(one.allele.start - place)).phase if phased else None
        chain = {one.allele: one for one in near if one.phase in (None, phase)} | {focal.allele: focal}
        return sorted(chain.values(), key=lambda one: (one.allele.start, one.end, one.allele.alt))

    def _draft(self, contig: str, chain: list[_Carried], which: int, *, offset: int) -> _Draft | tuple[str, ...]:
        """Return the windows of an allele of a chain; in their place the others' names where there are none to score.

        Alleles are shifted to the left as far as they reach no other, so that alone each has the window that it has
        without the others.
        """
        shifted = []
        for before, one in pairwise([None, *chain]):
            assert one is not None
            floor = max(one.allele.start - self._length, before.end if before else 0)
            shifted.append(left_aligned(one.allele, lambda at, floor=floor: self._letter(contig, at, floor)))  # type: ignore[misc]
        filler = _Filler(self._genome, contig, shifted[which], length=self._length, offset=offset)
        whole = filler.window(shifted[:which], shifted[which + 1 :], applied=True)
        low, high = which - whole.left, which + whole.right + 1
        others = tuple(chain[i].shown for i in range(low, high) if i != which)
        row = chain[which].row
        if not others or row is None or _overlap(chain[low:high]):
            return others
        first = filler.window([], [], applied=False).codes
        seconds = [whole.codes]
        for i in range(low, high):
            left, right = shifted[i : min(i + 1, which)], shifted[max(i, which + 1) : i + 1]
            seconds.append(filler.window(left, right, applied=i == which).codes)
        known = [codes for codes in (first, *seconds) if codes is not None and codes.max() < N]
        if len(known) < len(seconds) + 1:
            return others
        return _Draft(row=row, others=others, first=known[0], seconds=known[1:])

    def _letter(self, contig: str, position: int, floor: int) -> str:
        return self._genome.letter(contig, position) if position >= floor else ""

    def _scored(self, drafts: Sequence[tuple[int, _Draft]]) -> list[Joint]:
        if not drafts:
            return []
        sizes = [len(draft.seconds) for _, draft in drafts]
        first = np.concatenate(
            [np.repeat(draft.first[None], n, 0) for (_, draft), n in zip(drafts, sizes, strict=True)]
        )
        second = np.concatenate([np.stack(draft.seconds) for _, draft in drafts])
        spans = np.zeros((len(first), 2), np.int64)
        windows = Windows(rows=np.arange(len(first)), first=first, second=second, first_span=spans, second_span=spans)
        deltas = np.split(self._scorer.deltas(windows).delta, np.cumsum(sizes)[:-1])
        return [
            Joint(
                row=draft.row,
                haplotype=haplotype,
                others=draft.others,
                delta=own[0],
                interaction=own[0] - own[1:].sum(0),
            )
            for (haplotype, draft), own in zip(drafts, deltas, strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class _Filled:
    """A window, None where the contig does not fill it, and how many alleles to either side it has seen."""

    codes: UInt8[np.ndarray, " length"] | None
    left: int
    right: int


class _Filler:
    """Fills windows around one allele, whose middle stands at `offset`, with the genome's letters and other alleles."""

    def __init__(self, genome: Genome, contig: str, focal: Allele, *, length: int, offset: int) -> None:
        self._genome, self._contig, self._focal = genome, contig, focal
        self._length, self._offset = length, offset

    def window(self, left: Sequence[Allele], right: Sequence[Allele], *, applied: bool) -> _Filled:
        """Return the window with the alleles of either side, and with the focal one where it is `applied`."""
        focal = self._focal
        middle = focal.alt if applied else focal.ref
        before = min(max(self._offset - len(middle) // 2, 0), self._length - len(middle))
        front, n_left = self._side(left[::-1], focal.start, before, step=-1)
        back, n_right = self._side(right, focal.start + len(focal.ref), self._length - before - len(middle), step=1)
        codes = None if front is None or back is None else np.concatenate((front, encode_letters(middle), back))
        return _Filled(codes=codes, left=n_left, right=n_right)

    def _side(
        self, alleles: Sequence[Allele], position: int, need: int, *, step: int
    ) -> tuple[UInt8[np.ndarray, " need"] | None, int]:
        """Return `need` letters from a position on, in the direction of `step`, and how many alleles they hold."""
        parts, seen = list[np.ndarray](), 0
        for allele in alleles:
            low, high = allele.start, allele.start + len(allele.ref)
            gap = position - high if step < 0 else low - position
            if gap >= need:
                break
            seen += 1
            if gap < 0:
                return None, seen
            parts.append(self._stretch(position, gap, step))
            written = encode_letters(allele.alt)[::step][: need - gap]
            parts.append(written)
            need, position = need - gap - len(written), low if step < 0 else high
        low, high = (position - need, position) if step < 0 else (position, position + need)
        if low < 0 or high > self._genome.lengths[self._contig]:
            return None, seen
        letters = np.concatenate([*parts, self._stretch(position, need, step)])
        return letters[::step], seen

    def _stretch(self, position: int, count: int, step: int) -> UInt8[np.ndarray, " count"]:
        """Return letters of the genome in the direction of `step`."""
        low = position - count if step < 0 else position
        return self._genome.codes(self._contig, low, low + count)[::step]


def _overlap(chain: Sequence[_Carried]) -> bool:
    """Return whether alleles in the order of the genome claim the same letters, or are insertions at one place."""
    end = chain[0].end
    for before, one in pairwise(chain):
        insertions = not before.allele.ref and not one.allele.ref and before.allele.start == one.allele.start
        if one.allele.start < end or insertions:
            return True
        end = max(end, one.end)
    return False


def _shown(record: Record, number: int) -> str:
    """Return an allele as a field names it: place, REF, ALT as the file has them."""
    short = [text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..." for text in (record.ref, record.alts[number])]
    return f"{record.start + 1}:{short[0]}>{short[1]}"
