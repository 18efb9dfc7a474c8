"""Seconds that training takes before and after a change, and test AUROC, both sides in alternation on the same splits.

    python benchmarks/recipe_time.py --before CHECKOUT [--shared ../shared] [--sets uci-splice ...] [--seeds 1]

CHECKOUT is a checkout of the version to compare with (4158be4 for the recipe with trial runs). A row gives the CPU
seconds and the wall-clock seconds of `fit_model` on each side, the ratio of CPU seconds, after to before, and the AUROC
on the test file (macro of several classes); each fit runs in a process of its own, on one core. Compilation, which
happens once a machine, is not counted: a first, short fit warms the caches.
"""

import argparse
from pathlib import Path

from checkouts import rows_of
from results import ROOT, Recorder, add_out

SETS = ("uci-splice+grouped", "ecoli-sigma70+grouped", "human-tata-300", "tf-human-4", "ctcf-vs-pu1")

#: Understands both versions' names of what a fit takes.
WORKER = """
import json, sys, time
import pandas as pd
from sklearn.metrics import roc_auc_score
from motiflens.data.read import dataset_from_sequences
from motiflens.data.splits import split_for_training
from motiflens.training.fit import fit_model
from motiflens.workflow.settings import settings_from
try:
    from motiflens.training.task import Compute
    place = {"compute": Compute()}
except ImportError:
    from motiflens.training.job import Where
    place = {"where": Where()}
try:
    from motiflens.model.predict import predict_values
except ImportError:
    from motiflens.model.predict import predict_probabilities as predict_values
train, test, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
table = pd.read_csv(train).drop_duplicates("sequence")
dataset = dataset_from_sequences(table["sequence"].tolist(), table["label"].tolist())
split = split_for_training(dataset, seed=seed)
training, validation = dataset.take(split.train), dataset.take(split.val)
short = settings_from({"fit.training.epochs": 1}).fit
some = [part.take(range(0, len(part), -(-len(part) // n))) for part, n in ((training, 200), (validation, 50))]
fit_model(*some, config=short, seed=0, **place)  # of every class: files come class by class
wall, cpu = time.perf_counter(), time.process_time()
fitted = fit_model(training, validation, config=settings_from({}).fit, seed=seed, **place)
row = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "n": len(training)}
table = pd.read_csv(test)
held_out = dataset_from_sequences(table["sequence"].tolist(), table["label"].tolist(), length=dataset.length)
found = predict_values(fitted.model, held_out.codes)
found = found[:, 1] if found.shape[1] == 2 else found
print(json.dumps(row | {"auroc": roc_auc_score(held_out.labels, found, multi_class="ovr")}))
"""


def measure(tree: Path, folder: Path, seed: int) -> dict:
    """Fit to the training file of a set with the code of a checkout, and predict the test file."""
    files = (str(folder / name) for name in ("train.csv.gz", "test.csv.gz"))
    return rows_of(tree, ["-c", WORKER, *files, str(seed)])[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    for name in options.sets:
        folder = options.shared / "splits" / name
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            before, after = measure(options.before, folder, seed), measure(ROOT, folder, seed)
            record(
                {
                    "set": name,
                    "seed": seed,
                    "training_sequences": after["n"],
                    **{f"cpu_{side}": round(x["cpu"], 1) for side, x in (("before", before), ("after", after))},
                    **{f"wall_{side}": round(x["wall"], 1) for side, x in (("before", before), ("after", after))},
                    "ratio": round(after["cpu"] / before["cpu"], 3),
                    **{f"auroc_{side}": round(x["auroc"], 4) for side, x in (("before", before), ("after", after))},
                }
            )


if __name__ == "__main__":
    main()
