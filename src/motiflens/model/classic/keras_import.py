"""The tutorial's trained `.keras` files as ClassicNetwork: read as data, nothing executed, Keras not needed."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from motiflens.errors import InputError
from motiflens.model.classic.keras_graph import KerasLayer, KerasPlan, read_plan
from motiflens.model.classic.network import ClassicNetwork
from motiflens.model.output import output_for
from motiflens.sequence.alphabet import ALPHABET

TUTORIAL_LETTERS = "ATGC"

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_WEIGHTS = "model.weights.h5"
_MIB = 1 << 20
# Far above the tutorial's 1.5 MB, and low enough that no file can exhaust the memory.
_MAX_BYTES = {"metadata.json": _MIB, "config.json": 8 * _MIB, _WEIGHTS: 256 * _MIB}
_MAX_PARAMETERS = 1 << 24

# The group that the weights of a kind of layer are stored in, and the names here of its arrays 0, 1, ...
_STORED = {
    "Conv1D": ("conv1d", ("weight", "bias")),
    "Dense": ("dense", ("weight", "bias")),
    "BatchNormalization": ("batch_normalization", ("weight", "bias", "running_mean", "running_var")),
}


@dataclass(frozen=True, kw_only=True)
class KerasImport:
    """A network read from a `.keras` file, in eval mode, and what the file says of itself."""

    network: ClassicNetwork
    n_classes: int
    name: str
    keras_version: str


def import_keras(path: str | Path, *, letters: str = TUTORIAL_LETTERS) -> KerasImport:
    """The tutorial's network with the weights of a `.keras` file; its probabilities equal Keras' to 1e-5.

    `letters` is the order of the bases in the one-hot code that the model was trained on; the network returned reads
    A, C, G, T. A softmax over two classes becomes the one logit of the second. Raises InputError, naming the file and
    what is wrong in it, for anything but a whole model of the tutorial's architecture, and where h5py is missing.
    """
    if sorted(letters) != sorted(ALPHABET):
        raise InputError(f"letters {letters!r}: give A, C, G and T in the order that the model was trained with")
    try:
        members = _read_members(path)
        plan = read_plan(_parse("config.json", members))
        network = _network(plan, members[_WEIGHTS], letters=letters)
        version = str(_parse("metadata.json", members).get("keras_version", "unknown"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or _line(error)})") from error
    except ValueError as error:
        raise InputError(f"{path}: {_line(error)}") from error
    return KerasImport(network=network, n_classes=max(plan.units, 2), name=plan.name, keras_version=version)


def _read_members(path: str | Path) -> dict[str, bytes]:
    """The parts of a `.keras` archive, in memory: nothing is ever extracted to disk."""
    with open(path, "rb") as file:
        if file.read(len(_HDF5_MAGIC)) == _HDF5_MAGIC:
            raise ValueError("a legacy HDF5 model; load it in Keras and save it again as .keras")
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _read_member(archive, name) for name in _MAX_BYTES}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ValueError(f"not a whole .keras archive ({error}); save the model again") from error


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        member = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"{name} is missing from the archive; save the model again as .keras") from None
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is compressed in a way that Keras never uses; save the model again")
    if member.file_size > _MAX_BYTES[name]:
        raise ValueError(f"{name} unpacks to {member.file_size:,} bytes; at most {_MAX_BYTES[name]:,} are read")
    with archive.open(member) as file:
        return file.read(member.file_size + 1)  # bounded even where the archive lies about the size


def _parse(name: str, members: Mapping[str, bytes]) -> dict:
    try:
        parsed = json.loads(members[name])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON ({error}); save the model again") from error
    if not isinstance(parsed, dict):
        raise ValueError(f"{name} is not a JSON object; save the model again")
    return parsed


def _network(plan: KerasPlan, weights: bytes, *, letters: str) -> ClassicNetwork:
    with torch.device("meta"):  # shapes alone: every value comes from the file
        stored = ClassicNetwork(plan.config, length=plan.length, n_outputs=plan.units)
        n_outputs = output_for(("",) * max(plan.units, 2)).n_outputs
        network = ClassicNetwork(plan.config, length=plan.length, n_outputs=n_outputs)
    if stored.parameter_count > _MAX_PARAMETERS:
        raise ValueError(f"{stored.parameter_count:,} parameters; at most {_MAX_PARAMETERS:,} are read")
    state = _read_weights(weights, plan.sources, wanted=stored.state_dict())
    order = [letters.index(letter) for letter in ALPHABET]
    for scale in range(len(plan.config.widths)):
        key = f"scales.{scale}.conv.weight"
        state[key] = state[key][:, order].contiguous()
    if plan.units == 2:  # the logit of softmax over two classes
        state |= {key: state[key][1:] - state[key][:1] for key in ("output.weight", "output.bias")}
    network.load_state_dict(state, assign=True)
    return network.eval()


def _read_weights(data: bytes, sources: Mapping[str, KerasLayer], *, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of a network; Keras keeps every array with its axes in the opposite order of PyTorch's."""
    try:
        import h5py
    except ImportError:
        raise ValueError('reading .keras files needs h5py: pip install "motiflens[keras]"') from None
    state = {key: torch.zeros((), dtype=torch.long) for key in wanted if key.endswith("num_batches_tracked")}
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            for module, layer in sources.items():
                for index, part in enumerate(_STORED[layer.kind][1]):
                    key = f"{module}.{part}"
                    array = _read_array(file, layer, index=index, shape=tuple(wanted[key].shape)[::-1])
                    state[key] = torch.from_numpy(np.ascontiguousarray(array.T))
    except ValueError:
        raise
    except Exception as error:  # damaged bytes make the HDF5 library raise nearly anything
        raise ValueError(f"{_WEIGHTS} is corrupt ({error}); save the model again") from error
    return state


def _read_array(file: Any, layer: KerasLayer, *, index: int, shape: tuple[int, ...]) -> np.ndarray:
    """Array `index` of a layer as float32; never through a link to another place, nor from another file."""
    import h5py

    group = _STORED[layer.kind][0] + (f"_{layer.number}" if layer.number else "")
    node = file
    for part in ("layers", group, "vars", str(index)):
        if not isinstance(node.get(part, getlink=True), h5py.HardLink):
            raise ValueError(f"the weights of layer {layer.name!r} are missing from {_WEIGHTS}; save the model again")
        node = node[part]
    if not isinstance(node, h5py.Dataset) or node.chunks or node.external or node.is_virtual:
        raise ValueError(f"the weights of layer {layer.name!r} are stored in a way that Keras never uses")
    if node.shape != shape or node.dtype.kind != "f":
        raise ValueError(f"layer {layer.name!r} has weights {node.shape} of {node.dtype}, not {shape} of float32")
    array = node[()].astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"layer {layer.name!r} has weights that are not finite numbers: its training diverged")
    return array


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
