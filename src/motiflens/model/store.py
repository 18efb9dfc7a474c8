"""Models on disk: config.json and one safetensors file a member; nothing is ever unpickled."""

import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from pydantic import TypeAdapter, ValidationError

from motiflens.errors import RunFolderError
from motiflens.model.config import ModelConfig
from motiflens.model.ensemble import Model, build_network

FORMAT = 1
_CONFIG = TypeAdapter(ModelConfig)


def _weights_name(member: int) -> str:
    return "weights.safetensors" if member == 0 else f"weights_{member + 1}.safetensors"


def save_model(folder: Path, model: Model) -> None:
    """Write config.json and the members' weights into `folder`, made if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "format": FORMAT,
        "network": model.config.model_dump(mode="json"),
        "length": model.length,
        "classes": list(model.classes),
        "strands": model.strands,
        "members": len(model.members),
    }
    for number, member in enumerate(model.members):
        weights = {name: value.contiguous() for name, value in member.state_dict().items()}
        safetensors.torch.save_file(weights, folder / _weights_name(number))
    (folder / "config.json").write_text(json.dumps(description, indent=1))


def load_model(folder: Path) -> Model:
    """The model that `save_model` wrote, on the CPU, ready for prediction.

    Raises RunFolderError that names the missing or corrupt file.
    """
    path = folder / "config.json"
    try:
        description: dict[str, Any] = json.loads(path.read_text())
        config = _CONFIG.validate_python(description["network"])
        classes = tuple(description["classes"])
        heads = 1 if len(classes) == 2 else len(classes)
        members = []
        for number in range(description["members"]):
            path = folder / _weights_name(number)
            network = build_network(config, length=description["length"], heads=heads)
            network.load_state_dict(safetensors.torch.load(path.read_bytes()))
            members.append(network.eval())
        return Model(members=tuple(members), config=config, classes=classes, strands=description["strands"])
    except FileNotFoundError:
        raise RunFolderError(f"{path}: missing; the model cannot be loaded") from None
    except (ValueError, KeyError, TypeError, RuntimeError, ValidationError, safetensors.SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise RunFolderError(f"{path}: corrupt ({reason}); restore the file or fit again") from error
