"""Repeats and words of low complexity, recognised without a library.

Sites of a transcription factor lie in unrelated stretches of DNA. If many sites have flanks that are alike far beyond
the motif, they are copies of one stretch: a transposable element or a gene family. A matrix that resembles itself when
it is shifted by one to six columns is a homopolymer, or a microsatellite if its unit goes on beyond the sites: the
site of a factor may be a repeated unit too (CGGBP1), but ends. Where a file marks repeats itself, by soft masking,
sites that lie there far more than chance has them are a repeat's.
"""

import numpy as np
from jaxtyping import Bool, UInt8
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import binom, binomtest

from motiflens.discovery.config import RepeatConfig
from motiflens.motifs.scan import Hits
from motiflens.sequence.alphabet import N, reverse_complement
from motiflens.shapes import Codes, Labels, MotifMatrix

_MIN_WIDTHS = (5, 8, 10, 10, 12, 14)  # by period
_SHORT = 3  # units that make a word of low complexity; dimers repeat longer ones, too
_NEXT, _LAST = 3, 9  # a microsatellite goes on beyond three letters; what a matrix lacks of a motif ends before
_BY_CHANCE = 0.01  # partners of a site among all others, were flanks unrelated


def low_complexity_reason(matrix: MotifMatrix, sites: Hits, codes: Codes, *, config: RepeatConfig) -> str:
    """Return why a motif is of low complexity; empty where it is not.

    Args:
        matrix: the motif's matrix.
        sites: its sites in the sequences.
        codes: the sequences.
        config: settings.
    """
    period = periodic(matrix, config)
    unit = np.array([matrix[:, phase::period].sum(1).argmax() for phase in range(period)])
    if not period or not _goes_on(unit, sites, codes, width=matrix.shape[1], config=config):
        return ""
    word = "".join("ACGT"[i] for i in unit)
    return f"low complexity: {'a run of one letter' if period == 1 else f'a microsatellite, {word} repeated'}"


def copies_reason(sites: Hits, codes: Codes, *, config: RepeatConfig, seed: int = 0) -> str:
    """Return why a motif is a repeat by the surroundings of its sites; empty where it is none.

    Args:
        sites: its sites in the sequences.
        codes: the sequences.
        config: settings.
        seed: seed of the sites drawn.
    """
    share = share_of_copies(sites, codes, config=config, seed=seed)
    if share > config.max_share:
        return f"a repeat: {share:.0%} of its sites lie in copies of one stretch of DNA, alike far beyond the motif"
    return ""


def soft_masked_reason(
    sites: Hits, soft_masked: Bool[np.ndarray, "n length"], group: Labels, *, config: RepeatConfig
) -> str:
    """Return why a motif is a repeat by the soft mask of the sequences; empty where it is none.

    Args:
        sites: its sites in the sequences; one lies in a repeat if most of its letters do.
        soft_masked: which letters are soft-masked.
        group: of each sequence, its class: a site is compared with the letters of its class, since a class may be
            masked more than another, or all of it be in lower case.
        config: settings.
    """
    first = np.unique(sites.sequence, return_index=True)[1]  # one site a sequence
    if not len(first):
        return ""
    rows, start, end = sites.sequence[first], sites.start[first], sites.end[first]
    before = np.pad(soft_masked.cumsum(axis=1), ((0, 0), (1, 0)))
    inside = 2 * (before[rows, end] - before[rows, start]) > end - start
    of_group = np.bincount(group, soft_masked.mean(axis=1)) / np.maximum(np.bincount(group), 1)
    by_chance, share = float(of_group[group[rows]].mean()), float(inside.mean())
    if share < max(config.min_soft_masked, by_chance + config.min_beyond_chance):
        return ""
    if binomtest(int(inside.sum()), len(inside), by_chance, "greater").pvalue > config.max_soft_masked_p:
        return ""
    return f"a repeat: {share:.0%} of its sites are soft-masked in the file, as {by_chance:.0%} of the letters are"


def periodic(matrix: MotifMatrix, config: RepeatConfig) -> int:
    """Return the period of a matrix that repeats a unit of one to six letters; 0 for others."""
    width = matrix.shape[1]
    centred = matrix - 0.25
    for period in range(1, config.max_period + 1):
        # TATAWAW repeats TA, and CGCCGCC GCC, without being a tract: the unit must come back again and again.
        if width < _MIN_WIDTHS[period - 1]:
            break
        a, b = centred[:, :-period], centred[:, period:]
        norm = np.sqrt((a**2).sum() * (b**2).sum())
        if norm > 0 and (a * b).sum() / norm >= config.min_periodic:
            return period
    return 0


def _goes_on(unit: np.ndarray, sites: Hits, codes: Codes, *, width: int, config: RepeatConfig) -> bool:
    """Return whether the unit of a matrix is repeated beyond its sites, more often than by the letters' frequencies.

    A run of one letter is of low complexity wherever it ends. By few letters it cannot be told: then short units go on,
    and longer ones, which sites of dimers have, too, do not.
    """
    letters = _flanks(sites, codes, _LAST)[:, np.r_[: _LAST - _NEXT, _LAST + _NEXT : 2 * _LAST]]
    known = int((letters < N).sum())
    if len(unit) == 1 or known < config.min_letters_beyond:
        return len(unit) <= _SHORT
    offsets = np.r_[-_LAST:-_NEXT, width + _NEXT : width + _LAST]
    repeated = float((letters == unit[offsets % len(unit)]).sum()) / known
    frequencies = np.bincount(codes[codes < N], minlength=4) / max(int((codes < N).sum()), 1)
    forward = float((sites.strand >= 0).mean())
    by_chance = forward * frequencies[unit].mean() + (1 - forward) * frequencies[3 - unit].mean()
    return bool(repeated - by_chance > (config.max_beyond if len(unit) <= _SHORT else config.max_beyond_long))


def share_of_copies(sites: Hits, codes: Codes, *, config: RepeatConfig, seed: int = 0) -> float:
    """Return the fraction of a motif's sites that lie in copies of one stretch: the largest group of like flanks.

    Small groups are genes and their relatives, which some collections of sequences are full of.
    """
    first = np.unique(sites.sequence, return_index=True)[1]  # one site a sequence
    chosen = np.sort(np.random.default_rng(seed).permutation(first)[: config.max_sites])
    if len(chosen) < 3:
        return 0.0
    flanks = _flanks(sites.take(chosen), codes, config.flank)
    onehot = (flanks[:, :, None] == np.arange(4)).astype(np.float32)
    flat, known = onehot.reshape(len(flanks), -1), (flanks < N).astype(np.float32)
    equal, comparable = flat @ flat.T, known @ known.T
    np.fill_diagonal(equal, 0)
    # By chance letters are equal as often as their frequencies say; no site should find a partner among so many.
    frequencies = onehot.sum((0, 1)) / max(onehot.sum(), 1)
    by_chance = binom.isf(_BY_CHANCE / len(flanks), comparable, (frequencies**2).sum())
    enough = np.maximum(config.min_identity * comparable, by_chance + 1)
    alike = (comparable >= config.min_comparable) & (equal >= enough)
    _, group = connected_components(csr_array(alike), directed=False)
    return float(np.bincount(group).max() / len(chosen)) if alike.any() else 0.0


def _flanks(sites: Hits, codes: np.ndarray, flank: int) -> UInt8[np.ndarray, "sites columns"]:
    """Letters left and right of sites, on the motif's strand; N outside of the sequence."""
    padded = np.pad(codes, ((0, 0), (flank, flank)), constant_values=N)
    around = np.arange(flank)
    left = padded[sites.sequence[:, None], sites.start[:, None] + around]
    right = padded[sites.sequence[:, None], sites.end[:, None] + flank + around]
    letters = np.hstack((left, right))
    reverse = sites.strand < 0
    letters[reverse] = reverse_complement(letters[reverse])
    return letters
