"""Motifs that tell the classes apart, strongest first, each sought where the stronger ones have left no site."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from motiflens.discovery.config import RefineConfig, SearchConfig
from motiflens.discovery.gapped_kmers import enriched_words, unlike
from motiflens.discovery.refine import Band, Candidate, Labelled, covered_places, refine, seed_matrix, strength
from motiflens.motifs.correlation import alike
from motiflens.motifs.scores import Background, score_distribution


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
    places = covered_places(data.codes, data.offsets, candidate.scores, cut=cut, both=data.both, band=candidate.band)
    return data.masked(places)


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
                best = _placed(best if loss <= config.refine.tolerance else pool[0], data, config.refine)
                if best.enrichment.log_p > config.log_limit:
                    break
                likeness = [alike(best.probabilities, other.probabilities, both=data.both) for other in accepted]
                if likeness and max(likeness) >= config.same:
                    variants.append((best, int(np.argmax(likeness))))
                else:
                    accepted.append(best)
                before_it, data = data, cover(data, best)
                pool = _again(pool[1:], before_it, data, config, threads)
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
    pool: Sequence[Candidate], before: Labelled, data: Labelled, config: SearchConfig, threads: ThreadPoolExecutor
) -> list[Candidate]:
    """Candidates of `before` refined on data with more sites covered; one that lost no site stays as it is."""
    quick = replace(config.refine, rounds=2)
    covered = np.concatenate(([0], np.cumsum(before.codes != data.codes)))

    def seen(candidate: Candidate) -> Candidate:
        rows, starts, _ = candidate.sites
        at = data.offsets[rows] + starts[rows]
        untouched = (covered[at + candidate.scores.shape[1]] == covered[at]).all()
        return candidate if untouched else _refined(candidate, data, quick)

    return _ranked(threads.map(seen, pool), config)


def _refined(start: Seed | Candidate, data: Labelled, config: RefineConfig) -> Candidate:
    settled = isinstance(start, Candidate)
    return refine(start.probabilities, data, source=start.source, band=start.band, config=config, settled=settled)


def _placed(candidate: Candidate, data: Labelled, config: RefineConfig) -> Candidate:
    """The strongest of a candidate as it is, in the bands (one without), and in longer ones than its own."""
    places: Sequence[Band] = data.bands
    if candidate.band is not None:
        (start, end), length = candidate.band, len(data.codes) // len(data)
        step = (end - start) // 2
        first, last = max(start - step, 0), min(end + step, length)
        places = ((first, end), (start, last), (first, last))
    tried = (
        refine(candidate.probabilities, data, source=candidate.source, band=band, config=config, settled=True)
        for band in places
    )
    return min((candidate, *tried), key=lambda c: strength(c, config))


def _ranked(candidates: Iterable[Candidate], config: SearchConfig) -> list[Candidate]:
    kept = [c for c in candidates if c.enrichment.log_p <= config.log_limit]
    return sorted(kept, key=lambda c: strength(c, config.refine))
