"""Near duplicates: sequences that share most of their letters, shifted and on either strand or not.

Two sequences are similar when they share the letters at the positions of a spaced seed and, aligned along it without
gaps, overlap in at least half of the shorter one, agree in at least 80 % of the overlap, and in at least 30 letters.
Unlike a share of common k-mers this does not join sequences that only share a repeat unit, an adapter or a motif.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64

from motiflens.groups.duplicates import Groups, copy_groups, equal_sequences
from motiflens.sequence.alphabet import count_valid, reverse_complement
from motiflens.shapes import Codes, Strands

#: Spaced seeds (Ma, Tromp & Li 2002); letters at the positions with 1 are compared. Of the symmetric ones, which read
#: the same on both strands, these hit most overlaps of 80 % identity; odd weights, so that no seed's letters are their
#: own reverse complement.
SEEDS = ("110111011", "111010010010111", "11110010101001111", "1111001101011001111")
_CHANCE_PAIRS = 5e6  # comparisons that unrelated sequences may cost: sets the seed
_PAIRS = 4e8  # comparisons in all: sets from which number of occurrences on a seed is ubiquitous


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """When two sequences are near duplicates: least share of identical letters in the overlap, and least matches."""

    identity: float = 0.8
    matches: int = 30

    def __str__(self) -> str:
        return (
            f"at least {self.identity:.0%} identical letters over half of the shorter sequence or more, without gaps, "
            f"and {self.matches} letters at least"
        )


DEFAULT = Similarity()


class DuplicateIndex:
    """Copies and near duplicates in a set of sequences; each result is computed once, when it is first asked for.

    Args:
        codes: Sequences (n, length).
        strands: With "both", a sequence and its reverse complement are copies.
    """

    def __init__(self, codes: Codes, *, strands: Strands = "both") -> None:
        self.codes = codes
        self.strands = strands
        self._groups: dict[Similarity, Groups] = {}

    @cached_property
    def equal(self) -> Groups:
        """Group of each sequence: equal sequences, equal number."""
        return equal_sequences(self.codes)

    @cached_property
    def copies(self) -> Groups:
        """Group of each sequence: copies, on the same strand or with "both" on either, have one number."""
        return copy_groups(self.codes, strands=self.strands)

    def groups(self, similarity: Similarity = DEFAULT) -> Groups:
        """Return the group of each sequence: copies and near duplicates, joined transitively, have one number."""
        from motiflens.groups._near_duplicates_kernel import join_similar  # numba: only where it is needed

        if similarity not in self._groups:
            groups = np.arange(len(self._first))
            if self._seeds is not None:
                join_similar(*self._seeds.arguments, (similarity.identity, similarity.matches), self._seeds.cap, groups)
            self._groups[similarity] = groups[self.copies]
        return self._groups[similarity]

    def nearest(self, reference: Bool[np.ndarray, " n"], similarity: Similarity = DEFAULT) -> Int64[np.ndarray, " n"]:
        """Return, for each sequence outside of `reference`, the row of a copy or near duplicate in it.

        -1 where none is found, and for the sequences of `reference` themselves.
        """
        from motiflens.groups._near_duplicates_kernel import nearest_across

        copies = self.copies
        owner = np.full(len(self._first), -1)  # a row of `reference` for each group of copies
        owner[copies[reference]] = np.flatnonzero(reference)
        nearest = np.where(reference, -1, owner[copies])
        if not (~reference & (nearest < 0)).any() or self._seeds is None:
            return nearest
        found, rule = np.full(len(self._first), -1), (similarity.identity, similarity.matches)
        nearest_across(*self._seeds.arguments, rule, self._seeds.cap, owner >= 0, found)
        representative = np.where(reference[self._first], self._first, owner)
        owner[found >= 0] = representative[found[found >= 0]]
        return np.where(reference, -1, owner[copies])

    @cached_property
    def _first(self) -> Int64[np.ndarray, " copies"]:
        """The first row of each group of copies."""
        return np.unique(self.copies, return_index=True)[1]

    @cached_property
    def _seeds(self) -> "_SeedIndex | None":
        """Where the seeds of different sequences occur; None where the sequences are shorter than a seed."""
        return _seed_index(self.codes[self._first], strands=self.strands)


@dataclass(frozen=True, kw_only=True)
class _SeedIndex:
    """Where each seed of the sequences occurs: sorted `occurrences` with `bits`, as `find_seeds` packs them."""

    occurrences: Int64[np.ndarray, " occurrences"]
    bits: tuple[int, int]
    span: int
    codes: Codes
    strands: Strands

    @cached_property
    def cap(self) -> int:
        """Number of occurrences of a seed up to which all pairs are compared."""
        from motiflens.groups._near_duplicates_kernel import count_seeds

        counts = count_seeds(self.occurrences, self.bits, 1 << 20)
        sizes = np.arange(len(counts))
        pairs = np.cumsum(counts * sizes * (sizes - 1.0) / 2)
        return int(np.searchsorted(pairs, _PAIRS, side="right")) - 1

    @cached_property
    def arguments(self) -> tuple[Any, ...]:
        """The kernels' first arguments: occurrences, bits, packed sequences."""
        from motiflens.groups._near_duplicates_kernel import pack

        packed = pack(self.codes)
        other = pack(np.ascontiguousarray(reverse_complement(self.codes))) if self.strands == "both" else packed
        sequences = (packed, other, count_valid(self.codes), self.codes.shape[1], self.span)
        return self.occurrences, self.bits, sequences


def seed_for(n: int, length: int) -> str:
    """Return the seed with the fewest letters that unrelated sequences do not share too often."""
    pairs = float(n * length) ** 2
    return next((seed for seed in SEEDS if pairs / 4 ** seed.count("1") <= _CHANCE_PAIRS), SEEDS[-1])


def _seed_index(codes: Codes, *, strands: Strands) -> _SeedIndex | None:
    from motiflens.groups._near_duplicates_kernel import find_seeds

    seed = seed_for(*codes.shape)
    if codes.shape[1] < len(seed):
        return None
    codes = np.ascontiguousarray(codes)
    bits = (len(codes).bit_length(), codes.shape[1].bit_length())
    positions = np.array([position for position, compared in enumerate(seed) if compared == "1"])
    occurrences = find_seeds(codes, positions, strands == "both", bits)
    occurrences.sort()
    return _SeedIndex(occurrences=occurrences, bits=bits, span=len(seed), codes=codes, strands=strands)
