"""Words, with gaps, that more sequences of one class hold than composition explains: seeds where models are blind."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import no_type_check

import numpy as np
from numba import njit

from motiflens.discovery.config import WordConfig


@dataclass(frozen=True, kw_only=True)
class Word:
    """A gapped word: `offsets` of its letters (ascending from 0), their `letters` 0..3, its enrichment `z`."""

    offsets: tuple[int, ...]
    letters: tuple[int, ...]
    z: float

    def columns(self) -> np.ndarray:
        """Codes (span,); 4 in the gaps."""
        out = np.full(self.offsets[-1] + 1, 4, np.uint8)
        out[list(self.offsets)] = self.letters
        return out


@lru_cache
def templates(letters: int, span: int, *, both: bool) -> tuple[tuple[int, ...], ...]:
    """Offsets of all words of `letters` letters within `span`; of a shape and its mirror only one when `both`."""
    out = []
    for inner in combinations(range(1, span - 1), letters - 2):
        shape = (0, *inner, span - 1)
        mirror = tuple(span - 1 - i for i in reversed(shape))
        if not both or shape <= mirror:
            out.append(shape)
    return tuple(out)


@njit(cache=True, nogil=True)
@no_type_check
def word_sums(codes, offsets, shape, both, residual, variance):
    """Sums of residual and variance over the sequences that hold each word, (4^k,) each; canonical words if `both`."""
    k, span = len(shape), shape[-1] + 1
    size = 1 << (2 * k)
    last = np.full(size, -1, np.int32)
    up = np.zeros(size, np.float32)
    spread = np.zeros(size, np.float32)
    symmetric = True
    for i in range(k):
        symmetric = symmetric and shape[i] + shape[k - 1 - i] == span - 1
    for s in range(len(offsets) - 1):
        for p in range(offsets[s], offsets[s + 1] - span + 1):
            word, turned, bad, bad_turned = 0, 0, False, False
            for i in range(k):
                code = codes[p + shape[i]]
                bad = bad or code > 3
                word = (word << 2) | (code & 3)
            if both:
                for i in range(k):
                    code = codes[p + span - 1 - shape[i]]
                    bad_turned = bad_turned or code > 3
                    turned = (turned << 2) | (3 - (code & 3))
                if symmetric:
                    word = min(word, turned)
                elif not bad_turned and last[turned] != s:
                    last[turned] = s
                    up[turned] += residual[s]
                    spread[turned] += variance[s]
            if not bad and last[word] != s:
                last[word] = s
                up[word] += residual[s]
                spread[word] += variance[s]
    return up, spread


def enriched_words(
    codes: np.ndarray,
    offsets: np.ndarray,
    *,
    residual: np.ndarray,
    variance: np.ndarray,
    both: bool,
    config: WordConfig,
    workers: int,
) -> list[Word]:
    """The most enriched words of every template, best first, at most `config.kept`.

    codes (total,) with sequence i at offsets[i]..offsets[i + 1]; residual (n,) is label minus expected label and
    variance (n,) its variance, so that a word's z is sum(residual) / sqrt(sum(variance)) over the sequences holding it.
    """
    longest = int(np.diff(offsets).max(initial=0))
    shapes = [
        shape
        for letters, spans in config.shapes
        for span in spans
        if span <= longest
        for shape in templates(letters, span, both=both)
    ]
    shapes += [
        (*range(half), *range(half + gap, 2 * half + gap))
        for half, gaps in config.dyads
        for gap in gaps
        if 2 * half + gap <= longest
    ]
    up32, var32 = residual.astype(np.float32), variance.astype(np.float32)

    total = np.float32(variance.sum())

    def best_of(shape: tuple[int, ...]) -> list[Word]:
        up, spread = word_sums(codes, offsets, np.array(shape), both, up32, var32)
        # Half a sequence of continuity, and a floor below which the normal tail does not hold.
        # A word that most sequences hold leaves little to chance: the variance is that of draws without replacement.
        z = (up - 0.5) / np.sqrt(spread * np.maximum(1 - spread / total, 0) + config.variance_floor)
        top = np.argpartition(-z, min(config.per_template, len(z) - 1))[: config.per_template]
        return [Word(offsets=shape, letters=_letters(int(i), len(shape)), z=float(z[i])) for i in top if z[i] > 0]

    with ThreadPoolExecutor(workers) as threads:
        found = [word for words in threads.map(best_of, shapes) for word in words]
    return sorted(found, key=lambda w: (-w.z, w.offsets, w.letters))[: config.kept]


def _letters(index: int, k: int) -> tuple[int, ...]:
    return tuple(index >> (2 * (k - 1 - j)) & 3 for j in range(k))


def unlike(words: Sequence[Word], count: int, *, both: bool) -> list[Word]:
    """The first `count` words that are no shifted or partial copy of an earlier one."""
    chosen: list[Word] = []
    taken: list[np.ndarray] = []
    for word in words:
        columns = word.columns()
        if any(_alike(columns, other) for other in taken):
            continue
        chosen.append(word)
        taken.append(columns)
        if both:
            taken.append(np.where(columns[::-1] > 3, 4, 3 - columns[::-1]).astype(np.uint8))
        if len(chosen) == count:
            break
    return chosen


@njit(cache=True, nogil=True)
@no_type_check
def _alike(a, b):
    """Whether some alignment has at least four equal letters and at most one unequal."""
    for shift in range(4 - len(b), len(a) - 3):
        same, unlike_letters = 0, 0
        for i in range(max(shift, 0), min(len(a), shift + len(b))):
            x, y = a[i], b[i - shift]
            if x < 4 and y < 4:
                same += x == y
                unlike_letters += x != y
        if same >= 4 and unlike_letters <= 1:
            return True
    return False
