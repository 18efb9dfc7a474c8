"""How many relatives the seeds of the similarity search hit, and how many words without gaps of the same weight do.

    python benchmarks/similarity_seeds.py [--search]

A line a seed and length of the overlap: shares of 8,000 overlaps, unequal in a fifth of their letters at random places,
in which some place has all letters of the seed equal. `--search` compares all symmetric patterns with gaps, of up
to 23 places, and prints the best three of each weight.
"""

import argparse
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from results import Recorder, add_out

from motiflens.groups.near_duplicates import SEEDS

OVERLAPS = (37, 50, 75, 100, 125)


def overlaps(length: int, n: int) -> np.ndarray:
    """Which letters are equal (n, length): 80 % of each row."""
    rng = np.random.default_rng(length)
    return np.argsort(rng.random((n, length)), axis=1) < np.ceil(0.8 * length)


def hit_share(seed: str, equal: np.ndarray) -> float:
    """Share of the rows of `equal` (n, length) where all letters of the seed are equal at some place."""
    positions = equal.shape[1] - len(seed) + 1
    places = [place for place, counts in enumerate(seed) if counts == "1"]
    return float(np.all([equal[:, place : place + positions] for place in places], axis=0).any(axis=1).mean())


def symmetric(weight: int) -> Iterator[str]:
    """Patterns with gaps of `weight` letters that read the same from both ends; first, middle and last place count."""
    for half in range(weight // 2 + 1, 12):
        for chosen in combinations(range(1, half), weight // 2 - 1):
            side = "".join("1" if place in (0, *chosen) else "0" for place in range(half))
            yield side + "1" + side[::-1]


def best_three(weight: int) -> list[str]:
    """The patterns that hit most, of the 60 that hit most of a first few overlaps."""
    few, many = ([overlaps(length, n) for length in OVERLAPS] for n in (300, 4000))
    likely = sorted(symmetric(weight), key=lambda seed: -sum(hit_share(seed, equal) for equal in few))[:60]
    return sorted(likely, key=lambda seed: -sum(hit_share(seed, equal) for equal in many))[:3]


def main() -> None:
    """Measure the seeds in use; search others where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--search", action="store_true")
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    for seed in SEEDS:
        weight = seed.count("1")
        for length in OVERLAPS:
            equal = overlaps(length, 8000)
            shares = {"share": hit_share(seed, equal), "without_gaps": hit_share("1" * weight, equal)}
            record({"seed": seed, "overlap": length} | shares)
        if options.search:
            record({"weight": weight, "best": best_three(weight)})


if __name__ == "__main__":
    main()
