"""The motifs of one direction: searched in either half, tested in the other, and judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32

from motiflens.discovery.config import DiscoveryConfig
from motiflens.discovery.contributions import Explained
from motiflens.discovery.evidence import Proposal, Tested, assess, has_site, same_motif, shortfall
from motiflens.discovery.judgement import judged
from motiflens.discovery.known_motifs import enriched_known_motifs
from motiflens.discovery.prefilter import core_enrichment
from motiflens.discovery.progress import Heard, portion, unheard
from motiflens.discovery.result import Discovery, FoundMotif
from motiflens.discovery.search import Seed, mask_hits, search
from motiflens.discovery.seqlets import Direction, Seqlets
from motiflens.discovery.sequences import SearchedSequences
from motiflens.discovery.side import Side
from motiflens.discovery.sites import find_sites
from motiflens.motifs.correlation import are_one
from motiflens.motifs.motif import Motif
from motiflens.words import counted

#: Shares of the work on a side, usually, after one half, the tests, and the known motifs.
_HALF, _TESTED, _KNOWN = 0.35, 0.8, 0.9


def search_sides(
    side_of: Callable[[Direction, Sequence[FoundMotif]], Side],
    *,
    directions: Sequence[Direction],
    explained: Explained | None,
    unseen: Bool[np.ndarray, " n"],
    null: Float32[np.ndarray, "k length"] | None,
    database: Sequence[Motif],
    share: float,
    seed: int,
    config: DiscoveryConfig,
    heard: Heard = unheard,
) -> Discovery:
    """Return the motifs of every direction in turn, with their evidence.

    Args:
        side_of: returns the sequences of a direction, given the motifs found before.
        directions: the directions.
        explained: contributions, if there are any.
        unseen: sequences that the model has seen nothing of.
        null: contributions of shuffled sequences.
        database: known motifs.
        share: share of the error rate that a direction has.
        seed: seed of all random choices.
        config: settings.
        heard: hears the share of the search that is done.
    """
    found: list[FoundMotif] = []
    sides: list[Side] = []
    called = kept = clusters = 0
    for number, direction in enumerate(directions):
        side = side_of(direction, found)
        seqlets, seeds = None, []
        if explained is not None:
            seqlets = explained.seqlets(direction, null, config)
            seeds = explained.clusters(seqlets, side.shown, allowed=~unseen, config=config)
            called, kept, clusters = called + seqlets.called, kept + len(seqlets), clusters + len(seeds)
        sides.append(side)
        of_side = SideSearch(
            side=side, share=share, explained=explained, seqlets=seqlets, config=config, seed=seed,
            heard=portion(heard, number / len(directions), (number + 1) / len(directions)),
        )  # fmt: skip
        found += of_side.motifs(seeds, unseen, database, offset=len(found))
    return Discovery(
        motifs=tuple(found),
        background=sides[0].shown.background,
        strands=sides[0].shown.strands,
        explained_sequences=0 if explained is None else len(explained.rows),
        seqlets_called=called,
        seqlets_kept=kept,
        clusters=clusters,
        note=f"{_note(explained, kept, clusters, config)}; {_places(sides[0])}",
    )


@dataclass(frozen=True, kw_only=True)
class SideSearch:
    """The motifs of one side; `share` is its share of the error rate."""

    side: Side
    share: float
    explained: Explained | None
    seqlets: Seqlets | None
    config: DiscoveryConfig
    seed: int
    heard: Heard = unheard

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
        self.heard(_TESTED)
        enriched, known = self._with_known(enriched, database)
        self.heard(_KNOWN)
        others = [one for one in others if self._worth_listing(one) and not self._is_any(one, known)]
        ranked = sorted([*enriched, *others, *known], key=lambda one: (one.test.log_p, one.candidate.enrichment.log_p))
        pairs = [(one, found) for one in ranked if len((found := self._found(one)).hits)]
        tested, motifs = [one for one, _ in pairs], [found for _, found in pairs]
        self.heard(1.0)
        return judged(tested, motifs, side, offset=offset, seed=self.seed, config=config)

    def _worth_listing(self, one: Tested) -> bool:
        """Whether a motif that is not enriched is anything but noise: the model's, a near miss, or composition's."""
        plain = self.side.shown.plain_test(has_site(self.side.shown, one.candidate), rows=one.proposal.tested)
        return one.candidate.source == "contributions" or min(one.test.p, plain.p) <= self.config.evidence.max_alone_p

    def _is_any(self, one: Tested, others: Sequence[Tested]) -> bool:
        return any(
            same_motif(one, other, self.side.shown, limit=self.config.same_motif_correlation) for other in others
        )

    def _of_halves(self, database: Sequence[Motif]) -> list[Proposal]:
        """What each half finds by itself, to be tested in the other."""
        side, config = self.side, self.config
        hidden = side.shown.composition_hides
        proposals = []
        for data, half in zip(side.halves, (side.first, ~side.first), strict=True):
            part = data.take(half)
            seeds = _known_seeds(part, database, config)
            found = search(part, seeds=seeds, config=config.search, workers=config.workers)
            if hidden:  # what composition explains is a result too
                found += search(
                    part.flat(), config=replace(config.search, rounds=1, max_motifs=4), workers=config.workers
                )
            proposals += [Proposal(candidate=candidate, tested=~half) for candidate in found]
            self.heard(_HALF if half is side.first else 2 * _HALF)
        return proposals

    def _of_model(self, seeds: Sequence[Seed], unseen: np.ndarray) -> list[Proposal]:
        """Clusters of contributions, refined on what the model has seen, to be tested on what it has not."""
        if not seeds or not unseen.any():
            return []
        data = self.side.measured(self.side.codes, ~unseen)
        config = replace(self.config.search, max_seeds=0, max_window_seeds=0, rounds=1)
        found = search(data.take(~unseen), seeds=seeds, config=config, workers=self.config.workers)
        return [Proposal(candidate=candidate, tested=unseen) for candidate in found]

    def _with_known(self, enriched: Sequence[Tested], database: Sequence[Motif]) -> tuple[list[Tested], list[Tested]]:
        """New motifs and known ones. A known one takes the place of a new one that few sequences could test."""
        limit = self.config.known_motifs.max_hidden_q
        clear = [one for one in enriched if one.q <= limit]
        doubtful = [one for one in enriched if one.q > limit]
        known = [
            one
            for one in self._known(clear, database)
            if not any(other.test.log_p <= one.test.log_p and self._is_any(one, [other]) for other in doubtful)
        ]
        return clear + [one for one in doubtful if not self._is_any(one, known)], known

    def _known(self, enriched: Sequence[Tested], database: Sequence[Motif]) -> list[Tested]:
        """Database motifs that are enriched where the sites of the motifs found are masked, weak ones too."""
        side, config = self.side, self.config
        data = side.searched
        for one in enriched:
            site = has_site(data, one.candidate)
            data = mask_hits(data, one.candidate, chance_sites=config.known_motifs.weak_sites_per_sequence)
            data = data.without_effect(site)
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
        test = shown.test(site, rows=tested)
        seqlets, fraction = 0, 0.0
        motif = replace(motif, sites=shown.number_with(site))
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


def _known_seeds(data: SearchedSequences, database: Sequence[Motif], config: DiscoveryConfig) -> list[Seed]:
    """The database motifs whose core is most enriched; one of each kind, since a strong factor would have them all.

    At fixed places all stay: there, words of one signal (the tracts of acceptors) would come in several matrices.
    """
    fitting = [m for m in database if m.width <= len(data.codes) // max(len(data), 1)]
    if not fitting:
        return []
    least = config.search.same_motif_correlation
    seeds: list[Seed] = []
    for i in np.argsort(-core_enrichment(fitting, data, variance_floor=1.0), kind="stable"):
        matrix = fitting[i].probabilities
        if data.position_windows or not any(
            are_one(matrix, seed.probabilities, least=least, strands=data.strands) for seed in seeds
        ):
            seeds.append(Seed(probabilities=matrix, source="known"))
        if len(seeds) == config.known_seeds:
            break
    return seeds


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
        return f"{counted(kept, 'seqlet')}, but no gapped k-mers in common that the rest of their sequences lacks"
    return f"{counted(kept, 'seqlet')} in {counted(clusters, 'cluster')}"
