"""What a tested motif is: supported, an echo of another, a repeat, what composition explains, or not enriched."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motiflens.discovery.composition import composition_features
from motiflens.discovery.config import DiscoveryConfig
from motiflens.discovery.evidence import Tested, overlap, shortfall
from motiflens.discovery.repeats import copies_reason, low_complexity_reason
from motiflens.discovery.result import FoundMotif, Status
from motiflens.discovery.side import Side
from motiflens.motifs.correlation import are_one
from motiflens.sequence.alphabet import decode, encode_letters, reverse_complement

_MIN_OVERLAP = 1 / 3
_ANY_WINDOW = (0, 1)  # what composition explains must differ as much as in a window


def judged(
    tested: Sequence[Tested],
    found: Sequence[FoundMotif],
    side: Side,
    *,
    offset: int,
    seed: int,
    config: DiscoveryConfig,
) -> list[FoundMotif]:
    """Return motifs, strongest first, with their status and its reason.

    Args:
        tested: the candidates.
        found: the same as motifs.
        side: the sequences.
        offset: number of motifs found before these; a parent is counted with them.
        seed: seed of the sites that are compared with each other.
        config: settings.
    """
    out: list[FoundMotif] = []
    for one, motif in zip(tested, found, strict=True):
        missing = shortfall(motif.test, motif.q, window=motif.position_window, config=config.evidence)
        if missing:
            verdict = _echo(one, motif, out, offset=offset, config=config) or _explained_by_composition(
                motif, side, tests=len(tested), config=config
            )
            out.append(verdict or replace(motif, status=_not_enriched(motif), reason=missing))
            continue
        bits = float(motif.motif.information(motif.background).sum())
        turned = _reverse_complement(motif, out, config) if side.shown.strands == "forward" else None
        repeat = _repeat(motif, side, seed=seed, config=config)
        if turned is not None:
            reason = "the reverse complement of a stronger motif: its sites lie on either strand"
            out.append(replace(motif, status="echo", parent=turned + offset, reason=reason))
        elif repeat:
            out.append(replace(motif, status="repeat", reason=repeat))
        elif bits < config.evidence.min_bits:
            reason = f"{bits:.1f} bits: letters are more or less frequent at its place, which makes no motif"
            out.append(replace(motif, status="composition", reason=reason))
        else:
            out.append(motif)
    return out


def _repeat(motif: FoundMotif, side: Side, *, seed: int, config: DiscoveryConfig) -> str:
    """Why a motif is a repeat or of low complexity, with what letters alone tell; empty where it is neither."""
    low = low_complexity_reason(motif.motif.probabilities, motif.hits, side.codes, config=config.repeats)
    if low:
        return f"{low}; {_best_part(side)}"
    return copies_reason(motif.hits, side.codes, config=config.repeats, seed=seed)


def _not_enriched(motif: FoundMotif) -> Status:
    return "unconfirmed" if motif.source == "contributions" else "unsupported"


def _echo(
    one: Tested, motif: FoundMotif, stronger: Sequence[FoundMotif], *, offset: int, config: DiscoveryConfig
) -> FoundMotif | None:
    """The motif as an echo, if it is enriched only as long as the sites of a stronger one are not masked."""
    if one.test.p > config.evidence.max_alone_p or one.test.p >= np.exp(one.alone_log_p):
        return None
    parent = _lives_off(motif, stronger)
    if parent is None:
        return None
    reason = f"not {one.test.finding} without the sites of a stronger motif, which overlap its own"
    return replace(motif, status="echo", parent=parent + offset, reason=reason)


def _lives_off(motif: FoundMotif, stronger: Sequence[FoundMotif]) -> int | None:
    """The motif whose sites overlap most of this one's; None where less than a third do."""
    shares = [
        _overlapping(motif, other)
        if other.status in ("supported", "repeat") and overlap(motif.position_window, other.position_window)
        else 0.0
        for other in stronger
    ]
    best = int(np.argmax(shares)) if shares else -1
    return best if shares and shares[best] > _MIN_OVERLAP else None


def _overlapping(motif: FoundMotif, other: FoundMotif) -> float:
    """Fraction of a motif's sites that overlap a site of another."""
    length = int(max(motif.hits.end.max(), other.hits.end.max(initial=1)))
    letters = np.pad(other.hits.covered((len(motif.tested), length)).cumsum(1), ((0, 0), (1, 0)))
    shared = letters[motif.hits.sequence, motif.hits.end] - letters[motif.hits.sequence, motif.hits.start]
    return float((shared > 0).mean())


def _reverse_complement(motif: FoundMotif, stronger: Sequence[FoundMotif], config: DiscoveryConfig) -> int | None:
    """The supported motif that this one, found anywhere, is the reverse complement of."""
    if motif.position_window is not None:
        return None
    turned = motif.motif.reverse_complement().probabilities
    for i, other in enumerate(stronger):
        if (
            other.status == "supported"
            and other.position_window is None
            and are_one(turned, other.motif.probabilities, least=config.same_motif_correlation, strands="forward")
        ):
            return i
    return None


def _explained_by_composition(
    motif: FoundMotif, side: Side, *, tests: int, config: DiscoveryConfig
) -> FoundMotif | None:
    """The motif with the test that leaves composition out, where it is enriched by that one alone."""
    if motif.test.p <= config.evidence.max_alone_p:
        return None
    plain = side.shown.plain_test(motif.hits.in_sequences(len(motif.tested)), rows=motif.tested)
    if plain.p > config.evidence.max_plain_p or plain.too_small(window=_ANY_WINDOW, config=config.evidence):
        return None
    reason = f"explained by composition: {_best_part(side)}"
    return replace(motif, status="composition", test=plain, q=min(1.0, plain.p * tests), reason=reason)


def _best_part(side: Side) -> str:
    """What the part of composition that tells most tells alone."""
    features = composition_features(side.codes, strands=side.shown.strands)
    kmers = features.kmers
    if side.shown.strands == "both":  # counted together
        turned = [decode(reverse_complement(encode_letters(kmer))) for kmer in kmers]
        kmers = tuple(a if a == b else f"{a} and {b}" for a, b in zip(kmers, turned, strict=True))
    return side.shown.composition_reason(features.frequencies, kmers)
