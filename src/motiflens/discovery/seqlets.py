"""Seqlets: stretches whose contributions sum to more than chance, called against a null at a stated FDR."""

from dataclasses import dataclass
from typing import Literal, no_type_check

import numpy as np
from jaxtyping import Float32, Int64

from motiflens.compiled.jit import njit
from motiflens.discovery.config import SeqletConfig

Direction = Literal["for", "against"]


@dataclass(frozen=True, kw_only=True)
class Seqlets:
    """Stretches start..start + width of sequence `row`, and the contribution in logits that each sums to.

    `called` is the number of windows above the threshold, before overlapping ones were dropped.
    """

    row: Int64[np.ndarray, " seqlets"]
    start: Int64[np.ndarray, " seqlets"]
    total: Float32[np.ndarray, " seqlets"]
    width: int
    called: int
    threshold: float

    def __len__(self) -> int:
        return len(self.row)


def call_seqlets(
    contributions: Float32[np.ndarray, "n length"],
    *,
    direction: Direction,
    null: Float32[np.ndarray, "m length"] | None = None,
    seed: int = 0,
    config: SeqletConfig,
) -> Seqlets:
    """Call windows whose contributions sum to more than the null's, the largest of those that overlap.

    Args:
        contributions: contribution of each observed letter.
        direction: "for" calls positive sums, "against" negative ones.
        null: contributions of shuffled sequences; without it the positions of each sequence are shuffled.
        seed: seed of that shuffle.
        config: width of the windows, and the FDR that sets the threshold.
    """
    sign = np.float32(1 if direction == "for" else -1)
    width = min(config.width, contributions.shape[1])
    if null is None:
        null = np.random.default_rng(seed).permuted(contributions, axis=1)
    sums, chance = _window_sums(sign * contributions, width), _window_sums(sign * null, width)
    threshold = _threshold(sums.ravel(), chance.ravel(), config.fdr)
    row, start = _peaks(sums, np.float32(threshold), width)
    return Seqlets(
        row=row,
        start=start,
        total=sign * sums[row, start],
        width=width,
        called=int(np.count_nonzero(sums >= threshold)),
        threshold=float(threshold),
    )


def _window_sums(values: np.ndarray, width: int) -> np.ndarray:
    sums = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    return (sums[:, width:] - sums[:, :-width]).astype(np.float32)


def _threshold(sums: np.ndarray, chance: np.ndarray, fdr: float) -> float:
    """Lowest positive sum at which (share of chance above) / (share of sums above) <= fdr; inf if there is none."""
    ranked, null = np.sort(sums[sums > 0])[::-1], np.sort(chance[chance > 0])[::-1]
    if len(ranked) == 0:
        return np.inf
    above = len(null) - np.searchsorted(null[::-1], ranked, side="left")
    rate = (above + 1) / (len(chance) + 1) * len(sums) / np.arange(1, len(ranked) + 1)
    passing = np.flatnonzero(rate <= fdr)
    return float(ranked[passing[-1]]) if len(passing) else np.inf


@njit(cache=True, nogil=True)
@no_type_check
def _peaks(sums, threshold, width):
    """Rows and starts of windows above the threshold, each the largest that overlaps no larger one."""
    rows, starts = [], []
    n, windows = sums.shape
    for i in range(n):
        above = np.flatnonzero(sums[i] >= threshold)
        used = np.zeros(windows, np.bool_)
        for w in above[np.argsort(-sums[i][above], kind="mergesort")]:
            if used[w]:
                continue
            rows.append(i)
            starts.append(w)
            used[max(0, w - width + 1) : w + width] = True
    return np.array(rows, np.int64), np.array(starts, np.int64)
