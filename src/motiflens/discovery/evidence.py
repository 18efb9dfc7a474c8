"""Evidence: each motif must be found again by one half of the sequences and hold in the other half.

The sequences are split in two, stratified, relatives together. Each half is searched from scratch, by words alone, so
that nothing that the test half knows (labels, a model trained on them) leaks into what is tested; each motif of a half
is tested in the other half, with the sites of stronger motifs masked: a shifted copy or a shadow of a stronger motif
finds nothing left. A discovered motif has the evidence of the motifs of the halves that are like it, corrected for
every motif tested. Motifs that are known beforehand need no half: see `known`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.config import EvidenceConfig
from motiflens.discovery.discover import Discovery, FoundMotif, labelled
from motiflens.discovery.families import families, halves
from motiflens.discovery.masking import equal_room
from motiflens.discovery.refine import Candidate, Labelled, best_sites, log_tail
from motiflens.discovery.search import cover, search
from motiflens.discovery.seqlets import Direction
from motiflens.motifs.correlation import alike
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import Hits, concatenate, scan
from motiflens.motifs.scores import Background, integer_scores, score_distribution
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
    """A motif with what speaks for it. `reason` is why it is not supported, empty where it is.

    `halves` is how many of the two halves, searched from scratch, found it again. `basis` is what `held_out` was tested
    on: the halves, or all sequences where it is a known motif. `position_counts` are sites by bin of `position_bin` bp
    of their centre, in the target class and in the others; `per_sequence` the sequences of the target class with 0, 1,
    2, 3 or more sites.
    """

    found: FoundMotif
    held_out: HeldOut
    basis: str
    halves: int
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

    def record(self, target: str) -> dict[str, Any]:
        """The motif's entry in motifs.json, but for its `matches`."""
        found, motif, test = self.found, self.found.motif, self.held_out
        entry = {
            "name": motif.name,
            "consensus": motif.consensus,
            "target": target,
            "direction": found.direction,
            "probabilities": motif.probabilities.tolist(),
            "contributions": None if motif.contributions is None else motif.contributions.tolist(),
            "sites": motif.sites,
            "seqlets": found.seqlets,
            "contribution_fraction": found.contribution_fraction,
            "sources": list(found.sources),
            "enrichment": {
                name: getattr(test, name)
                for name in ("positives_with", "positives", "negatives_with", "negatives", "p", "q")
            },
            "basis": self.basis,
            "halves": self.halves,
            "band": found.band,
            "positions": {
                "start": 0,
                "bin": self.position_bin,
                "counts": list(self.position_counts),
                "others": list(self.position_others),
            },
            "per_sequence": dict(zip(("0", "1", "2", "3+"), self.per_sequence, strict=True)),
            "matches": [],
        }
        return entry if self.supported else entry | {"reason": self.reason}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Supported motifs, strongest first, and those not supported; hits index into `supported`."""

    supported: tuple[MotifEvidence, ...]
    not_supported: tuple[MotifEvidence, ...]
    hits: Hits | None


@dataclass(frozen=True, kw_only=True)
class _Test:
    """A motif of one half, tested in the other: raw p, p corrected for the half's list, counts."""

    candidate: Candidate
    p: float
    corrected: float
    positives_with: int
    positives: int
    negatives_with: int
    negatives: int


def evidence(
    discovery: Discovery,
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    *,
    seed: int = 0,
    config: EvidenceConfig | None = None,
) -> Evidence:
    """Test every motif of a discovery on held-out halves of the sequences that it was made from.

    codes (n, length), positive (n,) as given to `discover`.
    """
    config = config or EvidenceConfig()
    positive = np.asarray(positive, bool)
    group = families(codes)
    splits = [halves(positive, group, seed=seed + split) for split in range(config.splits)]
    tests: dict[Direction, list[list[list[_Test]]]] = {}
    for direction in sorted({m.direction for m in discovery.motifs}):
        looked_at = codes
        if direction == "against":
            own = [m for m in discovery.motifs if m.direction == "for"]
            letters, strands = discovery.letters, discovery.strands
            looked_at = equal_room(codes, positive, own, letters=letters, strands=strands, seed=seed)
        tests[direction] = [_cross_test(looked_at, positive, discovery, direction, first, config) for first in splits]
    owned = {d: [[_owners(discovery, d, one, config) for one in pair] for pair in t] for d, t in tests.items()}
    judged = [_judge(found, owned[found.direction], discovery, codes, positive, config) for found in discovery.motifs]
    supported = tuple(e for e in judged if e.supported)
    hits = None
    if supported:
        hits = _hits([e.found for e in supported], discovery, codes)
    return Evidence(supported=supported, not_supported=tuple(e for e in judged if not e.supported), hits=hits)


def _cross_test(
    codes: np.ndarray,
    positive: np.ndarray,
    discovery: Discovery,
    direction: Direction,
    first: np.ndarray,
    config: EvidenceConfig,
) -> list[list[_Test]]:
    lists = []
    for learned in (first, ~first):
        pair = [
            labelled(codes, positive, strands=discovery.strands, rows=np.flatnonzero(m)) for m in (learned, ~learned)
        ]
        if direction == "against":
            pair = [half.of_class_against() for half in pair]
        found = search(pair[0], config=config.search, workers=config.workers)
        lists.append(_test_all(found.candidates, pair[1]))
    return lists


def _test_all(candidates: Sequence[Candidate], data: Labelled) -> list[_Test]:
    rows = []
    full, positives = data, int(data.positive.sum())
    for candidate in candidates:
        scores, _, _ = best_sites(data, candidate.scores, candidate.band)
        hit = scores >= candidate.cut
        trials, successes = int(hit.sum()), int((hit & full.positive).sum())
        tail = log_tail(successes, trials, full.expected[hit].sum(), positives, len(full), full.expected.sum())
        rows.append((candidate, math.exp(tail), successes, trials - successes))
        data = cover(data, candidate)
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
    splits: list[list[dict[str, _Test]]],
    discovery: Discovery,
    codes: np.ndarray,
    positive: np.ndarray,
    config: EvidenceConfig,
) -> MotifEvidence:
    outcomes = []
    for pair in splits:
        matches = [tests.get(found.motif.name) for tests in pair]
        q = _fisher([1.0 if m is None else max(m.corrected, 1e-300) for m in matches])
        p = _fisher([1.0 if m is None else max(m.p, 1e-300) for m in matches])
        outcomes.append((q, p, [m for m in matches if m is not None]))
    outcomes.sort(key=lambda o: o[0])
    q, p, matched = outcomes[len(outcomes) // 2]
    counts = {
        name: sum(getattr(m, name) for m in matched)
        for name in ("positives_with", "positives", "negatives_with", "negatives")
    }
    held_out, basis = HeldOut(**counts, p=p, q=q), "held-out halves"
    if discovery.known_tested:
        held_out, basis = _better(held_out, found, positive, config)
    reason = _reason(held_out, found, bool(matched), config)
    bins = _places(found, discovery, codes, positive)
    return MotifEvidence(found=found, held_out=held_out, basis=basis, halves=len(matched), reason=reason, **bins)


def _reason(held_out: HeldOut, found: FoundMotif, matched: bool, config: EvidenceConfig) -> str:
    """Why the motif is not supported; empty where it is."""
    if held_out.q > config.q_limit:
        if not matched:
            return "neither half of the sequences finds it again by itself"
        return f"held-out enrichment q = {held_out.q:.2g}, above {config.q_limit:g}"
    inside = held_out.positives_with / max(held_out.positives, 1)
    outside = held_out.negatives_with / max(held_out.negatives, 1)
    fold = least_fold(found, config)
    if inside < fold * outside:
        return f"{inside:.0%} of the target class and {outside:.0%} of the others have it: less than {fold:g} times"
    return ""


def least_fold(found: FoundMotif, config: EvidenceConfig | None = None) -> float:
    """Share of the target class with a site over that of the others that a motif needs at least."""
    config = config or EvidenceConfig()
    return config.least_fold if found.band is None else config.least_fold_in_band


def _better(held_out: HeldOut, found: FoundMotif, positive: np.ndarray, config: EvidenceConfig) -> tuple[HeldOut, str]:
    """The stronger of two tests, its q raised for the choice (weighted Bonferroni)."""
    known = found.known
    anew = min(1.0, held_out.q / (1 - config.known_weight))
    if known is None or anew <= known.q / config.known_weight:
        return replace(held_out, q=anew), "held-out halves"
    tested = known.candidate.enrichment
    inside = int(positive.sum()) if found.direction == "for" else int((~positive).sum())
    counts = HeldOut(
        positives_with=tested.positives,
        positives=inside,
        negatives_with=tested.hits - tested.positives,
        negatives=len(positive) - inside,
        p=known.p,
        q=min(1.0, known.q / config.known_weight),
    )
    return counts, f"known motif {known.motif.name}"


def _owners(
    discovery: Discovery, direction: Direction, tests: Sequence[_Test], config: EvidenceConfig
) -> dict[str, _Test]:
    """The test of each discovered motif by name: the strongest motif first chooses the most significant like it.

    A test speaks for one motif only, or copies and parts of a motif would share its evidence.
    """
    left, owned = list(tests), {}
    for found in discovery.motifs:
        if found.direction != direction:
            continue
        likeness = [
            alike(found.motif.probabilities, t.candidate.probabilities, both=discovery.strands == "both") for t in left
        ]
        same = [i for i, likely in enumerate(likeness) if likely >= config.same]
        if same:
            owned[found.motif.name] = left.pop(min(same, key=lambda i: (left[i].corrected, -likeness[i])))
    return owned


def weak_sites(found: Evidence, discovery: Discovery, codes: Codes, *, chance: float = 0.5) -> Hits:
    """Sites of the supported motifs down to a score that chance gives `chance` times a sequence, at least their cuts.

    For questions about many sites at once (how two motifs stand to each other), where weak sites count too and chance
    sites are in the null.
    """
    return _hits([e.found for e in found.supported], discovery, codes, chance=chance)


def _hits(found: Sequence[FoundMotif], discovery: Discovery, codes: np.ndarray, *, chance: float = 0.0) -> Hits:
    """Sites of the motifs at their cuts, in all sequences; of two strands' hits on one window the better one."""
    background = Background(letters=discovery.letters)
    bands = [one.band or (0, codes.shape[1]) for one in found]
    thresholds = []
    for one, (start, end) in zip(found, bands, strict=True):
        distribution = score_distribution(integer_scores(one.motif, background), background)
        index = min(max(one.cut - distribution.lowest, 0), len(distribution.survival) - 1)
        windows = max(end - start - one.motif.width + 1, 1) * (2 if discovery.strands == "both" else 1)
        thresholds.append(max(float(distribution.survival[index]), chance / windows))
    hits = scan(
        concatenate(codes), [one.motif for one in found], strands=discovery.strands, p_threshold=thresholds,
        background=background,
    )  # fmt: skip
    first, last = np.array([b[0] for b in bands]), np.array([b[1] for b in bands])
    hits = hits.take((hits.start >= first[hits.motif]) & (hits.end <= last[hits.motif]))
    return hits.take(_separate(hits))


def _separate(hits: Hits) -> np.ndarray:
    """Indices of hits, in order, that overlap no better hit of the same motif."""
    kept = np.zeros(len(hits), bool)
    key = hits.motif * (hits.sequence.max(initial=0) + 1) + hits.sequence
    for group in np.split(np.arange(len(hits)), np.flatnonzero(np.diff(key)) + 1):
        taken: list[tuple[int, int]] = []
        for i in group[np.argsort(-hits.score[group], kind="stable")]:
            start, end = int(hits.start[i]), int(hits.end[i])
            if all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
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
