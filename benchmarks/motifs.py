"""Motif discovery on sets with planted motifs: prints a JSON line a set, then the means.

    python benchmarks/motifs.py SETS SCORER [--only 0 1 ...] [--words-only] [--taxa vertebrates ...] [--model]

SETS holds folders 00, 01, ... as the planted-set generator writes them (pos.fa, neg.fa, planted.meme, ...); SCORER is
the Python file that scores a MEME file against a set. Without `--model` no contributions are given: enriched words
and, unless `--words-only`, known motifs are the seeds. With it a small additive model is trained first and its
mutagenesis contributions are a source too. `seconds` are discovery and evidence; nothing is tuned by set.
"""

import argparse
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from motiflens.motifs.database import load_database
from motiflens.motifs.discover import discover
from motiflens.motifs.evidence import Evidence, evidence
from motiflens.motifs.formats import write_motifs
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import encode


def read(path: Path) -> np.ndarray:
    """Codes of a FASTA file with one line a sequence."""
    return encode([line.strip() for line in path.open() if not line.startswith(">")])


def load_scorer(path: Path) -> ModuleType:
    """The module that scores a set; its neighbours are importable."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("planted_score", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def contributions(codes: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Contributions of a model trained on four fifths of the sequences."""
    from motiflens.data.dataset import Dataset
    from motiflens.explain.mutagenesis import mutagenesis
    from motiflens.training.config import FitConfig
    from motiflens.training.fit import fit_model
    from motiflens.training.loop import Where

    data = Dataset(
        codes=codes,
        labels=positive.astype(np.int64),
        classes=("negative", "positive"),
        ids=np.arange(len(codes)).astype(str),
    )
    order = np.random.default_rng(0).permutation(len(codes))
    cut = 4 * len(codes) // 5
    where = Where(folder=None, device="cpu")
    fitted = fit_model(data.take(order[:cut]), data.take(order[cut:]), config=FitConfig(), seed=0, where=where)
    return mutagenesis(fitted.model, codes, target="positive").hypothetical


def base_level(result: Evidence, folder: Path, shape: tuple[int, int], positives: int) -> dict[str, float]:
    """Precision and recall of the positions that hits cover, against those that motifs were planted at."""
    planted = {line.split()[1] for line in (folder / "planted.meme").open() if line.startswith("MOTIF")}
    truth, called = np.zeros(shape, bool), np.zeros(shape, bool)
    for line in (folder / "truth.bed").open():
        name, start, end, motif = line.split()[:4]
        if motif in planted and name.startswith("pos"):
            truth[int(name[3:]), int(start) : int(end)] = True
    hits = result.hits
    if hits is not None:
        for row, start, end in zip(hits.sequence, hits.start, hits.end, strict=True):
            called[row, start:end] = True
    both = (truth & called)[:positives].sum()
    return {
        "base_precision": round(float(both / max(called[:positives].sum(), 1)), 3),
        "base_recall": round(float(both / max(truth.sum(), 1)), 3),
    }


def run(folder: Path, score: ModuleType, known: Sequence[Motif], *, model: bool) -> dict[str, object]:
    """One set."""
    inside, outside = read(folder / "pos.fa"), read(folder / "neg.fa")
    codes, positive = np.concatenate((inside, outside)), np.arange(len(inside) + len(outside)) < len(inside)
    hypothetical = contributions(codes, positive) if model else None
    begin = time.perf_counter()
    found = discover(codes, positive, hypothetical, known=known)
    result = evidence(found, codes, positive)
    seconds = time.perf_counter() - begin
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "motifs.meme"
        write_motifs(path, [e.motif for e in result.supported])
        row = score.score(folder, path)
    row |= {"seconds": round(seconds, 1)} | base_level(result, folder, codes.shape, len(inside))
    return row | {"motifs": [f"{e.motif.consensus} q={e.held_out.q:.0e} {e.basis}" for e in result.supported]}


def main() -> None:
    """Read the arguments, run the sets, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sets", type=Path)
    parser.add_argument("scorer", type=Path)
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--words-only", action="store_true")
    parser.add_argument("--taxa", nargs="*", default=["vertebrates"])
    parser.add_argument("--model", action="store_true")
    args = parser.parse_args()
    known = [] if args.words_only else [entry.motif for entry in load_database(taxa=tuple(args.taxa)).entries]
    score = load_scorer(args.scorer)
    rows = []
    for folder in sorted(p for p in args.sets.iterdir() if (p / "set.json").exists()):
        if args.only is None or int(folder.name) in args.only:
            rows.append(run(folder, score, known, model=args.model))
            print(json.dumps(rows[-1]), flush=True)
    names = ("recall", "precision", "base_recall", "base_precision", "seconds")
    print(json.dumps({f"mean_{name}": round(float(np.mean([row[name] for row in rows])), 3) for name in names}))


if __name__ == "__main__":
    main()
