"""The schedule against Keras' own callbacks, driven epoch by epoch."""

import os
from dataclasses import dataclass

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from motiflens.training.schedule import EarlyStopping, PlateauSchedule

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"  # Keras calling numpy 2
)

NAN, INF = float("nan"), float("inf")
single = st.floats(0, 2, width=32)
ties = st.sampled_from([0.5, 0.49995, 0.4999, 0.49985, 0.6, 0.5 + 1e-9, INF, NAN])
curves = st.lists(single | ties | st.floats(0, 2), max_size=60) | st.lists(ties, max_size=60)


class Model:
    """As much of a Keras model as the two callbacks touch; its weights are the number of the epoch."""

    def __init__(self, learning_rate: float) -> None:
        self.optimizer = keras.optimizers.SGD(learning_rate)
        self.stop_training = False
        self.weights = -1

    def get_weights(self) -> int:
        return self.weights

    def set_weights(self, weights: int) -> None:
        self.weights = weights


@dataclass
class Course:
    """What a schedule did to a loss curve: the rate after each epoch, epochs until the stop, whose weights are left."""

    rates: list[float]
    epochs: int
    restored: int


def by_keras(curve: list[float], *, patience: int, stop: int, rate: float, smallest: float) -> Course:
    model, rates = Model(rate), []
    callbacks = [
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=stop, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=patience, min_lr=smallest),
    ]
    for callback in callbacks:
        callback.set_model(model)
        callback.on_train_begin()
    for epoch, loss in enumerate(curve):
        model.weights = epoch
        for callback in callbacks:
            callback.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)))
        if model.stop_training:
            break
    for callback in callbacks:
        callback.on_train_end()
    return Course(rates, len(rates), model.weights)


def by_motiflens(curve: list[float], *, patience: int, stop: int, rate: float, smallest: float) -> Course:
    stopping, rates = EarlyStopping(patience=stop), []
    plateau = PlateauSchedule(learning_rate=rate, patience=patience, min_learning_rate=smallest)
    for loss in curve:
        rates.append(float(np.float32(plateau.step(loss))))
        if stopping.step(loss):
            break
    return Course(rates, len(rates), stopping.best_epoch)


@given(
    curve=curves,
    patience=st.integers(1, 6),
    stop=st.integers(1, 11),
    rate=st.sampled_from([1e-3, 5e-3, 3e-6]),
    smallest=st.sampled_from([1e-6, 0.0, 2e-4, 1e-3]),
)
@example(curve=[0.5, NAN] * 20, patience=5, stop=10, rate=1e-3, smallest=1e-6)
@example(curve=[NAN] + [0.5] * 20, patience=5, stop=10, rate=1e-3, smallest=1e-6)
@example(curve=[INF] + [0.5] * 20, patience=5, stop=10, rate=1e-3, smallest=1e-6)
@example(curve=[0.5] * 20, patience=5, stop=10, rate=1e-3, smallest=1e-6)
@example(curve=[1.0, 0.9999, 0.9998, 0.9997], patience=1, stop=10, rate=1e-3, smallest=1e-6)
# Losses within rounding of the threshold: added to the current loss it decides the one, taken from the best the other.
@example(curve=[0.6732655185893088, 0.6731654725466516], patience=1, stop=10, rate=1e-3, smallest=1e-6)
@example(curve=[0.36974070148364635, 0.3696406860210906], patience=1, stop=10, rate=1e-3, smallest=1e-6)
@settings(deadline=None, max_examples=300)
def test_decides_as_keras_does(curve: list[float], patience: int, stop: int, rate: float, smallest: float):
    knobs = {"patience": patience, "stop": stop, "rate": rate, "smallest": smallest}
    assert by_motiflens(curve, **knobs) == by_keras(curve, **knobs)


def test_follows_a_recorded_training():
    """The tutorial's model on 2,000 of its own sequences, trained by Keras 3.15 on TensorFlow until it stopped."""
    falling = [0.6932766, 0.6930934, 0.6929404, 0.6927306, 0.6927105]
    rising = [
        0.6936594,
        0.6987255,
        0.6998134,
        0.7026489,
        0.7193668,
        0.7639512,
        0.7859623,
        0.8022434,
        0.8290335,
        0.8882186,
    ]
    curve = falling + rising
    found = by_motiflens(curve, patience=5, stop=10, rate=1e-3, smallest=1e-6)
    assert found.rates == pytest.approx([1e-3] * 8 + [5e-4] * 5 + [2.5e-4] * 2)
    assert (found.epochs, found.restored) == (15, 4)


def test_halves_down_to_the_floor_and_stays_there():
    plateau = PlateauSchedule(learning_rate=1e-3, patience=5, min_learning_rate=1e-6)
    rates = [plateau.step(0.5) for _ in range(80)]
    assert rates[:11] == [1e-3] * 5 + [5e-4] * 5 + [2.5e-4]
    assert rates[-1] == min(rates) == 1e-6
