"""Gapped k-mers that more sequences of one class hold than composition explains: seeds that need no model."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import no_type_check

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from motiflens.compiled.jit import njit
from motiflens.discovery.config import GappedKmerConfig
from motiflens.shapes import Strands

_GAP = 4


@dataclass(frozen=True, kw_only=True)
class GappedKmer:
    """A gapped k-mer: `offsets` of its letters (ascending from 0), their codes `letters`, its enrichment `z`."""

    offsets: tuple[int, ...]
    letters: tuple[int, ...]
    z: float

    def codes(self) -> UInt8[np.ndarray, " span"]:
        """Return the code of each column, 4 in the gaps."""
        out = np.full(self.offsets[-1] + 1, _GAP, np.uint8)
        out[list(self.offsets)] = self.letters
        return out


@lru_cache
def templates(letters: int, span: int, *, strands: Strands) -> tuple[tuple[int, ...], ...]:
    """Return the offsets of all gapped k-mers with so many letters in `span`; with both strands no mirror images."""
    out = []
    for inner in combinations(range(1, span - 1), letters - 2):
        shape = (0, *inner, span - 1)
        mirror = tuple(span - 1 - i for i in reversed(shape))
        if strands == "forward" or shape <= mirror:
            out.append(shape)
    return tuple(out)


@njit(cache=True, nogil=True)
@no_type_check
def gapped_kmer_sums(codes, offsets, shape, both_strands, residual, variance):
    """Sum residual and variance over the sequences that hold each k-mer of a shape, (4^k,) each.

    With `both_strands` a k-mer and its reverse complement share the entry of the lesser.
    """
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
            forward, reverse, invalid, invalid_reverse = 0, 0, False, False
            for i in range(k):
                code = codes[p + shape[i]]
                invalid = invalid or code > 3
                forward = (forward << 2) | (code & 3)
            if both_strands:
                for i in range(k):
                    code = codes[p + span - 1 - shape[i]]
                    invalid_reverse = invalid_reverse or code > 3
                    reverse = (reverse << 2) | (3 - (code & 3))
                if symmetric:
                    forward = min(forward, reverse)
                elif not invalid_reverse and last[reverse] != s:
                    last[reverse] = s
                    up[reverse] += residual[s]
                    spread[reverse] += variance[s]
            if not invalid and last[forward] != s:
                last[forward] = s
                up[forward] += residual[s]
                spread[forward] += variance[s]
    return up, spread


def enriched_gapped_kmers(
    codes: UInt8[np.ndarray, " total"],
    offsets: Int64[np.ndarray, " bounds"],
    *,
    residual: Float64[np.ndarray, " n"],
    variance: Float64[np.ndarray, " n"],
    strands: Strands,
    config: GappedKmerConfig,
    workers: int,
) -> list[GappedKmer]:
    """Return the most enriched gapped k-mers of every template, best first.

    The z-score of a k-mer is sum(residual) / sqrt(sum(variance)) over the sequences that hold it.

    Args:
        codes: sequences end to end.
        offsets: where each begins, and the end of the last.
        residual: label minus expected label of each sequence.
        variance: variance of each label.
        strands: strands on which a k-mer counts.
        config: templates, and how many k-mers are kept.
        workers: number of threads.
    """
    longest = int(np.diff(offsets).max(initial=0))
    shapes = [
        shape
        for letters, spans in config.shapes
        for span in spans
        if span <= longest
        for shape in templates(letters, span, strands=strands)
    ]
    shapes += [
        (*range(half), *range(half + gap, 2 * half + gap))
        for half, gaps in config.dyads
        for gap in gaps
        if 2 * half + gap <= longest
    ]
    up32, var32 = residual.astype(np.float32), variance.astype(np.float32)

    total = np.float32(variance.sum())

    def best_of(shape: tuple[int, ...]) -> list[GappedKmer]:
        up, spread = gapped_kmer_sums(codes, offsets, np.array(shape), strands == "both", up32, var32)
        # Half a sequence of continuity, and a floor below which the normal tail does not hold.
        # For a k-mer that most sequences hold, the variance is that of draws without replacement.
        z = (up - 0.5) / np.sqrt(spread * np.maximum(1 - spread / total, 0) + config.variance_floor)
        top = np.argpartition(-z, min(config.max_per_template, len(z) - 1))[: config.max_per_template]
        return [GappedKmer(offsets=shape, letters=_letters(int(i), len(shape)), z=float(z[i])) for i in top if z[i] > 0]

    with ThreadPoolExecutor(workers) as threads:
        found = [kmer for kmers in threads.map(best_of, shapes) for kmer in kmers]
    return sorted(found, key=lambda kmer: (-kmer.z, kmer.offsets, kmer.letters))[: config.max_kmers]


def _letters(index: int, k: int) -> tuple[int, ...]:
    return tuple(index >> (2 * (k - 1 - j)) & 3 for j in range(k))


def drop_near_copies(kmers: Sequence[GappedKmer], count: int, *, strands: Strands) -> list[GappedKmer]:
    """Return the first `count` gapped k-mers that are no shifted or partial copy of an earlier one."""
    chosen: list[GappedKmer] = []
    earlier: list[np.ndarray] = []
    for kmer in kmers:
        codes = kmer.codes()
        if any(_near_copies(codes, other) for other in earlier):
            continue
        chosen.append(kmer)
        earlier.append(codes)
        if strands == "both":
            earlier.append(np.where(codes[::-1] == _GAP, _GAP, 3 - codes[::-1]).astype(np.uint8))
        if len(chosen) == count:
            break
    return chosen


@njit(cache=True, nogil=True)
@no_type_check
def _near_copies(a, b):
    """Whether some alignment has at least four equal letters and at most one unequal."""
    for shift in range(4 - len(b), len(a) - 3):
        equal, unequal = 0, 0
        for i in range(max(shift, 0), min(len(a), shift + len(b))):
            x, y = a[i], b[i - shift]
            if x < 4 and y < 4:
                equal += x == y
                unequal += x != y
        if equal >= 4 and unequal <= 1:
            return True
    return False
