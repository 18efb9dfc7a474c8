"""Import of `.keras` files of the tutorial's network: the predictions are Keras'."""

import subprocess
import sys
from pathlib import Path

import keras_twin as twin
import numpy as np
import pytest
import torch
from keras_twin import keras

from motiflens.errors import InputError
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.classic.keras_import import import_keras
from motiflens.sequence.alphabet import one_hot

pytestmark = pytest.mark.filterwarnings(twin.KERAS_WARNING)

FILES = Path(__file__).parents[1] / "keras_files"
SAVED = sorted(FILES.glob("*.keras"))
TUTORIAL = {"A": 0, "T": 1, "G": 2, "C": 3}


def tutorial_one_hot(codes: np.ndarray) -> np.ndarray:
    """The tutorial's own encoding: (n, length, 4) in the order A, T, G, C."""
    encoded = np.zeros((*codes.shape, 4), "float32")
    for base, letter in enumerate("ACGT"):
        encoded[codes == base, TUTORIAL[letter]] = 1
    return encoded


def probabilities(network: torch.nn.Module, codes: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        logits = network(torch.from_numpy(codes))
    return (logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(dim=1)).numpy()


def random_codes(length: int) -> np.ndarray:
    return np.random.default_rng(1).choice(5, p=[0.3, 0.2, 0.2, 0.28, 0.02], size=(32, length)).astype(np.uint8)


@pytest.mark.parametrize(
    ("config", "length", "classes", "activation"),
    [
        (twin.SMALL, 200, 2, None),
        (twin.SMALL, 60, 3, None),
        (twin.SMALL, 33, 2, "softmax"),
        (ClassicConfig(widths=(4, 9), filters=5, dense=(7, 6)), 30, 2, None),
        (ClassicConfig(widths=(9,), filters=5, dense=(7, 6)), 30, 4, None),
    ],
)
def test_predicts_as_the_saved_model(
    tmp_path, config: ClassicConfig, length: int, classes: int, activation: str | None
):
    model = twin.trained(config, length=length, classes=classes, activation=activation)
    model.save(tmp_path / "model.keras")
    found = import_keras(tmp_path / "model.keras")
    assert (found.name, found.keras_version) == ("DNA_CNN_Classifier", keras.__version__)
    assert (found.network.config, found.network.length) == (config, length)
    assert not found.network.training
    codes = random_codes(length)
    expected = model.predict(tutorial_one_hot(codes), verbose=0)
    if classes == 2:
        expected = expected[:, -1:]
        assert found.network.n_outputs == 1
    assert expected.std() > 0.02
    np.testing.assert_allclose(probabilities(found.network, codes), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_reads_what_other_versions_of_keras_saved(path: Path):
    recorded = np.load(path.with_suffix(".npz"))
    found = import_keras(path).network
    np.testing.assert_allclose(probabilities(found, recorded["codes"]), recorded["probabilities"], rtol=0, atol=1e-5)


def test_other_letter_orders_can_be_named(tmp_path):
    model = twin.trained(twin.SMALL, length=30, classes=2)
    model.save(tmp_path / "model.keras")
    codes = random_codes(30)
    x = one_hot(codes).transpose(0, 2, 1)
    found = import_keras(tmp_path / "model.keras", letters="ACGT").network
    np.testing.assert_allclose(probabilities(found, codes), model.predict(x, verbose=0), rtol=0, atol=1e-5)
    with pytest.raises(InputError, match="letters 'ACGU'"):
        import_keras(tmp_path / "model.keras", letters="ACGU")


def test_imported_network_can_be_trained_on():
    network = import_keras(SAVED[0]).network.train()
    network(torch.from_numpy(random_codes(30))).sum().backward()
    assert all(p.requires_grad and p.grad is not None for p in network.parameters())


def test_needs_no_keras():
    code = (
        "import sys; sys.modules['keras'] = sys.modules['tensorflow'] = None\n"
        "from motiflens.model.classic.keras_import import import_keras\n"
        f"print(import_keras({str(SAVED[0])!r}).network.length)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "30\n"
