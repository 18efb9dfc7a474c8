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

from motiflens.data.copies import Groups, equal_sequences, strand_copies
from motiflens.sequence.alphabet import N, reverse_complement
from motiflens.shapes import Codes

#: Spaced seeds (Ma, Tromp & Li 2002): places whose letters make a word. Of the symmetric ones, which read the same on
#: both strands, these hit most overlaps of 80 % identity; odd weights, so that no word is its own reverse complement.
_SEEDS = ("110111011", "111010010010111", "11110010101001111", "1111001101011001111")
_CHANCE_PAIRS = 5e6  # comparisons that unrelated sequences may cost: sets the seed
_PAIRS = 4e8  # comparisons in all: sets from where on a word is ubiquitous
_ONE, _PLACE_BITS = np.uint64(1), np.uint64(37)  # the letters of a word take 26 more


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
    from motiflens.data._similarity_kernel import join_similar  # numba: only where somebody asks

    copies = strand_copies(codes) if both_strands else equal_sequences(codes)
    _, first = np.unique(copies, return_index=True)
    index = _index(codes[first], both_strands=both_strands)
    if index is None:
        return copies
    groups = np.arange(len(first))
    join_similar(*index.places(), (similarity.identity, similarity.matches), index.cap, groups)
    return groups[copies]


def nearest_known(
    codes: Codes, known: Bool[np.ndarray, " n"], *, both_strands: bool = True, similarity: Similarity = DEFAULT
) -> Int64[np.ndarray, " n"]:
    """For each sequence that is not known (n,) a known one that is its copy or near duplicate; -1 where none is found.

    Known ones themselves have -1.
    """
    from motiflens.data._similarity_kernel import nearest_across

    copies = strand_copies(codes) if both_strands else equal_sequences(codes)
    owner = np.full(int(copies.max(initial=-1)) + 1, -1)
    owner[copies[known]] = np.flatnonzero(known)
    nearest = np.where(known, -1, owner[copies])
    asked = ~known & (nearest < 0)
    _, first = np.unique(np.where(asked, copies + len(codes), copies), return_index=True)
    rows = np.sort(first)  # a copy of each sequence on each side
    index = _index(codes[rows], both_strands=both_strands)
    if index is None or not asked.any():
        return nearest
    found, rule = np.full(len(rows), -1), (similarity.identity, similarity.matches)
    nearest_across(*index.places(), rule, index.cap, ~asked[rows], found)
    answer = np.full(len(owner), -1)
    hit = found >= 0
    answer[copies[rows[hit]]] = rows[found[hit]]
    nearest[asked] = answer[copies[asked]]
    # A row that stands for known and not known alike may be an asked one's copy: name a known record.
    return np.where((nearest >= 0) & ~known[nearest], owner[copies[nearest]], nearest)


@dataclass(frozen=True, kw_only=True)
class _Index:
    """Where each word of the sequences occurs: the w-th at `starts[w]` to `starts[w + 1]` of `rows` and `columns`."""

    starts: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    turned: np.ndarray
    codes: Codes
    both_strands: bool

    @property
    def cap(self) -> int:
        """Occurrences up to which a word's are all compared with each other."""
        counts = np.bincount(np.diff(self.starts))
        sizes = np.arange(len(counts))
        pairs = np.cumsum(counts * sizes * (sizes - 1.0) / 2)
        return int(np.searchsorted(pairs, _PAIRS, side="right")) - 1

    def places(self) -> tuple[Any, ...]:
        """What the kernels take."""
        from motiflens.data._similarity_kernel import pack

        packed = pack(self.codes)
        other = pack(np.ascontiguousarray(reverse_complement(self.codes))) if self.both_strands else packed
        sequences = (packed, other, (self.codes < N).sum(axis=1), self.codes.shape[1])
        return self.starts, (self.rows, self.columns), self.turned, sequences


def seed_for(n: int, length: int) -> str:
    """The seed that brings two sequences together: of the fewest letters that chance does not share too often."""
    pairs = float(n * length) ** 2
    return next((seed for seed in _SEEDS if pairs / 4 ** seed.count("1") <= _CHANCE_PAIRS), _SEEDS[-1])


def _index(codes: Codes, *, both_strands: bool) -> _Index | None:
    from motiflens.data._similarity_kernel import count_words

    seed = np.array([place == "1" for place in seed_for(*codes.shape)])
    if codes.shape[1] < len(seed):
        return None
    codes = np.ascontiguousarray(codes)
    words, turned = count_words(codes, np.flatnonzero(seed), both_strands)
    places = np.flatnonzero(words >= 0)
    # Sorted with their places, words keep the sequences' order; a table of all words would be larger than most data.
    keys = (words.ravel()[places].astype(np.uint64) << _PLACE_BITS) | places.astype(np.uint64)
    keys.sort()
    found, places = keys >> _PLACE_BITS, (keys & ((_ONE << _PLACE_BITS) - _ONE)).astype(np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(found)) + 1, [len(found)]])
    rows = places // words.shape[1]
    columns = places - rows * words.shape[1]
    return _Index(
        starts=starts,
        rows=rows.astype(np.int32),
        columns=columns.astype(np.int32),
        turned=turned,
        codes=codes,
        both_strands=both_strands,
    )
