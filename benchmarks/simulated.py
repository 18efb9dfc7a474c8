"""The tutorial's task: 6,400 training and 1,600 validation sequences, 20,000 fresh test sequences, beside its ceiling.

python benchmarks/simulated.py [--preset classic] [--seeds 3]
"""

import argparse
import json
import time

import numpy as np

from motiflens.data.splits import split_dataset
from motiflens.evaluation.metrics import evaluate
from motiflens.model.predict import predict_probabilities
from motiflens.simulation.bayes_rule import ceiling
from motiflens.simulation.simulate import TUTORIAL, simulate
from motiflens.training.fit import fit_model
from motiflens.training.task import Where
from motiflens.workflow.settings import settings_from


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="classic")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    settings = settings_from({"fit.network.preset": args.preset})
    accuracies, aurocs = [], []
    for seed in range(args.seeds):
        data = simulate(seed=seed).dataset
        test = simulate(TUTORIAL.__class__(**(vars(TUTORIAL) | {"n": 20_000})), seed=1000 + seed).dataset
        split = split_dataset(data, seed=seed)
        start = time.perf_counter()
        fitted = fit_model(data.take(split.train), data.take(split.val), config=settings.fit, seed=seed, where=Where())
        seconds = time.perf_counter() - start
        scores = evaluate(
            test.labels, predict_probabilities(fitted.model, test.codes), test.classes, seed=0, n_bootstrap=100
        ).metrics
        best = ceiling(test)
        accuracies.append(scores["accuracy"])
        aurocs.append(scores["auroc"])
        row = {"preset": args.preset, "seed": seed, "accuracy": scores["accuracy"], "auroc": scores["auroc"]}
        row |= {"ceiling_accuracy": best.accuracy, "ceiling_auroc": best.auroc, "epochs": len(fitted.history)}
        print(json.dumps(row | {"seconds": round(seconds)}), flush=True)
    print(
        json.dumps(
            {
                "preset": args.preset,
                "accuracy": [round(float(f(accuracies)), 4) for f in (np.mean, np.std)],
                "auroc": [round(float(f(aurocs)), 4) for f in (np.mean, np.std)],
            }
        )
    )


if __name__ == "__main__":
    main()
