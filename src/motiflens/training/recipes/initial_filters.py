"""Starting values: first-layer filters from k-mers that differ between classes or go with a target, or known motifs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from motiflens.model.additive.terms import MotifTerm
from motiflens.model.output import ClassOutput, Output
from motiflens.sequence.kmers import kmer_presence
from motiflens.shapes import Codes, Strands, Truth
from motiflens.training.recipes.known_motifs import NARROWEST, KnownMotif

_K = 6
_SHARE = 0.75  # of a scale's filters; the rest starts random, or from the same k-mers the other way round
_MATCH = 1.5  # pre-activation a matching base adds, so that the whole k-mer has activation 1
_READOUT = 0.1
_ENOUGH = 20_000  # sequences for the ranking
_KNOWN_SHARE = 0.5  # of a scale's filters, in place of its first k-mers


@dataclass(frozen=True)
class DiscriminativeKmer:
    """A k-mer (codes) whose presence raises (sign 1) or lowers (sign -1) the logit of index `output`."""

    codes: tuple[int, ...]
    output: int
    sign: int


def discriminative_kmers(
    codes: Codes, labels: Truth, *, output: Output, strands: Strands, k: int, count: int
) -> list[DiscriminativeKmer]:
    """Return the k-mers whose presence tells most of a class or target, unlike each other, outputs in turn.

    Ranked by the z-score of two proportions, or of the correlation with a target; with both strands a k-mer counts
    with its reverse complement.
    """
    presence = kmer_presence(codes[:_ENOUGH], k, strands)
    labels = labels[:_ENOUGH]
    lists = []
    for index, z in enumerate(_z_scores(presence, labels, output)):
        chosen = _unlike(np.argsort(-np.abs(z), kind="stable")[:4000], k, strands, -(-count // output.n_outputs))
        lists.append([DiscriminativeKmer(_letters(i, k), index, 1 if z[i] >= 0 else -1) for i in chosen])
    deepest = max(map(len, lists))
    in_turn = [kmers[rank] for rank in range(deepest) for kmers in lists if rank < len(kmers)]
    return in_turn[:count]


def _z_scores(presence: np.ndarray, truth: Truth, output: Output) -> Iterator[np.ndarray]:
    """Yield for each logit the z-score of every k-mer: two proportions, or its correlation with a target."""
    if isinstance(output, ClassOutput):
        for _, inside in output.one_vs_rest(truth):
            p, q, overall = presence[inside].mean(0), presence[~inside].mean(0), presence.mean(0)
            variance = overall * (1 - overall) * (1 / max(inside.sum(), 1) + 1 / max((~inside).sum(), 1))
            yield (p - q) / np.sqrt(variance + 1e-9)
        return
    for column in truth.T:
        there = ~np.isnan(column)
        if not there.any():
            yield np.zeros(presence.shape[1])
            continue
        y, x = column[there] - column[there].mean(), presence[there]
        overall = x.mean(0)
        with_y = (y.astype(np.float32) @ x) / max(y.std(), 1e-9) / np.sqrt(len(y))
        yield with_y / np.sqrt(overall * (1 - overall) + 1e-9)


def _letters(index: int, k: int) -> tuple[int, ...]:
    return tuple(int(index // 4 ** (k - 1 - j)) % 4 for j in range(k))


def _unlike(ranked: np.ndarray, k: int, strands: Strands, count: int) -> list[int]:
    """Return the first `count` ranked k-mers that are no near copy (one mismatch or shift) of an earlier one."""
    taken: list[tuple[int, ...]] = []
    chosen: list[int] = []
    for index in ranked:
        kmer = _letters(int(index), k)
        if any(_alike(kmer, other) for other in taken):
            continue
        chosen.append(int(index))
        taken.append(kmer)
        if strands == "both":
            taken.append(_reverse_complement(kmer))
        if len(chosen) == count:
            break
    return chosen


def _reverse_complement(kmer: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(3 - code for code in kmer[::-1])


def _alike(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return a[1:] == b[:-1] or a[:-1] == b[1:] or sum(x != y for x, y in zip(a, b, strict=True)) <= 1


def initialise_filters(
    term: MotifTerm,
    codes: Codes,
    labels: Truth,
    *,
    output: Output,
    strands: Strands,
    most: int | None = None,
    both_ways: bool = False,
) -> None:
    """Write discriminative k-mers into three quarters, or at most `most`, of the filters of every scale, in place.

    `both_ways`: the other quarter starts from reverse complements of the first k-mers, not at random.
    """
    first, count = 0, round(_SHARE * term.config.filters)
    turned = term.config.filters - count if both_ways else 0
    count = count if most is None else min(count, most)
    lengths = [min(_K, bank.shape[2], codes.shape[1]) for bank in term.filters]
    kmers = {
        k: discriminative_kmers(codes, labels, output=output, strands=strands, k=k, count=count) for k in set(lengths)
    }
    kmers = {k: [*found, *_other_way_round(found)[:turned]] for k, found in kmers.items()}
    with torch.no_grad():
        for bank, k in zip(term.filters, lengths, strict=True):
            filters, _, width = bank.shape
            for i, kmer in enumerate(kmers[k]):
                at = torch.arange(k) + (width - k) // 2
                bank[i, :, at] -= _MATCH / 3
                bank[i, list(kmer.codes), at] += _MATCH + _MATCH / 3
                term.bias[first + i] = -_MATCH * k
                term.readout[kmer.output, first + i] = _READOUT * kmer.sign
            first += filters


def _other_way_round(kmers: Sequence[DiscriminativeKmer]) -> list[DiscriminativeKmer]:
    """Return the reverse complements of the k-mers that are not their own."""
    turned = (replace(kmer, codes=_reverse_complement(kmer.codes)) for kmer in kmers)
    return [kmer for kmer in turned if kmer not in kmers]


def start_from_known_motifs(term: MotifTerm, motifs: Sequence[KnownMotif]) -> None:
    """Write known motifs, the first that fit, into half of the filters of each wide scale, in place.

    They replace the k-mers of the first ranks, which are parts of them as a rule: beside these they gain half as much.
    Before its activation a filter answers with the log-odds of a site less those of the best. No motif comes in twice.
    """
    first, left = 0, list(motifs)
    with torch.no_grad():
        for bank in term.filters:
            filters, _, width = bank.shape
            fitting = [motif for motif in left if motif.log_odds.shape[1] <= width] if width >= NARROWEST else []
            for i, motif in enumerate(fitting[: round(_KNOWN_SHARE * filters)]):
                left.remove(motif)
                start = (width - motif.log_odds.shape[1]) // 2
                bank[i] = 0
                bank[i, :, start : start + motif.log_odds.shape[1]] = torch.from_numpy(motif.log_odds).to(bank)
                term.bias[first + i] = -float(motif.log_odds.max(0).sum())
                term.readout[:, first + i] = 0
                term.readout[motif.output, first + i] = _READOUT * motif.sign
            first += filters
