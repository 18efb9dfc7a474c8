"""Motifs that tell the classes apart, strongest first, each sought where the stronger ones have left no site."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from motiflens.motifs.config import RefineConfig, SearchConfig
from motiflens.motifs.likeness import alike
from motiflens.motifs.refine import Band, Candidate, Labelled, refine, seed_matrix, site_mask, strength, with_n
from motiflens.motifs.scores import Background, score_distribution
from motiflens.motifs.words import enriched_words, unlike


@dataclass(frozen=True, kw_only=True)
class Seed:
    """Probabilities (4, width) to start from, where they come from, and the band that sites are sought in."""

    probabilities: np.ndarray
    source: str
    band: Band | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """Candidates in the order of acceptance, and weaker forms of them that were set aside (index of the stronger)."""

    candidates: tuple[Candidate, ...]
    variants: tuple[tuple[Candidate, int], ...]


def cover(data: Labelled, candidate: Candidate, *, chance: float = 0.0) -> Labelled:
    """The data with N for the candidate's sites, or all that score what chance gives `chance` times a sequence."""
    cut = candidate.cut
    if chance:
        windows = len(data.codes) / len(data) * (2 if data.both else 1)
        distribution = score_distribution(candidate.scores, Background(letters=data.letters))
        cut = min(cut, distribution.threshold(chance / windows))
    forward, reverse = with_n(candidate.scores), with_n(candidate.scores[::-1, ::-1])
    first, last = candidate.band or (0, len(data.codes))
    return data.masked(site_mask(data.codes, data.offsets, forward, reverse, cut, data.both, first, last))


def search(data: Labelled, *, seeds: Sequence[Seed] = (), config: SearchConfig, workers: int = 1) -> Found:
    """Refine seeds and enriched words, accept the best, mask its sites, and go on until nothing is left.

    Words are also sought, and seeds refined, in each band of the data by itself.
    """
    accepted: list[Candidate] = []
    variants: list[tuple[Candidate, int]] = []
    with ThreadPoolExecutor(workers) as threads:
        for _ in range(config.word_rounds):
            pool = _pool(data, seeds, config, threads, workers)
            seeds, before = (), len(accepted)
            while pool and len(accepted) < config.most and len(variants) < 2 * config.most:
                best = _refined(pool[0], data, config.refine)
                loss = strength(best, config.refine) - strength(pool[0], config.refine)
                best = best if loss <= config.refine.tolerance else pool[0]
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
    seeds: Sequence[Seed],
    config: SearchConfig,
    threads: ThreadPoolExecutor,
    workers: int,
) -> list[Candidate]:
    starts = [replace(seed, band=band) for seed in seeds for band in (seed.band, *data.bands)]
    for band in (None, *data.bands):
        part = data.within(band)
        words = enriched_words(
            part.codes,
            part.offsets,
            residual=data.positive - data.expected,
            variance=data.expected * (1 - data.expected),
            both=data.both,
            config=config.words,
            workers=workers,
        )
        chosen = unlike(words, config.seeds if band is None else config.band_seeds, both=data.both)
        starts += [
            Seed(probabilities=seed_matrix(w.columns(), data.letters), source="words", band=band) for w in chosen
        ]
    return _ranked(threads.map(lambda start: _refined(start, data, config.refine), starts), config)


def _again(
    pool: Sequence[Candidate], data: Labelled, config: SearchConfig, threads: ThreadPoolExecutor
) -> list[Candidate]:
    quick = replace(config.refine, rounds=2)
    return _ranked(threads.map(lambda c: _refined(c, data, quick), pool), config)


def _refined(start: Seed | Candidate, data: Labelled, config: RefineConfig) -> Candidate:
    return refine(start.probabilities, data, source=start.source, band=start.band, config=config)


def _ranked(candidates: Iterable[Candidate], config: SearchConfig) -> list[Candidate]:
    kept = [c for c in candidates if c.enrichment.log_p <= config.log_limit]
    return sorted(kept, key=lambda c: strength(c, config.refine))
