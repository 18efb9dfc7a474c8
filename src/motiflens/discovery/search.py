"""Search for motifs that distinguish the classes, strongest first, each with the sites of stronger ones masked."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.config import RefineConfig, SearchConfig
from motiflens.discovery.gapped_kmers import drop_near_copies, enriched_gapped_kmers
from motiflens.discovery.mixture import aligned_sites, assigned_positions, two_components
from motiflens.discovery.position_windows import PositionWindow
from motiflens.discovery.refine import Candidate, Source, hit_positions, penalised_log_p, refine, seed_matrix
from motiflens.discovery.sequences import SearchedSequences
from motiflens.motifs.correlation import are_one, matrix_correlation, share_ends_alone
from motiflens.motifs.scores import score_distribution
from motiflens.shapes import MotifMatrix


@dataclass(frozen=True, kw_only=True)
class Seed:
    """A matrix to start from, its source, and the position window that sites are sought in."""

    probabilities: MotifMatrix
    source: Source
    position_window: PositionWindow | None = None


def mask_hits(data: SearchedSequences, candidate: Candidate, *, chance_sites: float = 0.0) -> SearchedSequences:
    """Mask the candidate's sites with N.

    Args:
        data: the sequences.
        candidate: the motif.
        chance_sites: where given, also mask weaker matches: down to the score that chance reaches so many times a
            sequence.
    """
    threshold = candidate.threshold
    if chance_sites:
        windows = len(data.codes) / len(data) * (2 if data.both_strands else 1)
        distribution = score_distribution(candidate.scores, data.background)
        threshold = min(threshold, distribution.threshold(chance_sites / windows))
    hits = hit_positions(
        data, candidate.scores, threshold=threshold, strands=data.strands, window=candidate.position_window
    )
    return data.masked(hits)


def search(
    data: SearchedSequences, *, seeds: Sequence[Seed] = (), config: SearchConfig, workers: int = 1
) -> list[Candidate]:
    """Refine seeds and enriched gapped k-mers, accept the best, mask its sites, and repeat.

    Gapped k-mers are also counted, and seeds refined, in each position window of the data by itself.

    Args:
        data: the sequences.
        seeds: matrices to start from besides gapped k-mers.
        config: settings.
        workers: number of threads.

    Returns:
        The candidates in the order of acceptance. Variants of stronger ones are left out.
    """
    accepted: list[Candidate] = []
    variants = 0
    with ThreadPoolExecutor(workers) as threads:
        for _ in range(config.rounds):
            pool = _pool(data, seeds, config=config, threads=threads, workers=workers)
            seeds, before = (), len(accepted)
            while pool and len(accepted) < config.max_motifs and variants < 2 * config.max_motifs:
                best = _refined(pool[0], data, config.refine)
                loss = penalised_log_p(best, config.refine) - penalised_log_p(pool[0], config.refine)
                # What is known of the next is of the numbers before the effects of the last were taken off.
                best = best if data.subtracts_effects or loss <= config.refine.tolerance else pool[0]
                best, *others = _unmixed(_with_best_window(best, data, config.refine), data, config)
                if best.enrichment.log_p > config.max_log_p:
                    if not data.subtracts_effects:
                        break
                    pool = pool[1:]
                    continue
                pool = [pool[0], *others, *pool[1:]]
                if _is_variant(best, accepted, data, config):
                    variants += 1
                else:
                    accepted.append(best)
                unmasked, data = data, mask_hits(data, best).without_effect(has_sites(best, data))
                pool = _refined_again(pool[1:], unmasked, data, config=config, threads=threads)
            if len(accepted) == before or len(accepted) >= config.max_motifs:
                break
    return accepted


def has_sites(candidate: Candidate, data: SearchedSequences) -> Bool[np.ndarray, " n"]:
    """Return which sequences the candidate has its sites in."""
    site = np.zeros(len(data), bool)
    site[candidate.sites[0]] = True
    return site


def _unmixed(candidate: Candidate, data: SearchedSequences, config: SearchConfig) -> list[Candidate]:
    """The candidate or, where its sites are of two different motifs, these two, the more enriched first.

    Each is refined with the sites of the other masked, or it would drift back to the mixture.
    """
    parts = two_components(aligned_sites(candidate, data)[data.speaking[candidate.sites[0]]])
    if parts is None:
        return [candidate]
    refined = [
        _refined(replace(candidate, probabilities=part), data.masked(covered), config.refine)
        for part, covered in zip(parts, reversed(assigned_positions(candidate, data, parts)), strict=True)
    ]
    first, second = sorted(refined, key=lambda part: penalised_log_p(part, config.refine))
    if second.enrichment.log_p > config.max_log_p:
        return [candidate]
    alike = matrix_correlation(first.probabilities, second.probabilities, strands=data.strands)
    if (
        alike < config.chimera_correlation
        or share_ends_alone(first.probabilities, second.probabilities, strands=data.strands)
        or (alike < config.same_motif_correlation and _say_more(first, second, candidate, data=data, config=config))
    ):
        return [first, second]
    return [candidate]


def _say_more(
    first: Candidate, second: Candidate, mixture: Candidate, *, data: SearchedSequences, config: SearchConfig
) -> bool:
    """Whether two motifs that share letters explain more, one after the other, than their mixture.

    Alternatives of one motif do not: what they add to a number, or how much more frequent they are, is the same.
    """
    left = mask_hits(data, first).without_effect(has_sites(first, data))
    alone = _refined(second, left, config.refine)
    both = penalised_log_p(first, config.refine) + penalised_log_p(alone, config.refine)
    return both < penalised_log_p(mixture, config.refine) + config.max_log_p


def _is_variant(
    candidate: Candidate, accepted: Sequence[Candidate], data: SearchedSequences, config: SearchConfig
) -> bool:
    least = config.same_motif_correlation
    return any(
        are_one(candidate.probabilities, other.probabilities, least=least, strands=data.strands) for other in accepted
    )


def _pool(
    data: SearchedSequences,
    seeds: Sequence[Seed],
    *,
    config: SearchConfig,
    threads: ThreadPoolExecutor,
    workers: int,
) -> list[Candidate]:
    """Refined seeds and gapped k-mers, best first."""
    starts = [
        replace(seed, position_window=window)
        for seed in seeds
        for window in (seed.position_window, *data.position_windows)
    ]
    for window in (None, *data.position_windows):
        count = config.max_seeds if window is None else config.max_window_seeds
        if not count:
            continue
        part = data.within(window)
        kmers = enriched_gapped_kmers(
            part.codes,
            part.offsets,
            residual=data.residual,
            variance=data.variance,
            strands=data.strands,
            config=config.gapped_kmers,
            workers=workers,
        )
        starts += [
            Seed(probabilities=seed_matrix(kmer.codes(), data.background), source="kmers", position_window=window)
            for kmer in drop_near_copies(kmers, count, strands=data.strands)
        ]
    return _ranked(threads.map(lambda start: _refined(start, data, config.refine), starts), config)


def _refined_again(
    pool: Sequence[Candidate],
    unmasked: SearchedSequences,
    data: SearchedSequences,
    *,
    config: SearchConfig,
    threads: ThreadPoolExecutor,
) -> list[Candidate]:
    """Candidates of the `unmasked` data refined on data with more sites masked; unchanged where they lost no site."""
    quick = replace(config.refine, max_rounds=2)
    masked = np.concatenate(([0], np.cumsum(unmasked.codes != data.codes)))

    def again(candidate: Candidate) -> Candidate:
        rows, starts, _ = candidate.sites
        at = data.offsets[rows] + starts[rows]
        untouched = (masked[at + candidate.scores.shape[1]] == masked[at]).all()
        return candidate if untouched else _refined(candidate, data, quick)

    return _ranked(threads.map(again, pool), config)


def _refined(start: Seed | Candidate, data: SearchedSequences, config: RefineConfig) -> Candidate:
    return refine(
        start.probabilities,
        data,
        source=start.source,
        window=start.position_window,
        config=config,
        keep_columns_once=isinstance(start, Candidate),
    )


def _with_best_window(candidate: Candidate, data: SearchedSequences, config: RefineConfig) -> Candidate:
    """The strongest of a candidate as it is, in the position windows (one without), and in longer ones than its own."""
    windows: Sequence[PositionWindow] = data.position_windows
    if candidate.position_window is not None:
        (start, end), length = candidate.position_window, len(data.codes) // len(data)
        step = (end - start) // 2
        first, last = max(start - step, 0), min(end + step, length)
        windows = ((first, end), (start, last), (first, last))
    tried = (_refined(replace(candidate, position_window=window), data, config) for window in windows)
    return min((candidate, *tried), key=lambda c: penalised_log_p(c, config))


def _ranked(candidates: Iterable[Candidate], config: SearchConfig) -> list[Candidate]:
    kept = [c for c in candidates if c.enrichment.log_p <= config.max_log_p]
    return sorted(kept, key=lambda c: penalised_log_p(c, config.refine))
