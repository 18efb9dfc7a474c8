"""Seconds that finding and testing motifs takes before and after a change, in alternation on the same planted sets.

    python benchmarks/discovery_time.py SETS SCORER --before CHECKOUT [--only 00 01 ...]

SETS and SCORER are those of `motifs.py`, which runs once a set and side, without a model, in a process and on a core of
its own; CHECKOUT is a checkout of the version to compare with (4158be4: before one matrix had one count). A row has
both times, of the search and its tests alone, their ratio, and how many of the planted motifs each side found.
"""

import argparse
from pathlib import Path

from checkouts import rows_of
from results import ROOT, Recorder, add_out


def measure(tree: Path, sets: Path, scorer: Path, name: str) -> dict:
    """The row that a checkout's `motifs.py` prints of one set."""
    script = tree / "benchmarks" / "motifs.py"
    return rows_of(tree, [str(script), str(sets), str(scorer), "--only", name])[0]


def main() -> None:
    """Read the arguments, run both sides on every set, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("scorer", type=Path)
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--only", nargs="*")
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    for name in options.only or sorted(folder.name for folder in options.sets.iterdir() if folder.is_dir()):
        before, after = (measure(tree, options.sets, options.scorer, name) for tree in (options.before, ROOT))
        record(
            {
                "set": name,
                "background": after["background"],
                "length": after["length"],
                "n_per_class": after["n_per_class"],
                **{f"seconds_{side}": row["seconds"] for side, row in (("before", before), ("after", after))},
                "ratio": round(after["seconds"] / before["seconds"], 3),
                **{f"recall_{side}": row["recall"] for side, row in (("before", before), ("after", after))},
            }
        )


if __name__ == "__main__":
    main()
