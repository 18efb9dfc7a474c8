"""Preset `classic` against the same network in Keras."""

import keras_twin as twin
import numpy as np
import pytest
import torch
from keras_twin import keras  # not by itself: the twin chooses the backend
from torch.nn import functional as F

from motiflens.model.classic.config import ClassicConfig
from motiflens.model.classic.network import ClassicNetwork
from motiflens.training.keras_adam import keras_adam

pytestmark = pytest.mark.filterwarnings(twin.KERAS_WARNING)


def as_codes(x: np.ndarray) -> torch.Tensor:
    """One-hot (n, length, 4) as Keras has it, to codes."""
    return torch.from_numpy(np.where(x.any(2), x.argmax(2), 4).astype(np.uint8))


def probabilities(network: ClassicNetwork, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        logits = network.eval()(as_codes(x))
    return (logits.sigmoid() if network.n_outputs == 1 else logits.softmax(dim=1)).numpy()


def loss(network: ClassicNetwork, x: np.ndarray, y: np.ndarray) -> torch.Tensor:
    logits, target = network(as_codes(x)), torch.from_numpy(y)
    if network.n_outputs == 1:
        return F.binary_cross_entropy_with_logits(logits[:, 0], target.float())
    return F.cross_entropy(logits, target)


def keras_loss(model: keras.Model, x: np.ndarray, y: np.ndarray) -> torch.Tensor:
    p = model(x, training=True)
    if p.shape[1] == 1:
        return keras.losses.binary_crossentropy(y[:, None].astype("float32"), p).mean()
    return keras.losses.categorical_crossentropy(np.eye(p.shape[1], dtype="float32")[y], p).mean()


def outputs(classes: int) -> int:
    return 1 if classes == 2 else classes


def test_has_the_tutorials_parameter_count():
    network = ClassicNetwork(ClassicConfig(), length=200, n_outputs=1)
    model = twin.build(ClassicConfig(), length=200, classes=2)
    moving = sum(b.numel() for name, b in network.named_buffers() if "running" in name)
    assert model.count_params() == network.parameter_count + moving == 114_693
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == network.parameter_count == 113_413


@pytest.mark.parametrize(
    ("config", "classes", "length"),
    [
        (ClassicConfig(), 2, 200),
        (ClassicConfig(), 3, 60),
        (twin.SMALL, 5, 25),
        (twin.SMALL, 2, 11),  # shorter than the widest filter
        (ClassicConfig(widths=(2, 6, 9), filters=5, dense=(12, 7)), 2, 31),  # even widths lean to the right
    ],
)
def test_predicts_as_keras_does(config: ClassicConfig, classes: int, length: int):
    model = twin.trained(config, length=length, classes=classes)
    network = ClassicNetwork(config, length=length, n_outputs=outputs(classes))
    twin.copy_to_torch(model, network)
    x, _ = twin.batch(length=length, classes=classes, seed=99)
    expected = model.predict(x, verbose=0)
    assert expected.std(axis=0).min() > 0.02
    np.testing.assert_allclose(probabilities(network, x), expected, rtol=0, atol=1e-5)


def test_keras_predicts_as_it_does():
    torch.manual_seed(3)
    network = ClassicNetwork(twin.SMALL, length=40, n_outputs=3)
    for seed in range(3):
        network(as_codes(twin.batch(length=40, classes=3, seed=seed)[0]))
    model = twin.build(twin.SMALL, length=40, classes=3)
    twin.copy_to_keras(network, model)
    x, _ = twin.batch(length=40, classes=3, seed=99)
    np.testing.assert_allclose(probabilities(network, x), model.predict(x, verbose=0), rtol=0, atol=1e-5)


def test_attention_is_the_softmax_layers_output():
    model = twin.trained(twin.SMALL, length=50, classes=2)
    network = ClassicNetwork(twin.SMALL, length=50, n_outputs=1)
    twin.copy_to_torch(model, network)
    x, _ = twin.batch(length=50, classes=2, seed=99)
    with torch.no_grad():
        found = network.eval().attention(as_codes(x))
    assert list(found) == [3, 7, 15, 25]
    for width in (3, 7, 15, 25):
        expected = keras.Model(model.input, model.get_layer(f"attention_{width}_softmax").output).predict(x, verbose=0)
        assert found[width].shape == (32, 50)
        np.testing.assert_allclose(found[width].numpy(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_training_step_has_keras_gradients_and_moving_statistics(classes: int):
    config = twin.WITHOUT_DROPOUT
    model = twin.trained(config, length=60, classes=classes)
    network = ClassicNetwork(config, length=60, n_outputs=outputs(classes))
    twin.copy_to_torch(model, network)
    x, y = twin.batch(length=60, classes=classes, seed=99)
    before = network.dense[2].running_var.clone()

    model.zero_grad()
    expected, found = keras_loss(model, x, y), loss(network.train(), x, y)
    expected.backward()
    found.backward()

    assert found.item() == pytest.approx(expected.item(), abs=1e-5)
    for name, gradient in twin.gradients(model, config).items():
        ours = network.get_parameter(name).grad.numpy()
        assert np.abs(gradient).max() > 1e-5, name
        np.testing.assert_allclose(ours, gradient, rtol=0, atol=1e-4 * np.abs(gradient).max(), err_msg=name)
    assert not torch.equal(before, network.dense[2].running_var)
    for name, array in twin.arrays(model, config).items():
        np.testing.assert_allclose(network.state_dict()[name].numpy(), array, rtol=1e-5, atol=1e-6, err_msg=name)


def test_training_follows_keras_step_by_step():
    config = twin.WITHOUT_DROPOUT
    model = twin.trained(config, length=60, classes=2)
    network = ClassicNetwork(config, length=60, n_outputs=1).train()
    twin.copy_to_torch(model, network)
    model.compile(optimizer=keras.optimizers.Adam(1e-3, epsilon=1e-7), loss="binary_crossentropy")
    adam = keras_adam(network.parameters(), learning_rate=1e-3, epsilon=1e-7)
    ours, theirs = [], []
    for seed in range(6):
        x, y = twin.batch(length=60, classes=2, seed=seed)
        adam.zero_grad()
        step = loss(network, x, y)
        step.backward()
        adam.step()
        ours.append(step.item())
        theirs.append(float(model.train_on_batch(x, y[:, None])))
    # Rounding grows from step to step; PyTorch's own epsilon is 40 times as far off at the third.
    np.testing.assert_allclose(ours[:3], theirs[:3], rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)
