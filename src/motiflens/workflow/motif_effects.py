"""The model's response to motifs: inserted where there was none, erased where they are, and in pairs."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Bool, Float

from motiflens.discovery.position_windows import PositionWindow
from motiflens.discovery.result import FoundMotif
from motiflens.explain.edits import Orientation, ablation_effects, insertion_effects, pair_interaction
from motiflens.model.ensemble import Model
from motiflens.motifs.scan import Hits
from motiflens.run.schema.motifs import Effect, MotifEffects, MotifEntry, MotifPair, MotifRecord, PairInteraction
from motiflens.sequence.shuffle import dinucleotide_shuffle
from motiflens.shapes import Codes, MotifMatrix

_BACKGROUNDS = 200
_SITES = 300
_SHUFFLES = 5
_PAIRS = 8  # per class, the most surprising
_Q_LIMIT = 0.05
_RESAMPLES = 1000


class ModelEffects:
    """Effects of motifs on the logit of their target class, or in units of a number.

    `contrasts` are the two targets whose difference a name stands for. Motifs are inserted into shuffles of the
    sequences `codes` (n, length) that `held_out` marks (of all, where it marks none). Intervals are 95 % bootstrap
    intervals of the mean over sequences.
    """

    def __init__(
        self,
        model: Model,
        codes: Codes,
        *,
        held_out: Bool[np.ndarray, " n"],
        seed: int,
        contrasts: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self.model, self.codes, self.seed, self.contrasts = model, codes, seed, contrasts or {}
        self.rng = np.random.default_rng(seed)
        chosen = np.flatnonzero(held_out) if held_out.any() else np.arange(len(codes))
        chosen = np.sort(self.rng.permutation(chosen)[:_BACKGROUNDS])
        self.backgrounds = dinucleotide_shuffle(codes[chosen], seed=seed)

    def of_motif(self, found: FoundMotif, target: str, *, inside: Bool[np.ndarray, " n"]) -> MotifEffects:
        """Return the effects of a motif: its insertion into shuffled sequences, and the ablation of its own sites.

        A motif at a place is inserted where most of its sites lie in the sequences `inside`, those that it is frequent
        in: other sequences may have theirs elsewhere, and the model know it.
        """
        insertion = self.planted(found, target, inside=inside)
        return MotifEffects(insertion=insertion, ablation=self._ablation(found.hits, target))

    def planted(self, found: FoundMotif, target: str, *, inside: Bool[np.ndarray, " n"]) -> Effect:
        """Return the effect of inserting a motif on any target, where `of_motif` inserts it."""
        own = found.hits.take(inside[found.hits.sequence])
        start = _usual_start(own, found.position_window) if found.position_window else None
        return self.insertion(found.motif.probabilities, target, start=start)

    def insertion(self, motif: MotifMatrix, target: str, *, start: int | None) -> Effect:
        """Return the effect of letters drawn from a motif at `start` or, without one, at three even positions."""
        starts = self._even_starts(motif.shape[1]) if start is None else [start]
        return self._mean(
            self._of(
                target,
                lambda one: insertion_effects(
                    self.model, self.backgrounds, motif, positions=starts, target=one, seed=self.seed
                ).mean(1),
            )
        )

    def of_pair(
        self, pair: MotifPair, motifs: Mapping[str, MotifEntry], sites: Mapping[str, Hits]
    ) -> PairInteraction | None:
        """Return the effects of a pair with a significant spacing: each motif alone, both, and beyond the sum."""
        spacing = pair.spacing
        if spacing is None or spacing.q > _Q_LIMIT:
            return None
        placed = spacing.arrangement.split()
        left, right = (motifs[{"a": pair.a, "b": pair.b}[which[0]]] for which in placed)
        gap = sum(spacing.gap) // 2
        last = self.codes.shape[1] - left.probabilities.shape[1] - gap - right.probabilities.shape[1]
        if last < 0:
            return None
        start = _usual_start(sites[left.name], left.position_window) if left.position_window else last // 2

        def changes(one: str) -> np.ndarray:
            found = pair_interaction(
                self.model,
                self.backgrounds,
                a=left.probabilities,
                b=right.probabilities,
                distances=[gap],
                orientation=_ORIENTATIONS["".join(which[1] for which in placed)],
                start=int(np.clip(start, 0, last)),
                target=one,
                seed=self.seed,
            )
            return np.stack([found.left[:, 0], found.right[:, 0], found.both[:, 0], found.interaction[:, 0]])

        alone, other, both, interaction = self._of(left.target, changes)
        return PairInteraction(
            left=self._mean(alone),
            right=self._mean(other),
            both=self._mean(both),
            interaction=self._mean(interaction),
        )

    def _ablation(self, sites: Hits, target: str) -> Effect | None:
        if not len(sites):
            return None
        shuffled = self.rng.permutation(len(sites))
        _, one_each = np.unique(sites.sequence[shuffled], return_index=True)  # a sequence's sites are no repetitions
        own = sites.take(np.sort(self.rng.permutation(shuffled[one_each])[:_SITES]))
        stretches = np.column_stack((own.sequence, own.start, own.end))
        return self._mean(
            self._of(
                target,
                lambda one: ablation_effects(
                    self.model, self.codes, stretches, target=one, repeats=_SHUFFLES, seed=self.seed
                ),
            )
        )

    def _of(self, target: str, effects: Callable[[str], np.ndarray]) -> np.ndarray:
        """The effects on a target, or on the difference of two: the same letters are drawn for both."""
        if target not in self.contrasts:
            return effects(target)
        one, other = self.contrasts[target]
        return effects(one) - effects(other)

    def _even_starts(self, width: int) -> list[int]:
        last = self.codes.shape[1] - width
        return sorted({last // 4, last // 2, 3 * last // 4})

    def _mean(self, values: Float[np.ndarray, " n"]) -> Effect:
        values = values.astype(np.float64)
        drawn = self.rng.integers(0, len(values), (_RESAMPLES, len(values)))
        low, high = np.percentile(values[drawn].mean(1), (2.5, 97.5))
        return Effect(mean=float(values.mean()), low=float(low), high=float(high), n=len(values))


_ORIENTATIONS: dict[str, Orientation] = {">>": "++", "><": "+-", "<>": "-+", "<<": "--"}


def _usual_start(sites: Hits, window: PositionWindow) -> int:
    return int(np.bincount(sites.start).argmax()) if len(sites) else window[0]


def with_pair_effects(record: MotifRecord, effects: ModelEffects, sites: Mapping[str, Hits]) -> MotifRecord:
    """Return the record with the effects of each class's most surprising pairs."""
    by_name = {motif.name: motif for motif in record.motifs}
    grammar = []
    for group in record.grammar:
        tried = [
            pair.model_copy(update={"interaction": effects.of_pair(pair, by_name, sites)})
            for pair in group.pairs[:_PAIRS]
        ]
        grammar.append(group.model_copy(update={"pairs": (*tried, *group.pairs[_PAIRS:])}))
    return record.model_copy(update={"grammar": tuple(grammar)})
