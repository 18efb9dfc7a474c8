"""Motifs of a database that are enriched in the target class: being known, they need less evidence than new ones.

A new motif was chosen among billions of matrices, a known one among a thousand. So known motifs are tested on all
sequences and corrected for the effective number of tests, which is less than the size of the database, since related
motifs are no independent tests; it is estimated by permuting labels among sequences of like composition. The test is
the likelihood ratio of the known matrix, which needs no choice of a threshold.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.config import KnownMotifConfig
from motiflens.discovery.labelled import LabelledSequences
from motiflens.discovery.likelihood_ratio import label_log_ratios, log_ratio_p, z_scores
from motiflens.discovery.prefilter import core_enrichment
from motiflens.discovery.refine import Candidate, best_sites, best_threshold
from motiflens.discovery.search import mask_hits
from motiflens.motifs.motif import Motif
from motiflens.motifs.scores import integer_scores

_HIGHEST = 5
_SAME_COMPOSITION = 4  # decimals of the expected label
_MIN_SAMPLED = 100


@dataclass(frozen=True, kw_only=True)
class KnownEnrichment:
    """An enriched database motif.

    Attributes:
        motif: the motif.
        candidate: its matrix, with the threshold at which its sites are most enriched.
        p: p-value of its likelihood ratio, with the sites of stronger motifs masked.
        q: its q-value over the database.
    """

    motif: Motif
    candidate: Candidate
    p: float
    q: float


def enriched_known_motifs(
    data: LabelledSequences, database: Sequence[Motif], *, seed: int, config: KnownMotifConfig, workers: int = 1
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
    permuted = [_permuted_labels(data, rng, config.block_size) for _ in range(config.permutations)]
    promising = np.argsort(-core_enrichment(database, data, variance_floor=1.0), kind="stable")[: config.max_candidates]
    with ThreadPoolExecutor(workers) as threads:
        chosen = [database[i] for i in promising]
        pool = list(zip(chosen, threads.map(_evaluated, chosen, repeat(data), repeat(config)), strict=True))
        # A sample of the whole database, not of the promising motifs: the correction is for all that could be found.
        sample = rng.permutation(len(database))[: max(_MIN_SAMPLED, config.max_null_work // len(data))]
        smallest_p = _mean_smallest_p([database[i] for i in sample], data, permuted, threads)
        tests = len(database) / len(sample) / smallest_p
        accepted: list[KnownEnrichment] = []
        while len(accepted) < config.max_motifs:
            limit = np.log(config.max_q / tests * (len(accepted) + 1))
            pool = sorted((one for one in pool if _passes(*one[1], limit, config)), key=lambda one: one[1][1])
            if not pool:
                break
            motif, (best, log_p) = pool[0]
            p = float(np.exp(log_p))
            q = max(accepted[-1].q if accepted else 0.0, min(1.0, p * tests / (len(accepted) + 1)))
            accepted.append(KnownEnrichment(motif=motif, candidate=best, p=p, q=q))
            data = mask_hits(data, best, chance_sites=config.weak_sites_per_sequence)
            remaining = [m for m, _ in pool[1:]]
            again = threads.map(_evaluated, remaining, repeat(data), repeat(config))
            pool = list(zip(remaining, again, strict=True))
    return accepted


def known_motif_log_p(candidate: Candidate, data: LabelledSequences) -> float:
    """Return the natural log of the p-value of a matrix's likelihood ratio."""
    return log_ratio_p(label_log_ratios(data, candidate.scores), data.positive, data.expected)


def _permuted_labels(data: LabelledSequences, rng: np.random.Generator, block_size: int) -> Bool[np.ndarray, " n"]:
    """Labels permuted among sequences that composition makes about equally probable positives."""
    labels = data.positive.copy()
    # Equals in random order: shuffled negatives have their positives' composition, and files come class by class.
    order = rng.permutation(len(labels))
    order = order[np.argsort(data.expected[order].round(_SAME_COMPOSITION), kind="stable")]
    for rows in np.array_split(order, max(1, len(order) // block_size)):
        labels[rows] = rng.permutation(labels[rows])
    return labels


def _passes(candidate: Candidate, log_p: float, max_log_p: float, config: KnownMotifConfig) -> bool:
    found = candidate.enrichment
    return bool(log_p <= max_log_p and found.positives >= config.min_fold * found.expected and found.log_p < 0)


def _evaluated(motif: Motif, data: LabelledSequences, config: KnownMotifConfig) -> tuple[Candidate, float]:
    """The motif with the threshold at which its sites are most enriched, and the log p of its likelihood ratio."""
    scores = integer_scores(motif.probabilities, data.background)
    found, starts, strands = best_sites(data, scores)
    enrichment = best_threshold(found, data, min_sites=config.min_sites)
    candidate = Candidate(
        probabilities=motif.probabilities,
        scores=scores,
        enrichment=enrichment,
        source="database",
        sites=(np.flatnonzero(found >= enrichment.threshold), starts, strands),
    )
    return candidate, known_motif_log_p(candidate, data)


def _mean_smallest_p(
    motifs: Sequence[Motif], data: LabelledSequences, permuted: Sequence[np.ndarray], threads: ThreadPoolExecutor
) -> float:
    """Mean over permuted labels of the motifs' smallest p-value: the inverse of their effective number of tests."""
    scores = [integer_scores(m.probabilities, data.background) for m in motifs]
    ratios = np.array(list(threads.map(label_log_ratios, repeat(data), scores)))
    z = z_scores(ratios, np.array(permuted), data.expected)
    highest = np.argsort(-z, axis=0)[:_HIGHEST]  # the smallest p is among the highest z
    tails = [
        min(log_ratio_p(ratios[i], labels, data.expected) for i in best)
        for best, labels in zip(highest.T, permuted, strict=True)
    ]
    return float(np.exp(tails).mean())
