"""Known motifs that the target class is enriched in: too rare to be found from nothing, they need less evidence.

A motif taken from a search of all matrices has won against billions; one of a thousand known ones has won against a
thousand. So a known motif is tested on all sequences, and corrected for the number of known motifs: for their effective
number, which labels exchanged between sequences of like composition tell (related motifs are no independent tests).
The test is the likelihood ratio of the known matrix: it need not choose a cut, and so pays for none.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from motiflens.discovery.config import KnownConfig
from motiflens.discovery.likelihood_ratio import label_evidence, log_tail_of, z_scores
from motiflens.discovery.prefilter import core_enrichment
from motiflens.discovery.refine import Candidate, Labelled, best_cut, best_sites, integer_log_odds
from motiflens.discovery.search import cover
from motiflens.motifs.motif import Motif

_HIGHEST = 5
_SAME_COMPOSITION = 4  # decimals of the expected label


@dataclass(frozen=True, kw_only=True)
class KnownEnrichment:
    """A known motif, its matrix with its cut, and its enrichment given the stronger ones: p, and q over all known."""

    motif: Motif
    candidate: Candidate
    p: float
    q: float


def enriched_known(
    data: Labelled, known: Sequence[Motif], *, seed: int, config: KnownConfig, workers: int = 1
) -> list[KnownEnrichment]:
    """The known motifs enriched with q <= `config.q_limit`, strongest first, each given that the stronger are masked.

    q is p times the effective number of tests over the motif's rank (Benjamini & Hochberg 1995).
    """
    known = [m for m in known if m.width <= int(np.diff(data.offsets).max(initial=0))]
    if not known:
        return []
    rng = np.random.default_rng(seed)
    drawn = [_redrawn(data, rng, config.block) for _ in range(config.draws)]
    promising = np.argsort(-core_enrichment(known, data, variance_floor=1.0), kind="stable")[: config.pool]
    with ThreadPoolExecutor(workers) as threads:
        chosen = [known[i] for i in promising]
        pool = list(zip(chosen, threads.map(_evaluated, chosen, repeat(data), repeat(config)), strict=True))
        # Of all known motifs, not of the promising: the correction is for what could have come out.
        some = rng.permutation(len(known))[: max(100, config.null_work // len(data))]
        tests = len(known) / len(some) / _mean_least_p([known[i] for i in some], data, drawn, threads)
        accepted: list[KnownEnrichment] = []
        while len(accepted) < config.most:
            limit = np.log(config.q_limit / tests * (len(accepted) + 1))
            pool = sorted((one for one in pool if _passes(*one[1], limit, config)), key=lambda one: one[1][1])
            if not pool:
                break
            motif, (best, log_p) = pool[0]
            p = float(np.exp(log_p))
            q = max(accepted[-1].q if accepted else 0.0, min(1.0, p * tests / (len(accepted) + 1)))
            accepted.append(KnownEnrichment(motif=motif, candidate=best, p=p, q=q))
            data = cover(data, best, chance=config.weak)
            remaining = [m for m, _ in pool[1:]]
            again = threads.map(_evaluated, remaining, repeat(data), repeat(config))
            pool = list(zip(remaining, again, strict=True))
    return accepted


def log_p_of(candidate: Candidate, data: Labelled) -> float:
    """Natural log of the p-value of a known motif's likelihood ratio."""
    return log_tail_of(label_evidence(data, candidate.scores), data.positive, data.expected)


def _redrawn(data: Labelled, rng: np.random.Generator, block: int) -> np.ndarray:
    """Labels exchanged among sequences that composition makes about equally probable positives."""
    labels = data.positive.copy()
    # Equals in random order: shuffled negatives have their positives' composition, and files come class by class.
    order = rng.permutation(len(labels))
    order = order[np.argsort(data.expected[order].round(_SAME_COMPOSITION), kind="stable")]
    for rows in np.array_split(order, max(1, len(order) // block)):
        labels[rows] = rng.permutation(labels[rows])
    return labels


def _passes(candidate: Candidate, log_p: float, limit: float, config: KnownConfig) -> bool:
    found = candidate.enrichment
    return bool(log_p <= limit and found.positives >= config.least_fold * found.expected and found.log_p < 0)


def _evaluated(motif: Motif, data: Labelled, config: KnownConfig) -> tuple[Candidate, float]:
    """The motif with the cut at which its sites are most enriched, and the log p of its likelihood ratio."""
    scores = integer_log_odds(motif.probabilities, data.letters)
    found, starts, strands = best_sites(data, scores)
    enrichment = best_cut(found, data, least=config.least_sites)
    candidate = Candidate(
        probabilities=motif.probabilities,
        scores=scores,
        enrichment=enrichment,
        source="known",
        sites=(np.flatnonzero(found >= enrichment.cut), starts, strands),
    )
    return candidate, log_p_of(candidate, data)


def _mean_least_p(
    motifs: Sequence[Motif], data: Labelled, drawn: Sequence[np.ndarray], threads: ThreadPoolExecutor
) -> float:
    """Mean over drawn labels of the least p-value of the motifs: the inverse of how many independent tests they are."""
    scores = [integer_log_odds(m.probabilities, data.letters) for m in motifs]
    says = np.array(list(threads.map(label_evidence, repeat(data), scores)))
    z = z_scores(says, np.array(drawn), data.expected)
    highest = np.argsort(-z, axis=0)[:_HIGHEST]  # the least p is among the highest z
    tails = [
        min(log_tail_of(says[i], labels, data.expected) for i in best)
        for best, labels in zip(highest.T, drawn, strict=True)
    ]
    return float(np.exp(tails).mean())
