"""Evidence: every matrix is tested, at its cut and place, on sequences that it was not learned from.

The sequences are split in two, stratified by class, related sequences together. Each half is searched from scratch and
its motifs are tested in the other half; composition, which a motif must surpass, is learned from the searched half too.
Where both halves find a motif, the one with the stronger test is kept. What is shown is the test of the matrix as it
stands. A second test, with the sites of stronger motifs masked, sorts out echoes: shifted copies, parts and reverse
complements of another motif. q-values (Benjamini & Hochberg 1995) are over the larger p-value of the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.config import DiscoveryConfig, EvidenceConfig
from motiflens.discovery.position_windows import PositionWindow
from motiflens.discovery.refine import Candidate, best_sites
from motiflens.discovery.search import mask_hits
from motiflens.discovery.sequences import MotifTest, SearchedSequences
from motiflens.motifs.correlation import are_one
from motiflens.motifs.statistics import benjamini_hochberg


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A candidate, and the sequences that it may be tested on: it was learned from none of them."""

    candidate: Candidate
    tested: Bool[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Tested:
    """A candidate with its test, its p-value with the sites of stronger motifs masked, and its q-value.

    `replicated` is whether it was proposed, and enriched, a second time by sequences that it was not learned from.
    """

    proposal: Proposal
    test: MotifTest
    alone_log_p: float = 0.0
    q: float = 1.0
    replicated: bool = False

    @property
    def candidate(self) -> Candidate:
        """The candidate."""
        return self.proposal.candidate


def has_site(data: SearchedSequences, candidate: Candidate) -> Bool[np.ndarray, " n"]:
    """Return which sequences have a site of the candidate, at its cut and place."""
    scores, _, _ = best_sites(data, candidate.scores, candidate.position_window)
    return np.asarray(scores >= candidate.threshold)


def assess(
    proposals: Sequence[Proposal], *, shown: SearchedSequences, searched: SearchedSequences, config: DiscoveryConfig
) -> list[Tested]:
    """Test proposals, strongest first, and drop those that are the same motif as a stronger one.

    Args:
        proposals: what was found, each with the sequences it is tested on.
        shown: all sequences; their expected labels are those that a test may use.
        searched: the same sequences as they were searched: with the sites of other motifs masked, if need be.
        config: settings.
    """
    tested = [
        Tested(proposal=p, test=shown.test(has_site(shown, p.candidate), rows=p.tested))
        for p in proposals
        if p.tested.any()
    ]
    tested.sort(key=lambda one: (one.test.log_p, one.candidate.enrichment.log_p))
    kept: list[Tested] = []
    evidence = config.evidence
    for one in tested:
        site = has_site(searched, one.candidate)
        alone = searched.test(site, rows=one.proposal.tested).log_p
        twin = _twin(one, alone, kept, data=shown, config=config)
        if twin is not None:
            found_again = one.test.p <= evidence.max_alone_p and _learned_apart(one, kept[twin])
            kept[twin] = replace(kept[twin], replicated=kept[twin].replicated or found_again)
            continue
        kept.append(replace(one, alone_log_p=alone))
        if np.exp(alone) <= evidence.max_alone_p:
            searched = mask_hits(searched, one.candidate, chance_sites=evidence.weak_sites_per_sequence)
            searched = searched.without_effect(site)
    larger = np.exp([max(one.test.log_p, one.alone_log_p) for one in kept])
    q = benjamini_hochberg(larger, tests=len(tested)) if kept else larger
    return [replace(one, q=float(value)) for one, value in zip(kept, q, strict=True)]


def _learned_apart(one: Tested, other: Tested) -> bool:
    """Whether two candidates were tested on different sequences, and so learned from different ones."""
    return not (one.proposal.tested & other.proposal.tested).any()


def _twin(
    one: Tested, alone_log_p: float, kept: Sequence[Tested], *, data: SearchedSequences, config: DiscoveryConfig
) -> int | None:
    """The stronger motif that a candidate is the same as; None for a relative that is clearly enriched by itself."""
    distinct = alone_log_p <= np.log(config.evidence.max_relative_p)
    limit = config.identical_correlation if distinct else config.same_motif_correlation
    return next((i for i, other in enumerate(kept) if same_motif(one, other, data, limit=limit)), None)


def same_motif(one: Tested, other: Tested, data: SearchedSequences, *, limit: float) -> bool:
    """Return whether two candidates are one motif: by their matrices, and by places that overlap."""
    a, b = one.candidate, other.candidate
    return overlap(a.position_window, b.position_window) and are_one(
        a.probabilities, b.probabilities, least=limit, strands=data.strands
    )


def overlap(a: PositionWindow | None, b: PositionWindow | None) -> bool:
    """Return whether two places overlap; None is anywhere."""
    return a is None or b is None or (a[0] < b[1] and b[0] < a[1])


def shortfall(test: MotifTest, q: float, *, window: PositionWindow | None, config: EvidenceConfig) -> str:
    """Return what a motif lacks to be supported; empty where it lacks nothing."""
    if q > config.max_q:
        if test.p <= config.max_alone_p:
            return f"not {test.finding} enough, stronger motifs' sites masked (q = {q:.2g}, above {config.max_q:g})"
        return f"not {test.finding} in sequences that it was not learned from (q = {q:.2g}, above {config.max_q:g})"
    return test.too_small(window=window, config=config)
