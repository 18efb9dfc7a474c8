"""What the config.json of a Keras model describes, checked layer by layer to be the tutorial's network.

Everything here raises ValueError, saying in one line which layer differs and how.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import ValidationError

from motiflens.model.classic.config import ClassicConfig

_MAX_SIZE = 1 << 16

# What a layer of each kind must say to compute what the tutorial's does; None where Keras may leave the entry out.
_REQUIRED: dict[str, dict[str, tuple]] = {
    "InputLayer": {},
    "Conv1D": {
        "activation": ("relu",),
        "padding": ("same",),
        "strides": (1, [1]),
        "dilation_rate": (1, [1]),
        "groups": (1,),
        "use_bias": (True,),
        "data_format": ("channels_last",),
    },
    "BatchNormalization": {"center": (True,), "scale": (True,), "renorm": (False, None)},
    "Dropout": {},
    "Dense": {"use_bias": (True,), "quantization_config": (None,)},
    "Flatten": {},
    "Activation": {"activation": ("softmax",)},
    "RepeatVector": {},
    "Permute": {"dims": ([2, 1],)},
    "Multiply": {},
    "GlobalMaxPooling1D": {"data_format": ("channels_last",), "keepdims": (False, None)},
    "Concatenate": {"axis": (-1, 1)},
}
_LAST_OF_TWO = (-1, [-1], 1, [1])
_LAST_OF_THREE = (-1, [-1], 2, [2])


@dataclass(frozen=True, kw_only=True)
class KerasLayer:
    """One layer of config.json; `number` counts the layers of its kind before it."""

    name: str
    kind: str
    number: int
    config: Mapping[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class KerasPlan:
    """The network that a config.json describes; `sources` maps each module with weights to its layer."""

    name: str
    config: ClassicConfig
    length: int
    units: int  # outputs of the last layer: 1 with a sigmoid, the number of classes with a softmax
    sources: Mapping[str, KerasLayer]


def read_plan(model: Mapping[str, Any]) -> KerasPlan:
    """The tutorial's network out of a parsed config.json; ValueError for any other."""
    try:
        return _Graph(model).plan()
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"config.json does not describe a Keras model as Keras does ({error!r})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where} {first['input']!r} is out of range ({first['msg']})") from error


@dataclass(frozen=True, kw_only=True)
class _Scale:
    conv: KerasLayer
    norm: KerasLayer
    dropout: KerasLayer
    gate: KerasLayer
    pool: KerasLayer


class _Graph:
    """The layers of a model, walked from its input to its output as the tutorial connects them."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        if model["class_name"] != "Functional":
            raise ValueError(f"a {model['class_name']} model; only the tutorial's network can be imported")
        self.config = model["config"]
        counts: Counter[str] = Counter()
        self.layers = [_layer(entry, counts) for entry in self.config["layers"]]
        self.walked: set[str] = set()

    def plan(self) -> KerasPlan:
        """What the graph computes, if it is the tutorial's. Raises ValueError for anything else."""
        first = next((layer for layer in self.layers if layer.kind == "InputLayer"), None)
        if first is None:
            raise ValueError("config.json has no InputLayer")
        self._check(first)
        shape = first.config.get("batch_shape", first.config.get("batch_input_shape"))
        if len(shape) != 3 or shape[2] != 4:
            _fail(first, f"has the shape {shape}, not [null, length, 4]")
        scales = [self._scale(layer) for layer in self.layers if layer.inputs == (first.name,)]
        if not scales:
            _fail(first, "is read by no Conv1D")
        head = scales[0].pool
        if len(scales) > 1:
            head = self._after(*(scale.pool for scale in scales), kind="Concatenate")
            scales.sort(key=lambda scale: head.inputs.index(scale.pool.name))
        blocks = []
        for _ in range(2):
            dense = self._after(head, kind="Dense", activation=("relu",))
            norm = self._after(dense, kind="BatchNormalization", axis=_LAST_OF_TWO)
            head = self._after(norm, kind="Dropout")
            blocks.append((dense, norm, head))
        output = self._after(head, kind="Dense", activation=("sigmoid", "softmax"))
        self._check_ends(first, output)
        return _plan(scales, blocks, output=output, length=_size(first, shape[1]), name=str(self.config["name"]))

    def _scale(self, conv: KerasLayer) -> _Scale:
        if conv.kind != "Conv1D":
            _fail(conv, "reads the sequence directly")
        self._check(conv)
        norm = self._after(conv, kind="BatchNormalization", axis=_LAST_OF_THREE)
        dropout = self._after(norm, kind="Dropout")
        gate = self._after(dropout, kind="Dense", activation=("tanh",), units=(1,))
        softmax = self._after(self._after(gate, kind="Flatten"), kind="Activation")
        repeat = self._after(softmax, kind="RepeatVector", n=(conv.config["filters"],))
        weights = self._after(repeat, kind="Permute")
        pool = self._after(self._after(dropout, weights, kind="Multiply"), kind="GlobalMaxPooling1D")
        return _Scale(conv=conv, norm=norm, dropout=dropout, gate=gate, pool=pool)

    def _after(self, *before: KerasLayer, kind: str, **settings: tuple) -> KerasLayer:
        """The one layer of a kind that reads these layers and no others."""
        names = sorted(layer.name for layer in before)
        found = [layer for layer in self.layers if layer.kind == kind and before[-1].name in layer.inputs]
        if len(found) != 1 or sorted(found[0].inputs) != names:
            _fail(before[-1], f"is not followed by one {kind} layer")
        self._check(found[0], **settings)
        return found[0]

    def _check(self, layer: KerasLayer, **settings: tuple) -> None:
        dtype = layer.config.get("dtype")
        policy = dtype["config"]["name"] if isinstance(dtype, dict) else dtype
        if policy != "float32":
            _fail(layer, f"computes in {policy}")
        for key, allowed in (_REQUIRED[layer.kind] | settings).items():
            if layer.config.get(key) not in allowed:
                _fail(layer, f"has {key} {layer.config.get(key)!r} where the tutorial has {allowed[0]!r}")
        self.walked.add(layer.name)

    def _check_ends(self, first: KerasLayer, output: KerasLayer) -> None:
        extra = [layer for layer in self.layers if layer.name not in self.walked]
        if extra:
            _fail(extra[0], f"is one {extra[0].kind} too many")
        for key, layer in (("input_layers", first), ("output_layers", output)):
            if list(_sources(self.config[key])) != [layer.name]:
                _fail(layer, f"is not the whole of the model's {key}")


def _plan(scales: list[_Scale], blocks: list[tuple], *, output: KerasLayer, length: int, name: str) -> KerasPlan:
    units = _size(output, output.config["units"])
    if (units == 1) != (output.config["activation"] == "sigmoid"):
        _fail(output, f"has {units} units with activation {output.config['activation']!r}")
    norms = [*(scale.norm for scale in scales), *(norm for _, norm, _ in blocks)]
    first, second = (_size(dense, dense.config["units"]) for dense, _, _ in blocks)
    config = ClassicConfig(
        widths=tuple(_size(scale.conv, scale.conv.config["kernel_size"]) for scale in scales),
        filters=_size(scales[0].conv, _shared("filters", [scale.conv for scale in scales])),
        dense=(first, second),
        conv_dropout=_shared("rate", [scale.dropout for scale in scales]),
        dense_dropout=(blocks[0][2].config["rate"], blocks[1][2].config["rate"]),
        batch_norm_momentum=_shared("momentum", norms),
        batch_norm_epsilon=_shared("epsilon", norms),
    )
    sources = {"output": output}
    for i, scale in enumerate(scales):
        sources |= {f"scales.{i}.conv": scale.conv, f"scales.{i}.norm": scale.norm, f"scales.{i}.gate": scale.gate}
    for i, (dense, norm, _) in enumerate(blocks):
        sources |= {f"dense.{4 * i}": dense, f"dense.{4 * i + 2}": norm}  # dense, ReLU, norm, dropout
    return KerasPlan(name=name, config=config, length=length, units=units, sources=sources)


def _layer(entry: Mapping[str, Any], counts: Counter[str]) -> KerasLayer:
    name, kind = entry["name"], entry["class_name"]
    if kind not in _REQUIRED or entry["module"] != "keras.layers":
        raise ValueError(f"layer {name!r} is a {kind}; only the tutorial's network can be imported, which has none")
    if len(entry["inbound_nodes"]) > 1:
        raise ValueError(f"layer {name!r} is called more than once; only the tutorial's network can be imported")
    inputs = tuple(_sources(entry["inbound_nodes"]))
    counts[kind] += 1
    return KerasLayer(name=name, kind=kind, number=counts[kind] - 1, config=entry["config"], inputs=inputs)


def _sources(node: object) -> Iterator[str]:
    """Names of the layers whose output a call takes, as Keras 3 writes it or as Keras 2 did."""
    match node:
        case {"class_name": "__keras_tensor__", "config": {"keras_history": [str(name), 0, 0]}}:
            yield name
        case [str(name), 0, 0, *options]:
            yield name
            yield from _sources(options)
        case dict():
            yield from _sources(list(node.values()))
        case list():
            for part in node:
                yield from _sources(part)
        case None | False:
            pass
        case _:
            raise ValueError(f"a layer is called with {node!r}; only the tutorial's network can be imported")


def _size(layer: KerasLayer, value: object) -> int:
    size = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(size, int) or not 1 <= size <= _MAX_SIZE:
        _fail(layer, f"has the size {value!r}, not a whole number from 1 to {_MAX_SIZE}")
    return size


def _shared(key: str, layers: list[KerasLayer]) -> Any:
    """The value that all these layers have."""
    value = layers[0].config[key]
    for layer in layers:
        if layer.config[key] != value:
            _fail(layer, f"has {key} {layer.config[key]!r} where {layers[0].name!r} has {value!r}")
    return value


def _fail(layer: KerasLayer, what: str) -> NoReturn:
    raise ValueError(f"layer {layer.name!r} {what}; only the tutorial's network can be imported")
