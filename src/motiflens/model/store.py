"""Models on disk: config.json and one safetensors file a member; nothing is ever unpickled."""

import json
from pathlib import Path
from typing import Annotated, Literal

import safetensors
import safetensors.torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from motiflens.errors import ModelError, RunFolderError
from motiflens.model.ensemble import Model
from motiflens.model.output import Binary, Multiclass
from motiflens.model.presets import PRESETS, AnyNetworkConfig, build_network
from motiflens.model.targets import ManyLabels, Numbers
from motiflens.shapes import Strands

#: Of config.json; a model of another format must be trained again.
FORMAT: Literal[3] = 3


class _Description(BaseModel):
    """config.json."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[3] = FORMAT
    network: AnyNetworkConfig
    length: PositiveInt
    output: Annotated[Binary | Multiclass | Numbers | ManyLabels, Field(discriminator="task")]
    strands: Strands
    members: PositiveInt


def _weights_name(member: int) -> str:
    return "weights.safetensors" if member == 0 else f"weights_{member + 1}.safetensors"


def save_model(folder: Path, model: Model) -> None:
    """Write config.json and the members' weights into `folder`, made if needed.

    Raises:
        ModelError: the networks are not of a preset, so that they could not be built again.
    """
    if model.config.preset not in PRESETS:
        raise ModelError("a wrapped network cannot be saved: save the original module and wrap it again after loading")
    folder.mkdir(parents=True, exist_ok=True)
    description = _Description(
        network=model.config,
        length=model.length,
        output=model.output,  # type: ignore[arg-type]
        strands=model.strands,
        members=len(model.members),
    )
    for number, member in enumerate(model.members):
        weights = {name: value.contiguous() for name, value in member.state_dict().items()}
        # save_file would make a file that its owner alone may read
        (folder / _weights_name(number)).write_bytes(safetensors.torch.save(weights))
    (folder / "config.json").write_text(description.model_dump_json(indent=1) + "\n", "utf-8")


def load_model(folder: Path) -> Model:
    """Return the model that `save_model` wrote, on the CPU, ready for prediction.

    Raises:
        RunFolderError: a file is missing, corrupt or of an older format; the message names it.
    """
    path = folder / "config.json"
    try:
        text = path.read_bytes()
        _check_format(path, text)
        described = _Description.model_validate_json(text)
        n_outputs = described.output.n_outputs
        members = []
        for number in range(described.members):
            path = folder / _weights_name(number)
            network = build_network(described.network, length=described.length, n_outputs=n_outputs)
            network.load_state_dict(safetensors.torch.load(path.read_bytes()))
            members.append(network.eval())
    except FileNotFoundError:
        raise RunFolderError(f"{path}: missing; restore it from a copy, or fit again") from None
    except PermissionError as error:
        raise RunFolderError(
            f"{path}: cannot be read ({error.strerror}); its owner can let others read it: chmod -R a+rX on the folder"
        ) from error
    except RunFolderError:
        raise
    except (OSError, ValueError, RuntimeError, safetensors.SafetensorError) as error:
        raise RunFolderError(f"{path}: corrupt ({_reason(error)}); restore it from a copy, or fit again") from error
    return Model(members=members, config=described.network, output=described.output, strands=described.strands)


def _check_format(path: Path, text: bytes) -> None:
    """Raise RunFolderError for a model of another format."""
    found = json.loads(text)
    version = found.get("format") if isinstance(found, dict) else None
    if isinstance(version, int) and version != FORMAT:
        raise RunFolderError(f"{path}: format {version}, but this version reads format {FORMAT}: fit again")


def _reason(error: Exception) -> str:
    """Return an exception's message as one line."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return ": ".join([".".join(map(str, first["loc"])), first["msg"]]).removeprefix(": ")
    return " ".join(str(error).split())[:200]
