"""What is the most that planted sets allow? The planted matrices themselves, judged by knowing them: a JSON line a set.

    python benchmarks/planted_limit.py SETS SCORER

SETS and SCORER as for `motifs.py`. Nothing is learned: each planted matrix is tested on all sequences, at the best of
eight cuts, by Fisher's exact test. `recall` counts those whose p, times the number of cuts and of database matrices, is
at most .05; `recall_without_cuts` does not count the cuts. `base_recall` is what a cut of each matrix chosen with the
truth in hand reaches in the positives where it keeps a precision of .85. A tool that has to learn the matrices, or to
choose among a database's, from the same sequences cannot expect more.
"""

import argparse
from pathlib import Path

import numpy as np
from motifs import load_scorer, read
from results import Recorder, add_out
from scipy.stats import fisher_exact

from motiflens.motifs.database import load_database
from motiflens.motifs.motif import Motif
from motiflens.motifs.parse import read_motifs

SHARES = (0.003, 0.01, 0.02, 0.04, 0.06, 0.1, 0.15, 0.25)  # of the sequences that a cut lets through
PRECISION = 0.85


def window_scores(codes: np.ndarray, motif: Motif) -> np.ndarray:
    """Log-odds of the better strand at every start (n, starts)."""
    background = np.bincount(codes.ravel(), minlength=4)[:4] / codes.size
    matrix = (motif.probabilities.T + 1e-3) / (motif.probabilities.T + 1e-3).sum(1, keepdims=True)
    starts = codes.shape[1] - motif.width + 1
    strands = []
    for oriented in (matrix, matrix[::-1, ::-1]):
        log_odds = np.log2(oriented / background)
        strands.append(sum(log_odds[j][codes[:, j : j + starts]] for j in range(motif.width)))
    return np.maximum(*strands)


def smallest_p(best: np.ndarray, n_positive: int) -> float:
    """Fisher's p at the best cut; `best` are the sequences' best scores, positives first."""
    ranked = np.sort(best)[::-1]
    tables = []
    for share in SHARES:
        over = best >= ranked[int(share * len(best))]
        inside, outside = int(over[:n_positive].sum()), int(over[n_positive:].sum())
        tables.append([[inside, n_positive - inside], [outside, len(best) - n_positive - outside]])
    return min(float(fisher_exact(table, alternative="greater")[1]) for table in tables)


def bases_at_precision(scores: np.ndarray, planted: np.ndarray, width: int) -> np.ndarray:
    """The bases that a cut keeps where it keeps the most at the wanted precision, as a mask like `planted`."""
    best = np.zeros(planted.shape, bool)
    for cut in np.unique(np.quantile(scores, 1 - np.geomspace(1e-5, 0.05, 60))):
        called = np.zeros(planted.shape, bool)
        for row, start in np.argwhere(scores >= cut):
            called[row, start : start + width] = True
        right = (called & planted).sum()
        if right >= PRECISION * called.sum() and right > (best & planted).sum():
            best = called
    return best


def limit(folder: Path, matrices: int) -> dict[str, object]:
    """One set."""
    positive, negative = read(folder / "pos.fa"), read(folder / "neg.fa")
    codes = np.concatenate((positive, negative))
    truth: dict[str, np.ndarray] = {}
    for line in (folder / "truth.bed").open():
        name, start, end, ident = line.split()[:4]
        if name.startswith("pos"):
            truth.setdefault(ident, np.zeros(positive.shape, bool))[int(name[3:]), int(start) : int(end)] = True
    called, p = np.zeros(positive.shape, bool), {}
    motifs = read_motifs(folder / "planted.meme")
    for motif in motifs:
        scores = window_scores(codes, motif)
        p[motif.name] = smallest_p(scores.max(1), len(positive))
        planted = truth[motif.accession]
        called |= bases_at_precision(scores[: len(positive)], planted, motif.width)
    wanted = np.any([truth[m.accession] for m in motifs], axis=0)
    found = np.array(list(p.values())) * matrices
    return {
        "set": folder.name,
        "planted": len(motifs),
        "recall": round(float((found * len(SHARES) <= 0.05).mean()), 3),
        "recall_without_cuts": round(float((found <= 0.05).mean()), 3),
        "base_recall": round(float((called & wanted).sum() / wanted.sum()), 3),
        "p": {name: f"{value:.0e}" for name, value in p.items()},
    }


def main() -> None:
    """Read the arguments, judge the sets, print the means last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sets", type=Path)
    parser.add_argument("scorer", type=Path)
    add_out(parser)
    args = parser.parse_args()
    load_scorer(args.scorer)
    matrices = len(load_database(taxa=("vertebrates",)).entries)
    record = Recorder(args.out)
    for folder in sorted(p for p in args.sets.iterdir() if (p / "set.json").exists()):
        record(limit(folder, matrices))
    keys = ("recall", "recall_without_cuts", "base_recall")
    record({"matrices": matrices} | {f"mean_{key}": round(np.mean([r[key] for r in record.rows]), 3) for key in keys})


if __name__ == "__main__":
    main()
