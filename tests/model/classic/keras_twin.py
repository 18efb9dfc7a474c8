"""The tutorial's network written in Keras (torch backend), the oracle of preset `classic`; holds no tests."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers

from motiflens.model.classic.config import ClassicConfig
from motiflens.model.classic.network import ClassicNetwork

assert keras.backend.backend() == "torch", "keras was imported before keras_twin could choose its backend"

#: Keras converts its tensors in a way that numpy 2 deprecates.
KERAS_WARNING = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
SMALL = ClassicConfig(filters=6, dense=(12, 8))
WITHOUT_DROPOUT = ClassicConfig(filters=6, dense=(12, 8), conv_dropout=0, dense_dropout=(0, 0))

_PARTS = ("weight", "bias", "running_mean", "running_var")


def pool_with_attention(inputs, name: str):
    weights = layers.Dense(1, activation="tanh", name=f"{name}_weights")(inputs)
    weights = layers.Flatten()(weights)
    weights = layers.Activation("softmax", name=f"{name}_softmax")(weights)
    weights = layers.RepeatVector(inputs.shape[-1])(weights)
    weights = layers.Permute([2, 1])(weights)
    return layers.GlobalMaxPooling1D()(layers.Multiply(name=f"{name}_multiply")([inputs, weights]))


def scale(inputs, width: int, config: ClassicConfig):
    x = layers.Conv1D(config.filters, width, activation="relu", padding="same", name=f"conv_{width}")(inputs)
    x = layers.BatchNormalization(name=f"bn_conv_{width}")(x)
    return layers.Dropout(config.conv_dropout, name=f"dropout_conv_{width}")(x)


def head(x, config: ClassicConfig):
    for i, (units, rate) in enumerate(zip(config.dense, config.dense_dropout, strict=True), start=1):
        x = layers.Dense(units, activation="relu", name=f"dense_{i}")(x)
        x = layers.BatchNormalization(name=f"bn_dense_{i}")(x)
        x = layers.Dropout(rate, name=f"dropout_dense_{i}")(x)
    return x


def build(config: ClassicConfig, *, length: int, classes: int, activation: str | None = None) -> keras.Model:
    """The tutorial's model, compiled as there; `activation` overrides that of the last layer."""
    inputs = layers.Input(shape=(length, 4), name="dna_input")
    pooled = [pool_with_attention(scale(inputs, width, config), f"attention_{width}") for width in config.widths]
    merged = layers.Concatenate(name="concat_multiscale")(pooled) if len(pooled) > 1 else pooled[0]
    activation = activation or ("sigmoid" if classes == 2 else "softmax")
    units = 1 if activation == "sigmoid" else classes
    outputs = layers.Dense(units, activation=activation, name="output")(head(merged, config))
    model = keras.Model(inputs=inputs, outputs=outputs, name="DNA_CNN_Classifier")
    adam = keras.optimizers.Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
    model.compile(optimizer=adam, loss="binary_crossentropy" if units == 1 else "categorical_crossentropy")
    return model


def trained(config: ClassicConfig, *, length: int, classes: int, activation: str | None = None) -> keras.Model:
    """The same after five steps on random data, its moving statistics near the data's, as after long training."""
    keras.utils.set_random_seed(0)
    model = build(config, length=length, classes=classes, activation=activation)
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.3
    for seed in range(5):
        x, y = batch(length=length, classes=classes, seed=seed)
        model.train_on_batch(x, y[:, None] if model.output_shape[-1] == 1 else np.eye(classes, dtype="float32")[y])
    for norm in norms:
        norm.momentum = 0.99
    return model


def batch(*, length: int, classes: int, seed: int, n: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Random one-hot sequences (n, length, 4), as Keras has them, some letters N, and their classes (n,)."""
    rng = np.random.default_rng(seed)
    x = np.eye(5, dtype="float32")[rng.choice(5, p=[0.3, 0.2, 0.2, 0.28, 0.02], size=(n, length))][..., :4]
    return x, rng.integers(classes, size=n)


def copy_to_keras(network: ClassicNetwork, model: keras.Model) -> None:
    state = network.state_dict()
    for module, layer in layer_names(network.config).items():
        arrays = [state[f"{module}.{part}"].numpy().T for part in _PARTS if f"{module}.{part}" in state]
        model.get_layer(layer).set_weights(arrays)


def copy_to_torch(model: keras.Model, network: ClassicNetwork) -> None:
    state = network.state_dict() | {key: torch.from_numpy(a.copy()) for key, a in arrays(model, network.config).items()}
    network.load_state_dict(state)


def arrays(model: keras.Model, config: ClassicConfig) -> dict[str, np.ndarray]:
    """Weights and moving statistics under ClassicNetwork's names and in its axis order."""
    return {
        f"{module}.{part}": array.T
        for module, layer in layer_names(config).items()
        for part, array in zip(_PARTS, model.get_layer(layer).get_weights(), strict=False)
    }


def gradients(model: keras.Model, config: ClassicConfig) -> dict[str, np.ndarray]:
    """Gradients that a backward pass left in the weights, under ClassicNetwork's names and in its axis order."""
    return {
        f"{module}.{part}": variable.value.grad.numpy().T
        for module, layer in layer_names(config).items()
        for part, variable in zip(_PARTS, model.get_layer(layer).trainable_weights, strict=False)
    }


def layer_names(config: ClassicConfig) -> dict[str, str]:
    names = {"dense.0": "dense_1", "dense.2": "bn_dense_1", "dense.4": "dense_2", "dense.6": "bn_dense_2"}
    for i, width in enumerate(config.widths):
        names[f"scales.{i}.conv"] = f"conv_{width}"
        names[f"scales.{i}.norm"] = f"bn_conv_{width}"
        names[f"scales.{i}.gate"] = f"attention_{width}_weights"
    return names | {"output": "output"}
