"""Near duplicates: sequences that share most of their letters, shifted and on either strand or not.

Two sequences are similar when they share the letters at the places of a spaced seed and, laid on top of each other
along it without gaps, overlap in at least half of the shorter one, agree in at least 80 % of the overlap, and in at
least 30 letters. Unlike a share of common k-mers this does not join sequences that only share a repeat unit, an adapter
or a motif.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64

from motiflens.groups.duplicates import Groups, equal_sequences, strand_copies
from motiflens.sequence.alphabet import count_valid, reverse_complement
from motiflens.shapes import Codes

#: Spaced seeds (Ma, Tromp & Li 2002): places whose letters make a word. Of the symmetric ones, which read the same on
#: both strands, these hit most overlaps of 80 % identity; odd weights, so that no word is its own reverse complement.
SEEDS = ("110111011", "111010010010111", "11110010101001111", "1111001101011001111")
_CHANCE_PAIRS = 5e6  # comparisons that unrelated sequences may cost: sets the seed
_PAIRS = 4e8  # comparisons in all: sets from where on a word is ubiquitous


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """When two sequences are near duplicates: share of identical letters in the overlap, and matches at least."""

    identity: float = 0.8
    matches: int = 30

    def __str__(self) -> str:
        return (
            f"at least {self.identity:.0%} identical letters over half of the shorter sequence or more, without gaps, "
            f"and {self.matches} letters at least"
        )


DEFAULT = Similarity()


def similar_groups(codes: Codes, *, both_strands: bool = True, similarity: Similarity = DEFAULT) -> Groups:
    """Group number of each sequence (n,): copies and near duplicates are in one group, joined transitively."""
    from motiflens.groups._near_duplicates_kernel import join_similar  # numba: only where somebody asks

    copies = strand_copies(codes) if both_strands else equal_sequences(codes)
    _, first = np.unique(copies, return_index=True)
    index = _index(codes[first], both_strands=both_strands)
    if index is None:
        return copies
    groups = np.arange(len(first))
    join_similar(*index.arguments(), (similarity.identity, similarity.matches), index.cap(), groups)
    return groups[copies]


def nearest_known(
    codes: Codes, known: Bool[np.ndarray, " n"], *, both_strands: bool = True, similarity: Similarity = DEFAULT
) -> Int64[np.ndarray, " n"]:
    """For each sequence that is not known (n,) a known one that is its copy or near duplicate; -1 where none is found.

    Known ones themselves have -1.
    """
    from motiflens.groups._near_duplicates_kernel import nearest_across

    copies = strand_copies(codes) if both_strands else equal_sequences(codes)
    owner = np.full(int(copies.max(initial=-1)) + 1, -1)
    owner[copies[known]] = np.flatnonzero(known)
    nearest = np.where(known, -1, owner[copies])
    asked = ~known & (nearest < 0)
    if not asked.any():
        return nearest
    _, first = np.unique(np.where(asked, copies + len(codes), copies), return_index=True)
    rows = np.sort(first)  # a copy of each sequence on each side
    index = _index(codes[rows], both_strands=both_strands)
    if index is None:
        return nearest
    found, rule = np.full(len(rows), -1), (similarity.identity, similarity.matches)
    nearest_across(*index.arguments(), rule, index.cap(), ~asked[rows], found)
    answer = np.full(len(owner), -1)
    hit = found >= 0
    answer[copies[rows[hit]]] = rows[found[hit]]
    nearest[asked] = answer[copies[asked]]
    # A row that stands for known and not known alike may be an asked one's copy: name a known record.
    return np.where((nearest >= 0) & ~known[nearest], owner[copies[nearest]], nearest)


@dataclass(frozen=True, kw_only=True)
class _Index:
    """Where each word of the sequences occurs: sorted `occurrences` with `bits`, as `find_words` packs them."""

    occurrences: np.ndarray
    bits: tuple[int, int]
    span: int
    codes: Codes
    both_strands: bool

    def cap(self) -> int:
        """Occurrences up to which a word's are all compared with each other."""
        from motiflens.groups._near_duplicates_kernel import count_words

        counts = count_words(self.occurrences, self.bits, 1 << 20)
        sizes = np.arange(len(counts))
        pairs = np.cumsum(counts * sizes * (sizes - 1.0) / 2)
        return int(np.searchsorted(pairs, _PAIRS, side="right")) - 1

    def arguments(self) -> tuple[Any, ...]:
        """What the kernels take."""
        from motiflens.groups._near_duplicates_kernel import pack

        packed = pack(self.codes)
        other = pack(np.ascontiguousarray(reverse_complement(self.codes))) if self.both_strands else packed
        sequences = (packed, other, count_valid(self.codes), self.codes.shape[1], self.span)
        return self.occurrences, self.bits, sequences


def seed_for(n: int, length: int) -> str:
    """The seed that brings two sequences together: of the fewest letters that chance does not share too often."""
    pairs = float(n * length) ** 2
    return next((seed for seed in SEEDS if pairs / 4 ** seed.count("1") <= _CHANCE_PAIRS), SEEDS[-1])


def _index(codes: Codes, *, both_strands: bool) -> _Index | None:
    from motiflens.groups._near_duplicates_kernel import find_words

    seed = seed_for(*codes.shape)
    if codes.shape[1] < len(seed):
        return None
    codes = np.ascontiguousarray(codes)
    bits = (len(codes).bit_length(), codes.shape[1].bit_length())
    places = np.array([place for place, counts in enumerate(seed) if counts == "1"])
    occurrences = find_words(codes, places, both_strands, bits)
    occurrences.sort()
    return _Index(occurrences=occurrences, bits=bits, span=len(seed), codes=codes, both_strands=both_strands)
