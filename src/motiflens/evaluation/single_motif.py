"""The best single motif as a baseline: the strongest match of one PWM in each sequence."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from motiflens.compiled.threads import thread_count
from motiflens.discovery.config import SearchConfig
from motiflens.discovery.labelled import label_sequences
from motiflens.discovery.search import search
from motiflens.model.output import ClassOutput
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import best_scores
from motiflens.motifs.scores import estimate_background
from motiflens.shapes import Codes, Labels, Strands

SEARCHED = 5_000  # sequences of the motif search
SEARCH = replace(SearchConfig(), max_motifs=3, rounds=1)


@dataclass(frozen=True, kw_only=True)
class BestMotifs:
    """One motif a logit; calling it returns the score of the strongest match, (n, motifs) in bits, or zeros of none."""

    motifs: tuple[Motif, ...]
    strands: Strands
    background: Float64[np.ndarray, "4"]

    def __call__(self, codes: Codes) -> Float64[np.ndarray, "n motifs"]:
        columns = [_scores(motif, codes, self) for motif in self.motifs]
        return np.stack(columns, axis=1) if columns else np.zeros((len(codes), 1))


def find_best_motifs(codes: Codes, labels: Labels, *, output: ClassOutput, strands: Strands, seed: int) -> BestMotifs:
    """Find the motif whose strongest match separates the classes best, by AUROC in either direction.

    Candidates are the strongest motifs of a search in either class. Each explained class of `output` has its motif
    against the rest, or none where the search finds none.
    """
    rows = np.random.default_rng(seed).permutation(len(codes))[:SEARCHED]
    codes, labels = codes[rows], labels[rows]
    background = estimate_background(codes, strands=strands)
    base = BestMotifs(motifs=(), strands=strands, background=background)
    best = [_best(codes, positive, base) for _, positive in output.one_vs_rest(labels)]
    return replace(base, motifs=tuple(motif for motif in best if motif))


def find_best_value_motif(
    codes: Codes, values: Float64[np.ndarray, " n"], *, strands: Strands, seed: int
) -> BestMotifs:
    """Find the motif whose strongest match has the highest rank correlation with measured numbers, of either sign.

    Candidates are the strongest motifs of a search in the quarter of the highest values, and in the rest.
    """
    rows = np.random.default_rng(seed).permutation(len(codes))[:SEARCHED]
    codes, values = codes[rows], values[rows]
    base = BestMotifs(motifs=(), strands=strands, background=estimate_background(codes, strands=strands))
    high = values > np.quantile(values, 0.75)
    if not high.any() or high.all():
        return base
    candidates = _found(codes, high, strands)
    ranks = rankdata(values)
    scores = [rankdata(_scores(motif, codes, base)) for motif in candidates]
    sizes = [abs(np.corrcoef(score, ranks)[0, 1]) if np.ptp(score) else 0.0 for score in scores]
    return replace(base, motifs=(candidates[int(np.argmax(sizes))],)) if candidates else base


def _best(codes: Codes, positive: Bool[np.ndarray, " n"], base: BestMotifs) -> Motif | None:
    if positive.all() or not positive.any():
        return None
    candidates = _found(codes, positive, base.strands)
    aurocs = [roc_auc_score(positive, _scores(motif, codes, base)) for motif in candidates]
    # A motif of the negatives has an AUROC below .5.
    return candidates[int(np.argmax(np.abs(np.array(aurocs) - 0.5)))] if candidates else None


def _found(codes: Codes, positive: Bool[np.ndarray, " n"], strands: Strands) -> list[Motif]:
    """Return candidate motifs of either class."""
    data = label_sequences(codes, positive, strands=strands)
    sides = (data, data.with_classes_exchanged())
    found = [c for side in sides for c in search(side, config=SEARCH, workers=thread_count())]
    return [Motif(name=f"new {i + 1}", probabilities=c.probabilities) for i, c in enumerate(found)]


def _scores(motif: Motif, codes: Codes, base: BestMotifs) -> Float64[np.ndarray, " n"]:
    found = best_scores(codes, motif, strands=base.strands, background=base.background).score
    return np.where(np.isfinite(found), found, -50.0)  # no window without N: as bad as any match
