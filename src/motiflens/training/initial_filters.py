"""Starting values: first-layer filters from the words that tell the classes apart."""

from dataclasses import dataclass

import numpy as np
import torch

from motiflens.model.additive.network import MotifTerm
from motiflens.sequence.kmers import kmer_indices, reverse_complement_kmers
from motiflens.shapes import Codes, Labels

_WORD = 6
_SHARE = 0.75  # of a scale's filters; the rest starts random
_MATCH = 1.5  # pre-activation a matching base adds, so that the whole word has activation 1
_READOUT = 0.1
_ENOUGH = 20_000  # sequences for the ranking


@dataclass(frozen=True)
class Word:
    """A word of codes whose presence speaks for (sign 1) or against (sign -1) a logit."""

    codes: tuple[int, ...]
    head: int
    sign: int


def discriminative_words(codes: Codes, labels: Labels, *, heads: int, k: int, both: bool, count: int) -> list[Word]:
    """The k-mers whose presence differs most between a class and the rest, unlike each other, heads in turn.

    Ranked by the z-score of two proportions; `both` merges a word with its reverse complement.
    """
    presence = _presence(codes[:_ENOUGH], k, both)
    labels = labels[:_ENOUGH]
    targets = [1] if heads == 1 else list(range(heads))
    lists = []
    for head, target in enumerate(targets):
        inside = labels == target
        p, q, overall = presence[inside].mean(0), presence[~inside].mean(0), presence.mean(0)
        variance = overall * (1 - overall) * (1 / max(inside.sum(), 1) + 1 / max((~inside).sum(), 1))
        z = (p - q) / np.sqrt(variance + 1e-9)
        chosen = _unlike(np.argsort(-np.abs(z), kind="stable")[:4000], k, both, -(-count // heads))
        lists.append([Word(_letters(i, k), head, 1 if z[i] >= 0 else -1) for i in chosen])
    deepest = max(map(len, lists))
    in_turn = [words[rank] for rank in range(deepest) for words in lists if rank < len(words)]
    return in_turn[:count]


def _presence(codes: Codes, k: int, both: bool) -> np.ndarray:
    words = kmer_indices(codes, k)
    present = np.zeros((len(codes), 4**k), bool)
    row, column = np.nonzero(words >= 0)
    present[row, words[row, column]] = True
    if both:
        present |= present[:, reverse_complement_kmers(k)]
    return present


def _letters(index: int, k: int) -> tuple[int, ...]:
    return tuple(int(index // 4 ** (k - 1 - j)) % 4 for j in range(k))


def _unlike(ranked: np.ndarray, k: int, both: bool, count: int) -> list[int]:
    """The first `count` of the ranked words that are no near copy (one mismatch, or one shift) of an earlier one."""
    taken: list[tuple[int, ...]] = []
    chosen: list[int] = []
    for index in ranked:
        word = _letters(int(index), k)
        if any(_alike(word, other) for other in taken):
            continue
        chosen.append(int(index))
        taken.append(word)
        if both:
            taken.append(tuple(3 - c for c in word[::-1]))
        if len(chosen) == count:
            break
    return chosen


def _alike(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return a[1:] == b[:-1] or a[:-1] == b[1:] or sum(x != y for x, y in zip(a, b, strict=True)) <= 1


def start_from_words(term: MotifTerm, codes: Codes, labels: Labels, *, both: bool) -> None:
    """Put discriminative words into most filters of every scale of the motif term, in place."""
    heads, first = len(term.readout), 0
    with torch.no_grad():
        for bank in term.filters:
            filters, _, width = bank.shape
            k = min(_WORD, width, codes.shape[1])
            words = discriminative_words(codes, labels, heads=heads, k=k, both=both, count=round(_SHARE * filters))
            for i, word in enumerate(words):
                at = torch.arange(k) + (width - k) // 2
                bank[i, :, at] -= _MATCH / 3
                bank[i, list(word.codes), at] += _MATCH + _MATCH / 3
                term.bias[first + i] = -_MATCH * k
                term.readout[word.head, first + i] = _READOUT * word.sign
            first += filters
