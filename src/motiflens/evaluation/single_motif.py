"""The best single motif as a baseline: what one PWM and its strongest match in each sequence tell of the classes."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64
from sklearn.metrics import roc_auc_score

from motiflens.compiled.threads import thread_count
from motiflens.discovery.config import SearchConfig
from motiflens.discovery.labelled import label_sequences
from motiflens.discovery.search import search
from motiflens.model.output import Output
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import best_scores
from motiflens.motifs.scores import estimate_background
from motiflens.shapes import Codes, Labels, Strands

SEARCHED = 5_000  # sequences that new motifs are sought in
SEARCH = replace(SearchConfig(), max_motifs=3, rounds=1)


@dataclass(frozen=True, kw_only=True)
class BestMotifs:
    """One motif a logit, scored by its strongest window: features (n, motifs) in bits, or a zero of none."""

    motifs: tuple[Motif, ...]
    strands: Strands
    background: Float64[np.ndarray, "4"]

    def __call__(self, codes: Codes) -> Float64[np.ndarray, "n motifs"]:
        columns = [_scores(motif, codes, self) for motif in self.motifs]
        return np.stack(columns, axis=1) if columns else np.zeros((len(codes), 1))


def find_best_motifs(codes: Codes, labels: Labels, *, output: Output, strands: Strands, seed: int) -> BestMotifs:
    """The motif whose strongest match separates the classes best (AUROC, either way), of these training sequences.

    Candidates are the strongest motifs of a search in either class. Each explained class of `output` has its motif
    against the rest, or none where the search finds none.
    """
    rows = np.random.default_rng(seed).permutation(len(codes))[:SEARCHED]
    codes, labels = codes[rows], labels[rows]
    background = estimate_background(codes, strands=strands)
    base = BestMotifs(motifs=(), strands=strands, background=background)
    best = [_best(codes, positive, base) for _, positive in output.one_vs_rest(labels)]
    return replace(base, motifs=tuple(motif for motif in best if motif))


def _best(codes: Codes, positive: np.ndarray, base: BestMotifs) -> Motif | None:
    if positive.all() or not positive.any():
        return None
    candidates = _found(codes, positive, base.strands)
    aurocs = [roc_auc_score(positive, _scores(motif, codes, base)) for motif in candidates]
    # Of the negatives' motifs, the better the match the more negative.
    return candidates[int(np.argmax(np.abs(np.array(aurocs) - 0.5)))] if candidates else None


def _found(codes: Codes, positive: np.ndarray, strands: Strands) -> list[Motif]:
    """New motifs of either class."""
    data = label_sequences(codes, positive, strands=strands)
    sides = (data, data.with_classes_exchanged())
    found = [c for side in sides for c in search(side, config=SEARCH, workers=thread_count())]
    return [Motif(name=f"new {i + 1}", probabilities=c.probabilities) for i, c in enumerate(found)]


def _scores(motif: Motif, codes: Codes, base: BestMotifs) -> np.ndarray:
    found = best_scores(codes, motif, strands=base.strands, background=base.background).score
    return np.where(np.isfinite(found), found, -50.0)  # no window free of N: a match as bad as any
