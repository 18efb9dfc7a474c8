"""Import of `.keras` files that are damaged, hostile or of another architecture: one clear line each."""

import io
import json
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras_twin as twin
import numpy as np
import pytest
from keras_twin import keras, layers

from motiflens.errors import InputError
from motiflens.model.classic.keras_import import import_keras

pytestmark = pytest.mark.filterwarnings(twin.KERAS_WARNING)

WHOLE = Path(__file__).parents[1] / "keras_files" / "keras_3.0.keras"
KERNEL = "layers/conv1d_1/vars/0"  # (7, 4, 4), of conv_7


def fails(path: Path, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        import_keras(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    for word in words:
        assert word in message


class Archive:
    """A recorded file to damage, part by part."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "model.keras"
        with zipfile.ZipFile(WHOLE) as archive:
            self.members = {name: archive.read(name) for name in archive.namelist()}

    def config(self, change: Callable[[dict], None]) -> "Archive":
        config = json.loads(self.members["config.json"])
        change(config)
        self.members["config.json"] = json.dumps(config).encode()
        return self

    def layer(self, name: str, **settings: object) -> "Archive":
        def change(config: dict) -> None:
            layer = next(layer for layer in config["config"]["layers"] if layer["name"] == name)
            layer["config"].update(settings)

        return self.config(change)

    def weights(self, change: Callable[[h5py.File], None]) -> "Archive":
        data = io.BytesIO(self.members["model.weights.h5"])
        with h5py.File(data, "r+") as file:
            change(file)
        self.members["model.weights.h5"] = data.getvalue()
        return self

    def write(self) -> Path:
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.members.items():
                archive.writestr(name, data)
        return self.path


@pytest.fixture
def archive(tmp_path) -> Archive:
    return Archive(tmp_path)


def test_the_undamaged_copy_is_read(archive: Archive):
    assert import_keras(archive.write()).network.n_outputs == 1


@pytest.mark.parametrize(
    ("layer", "settings"),
    [
        ("conv_7", {"activation": "elu"}),
        ("conv_7", {"activation": {"class_name": "function", "config": "evil"}}),
        ("conv_7", {"padding": "valid"}),
        ("conv_7", {"strides": [2]}),
        ("conv_7", {"dilation_rate": [2]}),
        ("conv_7", {"groups": 2}),
        ("conv_7", {"use_bias": False}),
        ("conv_7", {"data_format": "channels_first"}),
        ("conv_7", {"kernel_size": [10**12]}),
        ("conv_7", {"dtype": "mixed_float16"}),
        ("bn_conv_7", {"axis": 1}),
        ("bn_conv_7", {"scale": False}),
        ("bn_conv_7", {"momentum": 0.9}),
        ("bn_conv_7", {"renorm": True}),
        ("dropout_conv_7", {"rate": 0.5}),
        ("attention_7_weights", {"activation": "relu"}),
        ("attention_7_weights", {"units": 2}),
        ("attention_7_softmax", {"activation": "sigmoid"}),
        ("repeat_vector", {"n": 3}),
        ("permute", {"dims": [1, 2]}),
        ("global_max_pooling1d", {"keepdims": True}),
        ("concat_multiscale", {"axis": 0}),
        ("dense_1", {"activation": "linear"}),
        ("dense_1", {"quantization_config": {"mode": "int8"}}),
        ("output", {"activation": "linear"}),
        ("output", {"units": 2}),
        ("dna_input", {"batch_shape": [None, 30, 5]}),
        ("dna_input", {"batch_shape": [None, None, 4]}),
    ],
)
def test_refuses_settings_that_compute_something_else(archive: Archive, layer: str, settings: dict):
    fails(archive.layer(layer, **settings).write(), f"layer '{layer}'")


def test_refuses_sizes_that_disagree_or_pass_all_reason(tmp_path):
    fails(
        Archive(tmp_path).layer("conv_7", filters=5).write(), "layer 'repeat_vector_1' has n 4 where the tutorial has 5"
    )
    fails(Archive(tmp_path).layer("conv_7", kernel_size=[1001]).write(), "widths.1 1001 is out of range")
    fails(Archive(tmp_path).layer("dropout_dense_1", rate=1.0).write(), "dense_dropout.0 1.0 is out of range")
    large = Archive(tmp_path).layer("dense_1", units=60_000).layer("dense_2", units=60_000)
    fails(large.write(), "parameters; at most 16,777,216")


def small_model(*, first: Callable | None = None, last: Callable | None = None) -> keras.Model:
    """The tutorial's model with one thing more, after the input or before the output."""
    inputs = layers.Input(shape=(20, 4), name="dna_input")
    x = first(inputs) if first else inputs
    pooled = [twin.pool_with_attention(twin.scale(x, width, twin.SMALL), f"attention_{width}") for width in (3, 7)]
    x = twin.head(layers.Concatenate()(pooled), twin.SMALL)
    outputs = layers.Dense(1, activation="sigmoid", name="output")(last(x) if last else x)
    return keras.Model(inputs, outputs)


def skipping_batch_norm() -> keras.Model:
    inputs = layers.Input(shape=(20, 4))
    conv = layers.Conv1D(4, 3, activation="relu", padding="same")(inputs)
    dropped = layers.Dropout(0.2)(layers.BatchNormalization()(conv))
    weights = layers.Dense(1, activation="tanh", name="gate")(dropped)
    weights = layers.RepeatVector(4)(layers.Activation("softmax")(layers.Flatten()(weights)))
    pooled = layers.GlobalMaxPooling1D()(layers.Multiply()([conv, layers.Permute([2, 1])(weights)]))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="output")(twin.head(pooled, twin.SMALL)))


def with_attention_as_output() -> keras.Model:
    model = small_model()
    return keras.Model(model.input, [model.output, model.get_layer("attention_3_softmax").output])


def with_shared_layer() -> keras.Model:
    dropout = layers.Dropout(0.1, name="shared")
    return small_model(first=lambda x: dropout(dropout(x)))


@keras.saving.register_keras_serializable("somewhere")
class Dense(layers.Dense):
    """Not Keras' own, in spite of its name."""


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: small_model(first=layers.Lambda(lambda x: x * 2, name="twice")), ["'twice'", "Lambda"]),
        (lambda: small_model(last=layers.LayerNormalization(name="extra")), ["'extra'", "LayerNormalization"]),
        (lambda: small_model(last=Dense(3, name="foreign")), ["'foreign'", "Dense"]),
        (lambda: small_model(last=layers.Dropout(0.1, name="extra")), ["dropout_dense_2"]),
        (lambda: small_model(first=layers.Dropout(0.1, name="extra")), ["'extra'", "reads the sequence"]),
        (lambda: keras.Sequential([layers.Input((20, 4)), layers.Flatten(), layers.Dense(1)]), ["Sequential"]),
        (skipping_batch_norm, ["Multiply"]),
        (with_attention_as_output, ["output_layers"]),
        (with_shared_layer, ["'shared'", "more than once"]),
    ],
)
def test_refuses_other_architectures(tmp_path, build: Callable, words: list[str]):
    build().save(tmp_path / "model.keras")
    fails(tmp_path / "model.keras", *words)


def test_refuses_dropout_that_is_always_on(archive: Archive):
    def change(config: dict) -> None:
        layer = next(layer for layer in config["config"]["layers"] if layer["class_name"] == "Dropout")
        layer["inbound_nodes"][0]["kwargs"]["training"] = True

    fails(archive.config(change).write(), "called with True")


def test_refuses_a_layer_beside_the_network(archive: Archive):
    def change(config: dict) -> None:
        layers_ = config["config"]["layers"]
        layers_.append({**layers_[-1], "name": "another", "inbound_nodes": []})

    fails(archive.config(change).write(), "layer 'another'")


@pytest.mark.parametrize("name", ["config.json", "metadata.json", "model.weights.h5"])
def test_names_a_missing_or_broken_member(archive: Archive, name: str):
    whole = archive.members[name]
    archive.members[name] = whole[: len(whole) // 2]
    fails(archive.write(), name)
    del archive.members[name]
    fails(archive.write(), name, "missing")


@pytest.mark.parametrize("text", [b"[]", b"{}", b'{"class_name": "Functional"}', b"[" * 100_000, b"\xff", b"null"])
def test_refuses_descriptions_that_are_none(archive: Archive, text: bytes):
    archive.members["config.json"] = text
    fails(archive.write(), "config.json")


def replaced(name: str, **kwargs: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, **kwargs)

    return change


def linked(name: str, link: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = link

    return change


def removed(name: str) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]

    return change


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (removed(KERNEL), "missing"),
        (removed("layers/conv1d_1"), "missing"),
        (replaced(KERNEL, data=np.zeros((7, 4, 5), "f4")), "(7, 4, 5)"),
        (replaced(KERNEL, data=np.zeros((7, 4, 4), "i4")), "int32"),
        (replaced(KERNEL, data=np.full((7, 4, 4), np.nan, "f4")), "not finite"),
        (replaced(KERNEL, shape=(7, 4, 4), dtype="f4", chunks=(7, 4, 4), compression="gzip"), "never uses"),
        (replaced(KERNEL, shape=(7, 4, 4), dtype="f4", external=[("/etc/passwd", 0, 448)]), "never uses"),
        (linked(KERNEL, h5py.ExternalLink("/etc/passwd", "/x")), "missing"),
        (linked(KERNEL, h5py.SoftLink("/layers/conv1d/vars/0")), "missing"),
        (linked("layers/conv1d_1", h5py.SoftLink("/layers/conv1d")), "missing"),
    ],
)
def test_refuses_weights_that_do_not_fit(archive: Archive, change: Callable[[h5py.File], None], word: str):
    fails(archive.weights(change).write(), "layer 'conv_7'", word)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_refuses_a_cut_archive(archive: Archive, share: float):
    data = archive.write().read_bytes()
    archive.path.write_bytes(data[: int(len(data) * share)])
    fails(archive.path, "not a whole .keras archive")


def test_refuses_a_flipped_byte_in_the_weights(archive: Archive):
    with zipfile.ZipFile(archive.path, "w", zipfile.ZIP_STORED) as stored:
        for name, data in archive.members.items():
            stored.writestr(name, data)
    data = bytearray(archive.path.read_bytes())
    data[len(data) // 2] ^= 1
    archive.path.write_bytes(data)
    fails(archive.path, "model.weights.h5")


def test_refuses_a_bomb_before_unpacking_it(archive: Archive):
    archive.members["config.json"] = b" " * (9 << 20)
    assert archive.write().stat().st_size < 100_000
    fails(archive.path, "config.json", "9,437,184 bytes")


def test_reads_no_more_than_a_lying_archive_declares(archive: Archive):
    archive.members["config.json"] = b" " * (64 << 20)
    data = archive.write().read_bytes()
    honest, lie = (64 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert honest in data
    archive.path.write_bytes(data.replace(honest, lie))
    tracemalloc.start()
    fails(archive.path, "config.json")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 << 20


def test_ignores_members_with_dangerous_names(archive: Archive, tmp_path):
    archive.members["../escaped.txt"] = b"x"
    import_keras(archive.write())
    assert not (tmp_path.parent / "escaped.txt").exists()


def test_says_what_to_do_with_legacy_files(tmp_path):
    path = tmp_path / "model.keras"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
    fails(path, "legacy HDF5", "save it again as .keras")


def test_refuses_paths_that_are_no_file(tmp_path):
    fails(tmp_path / "absent.keras", "No such file")
    fails(tmp_path, "Is a directory")


def test_names_the_extra_that_brings_h5py(archive: Archive, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    fails(archive.write(), "motiflens[keras]")
