"""Seconds a training step: the tutorial's model in Keras on TensorFlow, in plain PyTorch, and ours; their loss curves.

Usage: python benchmarks/training.py [--threads 2] [--steps 60] [--rounds 7] [--length 200] [--batch 64]
                                     [--contenders keras plain classic additive products] [--keras-python PYTHON]
                                     [--epochs 4] [--seeds 3]

Every contender lives in a process of its own and runs an epoch of `steps` steps whenever it is its turn; turns
alternate. A step is all that its own training loop does from one update of the weights to the next: data, forward,
backward, update, callbacks; ours is the loop of `motiflens fit`. "products" are the matrix products of such a step
alone. Printed are JSON lines: medians over rounds with the smallest and largest, in milliseconds by the clock on the
wall and by the processor's (distorted less by what else the machine does); ratios to classic, round by round; and for
`epochs` > 0 the loss curves of plain and classic on the tutorial's task, means over seeds with standard deviations.
Keras needs `pip install tensorflow-cpu keras`, here or in the environment of another --keras-python.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from results import Recorder, add_out

WIDTHS, FILTERS, DENSE = (3, 7, 15, 25), 64, (256, 128)
CONTENDERS = ("keras", "plain", "classic", "additive", "products")

# Frameworks are imported by the contender that needs them: in one process they would share out the threads.


class Clock:
    """Wall-clock and processor time between the first mark and the last."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, float]] = []

    def mark(self, *_: object) -> None:
        self.marks.append((time.perf_counter(), time.process_time()))

    def per_step(self, steps: int) -> dict[str, float]:
        """Milliseconds a step."""
        (wall, cpu), (last_wall, last_cpu) = self.marks[0], self.marks[-1]
        return {"wall": 1e3 * (last_wall - wall) / steps, "cpu": 1e3 * (last_cpu - cpu) / steps}


def random_data(options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """Codes (n, length) uint8 and labels (n,) of an epoch."""
    rng, n = np.random.default_rng(0), options.steps * options.batch
    return rng.integers(0, 4, (n, options.length)).astype(np.uint8), rng.integers(0, 2, n)


def keras_epochs(options: argparse.Namespace) -> Callable[[], dict[str, float]]:
    """The tutorial's model, compiled and fitted as there."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    from keras import Model, callbacks, optimizers
    from keras import layers as k

    def attend(x: Any) -> Any:
        weights = k.Activation("softmax")(k.Flatten()(k.Dense(1, activation="tanh")(x)))
        weights = k.Permute([2, 1])(k.RepeatVector(x.shape[-1])(weights))
        return k.GlobalMaxPooling1D()(k.Multiply()([x, weights]))

    inputs = k.Input(shape=(options.length, 4))
    pooled = []
    for width in WIDTHS:
        x = k.Conv1D(FILTERS, width, activation="relu", padding="same")(inputs)
        pooled.append(attend(k.Dropout(0.2)(k.BatchNormalization()(x))))
    x = k.Concatenate()(pooled)
    for units, rate in zip(DENSE, (0.5, 0.3), strict=True):
        x = k.Dropout(rate)(k.BatchNormalization()(k.Dense(units, activation="relu")(x)))
    model = Model(inputs, k.Dense(1, activation="sigmoid")(x))
    adam = optimizers.Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
    model.compile(optimizer=adam, loss="binary_crossentropy", metrics=["accuracy", "precision", "recall"])
    codes, labels = random_data(options)
    x, y = np.eye(4, dtype=np.float32)[codes], labels.astype(np.float32)

    def epoch() -> dict[str, float]:
        clock = Clock()
        marks = callbacks.LambdaCallback(on_epoch_begin=clock.mark, on_epoch_end=clock.mark)
        model.fit(x, y, epochs=1, batch_size=options.batch, callbacks=[marks], verbose=0)
        return clock.per_step(options.steps)

    return epoch


def plain_network(length: int) -> Any:
    """The tutorial's model as one would write it in PyTorch."""
    import torch
    from torch import nn

    class Scale(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.conv = nn.Conv1d(4, FILTERS, width, padding="same")
            self.norm = nn.BatchNorm1d(FILTERS, eps=1e-3, momentum=0.01)
            self.dropout = nn.Dropout(0.2)
            self.gate = nn.Linear(FILTERS, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            features = self.dropout(self.norm(torch.relu(self.conv(x))))
            weights = torch.softmax(torch.tanh(self.gate(features.transpose(1, 2)).squeeze(2)), dim=1)
            return (features * weights[:, None]).max(dim=2).values

    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scales = nn.ModuleList(Scale(width) for width in WIDTHS)
            sizes, parts = (FILTERS * len(WIDTHS), *DENSE), []
            for inputs, units, rate in zip(sizes, DENSE, (0.5, 0.3), strict=False):
                norm = nn.BatchNorm1d(units, eps=1e-3, momentum=0.01)
                parts += [nn.Linear(inputs, units), nn.ReLU(), norm, nn.Dropout(rate)]
            self.head = nn.Sequential(*parts, nn.Linear(DENSE[-1], 1))
            for module in self.modules():
                if isinstance(module, nn.Conv1d | nn.Linear):
                    nn.init.xavier_uniform_(module.weight)
                    assert module.bias is not None
                    nn.init.zeros_(module.bias)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(torch.cat([scale(x) for scale in self.scales], dim=1))

    assert length >= max(WIDTHS)
    return Plain()


def plain_steps(network: Any, codes: np.ndarray, labels: np.ndarray, batch: int) -> Callable[[], Iterator[float]]:
    """A function that runs an epoch and yields the loss of every step."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    adam = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-7)
    loss_of = torch.nn.BCEWithLogitsLoss()
    x = torch.from_numpy(np.eye(4, dtype=np.float32)[codes]).transpose(1, 2).contiguous()
    loader = DataLoader(TensorDataset(x, torch.from_numpy(labels).float()), batch_size=batch, shuffle=True)

    def epoch() -> Iterator[float]:
        network.train()
        for inputs, targets in loader:
            adam.zero_grad()
            loss = loss_of(network(inputs)[:, 0], targets)
            loss.backward()
            adam.step()
            yield loss.item()

    return epoch


def plain_epochs(options: argparse.Namespace) -> Callable[[], dict[str, float]]:
    """The plain port in a plain loop."""
    steps = plain_steps(plain_network(options.length), *random_data(options), options.batch)

    def epoch() -> dict[str, float]:
        clock = Clock()
        for _ in steps():
            clock.mark()
        return clock.per_step(len(clock.marks) - 1)

    return epoch


def our_epochs(preset: str) -> Callable[[argparse.Namespace], Callable[[], dict[str, float]]]:
    """A preset in the loop of `motiflens fit`, with its settings."""

    def prepare(options: argparse.Namespace) -> Callable[[], dict[str, float]]:
        from torch.optim.optimizer import register_optimizer_step_post_hook

        from motiflens.model.additive.config import AdditiveConfig
        from motiflens.model.classic.config import ClassicConfig
        from motiflens.model.config import NetworkConfig
        from motiflens.model.presets import build_network
        from motiflens.training.loop import fit_network
        from motiflens.training.recipes.settings import ADDITIVE, TUTORIAL
        from motiflens.training.task import Compute

        configs: dict[str, NetworkConfig] = {
            "classic": ClassicConfig(),
            "additive": AdditiveConfig(position_weights="smooth"),
        }
        settings = {"classic": TUTORIAL, "additive": ADDITIVE}[preset]
        settings = settings.model_copy(update={"epochs": 1, "batch_size": options.batch})
        codes, labels = random_data(options)
        data = training_data(codes, labels, codes[: options.batch], labels[: options.batch])

        def epoch() -> dict[str, float]:
            clock = Clock()
            hook = register_optimizer_step_post_hook(clock.mark)
            network = build_network(configs[preset], length=options.length, n_outputs=1)
            fit_network(network, data, config=settings, seed=0, compute=Compute())
            hook.remove()
            return clock.per_step(len(clock.marks) - 1)

        return epoch

    return prepare


def training_data(codes: np.ndarray, labels: np.ndarray, val_codes: np.ndarray, val_labels: np.ndarray) -> Any:
    """As motiflens' loop takes it."""
    from motiflens.model.output import Binary
    from motiflens.training.task import TrainingData

    return TrainingData(
        codes=codes,
        labels=labels,
        validation_codes=val_codes,
        validation_labels=val_labels,
        class_weights=np.ones(2),
        output=Binary(("no", "yes")),
        strands="forward",
    )


def product_epochs(options: argparse.Namespace) -> Callable[[], dict[str, float]]:
    """The step's matrix products: convolutions unfolded, forward and by the weights; dense layers, by inputs too."""
    import torch

    rows, pairs = options.batch * options.length, []
    for width in WIDTHS:
        unfolded, by_output = torch.randn(rows, 4 * width), torch.randn(rows, FILTERS)
        pairs += [(unfolded, torch.randn(4 * width, FILTERS)), (unfolded.T, by_output)]
    for inputs, units in zip((FILTERS * len(WIDTHS), *DENSE), (*DENSE, 1), strict=True):
        x, weight, by_output = (
            torch.randn(options.batch, inputs),
            torch.randn(inputs, units),
            torch.randn(options.batch, units),
        )
        pairs += [(x, weight), (x.T, by_output), (by_output, weight.T)]

    def epoch() -> dict[str, float]:
        clock = Clock()
        clock.mark()
        for _ in range(options.steps):
            for a, b in pairs:
                a @ b
        clock.mark()
        return clock.per_step(options.steps)

    return epoch


PREPARE = {
    "keras": keras_epochs,
    "plain": plain_epochs,
    "classic": our_epochs("classic"),
    "additive": our_epochs("additive"),
    "products": product_epochs,
}


def work(options: argparse.Namespace) -> None:
    """A contender's process: warm up, then an epoch for every line that comes in."""
    if options.worker != "keras":
        import torch

        torch.set_num_threads(options.threads)
    epoch = PREPARE[options.worker](options)
    epoch()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(epoch()), flush=True)


class Contender:
    """A process that runs an epoch when told to."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self.name = name
        self.rounds: list[dict[str, float]] = []
        python = options.keras_python if name == "keras" else sys.executable
        words = [f"--{key}={getattr(options, key)}" for key in ("threads", "steps", "length", "batch")]
        environment = os.environ | {"OMP_NUM_THREADS": str(options.threads)}
        command = [python, __file__, "--worker", name, *words]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdin
        assert self.process.stdout
        self.orders, self.answers = self.process.stdin, self.process.stdout
        while (line := self.answers.readline()) != "ready\n":
            if not line:
                raise SystemExit(f"{name} did not start: exit code {self.process.wait()}")

    def run(self) -> None:
        """One more epoch."""
        self.orders.write("go\n")
        self.orders.flush()
        self.rounds.append(json.loads(self.answers.readline()))

    def column(self, clock: str) -> np.ndarray:
        """Milliseconds a step, by round."""
        return np.array([found[clock] for found in self.rounds])


def spread(values: np.ndarray) -> list[float]:
    """Median, smallest, largest."""
    return [round(float(f(values)), 2) for f in (np.median, np.min, np.max)]


def race(options: argparse.Namespace, record: Recorder) -> None:
    """All contenders in turn, `rounds` times."""
    contenders = [Contender(name, options) for name in options.contenders]
    for _ in range(options.rounds):
        for contender in contenders:
            contender.run()
    ours = next((c for c in contenders if c.name == "classic"), None)
    for c in contenders:
        c.orders.close()
        row = {"contender": c.name, "wall_ms": spread(c.column("wall")), "cpu_ms": spread(c.column("cpu"))}
        if ours and c is not ours:
            row |= {f"{clock}_ratio": spread(c.column(clock) / ours.column(clock)) for clock in ("wall", "cpu")}
        record(row)


def loss_curves(options: argparse.Namespace, record: Recorder) -> None:
    """Plain and classic on the tutorial's task: training and validation loss by epoch."""
    import torch

    torch.set_num_threads(options.threads)
    runs = [curves_of_seed(seed, options.epochs) for seed in range(options.seeds)]
    for name in ("plain", "classic"):
        for loss in ("loss", "val_loss"):
            values = np.array([run[name][loss] for run in runs])
            mean, deviation = (np.round(f(0), 4).tolist() for f in (values.mean, values.std))
            record({"curve": name, "of": loss, "mean": mean, "deviation": deviation})


def curves_of_seed(seed: int, epochs: int) -> dict[str, dict[str, list[float]]]:
    """Both networks on one simulated data set."""
    import torch

    from motiflens.data.splits import split_dataset
    from motiflens.model.classic.config import ClassicConfig
    from motiflens.model.codes import one_hot
    from motiflens.model.presets import build_network
    from motiflens.simulation.simulate import simulate
    from motiflens.training.loop import fit_network
    from motiflens.training.recipes.settings import TUTORIAL
    from motiflens.training.task import Compute

    data = simulate(seed=seed).dataset
    split = split_dataset(data, seed=seed)
    training, validation = data.take(split.train), data.take(split.val)
    torch.manual_seed(seed)
    plain, ours = (
        plain_network(data.codes.shape[1]),
        build_network(ClassicConfig(), length=data.codes.shape[1], n_outputs=1),
    )
    epoch, codes = plain_steps(plain, training.codes, training.labels, 64), torch.from_numpy(validation.codes)
    losses: dict[str, list[float]] = {"loss": [], "val_loss": []}
    for _ in range(epochs):
        losses["loss"].append(float(np.mean(list(epoch()))))
        with torch.inference_mode():
            logits, target = plain.eval()(one_hot(codes))[:, 0], torch.from_numpy(validation.labels).float()
        losses["val_loss"].append(float(torch.nn.functional.binary_cross_entropy_with_logits(logits, target)))
    trained = fit_network(
        ours,
        training_data(training.codes, training.labels, validation.codes, validation.labels),
        config=TUTORIAL.model_copy(update={"epochs": epochs}),
        seed=seed,
        compute=Compute(),
    )
    return {"plain": losses, "classic": {key: [record[key] for record in trained.history] for key in losses}}


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = {"threads": 2, "steps": 60, "rounds": 7, "length": 200, "batch": 64, "epochs": 4, "seeds": 3}
    for name, default in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--keras-python", default=sys.executable)
    add_out(parser)
    parser.add_argument("--worker", choices=CONTENDERS, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """The race, then the loss curves."""
    options = parse()
    if options.worker:
        work(options)
        return
    record = Recorder(options.out)
    absent = options.keras_python == sys.executable and not importlib.util.find_spec("tensorflow")
    if absent and "keras" in options.contenders:
        options.contenders.remove("keras")
        record({"contender": "keras", "skipped": "pip install tensorflow-cpu, or give --keras-python"})
    race(options, record)
    if options.epochs:
        loss_curves(options, record)


if __name__ == "__main__":
    main()
