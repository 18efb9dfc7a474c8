"""Motifs that tell the classes apart, strongest first, each sought where the stronger ones have left no site."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from motiflens.motifs.config import SearchConfig
from motiflens.motifs.refine import Candidate, Labelled, alike, refine, seed_matrix, site_mask, with_n
from motiflens.motifs.words import enriched_words, unlike


@dataclass(frozen=True, kw_only=True)
class Found:
    """Candidates in the order of acceptance, and weaker forms of them that were set aside (index of the stronger)."""

    candidates: tuple[Candidate, ...]
    variants: tuple[tuple[Candidate, int], ...]


def cover(data: Labelled, candidate: Candidate) -> Labelled:
    """The data with the candidate's sites replaced by N."""
    forward, reverse = with_n(candidate.scores), with_n(candidate.scores[::-1, ::-1])
    return data.masked(site_mask(data.codes, data.offsets, forward, reverse, candidate.cut, data.both))


def search(
    data: Labelled, *, seeds: Sequence[tuple[np.ndarray, str]] = (), config: SearchConfig, workers: int = 1
) -> Found:
    """Refine seeds and enriched words, accept the best, mask its sites, and go on until nothing is left.

    seeds are (probabilities (4, width), name of the source).
    """
    accepted: list[Candidate] = []
    variants: list[tuple[Candidate, int]] = []
    with ThreadPoolExecutor(workers) as threads:
        for _ in range(config.word_rounds):
            pool = _pool(data, seeds, config, threads, workers)
            seeds, before = (), len(accepted)
            while pool and len(accepted) < config.most and len(variants) < 2 * config.most:
                best = refine(pool[0].probabilities, data, source=pool[0].source, config=config.refine)
                if best.enrichment.log_p > config.log_limit:
                    break
                likeness = [alike(best.probabilities, other.probabilities, both=data.both) for other in accepted]
                if likeness and max(likeness) >= config.same:
                    variants.append((best, int(np.argmax(likeness))))
                else:
                    accepted.append(best)
                data = cover(data, best)
                pool = _again(pool[1:], data, config, threads)
            if len(accepted) == before or len(accepted) >= config.most:
                break
    return Found(candidates=tuple(accepted), variants=tuple(variants))


def _pool(
    data: Labelled,
    seeds: Sequence[tuple[np.ndarray, str]],
    config: SearchConfig,
    threads: ThreadPoolExecutor,
    workers: int,
) -> list[Candidate]:
    words = enriched_words(
        data.codes,
        data.offsets,
        residual=data.positive - data.expected,
        variance=data.expected * (1 - data.expected),
        both=data.both,
        config=config.words,
        workers=workers,
    )
    starts = [(seed_matrix(w.columns(), data.letters), "words") for w in unlike(words, config.seeds, both=data.both)]
    refined = threads.map(
        lambda start: refine(start[0], data, source=start[1], config=config.refine), [*seeds, *starts]
    )
    return _ranked(refined, config)


def _again(
    pool: Sequence[Candidate], data: Labelled, config: SearchConfig, threads: ThreadPoolExecutor
) -> list[Candidate]:
    quick = replace(config.refine, rounds=2)
    fresh = threads.map(lambda c: refine(c.probabilities, data, source=c.source, config=quick), pool)
    return _ranked(fresh, config)


def _ranked(candidates: Iterable[Candidate], config: SearchConfig) -> list[Candidate]:
    kept = [c for c in candidates if c.enrichment.log_p <= config.log_limit]
    return sorted(kept, key=lambda c: (c.enrichment.log_p, c.probabilities.shape[1]))
