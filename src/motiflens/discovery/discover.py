"""Discover motifs in labelled sequences, and test each on sequences that it was not learned from.

Candidates have three sources. Each half of the sequences is searched for gapped k-mers that distinguish the classes,
given composition. Known motifs of a database are tested as they are. And clusters of seqlets, stretches of high
contribution, are tested on sequences that the model has not seen. Every matrix is refined by counting its sites in the
sequences that it is learned from, strongest first, with the sites of stronger motifs masked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int64
from sklearn.metrics import roc_auc_score

from motiflens.discovery.config import DiscoveryConfig
from motiflens.discovery.contributions import Explained
from motiflens.discovery.enrichment import enrichment_test
from motiflens.discovery.evidence import Proposal, Tested, assess, has_site, same_motif, shortfall
from motiflens.discovery.families import families, halves
from motiflens.discovery.judgement import judged, plain_test
from motiflens.discovery.known_motifs import enriched_known_motifs
from motiflens.discovery.labelled import LabelledSequences, label_sequences
from motiflens.discovery.masking import mask_equally
from motiflens.discovery.prefilter import core_enrichment
from motiflens.discovery.result import Discovery, FoundMotif
from motiflens.discovery.search import Seed, mask_hits, search
from motiflens.discovery.seqlets import Direction, Seqlets
from motiflens.discovery.side import Side
from motiflens.discovery.sites import find_sites
from motiflens.errors import InputError
from motiflens.motifs.motif import Motif
from motiflens.shapes import Codes, Strands

_INFORMATIVE = 0.6  # AUROC of composition alone from which it may hide a motif


def discover(
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    hypothetical: Float32[np.ndarray, "m 4 length"] | None = None,
    *,
    rows: Int64[np.ndarray, " m"] | None = None,
    unseen: Bool[np.ndarray, " n"] | None = None,
    null: Float32[np.ndarray, "k length"] | None = None,
    database: Sequence[Motif] = (),
    strands: Strands = "both",
    directions: Sequence[Direction] = ("for",),
    targets: int = 1,
    seed: int = 0,
    config: DiscoveryConfig | None = None,
) -> Discovery:
    """Find motifs that argue for (or against) a target class, with their evidence.

    Args:
        codes: sequences of one length.
        positive: whether each belongs to the target class.
        hypothetical: mean-centred contributions in logits of the sequences `rows`.
        rows: sequences that have contributions; all by default.
        unseen: sequences that the model was not trained on, in which motifs of its contributions are tested; none by
            default.
        null: contributions of shuffled sequences.
        database: known motifs, which need less evidence.
        strands: strands that sites may lie on.
        directions: "for" the target class, "against" it, or both in this order.
        targets: number of target classes that the sequences are searched for; they share the error rate.
        seed: seed of all random choices.
        config: settings.

    Raises:
        InputError: if all sequences belong to one class.
    """
    config = config or DiscoveryConfig()
    positive = np.asarray(positive, bool)
    if not positive.any() or positive.all():
        raise InputError("motif discovery needs sequences inside and outside of the target class")
    family = families(codes)
    first = halves(positive, family, seed=seed)
    # What the model has seen a relative of, it has seen.
    unseen = np.zeros(len(codes), bool) if unseen is None else unseen & ~np.isin(family, family[~unseen])
    explained = None if hypothetical is None else Explained.of(codes, hypothetical, rows, seed=seed)
    found: list[FoundMotif] = []
    sides: list[Side] = []
    share = 1 / (targets * len(directions))
    called = kept = clusters = 0
    for direction in directions:
        sites = [one.hits for one in found if one.status == "supported"]
        masked = mask_equally(codes, positive, sites, seed=seed) if direction == "against" else None
        side = Side.of(codes, positive, first, strands=strands, direction=direction, masked=masked)
        seqlets, seeds = None, []
        if explained is not None:
            seqlets = explained.seqlets(direction, null, config)
            seeds = explained.clusters(seqlets, side.shown, allowed=~unseen, config=config)
            called, kept, clusters = called + seqlets.called, kept + len(seqlets), clusters + len(seeds)
        sides.append(side)
        of_side = _Search(side=side, share=share, explained=explained, seqlets=seqlets, config=config, seed=seed)
        found += of_side.motifs(seeds, unseen, database, offset=len(found))
    return Discovery(
        motifs=tuple(found),
        background=sides[0].shown.background,
        strands=strands,
        explained_sequences=0 if explained is None else len(explained.rows),
        seqlets_called=called,
        seqlets_kept=kept,
        clusters=clusters,
        note=f"{_note(explained, kept, clusters, config)}; {_places(sides[0])}",
    )


@dataclass(frozen=True, kw_only=True)
class _Search:
    """The motifs of one side; `share` is its share of the error rate."""

    side: Side
    share: float
    explained: Explained | None
    seqlets: Seqlets | None
    config: DiscoveryConfig
    seed: int

    def motifs(
        self, seeds: Sequence[Seed], unseen: np.ndarray, database: Sequence[Motif], *, offset: int
    ) -> list[FoundMotif]:
        """The motifs of all sources, strongest first; `offset` is the number of motifs found before."""
        side, config = self.side, self.config
        proposals = self._of_halves(database) + self._of_model(seeds, unseen)
        weight = self.share * (1 - config.evidence.known_motif_weight if database else 1.0)
        enriched: list[Tested] = []
        others: list[Tested] = []
        for one in assess(proposals, shown=side.shown, searched=side.searched, config=config):
            weighted = replace(one, q=min(1.0, one.q / weight))
            missing = shortfall(one.test, weighted.q, window=one.candidate.position_window, config=config.evidence)
            (others if missing else enriched).append(weighted)
        known = self._known(enriched, database)
        others = [one for one in others if self._worth_listing(one) and not self._is_any(one, known)]
        ranked = sorted([*enriched, *others, *known], key=lambda one: (one.test.log_p, one.candidate.enrichment.log_p))
        pairs = [(one, found) for one in ranked if len((found := self._found(one)).hits)]
        tested, motifs = [one for one, _ in pairs], [found for _, found in pairs]
        return judged(tested, motifs, side, offset=offset, seed=self.seed, config=config)

    def _worth_listing(self, one: Tested) -> bool:
        """Whether a motif that is not enriched is anything but noise: the model's, a near miss, or composition's."""
        plain = plain_test(has_site(self.side.shown, one.candidate), self.side, rows=one.proposal.tested)
        return one.candidate.source == "contributions" or min(one.test.p, plain.p) <= self.config.evidence.max_alone_p

    def _is_any(self, one: Tested, others: Sequence[Tested]) -> bool:
        return any(
            same_motif(one, other, self.side.shown, limit=self.config.same_motif_correlation) for other in others
        )

    def _of_halves(self, database: Sequence[Motif]) -> list[Proposal]:
        """What each half finds by itself, to be tested in the other."""
        side, config = self.side, self.config
        hidden = roc_auc_score(side.shown.positive, side.shown.expected) >= _INFORMATIVE
        proposals = []
        for data, half in zip(side.halves, (side.first, ~side.first), strict=True):
            part = data.take(half)
            seeds = _known_seeds(part, database, config.known_seeds)
            found = search(part, seeds=seeds, config=config.search, workers=config.workers)
            if hidden:  # what composition explains is a result too
                rate = np.clip(part.positive.mean(), 0.02, 0.98)
                flat = replace(part, expected=np.full(len(part), rate), position_windows=())
                found += search(flat, config=replace(config.search, rounds=1, max_motifs=4), workers=config.workers)
            proposals += [Proposal(candidate=candidate, tested=~half) for candidate in found]
        return proposals

    def _of_model(self, seeds: Sequence[Seed], unseen: np.ndarray) -> list[Proposal]:
        """Clusters of contributions, refined on what the model has seen, to be tested on what it has not."""
        if not seeds or not unseen.any():
            return []
        shown = self.side.shown
        data = label_sequences(self.side.codes, shown.positive, strands=shown.strands, learned=~unseen)
        config = replace(self.config.search, max_seeds=0, max_window_seeds=0, rounds=1)
        found = search(data.take(~unseen), seeds=seeds, config=config, workers=self.config.workers)
        return [Proposal(candidate=candidate, tested=unseen) for candidate in found]

    def _known(self, enriched: Sequence[Tested], database: Sequence[Motif]) -> list[Tested]:
        """Database motifs that are enriched where the sites of the motifs found are masked, weak ones too."""
        side, config = self.side, self.config
        data = side.searched
        for one in enriched:
            data = mask_hits(data, one.candidate, chance_sites=config.known_motifs.weak_sites_per_sequence)
        everywhere = np.ones(len(data), bool)
        known: list[Tested] = []
        for motif in enriched_known_motifs(
            data, database, seed=self.seed, config=config.known_motifs, workers=config.workers
        ):
            proposal = Proposal(candidate=motif.candidate, tested=everywhere)
            tested = assess([proposal], shown=side.shown, searched=data, config=config)[0]
            q = min(1.0, motif.q / (self.share * config.evidence.known_motif_weight))
            if not self._is_any(tested, [*enriched, *known]):
                known.append(replace(tested, q=q))
        return known

    def _found(self, one: Tested) -> FoundMotif:
        """A tested candidate with its sites and what the contributions have to do with it."""
        side, candidate = self.side, one.candidate
        shown, tested = side.shown, one.proposal.tested
        motif = Motif(name="", probabilities=candidate.probabilities)
        window = candidate.position_window
        hits, cut = find_sites(
            side.codes,
            motif,
            threshold=candidate.threshold,
            window=window,
            background=shown.background,
            strands=shown.strands,
        )
        site = hits.in_sequences(len(shown))
        test = enrichment_test(site, shown.positive, shown.expected, rows=tested)
        seqlets, fraction = 0, 0.0
        motif = replace(motif, sites=int((site & shown.positive).sum()))
        if self.explained is not None and self.seqlets is not None:
            covered = self.explained.covered(hits, self.seqlets)
            total = float(np.abs(self.seqlets.total).sum())
            seqlets, fraction = len(covered), float(np.abs(self.seqlets.total[covered]).sum() / total) if total else 0.0
            motif = replace(motif, contributions=self.explained.mean_over(hits))
        return FoundMotif(
            motif=motif,
            direction=side.direction,
            source=candidate.source,
            cut=cut,
            background=shown.background,
            position_window=window,
            tested=tested,
            test=test,
            q=max(one.q, test.p),
            replicated=one.replicated,
            hits=hits,
            seqlets=seqlets,
            contribution_fraction=fraction,
        )


def _known_seeds(data: LabelledSequences, database: Sequence[Motif], count: int) -> list[Seed]:
    """The database motifs whose core is most enriched."""
    fitting = [m for m in database if m.width <= len(data.codes) // max(len(data), 1)]
    if not fitting:
        return []
    best = np.argsort(-core_enrichment(fitting, data, variance_floor=1.0), kind="stable")[:count]
    return [Seed(probabilities=fitting[i].probabilities, source="known") for i in best]


def _places(side: Side) -> str:
    """Which places were searched."""
    widths = sorted({end - start for half in side.halves for start, end in half.position_windows})
    if not widths:
        return "motifs at a fixed place were not sought"
    return f"motifs at a fixed place were sought in windows of {' and '.join(map(str, widths))} bp"


def _note(explained: Explained | None, kept: int, clusters: int, config: DiscoveryConfig) -> str:
    if explained is None:
        return "no contributions were given: only gapped k-mers were counted"
    if kept == 0:
        return f"no stretch of contributions rose above the null at FDR {config.seqlets.fdr:g}"
    if clusters == 0:
        return f"{kept} seqlets, but no gapped k-mers in common that the rest of their sequences lacks"
    return f"{kept} seqlets in {clusters} clusters"
