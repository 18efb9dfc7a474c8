"""Models on disk: config.json and one safetensors file a member; nothing is ever unpickled."""

from pathlib import Path
from typing import Annotated, Literal

import safetensors
import safetensors.torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from motiflens.errors import RunFolderError
from motiflens.model.config import ModelConfig
from motiflens.model.ensemble import Model, build_network
from motiflens.shapes import Strands


class _Description(BaseModel):
    """config.json."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    network: ModelConfig
    length: PositiveInt
    classes: Annotated[tuple[str, ...], Field(min_length=2)]
    strands: Strands
    members: PositiveInt


def _weights_name(member: int) -> str:
    return "weights.safetensors" if member == 0 else f"weights_{member + 1}.safetensors"


def save_model(folder: Path, model: Model) -> None:
    """Write config.json and the members' weights into `folder`, made if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    description = _Description(
        network=model.config,
        length=model.length,
        classes=model.classes,
        strands=model.strands,
        members=len(model.members),
    )
    for number, member in enumerate(model.members):
        weights = {name: value.contiguous() for name, value in member.state_dict().items()}
        # save_file would make a file that its owner alone may read
        (folder / _weights_name(number)).write_bytes(safetensors.torch.save(weights))
    (folder / "config.json").write_text(description.model_dump_json(indent=1) + "\n", "utf-8")


def load_model(folder: Path) -> Model:
    """The model that `save_model` wrote, on the CPU, ready for prediction.

    Raises RunFolderError that names the missing or corrupt file.
    """
    path = folder / "config.json"
    try:
        described = _Description.model_validate_json(path.read_bytes())
        heads = 1 if len(described.classes) == 2 else len(described.classes)
        members = []
        for number in range(described.members):
            path = folder / _weights_name(number)
            network = build_network(described.network, length=described.length, heads=heads)
            network.load_state_dict(safetensors.torch.load(path.read_bytes()))
            members.append(network.eval())
    except FileNotFoundError:
        raise RunFolderError(f"{path}: missing; restore it from a copy, or fit again") from None
    except (OSError, ValueError, RuntimeError, safetensors.SafetensorError) as error:
        raise RunFolderError(f"{path}: corrupt ({_reason(error)}); restore it from a copy, or fit again") from error
    return Model(members=members, config=described.network, classes=described.classes, strands=described.strands)


def _reason(error: Exception) -> str:
    """One line of what an exception says."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return ": ".join([".".join(map(str, first["loc"])), first["msg"]]).removeprefix(": ")
    return " ".join(str(error).split())[:200]
