"""What the model itself makes of motifs: planted where there was none, taken away where they are, two at a time."""

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64

from motiflens.explain.edits import Orientation, ablation_effects, insertion_effects, pair_interaction
from motiflens.model.ensemble import Model
from motiflens.sequence.shuffle import dinucleotide_shuffle
from motiflens.shapes import Codes

_BACKGROUNDS = 200
_SITES = 300
_SHUFFLES = 5
_PAIRS = 8  # per class, the most surprising
_Q_LIMIT = 0.05
_RESAMPLES = 1000

Sample = Float64[np.ndarray, " n"]


class ModelEffects:
    """Effects of motifs (entries of motifs.json) on the logit of their target class.

    codes (n, length) with `ids`; `held_out` (n,) whose shuffles motifs are planted in (of all, where there are none): a
    test set, where there is one. Intervals are 95 % bootstrap
    intervals of the mean over sequences.
    """

    def __init__(self, model: Model, codes: Codes, ids: np.ndarray, *, held_out: np.ndarray, seed: int) -> None:
        self.model, self.codes, self.seed = model, codes, seed
        self.row = {name: i for i, name in enumerate(ids.tolist())}
        self.rng = np.random.default_rng(seed)
        chosen = np.flatnonzero(held_out) if held_out.any() else np.arange(len(codes))
        chosen = np.sort(self.rng.permutation(chosen)[:_BACKGROUNDS])
        self.backgrounds = dinucleotide_shuffle(codes[chosen], seed=seed)

    def of_motif(self, motif: dict[str, Any], hits: pd.DataFrame) -> dict[str, Any]:
        """Entry "effect" of a motif: "insertion" (into shuffled sequences) and "ablation" (of its own sites)."""
        word = np.array(motif["probabilities"])
        hits = hits[hits["motif"] == motif["name"]]
        start = self._usual_start(hits) if motif["position_window"] else None
        return {
            "insertion": self.insertion(word, motif["target"], start=start),
            "ablation": self._ablation(motif, hits),
        }

    def insertion(self, word: np.ndarray, target: str, *, start: int | None) -> dict[str, Any]:
        """Effect of words drawn by probabilities (4, width), planted at `start` or (None) at three even places."""
        places = self._even_starts(word.shape[1]) if start is None else [start]
        planted = insertion_effects(self.model, self.backgrounds, word, positions=places, target=target, seed=self.seed)
        return self._mean(planted.mean(1))

    def of_pair(self, pair: dict[str, Any], motifs: dict[str, dict[str, Any]], hits: pd.DataFrame) -> dict[str, Any]:
        """Entry "interaction" of a pair whose spacing is significant: each motif alone, both, and what they add."""
        spacing = pair["spacing"]
        if spacing is None or spacing["q"] > _Q_LIMIT:
            return {}
        names = [{"a": pair["a"], "b": pair["b"]}[word[0]] for word in spacing["arrangement"].split()]
        left, right = (np.array(motifs[name]["probabilities"]) for name in names)
        gap = (spacing["gap"][0] + spacing["gap"][1]) // 2
        room = self.codes.shape[1] - left.shape[1] - gap - right.shape[1]
        if room < 0:
            return {}
        start = self._usual_start(hits[hits["motif"] == names[0]]) if motifs[names[0]]["position_window"] else room // 2
        effects = pair_interaction(
            self.model,
            self.backgrounds,
            a=left,
            b=right,
            distances=[gap],
            orientation=_ORIENTATIONS["".join(word[1] for word in spacing["arrangement"].split())],
            start=int(np.clip(start, 0, room)),
            target=motifs[names[0]]["target"],
            seed=self.seed,
        )
        parts = {"left": effects.left, "right": effects.right, "both": effects.both, "interaction": effects.interaction}
        return {"interaction": {name: self._mean(values[:, 0]) for name, values in parts.items()}}

    def _ablation(self, motif: dict[str, Any], hits: pd.DataFrame) -> dict[str, Any] | None:
        own = hits[hits["sequence_id"].isin(self.row)]
        if own.empty:
            return None
        own = own.iloc[np.sort(self.rng.permutation(len(own))[:_SITES])]
        rows = own["sequence_id"].map(self.row).to_numpy(np.int64)
        stretches = np.column_stack((rows, own["start"].to_numpy(np.int64), own["end"].to_numpy(np.int64)))
        effects = ablation_effects(
            self.model, self.codes, stretches, target=motif["target"], repeats=_SHUFFLES, seed=self.seed
        )
        return self._mean(effects)

    def _usual_start(self, hits: pd.DataFrame) -> int:
        return int(hits["start"].mode().iloc[0]) if len(hits) else 0

    def _even_starts(self, width: int) -> list[int]:
        room = self.codes.shape[1] - width
        return sorted({room // 4, room // 2, 3 * room // 4})

    def _mean(self, values: np.ndarray) -> dict[str, Any]:
        values = values.astype(np.float64)
        drawn = self.rng.integers(0, len(values), (_RESAMPLES, len(values)))
        low, high = np.percentile(values[drawn].mean(1), (2.5, 97.5))
        return {"mean": float(values.mean()), "low": float(low), "high": float(high), "n": len(values)}


_ORIENTATIONS: dict[str, Orientation] = {">>": "++", "><": "+-", "<>": "-+", "<<": "--"}


def add_model_effects(record: dict[str, Any], hits: pd.DataFrame, effects: ModelEffects) -> None:
    """Write the effects of supported motifs and of their pairs into motifs.json's tree, in place."""
    by_name = {motif["name"]: motif for motif in record["motifs"]}
    for motif in record["motifs"]:
        motif["effect"] = effects.of_motif(motif, hits)
    for group in record["grammar"]:
        for pair in group["pairs"][:_PAIRS]:
            pair |= effects.of_pair(pair, by_name, hits)
