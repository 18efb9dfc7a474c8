"""One network to train, and the choice between variants of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import torch
from sklearn.metrics import recall_score

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.config import AdditiveConfig, ModelConfig
from motiflens.model.ensemble import build_network
from motiflens.model.network import Network
from motiflens.training.config import TrainingConfig
from motiflens.training.initial_filters import start_from_words
from motiflens.training.linear import linear_loss
from motiflens.training.task import Trained, TrainingData, Where
from motiflens.training.validation import validation_logits

Profile = Literal["none", "smooth", "base"]

_FORWARD_PRICE = 0.01
_PROFILE_PRICE = 0.002
_COMPETITION_PRICE = 0.002
_DENSE_PRICE = 0.005
_SPARSITY = 0.2
_FEW = 10_000  # training sequences: of more, small weights are more than chance
_TRIES = 3
_CHANCE = 0.01  # mean recall beyond that of a guess that still counts as none


class Variant(NamedTuple):
    """What pilots choose between."""

    profile: Profile
    both: bool
    competition: Literal["none", "shared"]
    sparsity: float

    def __str__(self) -> str:
        strands = "both strands" if self.both else "forward strand"
        return f"profile {self.profile}, {strands}, competition {self.competition}, sparsity {self.sparsity:g}"

    @property
    def price(self) -> float:
        """Validation loss that it must gain: a place that matters gains far more, noise often less."""
        price = 0.0 if self.profile == "none" else _PROFILE_PRICE
        price += 0.0 if self.competition == "none" else _COMPETITION_PRICE
        return price + (0.0 if self.sparsity else _DENSE_PRICE)


class PilotSize(NamedTuple):
    """Training sequences of a pilot at most, and examples."""

    sequences: int
    samples: int


_SHORT = PilotSize(2500, 30_000)
#: Filters learn to compete once they know their motifs: short pilots miss most of what competition gains.
_LONG = PilotSize(10_000, 60_000)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An architecture, a recipe, data, a seed, and where to train."""

    network: ModelConfig
    recipe: TrainingConfig
    data: TrainingData
    seed: int
    where: Where

    def descend(self, until: int | None = None) -> Trained:
        """Start values, then gradient descent, with `until` for so many epochs of the schedule."""
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            network = build_network(self.network, length=self.data.codes.shape[1], heads=self.data.heads)
        if isinstance(network, AdditiveNetwork):
            start_from_words(network.motif, self.data.codes, self.data.labels, both=self.data.both_strands)
        return self.train(network, until=until)

    def train(self, network: Network, *, until: int | None) -> Trained:
        """Gradient descent from the network's weights, as `train` of the loop has it."""
        from motiflens.training.loop import train  # Lightning takes seconds to import: no other command should wait

        return train(network, self.data, config=self.recipe, seed=self.seed, where=self.where, until=until)

    def descend_unless_collapsed(self) -> tuple[Trained, list[str]]:
        """Descent, repeated from other start values while the best weights only name one class; and what happened.

        The tutorial's recipe ends there often: early stopping looks at batch norm's running means, which with a
        momentum of .99 take some 700 steps to mean anything, and can give up before.
        """
        notes: list[str] = []
        for again in range(_TRIES):
            seed = self.seed + 1000 * again
            trained = replace(self, seed=seed, where=self.where.stage(f"try_{again + 1}")).descend()
            if not self._collapsed(trained):
                break
            then = f"trained again with seed {seed + 1000}" if again + 1 < _TRIES else "kept; try preset additive"
            notes.append(f"seed {seed}: the best weights on validation data name one class only; {then}")
        return trained, notes

    def _collapsed(self, trained: Trained) -> bool:
        found = validation_logits(trained.network, self.data)
        guess = found[:, 0] > 0 if found.shape[1] == 1 else found.argmax(1)
        # Balanced, since a weighted loss trains for equally frequent classes.
        recall = recall_score(self.data.validation_labels, guess, average="macro", zero_division=0)
        return bool(recall <= 1 / len(self.data.class_weights) + _CHANCE)

    def pilot(self, variant: Variant, size: PilotSize) -> float:
        """Validation loss of a short training of this variant on some of the data."""
        assert isinstance(self.network, AdditiveConfig)
        rows = np.random.default_rng(self.seed).permutation(len(self.data.labels))[: size.sequences]
        enough = self.recipe.model_copy(update={"epochs": None, "samples": size.samples}).epochs_for(len(rows))
        few = replace(self.data, codes=self.data.codes[rows], labels=self.data.labels[rows], both_strands=variant.both)
        parts = (variant.profile, "both" if variant.both else "forward", variant.competition, f"{variant.sparsity:g}")
        whole = self.of(variant)
        short = replace(
            whole,
            recipe=whole.recipe.model_copy(update={"epochs": min(enough, self.recipe.epochs or enough)}),
            data=few,
            where=self.where.stage("_".join(("pilot", *parts, str(size.samples)))),
        )
        return short.descend().best["val_loss"]

    def of(self, variant: Variant) -> "Attempt":
        """This attempt with the variant's network, strands and sparsity."""
        decided = {"profile": variant.profile, "competition": variant.competition}
        return replace(
            self,
            network=self.network.model_copy(update=decided),
            recipe=self.recipe.model_copy(update={"sparsity": variant.sparsity}),
            data=replace(self.data, both_strands=variant.both),
        )


def settle_variant(
    attempt: Attempt,
    *,
    strands: Literal["auto", "both", "forward"],
    on_stage: Callable[[str], None],
    anchored: bool = False,
) -> tuple[Attempt, list[str]]:
    """Settle what is "auto" of strands, profile and competition by validation loss; with notes.

    Strands are settled by logistic regressions (`reads_both`), then the profile by pilots, which of anchored sequences
    is never "none", then competition, of the best variant without it, and of few sequences whether filters are drawn to
    zero (of many they are not).
    """
    given = attempt.network
    assert isinstance(given, AdditiveConfig)
    notes: list[str] = []
    losses: dict[tuple[Variant, PilotSize], float] = {}

    def best(candidates: list[Variant], size: PilotSize) -> Variant:
        """The candidate of least loss, ties to the simpler one; a single one needs no pilot."""
        if len(candidates) == 1:
            return candidates[0]
        for variant in candidates:
            if (variant, size) not in losses:
                on_stage(f"pilot: {variant}")
                loss = losses[variant, size] = attempt.pilot(variant, size)
                notes.append(f"pilot of {size.samples:,} examples, {variant}: validation loss {loss:.4f}")
        return min(candidates, key=lambda variant: losses[variant, size] + variant.price)

    both = strands == "both"
    if strands == "auto":
        on_stage("settling the strands")
        both, note = reads_both(attempt.data, given.kmer)
        notes.append(note)
    profiles: list[Profile] = ["none", "smooth", "base"] if given.profile == "auto" else [given.profile]
    if anchored and given.profile == "auto":
        profiles.remove("none")
    first = "none" if given.competition == "auto" else given.competition
    few, sparsity = len(attempt.data.labels) <= _FEW, attempt.recipe.sparsity
    start = (_SPARSITY if few else 0.0) if sparsity is None else sparsity
    chosen = best([Variant(profile, both, first, start) for profile in profiles], _SHORT)
    if given.competition == "auto":
        chosen = best([chosen, chosen._replace(competition="shared")], _LONG)
    if sparsity is None and few:
        chosen = best([chosen, chosen._replace(sparsity=0.0)], _LONG)
    return attempt.of(chosen), notes


def reads_both(data: TrainingData, k: int) -> tuple[bool, str]:
    """Whether both strands are to be read, with a note: unless one alone lowers the validation loss of regressions.

    Regressions on letters at their positions and on words, since they are trained to the end in seconds: a network
    that reads both strands learns more slowly, and short pilots would reject it where motifs lie on either strand.
    """
    k = min(k, data.codes.shape[1])
    forward, both = (linear_loss(replace(data, both_strands=both), k) for both in (False, True))
    note = f"strands, by logistic regressions: validation loss {forward:.4f} reading one, {both:.4f} reading both"
    return both <= forward + _FORWARD_PRICE, note
