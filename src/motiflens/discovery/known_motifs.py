"""Motifs of a database that are enriched in the target class: being known, they need less evidence than new ones.

A new motif was chosen among billions of matrices, a known one among a thousand. So known motifs are tested on all
sequences, as they stand in the database and at a few fixed cuts, and corrected for the effective number of tests. This
is less than the size of the database, since related motifs are no independent tests; it is estimated by permuting
labels among sequences of like composition.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from motiflens.discovery.config import KnownMotifConfig
from motiflens.discovery.cuts import Enrichment
from motiflens.discovery.prefilter import core_enrichment
from motiflens.discovery.refine import Candidate, best_sites
from motiflens.discovery.search import has_sites, mask_hits
from motiflens.discovery.sequences import MotifTest, SearchedSequences
from motiflens.motifs.motif import Motif, without_zeros
from motiflens.motifs.scores import integer_scores, score_distribution

_MIN_SAMPLED = 100


@dataclass(frozen=True, kw_only=True)
class KnownEnrichment:
    """An enriched database motif.

    Attributes:
        motif: the motif.
        candidate: its matrix, with the cut at which its sites are most enriched.
        q: its q-value over the database, with the sites of stronger motifs masked.
    """

    motif: Motif
    candidate: Candidate
    q: float


def enriched_known_motifs(
    data: SearchedSequences, database: Sequence[Motif], *, seed: int, config: KnownMotifConfig, workers: int = 1
) -> list[KnownEnrichment]:
    """Return the enriched motifs of a database, strongest first, each with the sites of stronger ones masked.

    q is p times the effective number of tests over the motif's rank (Benjamini & Hochberg 1995).

    Args:
        data: the sequences.
        database: known motifs.
        seed: seed of the permutations.
        config: settings; `max_q` is the largest q-value returned.
        workers: number of threads.
    """
    database = [m for m in database if m.width <= int(np.diff(data.offsets).max(initial=0))]
    if not database:
        return []
    rng = np.random.default_rng(seed)
    promising = np.argsort(-core_enrichment(database, data, variance_floor=1.0), kind="stable")[: config.max_candidates]
    with ThreadPoolExecutor(workers) as threads:

        def best_cuts(motifs: Sequence[Motif]) -> list[_AtCut]:
            return list(threads.map(lambda motif: _best_cut(motif, data, config), motifs))

        pool = best_cuts([database[i] for i in promising])
        # A sample of the whole database, not of the promising motifs: the correction is for all that could be found.
        sample = rng.permutation(len(database))[: max(_MIN_SAMPLED, config.max_null_work // len(data))]
        sampled = list(threads.map(lambda i: _sites_at_cuts(database[i], data, config), sample))
        tests = (
            len(database)
            / len(sample)
            / data.mean_smallest_p(np.concatenate([site for _, site in sampled]), rng=rng, config=config)
        )
        accepted: list[KnownEnrichment] = []
        while len(accepted) < config.max_motifs:
            rank = len(accepted) + 1
            pool = sorted(
                (one for one in pool if one.test.counts_as_known(config) and one.test.p * tests / rank <= config.max_q),
                key=lambda one: one.test.log_p,
            )
            if not pool:
                break
            best = pool[0]
            q = max(accepted[-1].q if accepted else 0.0, min(1.0, best.test.p * tests / rank))
            candidate = _candidate(best, data)
            accepted.append(KnownEnrichment(motif=best.motif, candidate=candidate, q=q))
            site = has_sites(candidate, data)
            data = mask_hits(data, candidate, chance_sites=config.weak_sites_per_sequence).without_effect(site)
            pool = best_cuts([one.motif for one in pool[1:]])
    return accepted


@dataclass(frozen=True, kw_only=True)
class _AtCut:
    """A motif at one cut, in 1/100 bit."""

    motif: Motif
    threshold: int
    test: MotifTest


def _sites_at_cuts(motif: Motif, data: SearchedSequences, config: KnownMotifConfig) -> tuple[np.ndarray, np.ndarray]:
    """The cuts of a motif, and which sequences have a site at each, (cuts, n)."""
    scores = integer_scores(motif.probabilities, data.background)
    windows = max(len(data.codes) / max(len(data), 1) - motif.width + 1, 1) * (2 if data.both_strands else 1)
    distribution = score_distribution(scores, data.background)
    cuts = np.array([distribution.threshold(chance / windows) for chance in config.chance_sites])
    cuts = np.minimum(cuts, int(scores.max(0).sum()))  # a short motif's perfect match is a site at every cut
    return cuts, best_sites(data, scores)[0] >= cuts[:, None]


def _best_cut(motif: Motif, data: SearchedSequences, config: KnownMotifConfig) -> _AtCut:
    tested = [
        _AtCut(motif=motif, threshold=int(cut), test=data.test(site))
        for cut, site in zip(*_sites_at_cuts(motif, data, config), strict=True)
    ]
    return min(tested, key=lambda one: one.test.log_p)


def _candidate(one: _AtCut, data: SearchedSequences) -> Candidate:
    probabilities = without_zeros(one.motif.probabilities, data.background)
    scores = integer_scores(probabilities, data.background)
    found, starts, strands = best_sites(data, scores)
    hits = np.flatnonzero(found >= one.threshold)
    speaking = int(data.speaking[hits].sum())
    enrichment = Enrichment(one.test.log_p, one.threshold, speaking, len(hits), float(data.expected[hits].sum()))
    return Candidate(
        probabilities=probabilities,
        scores=scores,
        enrichment=enrichment,
        source="database",
        sites=(hits, starts, strands),
    )
