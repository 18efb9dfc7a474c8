"""Training, prediction, mutagenesis and variants on a CPU and on a CUDA device: seconds, and how far results differ.

    python benchmarks/devices.py [--presets additive deep classic] [--sequences 20000]

One row a preset. Each device fits the bundled splice junctions with the same seed and predicts their test part
(AUROC, macro). The model that the CPU trained then works on random sequences on both devices in turn; a first, short
call on each warms caches and compiles. Differences are the largest over all sequences, in logits.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from results import Recorder, Row, add_out
from sklearn.metrics import roc_auc_score

from motiflens.data.examples import load_splice
from motiflens.data.splits import split_dataset
from motiflens.explain.mutagenesis import logit_changes
from motiflens.explain.pairs import PairPredictor
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits, predict_values
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.workflow.settings import settings_from

DEVICES = ("cpu", "cuda")


def fits(preset: str) -> tuple[Row, Model]:
    """Fit on each device; return what it took and gave, and the model trained on the CPU."""
    data = load_splice()
    split = split_dataset(data, seed=0)
    training, validation, test = (data.take(rows) for rows in (split.train, split.val, split.test))
    short = settings_from({"fit.network.preset": preset, "fit.training.epochs": 1}).fit
    row: Row = {"preset": preset, "gpu": torch.cuda.get_device_name(), "training_sequences": len(training)}
    models = {}
    for device in DEVICES:
        compute = Compute(device=device)
        fit_model(training.take(np.arange(200)), validation.take(np.arange(50)), config=short, seed=0, compute=compute)
        began = time.perf_counter()
        config = settings_from({"fit.network.preset": preset}).fit
        models[device] = fit_model(training, validation, config=config, seed=0, compute=compute).model
        row[f"fit_seconds_{device}"] = round(time.perf_counter() - began, 1)
        found = predict_values(models[device], test.codes)
        row[f"auroc_{device}"] = round(float(roc_auc_score(test.labels, found, multi_class="ovr")), 4)
    return row, models["cpu"].to("cpu")


def compared(name: str, work: Callable[[Model, np.ndarray], np.ndarray], model: Model, codes: np.ndarray) -> Row:
    """Sequences a second on each device, and the largest difference between them."""
    row, found = {}, {}
    for device in DEVICES:
        placed = model.to(device)
        work(placed, codes[:64])
        began = time.perf_counter()
        found[device] = work(placed, codes)
        row[f"{name}_a_second_{device}"] = round(len(codes) / (time.perf_counter() - began))
    return row | {f"{name}_difference": float(np.abs(found["cpu"] - found["cuda"]).max())}


def changed_in_the_middle(model: Model, codes: np.ndarray) -> np.ndarray:
    """Logits of sequences before and after one letter has changed."""
    other = codes.copy()
    middle = codes.shape[1] // 2
    other[:, middle] = (other[:, middle] + 1) % 4
    return PairPredictor(model).logits(codes, other)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="*", default=["additive", "deep", "classic"])
    parser.add_argument("--sequences", type=int, default=20_000)
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    for preset in options.presets:
        row, model = fits(preset)
        codes = np.random.default_rng(0).integers(0, 4, (options.sequences, model.length)).astype(np.uint8)
        row |= compared("predictions", predict_logits, model, codes)
        few = codes[: options.sequences // 10]
        row |= compared("explained", lambda m, c: logit_changes(m, c).values, model, few)
        row |= compared("pairs", changed_in_the_middle, model, codes)
        record(row)


if __name__ == "__main__":
    main()
