"""What the contributions say: clusters of seqlets as seeds, and how much of the contributions a motif covers."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int64

from motiflens.discovery.config import DiscoveryConfig
from motiflens.discovery.labelled import LabelledSequences
from motiflens.discovery.search import Seed, search
from motiflens.discovery.seqlets import Direction, Seqlets, call_seqlets
from motiflens.discovery.sequences import SearchedSequences
from motiflens.motifs.scan import Hits, concatenate
from motiflens.sequence.alphabet import at_observed_letters
from motiflens.shapes import Attribution, Codes, MotifMatrix


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Sequences with contributions towards the target class; `rows` are their places among all sequences."""

    codes: Codes
    hypothetical: Attribution
    observed: Float32[np.ndarray, "n length"]
    rows: Int64[np.ndarray, " n"]
    seed: int

    @classmethod
    def of(cls, codes: Codes, hypothetical: np.ndarray, rows: np.ndarray | None, *, seed: int) -> "Explained":
        """Return the contributions of the sequences at `rows` of `codes`, of all without it."""
        rows = np.arange(len(codes)) if rows is None else np.asarray(rows)
        observed = at_observed_letters(hypothetical, codes[rows])
        return cls(codes=codes[rows], hypothetical=hypothetical, observed=observed, rows=rows, seed=seed)

    def seqlets(self, direction: Direction, null: np.ndarray | None, config: DiscoveryConfig) -> Seqlets:
        """Return stretches of contributions above the null."""
        return call_seqlets(self.observed, direction=direction, null=null, seed=self.seed, config=config.seqlets)

    def clusters(
        self,
        seqlets: Seqlets,
        data: SearchedSequences,
        *,
        allowed: Bool[np.ndarray, " n"],
        config: DiscoveryConfig,
    ) -> list[Seed]:
        """Return matrices of the clusters of the seqlets in `allowed` sequences.

        They are found by a search of the seqlets against other stretches of the same sequences.
        """
        chosen = np.flatnonzero(allowed[self.rows[seqlets.row]])
        if len(chosen) < config.seqlets.min_seqlets:
            return []
        length, flank = self.codes.shape[1], config.seqlets.flank
        width = min(seqlets.width + 2 * flank, length)
        order = np.argsort(-np.abs(seqlets.total[chosen]), kind="stable")[: config.seqlets.max_seqlets]
        strongest = np.sort(chosen[order])
        row = seqlets.row[strongest]
        start = np.clip(seqlets.start[strongest] - flank, 0, length - width)
        inside = np.zeros(self.codes.shape, bool)
        inside[row[:, None], start[:, None] + np.arange(width)] = True
        other = np.random.default_rng(self.seed).integers(0, length - width + 1, len(row))
        free = ~inside[row[:, None], other[:, None] + np.arange(width)].any(1)
        at = np.concatenate((start, other[free]))
        windows = self.codes[np.concatenate((row, row[free]))[:, None], at[:, None] + np.arange(width)]
        label = np.arange(len(at)) < len(row)
        joined = concatenate(windows)
        stretches = LabelledSequences(
            codes=joined.codes,
            offsets=joined.offsets,
            positive=label,
            expected=np.full(len(label), label.mean().clip(0.02, 0.98)),
            background=data.background,
            strands=data.strands,
        )
        found = search(stretches, config=config.cluster_search, workers=config.workers)
        return [Seed(probabilities=c.probabilities, source="contributions") for c in found]

    def covered(self, hits: Hits, seqlets: Seqlets) -> Int64[np.ndarray, " covered"]:
        """Return the indices of the seqlets that share at least half of the shorter one with one of the sites."""
        own = self._own(hits)
        if not len(own) or not len(seqlets):
            return np.zeros(0, np.int64)
        width = int((own.end - own.start)[0])
        letters = np.pad(own.covered(self.codes.shape).cumsum(1), ((0, 0), (1, 0)))
        shared = letters[seqlets.row, seqlets.start + seqlets.width] - letters[seqlets.row, seqlets.start]
        return np.flatnonzero(2 * shared >= min(width, seqlets.width))

    def mean_over(self, hits: Hits) -> MotifMatrix | None:
        """Return mean hypothetical contributions (4, width) over sites, on the motif's strand; None without sites."""
        own = self._own(hits)
        if not len(own):
            return None
        at = own.start[:, None] + np.arange(int((own.end - own.start)[0]))
        stretches = self.hypothetical[own.sequence[:, None], :, at].transpose(0, 2, 1).astype(np.float64)
        reverse = own.strand < 0
        stretches[reverse] = stretches[reverse][:, ::-1, ::-1]
        return np.asarray(stretches.mean(0))

    def _own(self, hits: Hits) -> Hits:
        """The hits in explained sequences, which are counted as they are here."""
        place = np.full(int(max(self.rows.max(initial=0), hits.sequence.max(initial=0))) + 1, -1)
        place[self.rows] = np.arange(len(self.rows))
        hits = replace(hits, sequence=place[hits.sequence])
        return hits.take(hits.sequence >= 0)
