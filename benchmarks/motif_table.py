"""How often the motif table is wrong where nothing, or a known thing, is there: a JSON line a set, then a summary.

    python benchmarks/motif_table.py permuted [--sets 40] [--first-seed 0]
    python benchmarks/motif_table.py example [--sets 20] [--first-seed 0]

Every set goes through the whole of `fit` with default settings. `permuted`: labels without meaning, of simulated
sequences (the tutorial's, with its sites) and of windows of the worm's, Arabidopsis' and E. coli's genomes in turn; any
supported motif is wrong. `example`: README's own simulation at lengths 60 to 200; a supported motif is right if its
matrix correlates with a planted one, on the strand that it was planted on or, where both are read, on either.
"""

import argparse
import gzip
import tempfile
from pathlib import Path

import numpy as np
from results import Recorder, add_out

from motiflens.data.dataset import Dataset
from motiflens.motifs.correlation import matrix_correlation
from motiflens.motifs.motif import Motif
from motiflens.run.folder import Run
from motiflens.sequence.alphabet import encode
from motiflens.shapes import Strands
from motiflens.simulation.simulate import TUTORIAL, SimulationConfig, simulate
from motiflens.workflow.fit import fit_dataset
from motiflens.workflow.settings import settings_from

GENOMES = (
    "genome-celegans-1pct/1pct_elegans.fa.gz",
    "genome-athaliana-1pct/1pct.fa.gz",
    "genome-ecoli-k12/MG1655-K12.fasta.gz",
)
SIZES = (400, 600, 1000, 2000)
LENGTHS = (60, 80, 100, 150, 200)
SAME = 0.75


def windows(path: Path, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Codes of n windows of a genome, without N, that do not overlap."""
    with gzip.open(path, "rt") as lines:
        genome = "".join(line.strip().upper() for line in lines if not line.startswith(">"))
    places = rng.permutation(len(genome) // length)
    chosen = (genome[p * length : (p + 1) * length] for p in places)
    return encode([w for w, _ in zip((w for w in chosen if not set(w) - set("ACGT")), range(n), strict=False)])


def permuted(seed: int, shared: Path) -> Dataset:
    """One set whose labels mean nothing."""
    rng = np.random.default_rng(seed)
    n, length = SIZES[seed // 2 % len(SIZES)], LENGTHS[seed % len(LENGTHS)]
    if seed % 2:
        codes = windows(shared / "data" / GENOMES[seed // 2 % len(GENOMES)], n, length, rng)
    else:
        config = SimulationConfig(**(vars(TUTORIAL) | {"n": n, "length": length}))
        codes = simulate(config, seed=seed).dataset.codes
    labels = rng.permutation(np.arange(len(codes)) % 2)
    ids = np.array([f"s{i}" for i in range(len(codes))])
    return Dataset(codes=codes, labels=labels, classes=("a", "b"), ids=ids)


def fitted(dataset: Dataset, seed: int, scratch: str) -> Run:
    run = fit_dataset(dataset, Path(scratch) / "run", settings=settings_from({"seed": seed}))
    assert run is not None
    return run


def measure_permuted(seed: int, shared: Path) -> dict[str, object]:
    dataset = permuted(seed, shared)
    with tempfile.TemporaryDirectory() as scratch:
        run = fitted(dataset, seed, scratch)
        motifs = [f"{m.consensus} {m.source} q={m.q:.1e}" for m in run.motifs().motifs]
        return {
            "seed": seed,
            "sequences": len(dataset),
            "length": dataset.length,
            "strands": run.info.strands,
            "auroc": round(run.metrics().test.auroc or 0.0, 3),
            "motifs": motifs,
            "clean": not motifs,
        }


def measure_example(seed: int, _: Path) -> dict[str, object]:
    config = SimulationConfig(**(vars(TUTORIAL) | {"n": 600, "length": LENGTHS[seed % len(LENGTHS)]}))
    simulation = simulate(config, seed=seed)
    with tempfile.TemporaryDirectory() as scratch:
        run = fitted(simulation.dataset, seed, scratch)
        record = run.motifs()
        strands, found = record.strands, record.motifs
        planted = {"for": config.positives.resolved(), "against": config.negatives.resolved()}
        right = {m.name: known(m.probabilities, planted[m.direction], strands) for m in found}
        return {
            "seed": seed,
            "length": config.length,
            "strands": strands,
            "auroc": round(run.metrics().test.auroc or 0.0, 3),
            "motifs": [f"{m.consensus} {m.direction}" for m in found],
            "planted_found": len({name for name in right.values() if name}),
            "not_planted": sum(not name for name in right.values()),
            "clean": all(right.values()),
        }


def known(matrix: np.ndarray, planted: tuple[Motif, ...], strands: Strands) -> str:
    """The planted motif that a matrix is, or nothing."""
    alike = {m.name: matrix_correlation(matrix, m.probabilities, strands=strands) for m in planted}
    best = max(alike, key=lambda name: alike[name], default="")
    return best if best and alike[best] >= SAME else ""


MEASURES = {"permuted": measure_permuted, "example": measure_example}


def main() -> None:
    """Measure the sets asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("which", choices=MEASURES)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--sets", type=int, default=40)
    parser.add_argument("--first-seed", type=int, default=0)
    add_out(parser)
    args = parser.parse_args()
    record = Recorder(args.out)
    for seed in range(args.first_seed, args.first_seed + args.sets):
        record(MEASURES[args.which](seed, args.shared))
    record({"sets": args.sets, "clean": sum(bool(row["clean"]) for row in record.rows)})


if __name__ == "__main__":
    main()
