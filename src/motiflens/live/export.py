"""Models as JSON and base64 for the scripts of a page; of those that cannot come along, why."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.stats

from motiflens.model.ensemble import Model
from motiflens.model.output import ClassOutput, Output
from motiflens.model.page_weights import PageWeights, Pooling
from motiflens.model.predict import CONFIDENCE
from motiflens.model.store import load_model
from motiflens.model.targets import Numbers

#: Bytes of weights, as base64, that a page may carry.
LARGEST = 2_000_000


@dataclass(frozen=True, kw_only=True)
class LiveOutput:
    """What logits mean, as `Output` says it.

    Explained is `logits @ weights.T + centres`, in `unit`; `positive` is the index of the class that a single logit
    scores, -1 where there is none. The interval of an ensemble of classes or labels reaches `reach` standard deviations
    of the members' log-odds; of numbers, `reach` of spread and `noise`.
    """

    names: tuple[str, ...]
    task: str
    unit: str
    counts: bool
    positive: int
    explained: tuple[int, ...]
    weights: list[list[float]]
    centres: list[float]
    reach: float
    noise: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class LiveModel:
    """What a page needs of a model: everything but the weights as JSON, and the weights as base64 of float32.

    `tensors` lists for each member the name of each array in `weights`, its shape and where it begins.
    """

    length: int
    strands: str
    output: LiveOutput
    pooling: Pooling
    widths: tuple[int, ...]
    sizes: Mapping[str, int]
    tensors: list[dict[str, tuple[list[int], int]]]
    weights: str


@dataclass(frozen=True, kw_only=True)
class NotLive:
    """Why a model does not come along."""

    reason: str


def live_model(folder: Path) -> LiveModel | NotLive:
    """Return the model in a folder as a page carries it.

    Raises:
        RunFolderError: a file is missing, corrupt or of an older format.
    """
    model = load_model(folder)
    members = [weights for member in model.members if (weights := member.page_weights()) is not None]
    if len(members) < len(model.members):
        return NotLive(
            reason=f"Networks of preset {model.config.preset} do not run in a page; those of the default preset do."
        )
    packed = _packed(model, members)
    if len(packed.weights) > LARGEST:
        size = f"{len(packed.weights) / 1e6:.1f} MB"
        return NotLive(reason=f"The model's weights take {size}, and a page may carry {LARGEST / 1e6:.0f} MB of them.")
    return packed


def _packed(model: Model, members: Sequence[PageWeights]) -> LiveModel:
    arrays: list[np.ndarray] = []
    tensors: list[dict[str, tuple[list[int], int]]] = []
    start = 0
    for member in members:
        listed: dict[str, tuple[list[int], int]] = {}
        for name, value in member.tensors.items():
            listed[name] = (list(value.shape), start)
            arrays.append(value.detach().cpu().numpy().astype("<f4").ravel())
            start += value.numel()
        tensors.append(listed)
    first = members[0]
    return LiveModel(
        length=model.length,
        strands=model.strands,
        output=_output(model.output, members=len(members)),
        pooling=first.pooling,
        widths=first.widths,
        sizes=first.sizes,
        tensors=tensors,
        weights=base64.b64encode(np.concatenate(arrays).tobytes()).decode(),
    )


def _output(output: Output, *, members: int) -> LiveOutput:
    numbers = output if isinstance(output, Numbers) else None
    positive = output.positive if isinstance(output, ClassOutput) else None
    tail = (1 + CONFIDENCE) / 2
    if numbers:
        reach = scipy.stats.norm.ppf(tail)
    else:
        reach = scipy.stats.t.ppf(tail, members - 1) * np.sqrt(1 + 1 / members) if members > 1 else 0.0
    return LiveOutput(
        names=output.names,
        task=output.task,
        unit=output.unit,
        counts=bool(numbers and numbers.counts),
        positive=-1 if positive is None else output.names.index(positive),
        explained=output.explained,
        weights=output.target_weights().tolist(),
        centres=output.target_centres().tolist(),
        reach=float(reach),
        noise=numbers.noise if numbers else (),
    )
