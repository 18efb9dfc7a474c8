"""Motifs of simulated activities: a JSON line a set of sequences, then how many sets had all motifs and nothing else.

    python benchmarks/activity_motifs.py [--seeds 10] [--first 0] [--n 10000] [--length 200] [--permuted]

Six motifs with effects from -1 to +2 on two numbers, replicates whose mean agrees with the truth by R2 .7
(`motiflens simulate --activity`). No model is trained: the numbers of every target are searched, the supported motifs
merged as a run merges them, those set aside that add too little given the others, and the effects are those of one
regression over all sequences. The same regression on the sites that were planted, or are there by chance, says what
these data allow: `by_true_sites` has its largest error, and `standard_error` the largest of an effect, as a share of
it. `--permuted` exchanges the numbers among the sequences, so that every motif found is a false one. Nothing is tuned
by set.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from results import Recorder, add_out
from scipy.stats import norm

from motiflens.discovery.config import EvidenceConfig
from motiflens.discovery.discover_numbers import discover_numbers, first_half
from motiflens.discovery.given_others import Claim, Number, effects_given_others, unfounded_claim
from motiflens.discovery.measured import expected_by_other_half
from motiflens.discovery.result import FoundMotif
from motiflens.motifs.correlation import are_one, matrix_correlation
from motiflens.motifs.motif import Motif
from motiflens.simulation.activity import SIX, Activity, ActivityConfig, simulate_activity, site_counts

LIKE = 0.8  # correlation of matrices from which a motif is the planted one
CLOSE = 0.15


@dataclass(frozen=True, kw_only=True)
class Effects:
    """A motif with its effect on each number."""

    matrix: np.ndarray
    effects: list[float]
    errors: list[float]  # standard ones


def searched(made: Activity, values: np.ndarray, seed: int) -> list[Effects]:
    """The supported motifs of all numbers, without a model."""
    codes = made.dataset.codes
    first = first_half(codes, values[:, 0], seed=seed)
    found: list[FoundMotif] = []
    claims: list[Claim] = []
    numbers: dict[str, Number] = {}
    for name, of in zip(made.dataset.targets, values.T, strict=True):
        numbers[name] = Number(values=of, expected=expected_by_other_half(codes, of, first, strands="both"))
        supported = discover_numbers(codes, of, first=first, targets=values.shape[1], seed=seed).supported
        new = [one for one in supported if all(not same(one, other) for other in found)]
        found += new
        claims += [Claim(number=name, direction=one.direction, window=one.position_window) for one in new]
    if not found:
        return []
    sites = np.column_stack([one.hits.in_sequences(len(codes)) for one in found])
    kept = list(range(len(found)))
    while one := unfounded_claim(sites[:, kept], [claims[i] for i in kept], numbers, config=EvidenceConfig()):
        del kept[one[0]]
    return regressed([found[i].motif.probabilities for i in kept], sites[:, kept], made, values, first)


def regressed(
    matrices: list[np.ndarray], sites: np.ndarray, made: Activity, values: np.ndarray, first: np.ndarray
) -> list[Effects]:
    """The effects of motifs with these sites, the others and composition held constant."""
    codes = made.dataset.codes
    slopes = [
        effects_given_others(sites, column, expected_by_other_half(codes, column, first, strands="both"))
        for column in values.T
    ]
    return [
        Effects(
            matrix=matrix,
            effects=[of[i].mean for of in slopes],
            errors=[(of[i].high - of[i].low) / (2 * norm.isf(0.025)) for of in slopes],
        )
        for i, matrix in enumerate(matrices)
    ]


def by_true_sites(made: Activity, values: np.ndarray, seed: int) -> list[Effects]:
    """The effects of the six by the sites that make the numbers."""
    codes = made.dataset.codes
    sites = np.column_stack([site_counts(codes, one.consensus, strands="both") > 0 for one in SIX])
    matrices = [Motif.from_consensus(one.consensus).probabilities for one in SIX]
    return regressed(matrices, sites, made, values, first_half(codes, values[:, 0], seed=seed))


def relative_errors(found: Effects, effects: tuple[float, ...]) -> list[float]:
    """How far each effect is off the truth, as a share of it."""
    return [abs(effect / true - 1) for effect, true in zip(found.effects, effects, strict=True)]


def same(one: FoundMotif, other: FoundMotif) -> bool:
    """Whether two motifs are one, as a run decides it."""
    return are_one(one.motif.probabilities, other.motif.probabilities, least=0.75, strands="both")


def scored(found: list[Effects], by_truth: list[Effects]) -> dict[str, object]:
    """How the motifs found compare with the six: which are there, their effects, and what is too many."""
    planted = [Motif.from_consensus(one.consensus).probabilities for one in SIX]
    like = np.array([[matrix_correlation(one.matrix, true, strands="both") for true in planted] for one in found])
    like = like.reshape(len(found), len(planted))
    best = [int(np.argmax(like[:, i])) if len(found) and like[:, i].max() >= LIKE else None for i in range(len(SIX))]
    errors = [
        e for i, one in zip(best, SIX, strict=True) if i is not None for e in relative_errors(found[i], one.effects)
    ]
    of_truth = [e for by, one in zip(by_truth, SIX, strict=True) for e in relative_errors(by, one.effects)]
    standard = [
        abs(e / t) for by, one in zip(by_truth, SIX, strict=True) for e, t in zip(by.errors, one.effects, strict=True)
    ]
    return {
        "found": sum(i is not None for i in best),
        "others": len(found) - len({i for i in best if i is not None}),
        "right_signs": all(
            effect * true > 0
            for i, one in zip(best, SIX, strict=True)
            if i is not None
            for effect, true in zip(found[i].effects, one.effects, strict=True)
        ),
        "within_15_percent": sum(error <= CLOSE for error in errors),
        "effects": len(errors),
        "largest_error": round(max(errors, default=0.0), 3),
        "mean_error": round(float(np.mean(errors)) if errors else 0.0, 3),
        "by_true_sites": round(max(of_truth), 3),
        "standard_error": round(max(standard), 3),
        "motifs": {
            one.consensus: None if i is None else [round(effect, 3) for effect in found[i].effects]
            for i, one in zip(best, SIX, strict=True)
        },
    }


def main() -> None:
    """Read the arguments, run the sets, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--permuted", action="store_true")
    add_out(parser)
    args = parser.parse_args()
    record = Recorder(args.out)
    for seed in range(args.first, args.first + args.seeds):
        made = simulate_activity(ActivityConfig(n=args.n, length=args.length), seed=seed)
        values = made.dataset.values
        if args.permuted:
            values = np.random.default_rng(seed).permutation(values)
        begin = time.process_time()
        found = searched(made, values, seed)
        row: dict[str, object] = {"seed": seed, "n": args.n, "length": args.length}
        row |= {"cpu_seconds": round(time.process_time() - begin, 1)}
        record(
            row | ({"motifs_found": len(found)} if args.permuted else scored(found, by_true_sites(made, values, seed)))
        )
    rows = record.rows
    if args.permuted:
        record({"sets": len(rows), "sets_with_a_motif": sum(bool(row["motifs_found"]) for row in rows)})
        return
    whole = [row for row in rows if row["found"] == len(SIX) and not row["others"] and row["right_signs"]]
    record(
        {
            "sets": len(rows),
            "all_six_right_signs_nothing_else": len(whole),
            "also_all_effects_within_15_percent": sum(row["within_15_percent"] == row["effects"] for row in whole),
        }
    )


if __name__ == "__main__":
    main()
