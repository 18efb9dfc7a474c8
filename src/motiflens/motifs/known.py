"""Known motifs that the target class is enriched in: too rare to be found from nothing, they need less evidence.

A motif taken from a search of all matrices has won against billions; one of a thousand known ones has won against a
thousand. So a known motif is tested on all sequences, and corrected for the number of known motifs: for their effective
number, which labels exchanged between sequences of like composition tell (related motifs are no independent tests).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from motiflens.motifs.config import KnownConfig
from motiflens.motifs.motif import Motif
from motiflens.motifs.refine import Candidate, Labelled, best_cut, best_sites, cut_tail, integer_log_odds
from motiflens.motifs.screen import core_enrichment
from motiflens.motifs.search import cover


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
        nulls = list(threads.map(lambda i: _null_tails(known[i], data, drawn, config), some))
        tests = len(known) / len(some) / np.exp(np.array(nulls).min(0)).mean()
        accepted: list[KnownEnrichment] = []
        while len(accepted) < config.most:
            limit = np.log(config.q_limit / tests * (len(accepted) + 1))
            pool = sorted((one for one in pool if _passes(one[1], limit, config)), key=_strength)
            if not pool:
                break
            motif, best = pool[0]
            p = float(np.exp(best.enrichment.log_p))
            q = max(accepted[-1].q if accepted else 0.0, min(1.0, p * tests / (len(accepted) + 1)))
            accepted.append(KnownEnrichment(motif=motif, candidate=best, p=p, q=q))
            data = cover(data, best)
            remaining = [m for m, _ in pool[1:]]
            again = threads.map(_evaluated, remaining, repeat(data), repeat(config))
            pool = list(zip(remaining, again, strict=True))
    return accepted


def _redrawn(data: Labelled, rng: np.random.Generator, block: int) -> np.ndarray:
    """Labels exchanged among sequences that composition makes about equally probable positives."""
    labels = data.positive.copy()
    order = np.argsort(data.expected, kind="stable")
    for rows in np.array_split(order, max(1, len(order) // block)):
        labels[rows] = rng.permutation(labels[rows])
    return labels


def _strength(one: tuple[Motif, Candidate]) -> float:
    return one[1].enrichment.log_p


def _passes(candidate: Candidate, limit: float, config: KnownConfig) -> bool:
    found = candidate.enrichment
    return bool(found.log_p <= limit and found.positives >= config.least_fold * found.expected)


def _evaluated(motif: Motif, data: Labelled, config: KnownConfig) -> Candidate:
    scores = integer_log_odds(motif.probabilities, data.letters)
    found, starts, strands = best_sites(data, scores)
    enrichment = best_cut(found, data, least=config.least_sites)
    return Candidate(
        probabilities=motif.probabilities,
        scores=scores,
        enrichment=enrichment,
        source="known",
        sites=(np.flatnonzero(found >= enrichment.cut), starts, strands),
    )


def _null_tails(motif: Motif, data: Labelled, drawn: Sequence[np.ndarray], config: KnownConfig) -> list[float]:
    """Log tails of a motif at its best cuts under drawn labels."""
    found, _, _ = best_sites(data, integer_log_odds(motif.probabilities, data.letters))
    order = np.argsort(-found, kind="stable")
    return [
        cut_tail(found, order=order, positive=labels, expected=data.expected, least=config.least_sites)
        for labels in drawn
    ]
