"""Scores of pairs of windows: either allele's, the difference, and its interval where the model is an ensemble."""

from dataclasses import dataclass

import numpy as np
import scipy.stats
from jaxtyping import Float64, Int64

from motiflens.apply.variants.windows import Windows
from motiflens.explain.pairs import PairPredictor
from motiflens.model.ensemble import Model
from motiflens.model.predict import CONFIDENCE


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores (n, targets) of n alleles in logits, or in the units of the target; `low` and `high` of the change.

    `place` (n,) is the index of the place in the window where the change was largest.
    """

    ref: Float64[np.ndarray, "n targets"]
    alt: Float64[np.ndarray, "n targets"]
    delta: Float64[np.ndarray, "n targets"]
    low: Float64[np.ndarray, "n targets"]
    high: Float64[np.ndarray, "n targets"]
    place: Int64[np.ndarray, " n"]


class Scorer:
    """Scores windows towards what the model explains: the positive class of two, every class, or every target."""

    def __init__(self, model: Model) -> None:
        self.predictor = PairPredictor(model)
        output, explained = model.output, list(model.output.explained)
        self.targets = tuple(output.names[i] for i in explained)
        self._weights, self._centres = output.target_weights()[explained], output.target_centres()[explained]
        self.is_ensemble = len(model.members) > 1

    def deltas(self, windows: Windows) -> Scores:
        """Return the scores of windows at one place."""
        logits = self.predictor.logits(windows.first, windows.second).astype(np.float64)
        # not as a matrix product, which may round by the number of rows
        values = (logits[..., None, :] * self._weights).sum(-1) + self._centres
        (ref, alt), changes = values.mean(1), values[1] - values[0]
        delta = alt - ref
        reach = np.full_like(delta, np.nan)
        if self.is_ensemble:
            count = len(changes)
            factor = scipy.stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * np.sqrt(1 + 1 / count)
            reach = factor * changes.std(0, ddof=1)
        place = np.zeros(len(delta), np.int64)
        return Scores(ref=ref, alt=alt, delta=delta, low=delta - reach, high=delta + reach, place=place)

    def largest(self, places: list[Windows]) -> tuple[Scores, Windows]:
        """Return the scores of each allele where in the window its change is largest, and those windows."""
        found = [self.deltas(windows) for windows in places]
        if len(found) == 1:
            return found[0], places[0]
        size = np.stack([np.abs(scores.delta).max(1) for scores in found])
        best, rows = size.argmax(0), np.arange(size.shape[1])

        def choose(arrays: list[np.ndarray]) -> np.ndarray:
            return np.stack(arrays)[best, rows]

        names = ("ref", "alt", "delta", "low", "high")
        scores = {name: choose([getattr(one, name) for one in found]) for name in names}
        windows = {name: choose([getattr(one, name) for one in places]) for name in Windows.__dataclass_fields__}
        return Scores(**scores, place=best), Windows(**windows)
