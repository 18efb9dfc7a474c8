"""Motif discovery on sets with planted motifs: prints a JSON line a set, then the means.

    python benchmarks/motifs.py SETS SCORER [--only 0 1 ...] [--words-only] [--taxa vertebrates ...] [--fit]

SETS holds folders 00, 01, ... as the planted-set generator writes them (pos.fa, neg.fa, planted.meme, ...); SCORER is
the Python file that scores a MEME file against a set. Without `--fit` no model is trained: enriched words and, unless
`--words-only`, known motifs are the seeds; `seconds` are discovery and evidence. With it each set goes through
`motiflens fit` with default settings and the run's motifs.meme and hits.tsv are scored; `seconds` are the stage "find
motifs", `whole` the run. Nothing is tuned by set.
"""

import argparse
import importlib.util
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
from results import Recorder, add_out

from motiflens.discovery.discover import discover
from motiflens.motifs.database import load_database
from motiflens.motifs.formats import write_motifs
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import encode
from motiflens.workflow.fit import fit_files
from motiflens.workflow.settings import settings_from


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


def base_level(folder: Path, shape: tuple[int, int], called: np.ndarray) -> dict[str, float]:
    """Precision and recall of positions `called` in the positives (n, length), against those motifs were planted at."""
    planted = {line.split()[1] for line in (folder / "planted.meme").open() if line.startswith("MOTIF")}
    truth = np.zeros(shape, bool)
    for line in (folder / "truth.bed").open():
        name, start, end, motif = line.split()[:4]
        if motif in planted and name.startswith("pos"):
            truth[int(name[3:]), int(start) : int(end)] = True
    both = (truth & called).sum()
    return {
        "base_precision": round(float(both / max(called.sum(), 1)), 3),
        "base_recall": round(float(both / max(truth.sum(), 1)), 3),
    }


def run(folder: Path, score: ModuleType, database: Sequence[Motif]) -> dict[str, object]:
    """One set, without a model."""
    inside, outside = read(folder / "pos.fa"), read(folder / "neg.fa")
    codes, positive = np.concatenate((inside, outside)), np.arange(len(inside) + len(outside)) < len(inside)
    begin = time.perf_counter()
    found = discover(codes, positive, None, database=database).supported
    seconds = time.perf_counter() - begin
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "motifs.meme"
        write_motifs(path, [replace(one.motif, name=f"motif_{i}") for i, one in enumerate(found, 1)])
        row = score.score(folder, path)
    called = np.zeros(codes.shape, bool)
    for one in found:
        for sequence, start, end in zip(one.hits.sequence, one.hits.start, one.hits.end, strict=True):
            called[sequence, start:end] = True
    row |= {"seconds": round(seconds, 1)} | base_level(folder, inside.shape, called[: len(inside)])
    return row | {"motifs": [f"{one.motif.consensus} q={one.q:.0e} {one.source}" for one in found]}


def fit(folder: Path, score: ModuleType) -> dict[str, object]:
    """One set, through `motiflens fit`."""
    shape = read(folder / "pos.fa").shape
    with tempfile.TemporaryDirectory() as scratch:
        data = [f"positive={folder / 'pos.fa'}", f"negative={folder / 'neg.fa'}"]
        done = fit_files(data, Path(scratch) / "run", settings=settings_from({}))
        assert done is not None
        row = score.score(folder, done.path / "motifs.meme")
        hits = done.hits()
        stages = {stage.name: stage.seconds for stage in done.info.stages}
        motifs = [f"{m.consensus} {m.target} {m.direction}" for m in done.motifs().motifs]
        auroc = done.metrics().test.auroc or 0.0
    called = np.zeros(shape, bool)
    inside = hits[hits["sequence_id"].str.startswith("pos")]
    for name, start, end in zip(inside["sequence_id"], inside["start"], inside["end"], strict=True):
        called[int(name[3:]), start:end] = True
    row |= {"seconds": round(stages["find motifs"], 1), "whole": round(sum(stages.values())), "auroc": round(auroc, 3)}
    return row | base_level(folder, shape, called) | {"motifs": motifs}


def main() -> None:
    """Read the arguments, run the sets, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sets", type=Path)
    parser.add_argument("scorer", type=Path)
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--words-only", action="store_true")
    parser.add_argument("--taxa", nargs="*", default=["vertebrates"])
    parser.add_argument("--fit", action="store_true")
    add_out(parser)
    args = parser.parse_args()
    record = Recorder(args.out)
    known = [] if args.words_only else [entry.motif for entry in load_database(taxa=tuple(args.taxa)).entries]
    score = load_scorer(args.scorer)
    for folder in sorted(p for p in args.sets.iterdir() if (p / "set.json").exists()):
        if args.only is None or int(folder.name) in args.only:
            record(fit(folder, score) if args.fit else run(folder, score, known))
    names = ("recall", "precision", "base_recall", "base_precision", "seconds")
    record({f"mean_{name}": round(float(np.mean([row[name] for row in record.rows])), 3) for name in names})


if __name__ == "__main__":
    main()
