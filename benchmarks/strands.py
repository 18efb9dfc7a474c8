"""What the choice of strands costs, on simulated sets whose sites lie on one strand or on either.

    python benchmarks/strands.py [--sets 40] [--examples 20] [--first-seed 100] [--only 100 109 ...] [--trainings 1]

`--sets` planted sets: every other one has its sites on either strand; 400 to 2,000 sequences of 60 to 200 bp, one to
three motifs of JASPAR or the tutorial's consensus, in half to all of the positives, anywhere or (oriented) in a window.
`--examples` sets are as in README (`motiflens simulate --n 600`, 60 to 200 bp), where `motiflens fit` trains on four
fifths. Each is fitted with `strands` "auto" and with the reading that this did not choose, and both are scored on
10,000 fresh sequences. A row gives the AUROC of either reading and the cost of the choice: what the better reading has
more than the one taken. With more than one training, of seeds of their own, the AUROCs and the cost are means, and
`spread` is the standard deviation of the difference between the readings (forward less both). The rule was made on
seeds below 100 and from 1000.
"""

import argparse
from dataclasses import replace

import numpy as np
from results import Recorder, Row, add_out
from sklearn.metrics import roc_auc_score

from motiflens.data.dataset import Dataset
from motiflens.data.splits import split_dataset, split_for_training
from motiflens.model.predict import predict_values
from motiflens.motifs.database import load_database
from motiflens.motifs.motif import Motif
from motiflens.simulation.simulate import TUTORIAL, Planting, SimulationConfig, simulate
from motiflens.training.fit import Fitted, fit_model
from motiflens.training.task import Compute
from motiflens.workflow.settings import settings_from

SIZES = (400, 800, 1200, 2000)
LENGTHS = (60, 100, 200)
EXAMPLE_LENGTHS = (60, 100, 150, 200)
DENSITIES = (0.5, 0.75, 1.0)
TEST = 10_000
FRESH = 1_000_000  # added to a seed for the test sequences
#: Widths and bits of the database's motifs that are planted.
WIDTHS = (7, 15)
BITS = (8.0, 16.0)


def usable_motifs() -> list[Motif]:
    """Return the database's vertebrate motifs that are neither too weak to be learned nor too strong to be missed."""
    found = []
    for entry in load_database().entries:
        motif = entry.motif
        p = motif.probabilities
        bits = float((2 + (p * np.log2(np.maximum(p, 1e-9))).sum(0)).sum())
        if "vertebrates" in entry.taxa and WIDTHS[0] <= motif.width <= WIDTHS[1] and BITS[0] <= bits <= BITS[1]:
            found.append(motif)
    return found


def planted_config(number: int, seed: int, motifs: list[Motif]) -> SimulationConfig:
    """Return what set `number` is planted with: oriented where the number is even."""
    rng = np.random.default_rng([seed, number])
    oriented, n = number % 2 == 0, SIZES[number // 2 % len(SIZES)]
    length = int(rng.choice(LENGTHS))
    # The tutorial's six letters are next to nowhere to be found in long sequences.
    if length == 60 and rng.random() < 0.3:
        chosen = TUTORIAL.positives.motifs
    else:
        chosen = tuple(motifs[i] for i in rng.choice(len(motifs), rng.integers(1, 4), replace=False))
    window = (length // 3, length // 3 + 30) if oriented and rng.random() < 0.3 else None
    positives = Planting(
        motifs=chosen,
        density=float(rng.choice(DENSITIES)),
        positions=window,
        strands="forward" if oriented else "both",
    )
    return SimulationConfig(positives=positives, n=n, length=length)


def fitted(parts: tuple[Dataset, Dataset], strands: str, seed: int) -> Fitted:
    """Fit with default settings but for the strands."""
    config = settings_from({"fit.strands": strands}).fit
    return fit_model(*parts, config=config, seed=seed, compute=Compute())


def measure(config: SimulationConfig, parts: tuple[Dataset, Dataset], *, seed: int, trainings: int) -> Row:
    """Fit as chosen and otherwise, and score both on fresh sequences."""
    test = simulate(replace(config, n=TEST), seed=FRESH + seed).dataset
    chosen = fitted(parts, "auto", seed)
    other = "both" if chosen.model.strands == "forward" else "forward"
    each: dict[str, list[float]] = {"forward": [], "both": []}
    for training in range(trainings):
        for strands, found in each.items():
            first = training == 0 and strands == chosen.model.strands
            fit = chosen if first else fitted(parts, strands, seed + FRESH * training)
            probabilities = predict_values(fit.model, test.codes)[:, 1]
            found.append(float(roc_auc_score(test.labels, probabilities)))
    aurocs = {strands: round(float(np.mean(found)), 4) for strands, found in each.items()}
    differences = np.subtract(each["forward"], each["both"])
    spread = {} if trainings == 1 else {"spread": round(float(differences.std(ddof=1)), 4), "trainings": trainings}
    return {
        "planted": config.positives.strands,
        "sequences": config.n,
        "length": config.length,
        "motifs": [m if isinstance(m, str) else m.name for m in config.positives.motifs],
        "density": config.positives.density,
        "window": config.positives.positions,
        "chosen": chosen.model.strands,
        **{f"auroc_{strands}": aurocs[strands] for strands in ("forward", "both")},
        "cost": round(max(0.0, aurocs[other] - aurocs[chosen.model.strands]), 4),
        **spread,
        "note": chosen.notes[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sets", type=int, default=40)
    parser.add_argument("--examples", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--only", type=int, nargs="+", default=[], help="seeds of the sets measured")
    parser.add_argument("--trainings", type=int, default=1, help="seeds of either reading's training")
    add_out(parser)
    options = parser.parse_args()
    record, motifs, first = Recorder(options.out), usable_motifs(), options.first_seed
    seeds = range(first, first + max(options.sets, options.examples))
    if not set(options.only) <= set(seeds):
        parser.error(f"--only must be seeds from {seeds[0]} to {seeds[-1]}")
    for number, seed in enumerate(seeds):
        if options.only and seed not in options.only:
            continue
        if number < options.examples:
            config = replace(TUTORIAL, n=600, length=EXAMPLE_LENGTHS[number % len(EXAMPLE_LENGTHS)])
            data = simulate(config, seed=seed).dataset
            split = split_dataset(data, seed=seed)
            parts = data.take(split.train), data.take(split.val)
            record({"kind": "example", "seed": seed} | measure(config, parts, seed=seed, trainings=options.trainings))
        if number < options.sets:
            config = planted_config(number, first, motifs)
            data = simulate(config, seed=seed).dataset
            whole = split_for_training(data, seed=seed)
            parts = data.take(whole.train), data.take(whole.val)
            record({"kind": "planted", "seed": seed} | measure(config, parts, seed=seed, trainings=options.trainings))


if __name__ == "__main__":
    main()
