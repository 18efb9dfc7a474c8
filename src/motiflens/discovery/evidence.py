"""Evidence: each motif must be found again in one half of the sequences and be enriched in the other half.

The sequences are split in two, stratified by class, related sequences together. Each half is searched from scratch, by
gapped k-mers alone, so that nothing learned from the test half (its labels, a model trained on them) leaks into the
test. Each motif of a half is tested in the other half, with the sites of stronger motifs masked, so that a shifted copy
of a stronger motif finds no sites. A discovered motif has the evidence of the motifs of the halves that resemble it,
corrected for every motif tested. Database motifs need no half: see `known_motifs`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64

from motiflens.discovery.config import EvidenceConfig
from motiflens.discovery.families import families, halves
from motiflens.discovery.labelled import LabelledSequences
from motiflens.discovery.refine import Candidate, best_sites, log_enrichment_p
from motiflens.discovery.result import Discovery, FoundMotif
from motiflens.discovery.search import mask_hits, search
from motiflens.discovery.seqlets import Direction
from motiflens.motifs.correlation import matrix_correlation
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import Hits, concatenate, scan
from motiflens.motifs.scores import integer_scores, score_distribution
from motiflens.motifs.statistics import benjamini_hochberg
from motiflens.shapes import Codes


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Sequences with a site among those that the motif was not learned from; p-value, and q over all motifs tested."""

    positives_with: int
    positives: int
    negatives_with: int
    negatives: int
    p: float
    q: float


@dataclass(frozen=True, kw_only=True)
class MotifEvidence:
    """A motif and the evidence for it.

    Attributes:
        found: the motif as discovery found it.
        held_out: its enrichment in sequences that it was not learned from.
        tested_on: what `held_out` was tested on: the halves, or all sequences where it is a database motif.
        replicated_in: number of the two halves, each searched from scratch, that found it again.
        position_bin: width of the bins of the position counts, in bp.
        position_counts: sites by bin of their centre, in the target class.
        position_others: the same in the other classes.
        per_sequence: sequences of the target class with 0, 1, 2, 3 or more sites.
        reason: why the motif is not supported; empty where it is.
    """

    found: FoundMotif
    held_out: HeldOut
    tested_on: str
    replicated_in: int
    position_bin: int
    position_counts: tuple[int, ...]
    position_others: tuple[int, ...]
    per_sequence: tuple[int, int, int, int]
    reason: str

    @property
    def motif(self) -> Motif:
        """The motif itself."""
        return self.found.motif

    @property
    def supported(self) -> bool:
        """Whether the evidence suffices."""
        return not self.reason


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Supported motifs, strongest first, and those not supported; hits index into `supported`."""

    supported: tuple[MotifEvidence, ...]
    not_supported: tuple[MotifEvidence, ...]
    hits: Hits | None


@dataclass(frozen=True, kw_only=True)
class _Test:
    """A motif of one half, tested in the other: p, p corrected for all motifs of the half, counts."""

    candidate: Candidate
    p: float
    corrected: float
    positives_with: int
    positives: int
    negatives_with: int
    negatives: int


def assess_motifs(
    discovery: Discovery,
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    *,
    seed: int = 0,
    config: EvidenceConfig | None = None,
) -> Evidence:
    """Test every motif of a discovery on held-out halves of its sequences.

    Args:
        discovery: what `discover` returned.
        codes: the sequences given to it.
        positive: the labels given to it.
        seed: seed of the split into halves.
        config: settings.
    """
    config = config or EvidenceConfig()
    positive = np.asarray(positive, bool)
    first = halves(positive, families(codes), seed=seed)
    matched: dict[str, list[_Test]] = {m.motif.name: [] for m in discovery.motifs}
    for direction in sorted({m.direction for m in discovery.motifs}):
        data = discovery.sequences[direction]
        for learned in (first, ~first):
            found = search(data.take(learned), config=config.search, workers=config.workers)
            tests = _test_all(found, data.take(~learned))
            for name, test in _matched(discovery, direction, tests, config).items():
                matched[name].append(test)
    judged = [
        _judge(found, matched[found.motif.name], discovery, codes, positive, config) for found in discovery.motifs
    ]
    supported = tuple(e for e in judged if e.supported)
    hits = _hits([e.found for e in supported], discovery, codes) if supported else None
    return Evidence(supported=supported, not_supported=tuple(e for e in judged if not e.supported), hits=hits)


def _test_all(candidates: Sequence[Candidate], data: LabelledSequences) -> list[_Test]:
    """Test the motifs of one half in the other half, each with the sites of stronger ones masked."""
    rows = []
    full, positives = data, int(data.positive.sum())
    for candidate in candidates:
        scores, _, _ = best_sites(data, candidate.scores, candidate.position_window)
        hit = scores >= candidate.threshold
        trials, successes = int(hit.sum()), int((hit & full.positive).sum())
        tail = log_enrichment_p(successes, trials, full.expected[hit].sum(), positives, len(full), full.expected.sum())
        rows.append((candidate, math.exp(tail), successes, trials - successes))
        data = mask_hits(data, candidate)
    corrected = benjamini_hochberg(np.array([row[1] for row in rows]))
    return [
        _Test(
            candidate=candidate,
            p=p,
            corrected=float(q),
            positives_with=with_positive,
            positives=positives,
            negatives_with=with_negative,
            negatives=len(full) - positives,
        )
        for (candidate, p, with_positive, with_negative), q in zip(rows, corrected, strict=True)
    ]


def _fisher(p: Sequence[float]) -> float:
    """p-value of the product of two independent p-values (Fisher 1932)."""
    product = math.prod(p)
    return 0.0 if product <= 0 else min(1.0, product * (1 - math.log(product)))


def _judge(
    found: FoundMotif,
    matched: Sequence[_Test],
    discovery: Discovery,
    codes: Codes,
    positive: np.ndarray,
    config: EvidenceConfig,
) -> MotifEvidence:
    """The evidence of a motif that one or both halves, or none, found again."""
    not_found = [1.0] * (2 - len(matched))
    counts = {
        name: sum(getattr(m, name) for m in matched)
        for name in ("positives_with", "positives", "negatives_with", "negatives")
    }
    held_out = HeldOut(
        **counts,
        p=_fisher([max(m.p, 1e-300) for m in matched] + not_found),
        q=_fisher([max(m.corrected, 1e-300) for m in matched] + not_found),
    )
    tested_on = "held-out halves"
    if discovery.database_size:
        held_out, tested_on = _better(held_out, found, positive, config)
    return MotifEvidence(
        found=found,
        held_out=held_out,
        tested_on=tested_on,
        replicated_in=len(matched),
        reason=_reason(held_out, found, bool(matched), config),
        **_places(found, discovery, codes, positive),
    )


def _reason(held_out: HeldOut, found: FoundMotif, matched: bool, config: EvidenceConfig) -> str:
    """Why the motif is not supported; empty where it is."""
    if held_out.q > config.max_q:
        if not matched:
            return "neither half of the sequences finds it again by itself"
        return f"held-out enrichment q = {held_out.q:.2g}, above {config.max_q:g}"
    inside = held_out.positives_with / max(held_out.positives, 1)
    outside = held_out.negatives_with / max(held_out.negatives, 1)
    fold = min_fold(found, config)
    if inside < fold * outside:
        return f"{inside:.0%} of the target class and {outside:.0%} of the others have it: less than {fold:g} times"
    return ""


def min_fold(found: FoundMotif, config: EvidenceConfig | None = None) -> float:
    """Return how many times more frequent in the target class than in the others a motif must be."""
    config = config or EvidenceConfig()
    return config.min_fold if found.position_window is None else config.min_fold_in_window


def _better(held_out: HeldOut, found: FoundMotif, positive: np.ndarray, config: EvidenceConfig) -> tuple[HeldOut, str]:
    """The stronger of two tests, its q raised for the choice (weighted Bonferroni)."""
    known = found.known_motif
    weighted = min(1.0, held_out.q / (1 - config.known_motif_weight))
    if known is None or weighted <= known.q / config.known_motif_weight:
        return replace(held_out, q=weighted), "held-out halves"
    tested = known.candidate.enrichment
    inside = int(positive.sum()) if found.direction == "for" else int((~positive).sum())
    counts = HeldOut(
        positives_with=tested.positives,
        positives=inside,
        negatives_with=tested.hits - tested.positives,
        negatives=len(positive) - inside,
        p=known.p,
        q=min(1.0, known.q / config.known_motif_weight),
    )
    return counts, f"known motif {known.motif.name}"


def _matched(
    discovery: Discovery, direction: Direction, tests: Sequence[_Test], config: EvidenceConfig
) -> dict[str, _Test]:
    """The test of each discovered motif by name: the strongest motif first gets the most significant that resembles it.

    A test counts for one motif only; otherwise copies and parts of a motif would share its evidence.
    """
    unmatched, matched = list(tests), {}
    for found in discovery.motifs:
        if found.direction != direction:
            continue
        correlations = [
            matrix_correlation(found.motif.probabilities, t.candidate.probabilities, strands=discovery.strands)
            for t in unmatched
        ]
        same = [i for i, correlation in enumerate(correlations) if correlation >= config.same_motif_correlation]
        if same:
            best = min(same, key=lambda i: (unmatched[i].corrected, -correlations[i]))
            matched[found.motif.name] = unmatched.pop(best)
    return matched


def weak_sites(found: Evidence, discovery: Discovery, codes: Codes, *, chance: float = 0.5) -> Hits:
    """Return sites of the supported motifs down to the score that chance reaches `chance` times a sequence.

    For questions about many sites at once (how two motifs are arranged), where weak sites count too and the null
    accounts for chance sites. All sites above a motif's threshold are among them.
    """
    return _hits([e.found for e in found.supported], discovery, codes, chance=chance)


def _hits(found: Sequence[FoundMotif], discovery: Discovery, codes: np.ndarray, *, chance: float = 0.0) -> Hits:
    """Sites of the motifs at their thresholds, in all sequences; of overlapping ones of a motif the better."""
    background = discovery.background
    spans = [one.position_window or (0, codes.shape[1]) for one in found]
    thresholds = []
    for one, (start, end) in zip(found, spans, strict=True):
        distribution = score_distribution(integer_scores(one.motif.probabilities, background), background)
        index = min(max(one.threshold - distribution.lowest, 0), len(distribution.survival) - 1)
        windows = max(end - start - one.motif.width + 1, 1) * (2 if discovery.strands == "both" else 1)
        thresholds.append(max(float(distribution.survival[index]), chance / windows))
    hits = scan(
        concatenate(codes), [one.motif for one in found], strands=discovery.strands, p_threshold=thresholds,
        background=background,
    )  # fmt: skip
    first, last = np.array(spans).T
    hits = hits.take((hits.start >= first[hits.motif]) & (hits.end <= last[hits.motif]))
    return hits.take(_separate(hits))


def _separate(hits: Hits) -> Int64[np.ndarray, " separate"]:
    """Indices of hits, in order, that overlap no better hit of the same motif."""
    kept = np.zeros(len(hits), bool)
    key = hits.motif * (hits.sequence.max(initial=0) + 1) + hits.sequence
    for group in np.split(np.arange(len(hits)), np.flatnonzero(np.diff(key)) + 1):
        kept_spans: list[tuple[int, int]] = []
        for i in group[np.argsort(-hits.score[group], kind="stable")]:
            start, end = int(hits.start[i]), int(hits.end[i])
            if all(end <= a or start >= b for a, b in kept_spans):
                kept_spans.append((start, end))
                kept[i] = True
    return np.flatnonzero(kept)


def _places(found: FoundMotif, discovery: Discovery, codes: np.ndarray, positive: np.ndarray) -> dict[str, Any]:
    hits = _hits([found], discovery, codes)
    inside = positive if found.direction == "for" else ~positive
    length = codes.shape[1]
    size = max(1, -(-length // 50))
    bins = -(-length // size)
    centre = (hits.start + hits.end) // 2 // size
    target = inside[hits.sequence]
    number = np.bincount(hits.sequence, minlength=len(codes))[inside]
    return {
        "position_bin": size,
        "position_counts": tuple(np.bincount(centre[target], minlength=bins).tolist()),
        "position_others": tuple(np.bincount(centre[~target], minlength=bins).tolist()),
        "per_sequence": tuple(np.bincount(np.minimum(number, 3), minlength=4).tolist()),
    }
