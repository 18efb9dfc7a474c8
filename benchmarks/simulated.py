"""The tutorial's task: 6,400 training, 1,600 validation and 20,000 fresh test sequences, beside the exact Bayes rule.

python benchmarks/simulated.py [--preset classic] [--seeds 3]
"""

import argparse
import time

from results import Recorder, add_out

from motiflens.data.splits import split_dataset
from motiflens.evaluation.metrics import evaluate
from motiflens.model.predict import predict_values
from motiflens.simulation.bayes_rule import bayes_optimal
from motiflens.simulation.simulate import TUTORIAL, simulate
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.workflow.settings import settings_from


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="classic")
    parser.add_argument("--seeds", type=int, default=3)
    add_out(parser)
    args = parser.parse_args()
    record = Recorder(args.out)
    settings = settings_from({"fit.network.preset": args.preset})
    for seed in range(args.seeds):
        data = simulate(seed=seed).dataset
        test = simulate(TUTORIAL.__class__(**(vars(TUTORIAL) | {"n": 20_000})), seed=1000 + seed).dataset
        split = split_dataset(data, seed=seed)
        start = time.perf_counter()
        fitted = fit_model(
            data.take(split.train), data.take(split.val), config=settings.fit, seed=seed, compute=Compute()
        )
        seconds = time.perf_counter() - start
        scores = evaluate(
            test.labels, predict_values(fitted.model, test.codes), test.classes, seed=0, draws=100
        ).metrics
        best = bayes_optimal(test)
        row = {"preset": args.preset, "seed": seed, "accuracy": scores["accuracy"], "auroc": scores["auroc"]}
        row |= {"bayes_optimal_accuracy": best.accuracy, "bayes_optimal_auroc": best.auroc}
        row["epochs"] = len(fitted.history)
        record(row | {"seconds": round(seconds)})


if __name__ == "__main__":
    main()
