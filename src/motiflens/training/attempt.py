"""One network to train, and the choice between variants of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from sklearn.metrics import recall_score

from motiflens.model.additive import AdditiveNetwork
from motiflens.model.config import AdditiveConfig, ModelConfig
from motiflens.model.ensemble import build_network
from motiflens.training.config import TrainingConfig
from motiflens.training.loop import Trained, TrainingData, Where, train
from motiflens.training.start import start_from_words
from motiflens.training.validation import validation_logits

Profile = Literal["none", "smooth", "base"]
Variant = tuple[Profile, bool]  # and whether both strands are read

_PILOT_SEQUENCES = 2500
_PILOT_SAMPLES = 30_000
_FORWARD_PRICE = 0.01
_PROFILE_PRICE = 0.002
_TRIES = 3
_CHANCE = 0.01  # mean recall beyond that of a guess that still counts as none


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An architecture, a recipe, data, a seed, and where to train."""

    network: ModelConfig
    recipe: TrainingConfig
    data: TrainingData
    seed: int
    where: Where

    def descend(self) -> Trained:
        """Start values, then gradient descent."""
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            network = build_network(self.network, length=self.data.codes.shape[1], heads=self.data.heads)
        if isinstance(network, AdditiveNetwork):
            start_from_words(network.motif, self.data.codes, self.data.labels, both=self.data.both_strands)
        return train(network, self.data, config=self.recipe, seed=self.seed, where=self.where)

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

    def _pilot_epochs(self, n: int) -> int:
        enough = self.recipe.model_copy(update={"epochs": None, "samples": _PILOT_SAMPLES}).epochs_for(n)
        return min(enough, self.recipe.epochs or enough)

    def pilot(self, profile: Profile, *, both: bool) -> float:
        """Validation loss of a short training of this variant on some of the data."""
        assert isinstance(self.network, AdditiveConfig)
        rows = np.random.default_rng(self.seed).permutation(len(self.data.labels))[:_PILOT_SEQUENCES]
        few = replace(self.data, codes=self.data.codes[rows], labels=self.data.labels[rows], both_strands=both)
        variant = replace(
            self,
            network=self.network.model_copy(update={"profile": profile}),
            recipe=self.recipe.model_copy(update={"epochs": self._pilot_epochs(len(rows))}),
            data=few,
            where=self.where.stage(f"pilot_{profile}_{'both' if both else 'forward'}"),
        )
        return variant.descend().validation_loss


def settle_variant(
    attempt: Attempt,
    *,
    strands: Literal["auto", "both", "forward"],
    on_stage: Callable[[str], None],
    anchored: bool = False,
) -> tuple[Attempt, list[str]]:
    """Settle an "auto" profile and "auto" strands by the validation loss of pilots; and what they came to.

    A profile of anchored sequences is never "none".
    """
    assert isinstance(attempt.network, AdditiveConfig)
    losses: dict[Variant, float] = {}

    def loss(profile: Profile, both: bool) -> float:
        if (profile, both) not in losses:
            on_stage(f"pilot: profile {profile}, {_strand(both)}")
            losses[profile, both] = attempt.pilot(profile, both=both)
        return losses[profile, both]

    given = attempt.network.profile
    profiles: list[Profile] = ["none", "smooth", "base"] if given == "auto" else [given]
    if anchored and given == "auto":
        profiles.remove("none")
    candidates = [(profile, strands == "both") for profile in profiles]
    if strands == "auto":
        candidates.append((profiles[0], True))
    profile, both = _best(candidates, loss)
    if strands == "auto" and both:
        profile, both = _best([(profile, True) for profile in profiles], loss)
    notes = [f"pilot, profile {p}, {_strand(b)}: validation loss {value:.4f}" for (p, b), value in losses.items()]
    network = attempt.network.model_copy(update={"profile": profile})
    return replace(attempt, network=network, data=replace(attempt.data, both_strands=both)), notes


def _best(candidates: list[Variant], loss: Callable[[Profile, bool], float]) -> Variant:
    """The candidate of least loss, ties to the simpler one; a single one needs no pilot."""
    return min(candidates, key=lambda c: loss(*c) + _price(*c)) if len(candidates) > 1 else candidates[0]


def _price(profile: Profile, both: bool) -> float:
    """Validation loss that a variant must gain: a strand or a place that matters gains far more, noise often less."""
    return (0.0 if both else _FORWARD_PRICE) + (0.0 if profile == "none" else _PROFILE_PRICE)


def _strand(both: bool) -> str:
    return "both strands" if both else "forward strand"
