"""Scanning against memelite's FIMO: seconds in alternation, and whether both find the same hits. Prints JSON.

Both get the same sequence in memory, the same log-odds (our pseudocount mixed in beforehand, memelite's set to 0) and a
uniform background. memelite bins scores by 0.1 bits by default, which is what is timed; hits are compared with its bins
at 0.01 bits, as ours are, and the windows that only one of them reports are judged by p-values of finer scores.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median

import numpy as np
from memelite import fimo
from results import Recorder, add_out

from motiflens.motifs._kernels import LANES
from motiflens.motifs.database import load_database
from motiflens.motifs.motif import UNIFORM, Motif
from motiflens.motifs.scan import Hits, scan
from motiflens.motifs.scores import score_distribution
from motiflens.sequence.alphabet import one_hot

THRESHOLD = 1e-4
FINE = 5000  # units a bit of the p-values that decide disputes


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def disputes(hits: Hits, frames: list, motifs: list[Motif], codes: np.ndarray) -> dict:
    """Windows that only one of the two reports, judged by p-values of scores rounded to 1/5000 bit."""
    ours = set(zip(hits.motif.tolist(), hits.start.tolist(), hits.strand.tolist(), strict=True))
    theirs = {
        (index, int(start), 1 if strand == "+" else -1)
        for index, frame in enumerate(frames)
        for start, strand in zip(frame["start"], frame["strand"], strict=True)
    }
    right = {"motiflens": 0, "memelite": 0}
    furthest = {"motiflens": 1.0, "memelite": 1.0}
    by_motif = defaultdict(list)
    for index, start, strand in ours ^ theirs:
        by_motif[index].append((start, strand))
    for index, windows in by_motif.items():
        scores = np.ascontiguousarray(np.rint(motifs[index].pwm() * FINE), np.int32)
        distribution = score_distribution(scores, UNIFORM)  # that of both strands, the background being so
        for start, strand in windows:
            word = codes[start : start + motifs[index].width]
            total = scores[::strand, ::strand][word, np.arange(len(word))].sum()
            p = float(distribution.p_values(total))
            reported_by, other = (
                ("motiflens", "memelite") if (index, start, strand) in ours else ("memelite", "motiflens")
            )
            if p <= THRESHOLD:
                right[reported_by] += 1
            else:
                right[other] += 1
                furthest[reported_by] = max(furthest[reported_by], p / THRESHOLD)
    return {
        "both": len(ours & theirs),
        "only_motiflens": len(ours - theirs),
        "only_memelite": len(theirs - ours),
        "disputes_won": right,
        "highest_p_reported_in_thresholds": furthest,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=10_000_000)
    parser.add_argument("--motifs", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, options.bases).astype(np.uint8)[None]
    encoded = one_hot(codes).astype(np.int8)
    entries = load_database(taxa=("vertebrates",)).entries
    motifs: list[Motif] = [entries[i].motif for i in rng.choice(len(entries), options.motifs, replace=False)]
    mixed = {f"{i}": 0.99 * motif.probabilities + 0.01 / 4 for i, motif in enumerate(motifs)}

    def ours() -> Hits:
        return scan(codes, motifs, p_threshold=THRESHOLD, background=UNIFORM)

    def theirs() -> list:
        return fimo(mixed, encoded, threshold=THRESHOLD, eps=0)

    compiled = {"motiflens": seconds(ours), "memelite": seconds(theirs)}
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(options.rounds)]
    fine = fimo(mixed, encoded, threshold=THRESHOLD, eps=0, bin_size=0.01)
    result: dict[str, object] = {
        "bases": options.bases,
        "motifs": options.motifs,
        "strands": 2,
        "lanes": LANES,
        "first_call_seconds": compiled,
        "motiflens_seconds": [pair[0] for pair in pairs],
        "memelite_seconds": [pair[1] for pair in pairs],
        "ratio_median": median(b / a for a, b in pairs),
        "hits": disputes(ours(), fine, motifs, codes[0]),
    }
    record(result)


if __name__ == "__main__":
    main()
