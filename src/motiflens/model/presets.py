"""The presets: which configuration and which network a name stands for. A new preset is a folder and a line here."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny
from pydantic_core import PydanticCustomError

from motiflens.errors import InputError
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.config import NetworkConfig
from motiflens.model.deep.config import DeepConfig

if TYPE_CHECKING:
    from motiflens.model.network import Network


@dataclass(frozen=True)
class Preset:
    """A configuration class and what builds the network that it describes: a class or a function ("module:name").

    The network is imported when it is first built, because PyTorch takes seconds to import and the command line's help
    needs the configuration alone.
    """

    config: type[NetworkConfig]
    network: str


PRESETS = {
    "additive": Preset(AdditiveConfig, "motiflens.model.additive.network:AdditiveNetwork"),
    "classic": Preset(ClassicConfig, "motiflens.model.classic.network:ClassicNetwork"),
    "deep": Preset(DeepConfig, "motiflens.model.deep.pooled:interacting_network"),
}
DEFAULT_PRESET = "additive"


def preset_named(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        InputError: there is none; the message lists the presets.
    """
    if name not in PRESETS:
        raise InputError(f"unknown preset {name!r}: choose one of {', '.join(PRESETS)}")
    return PRESETS[name]


def build_network(config: NetworkConfig, *, length: int, n_outputs: int) -> "Network":
    """Build the untrained network that a configuration describes."""
    module, name = preset_named(config.preset).network.split(":")
    network: Network = getattr(import_module(module), name)(config, length=length, n_outputs=n_outputs)
    return network


def default_network() -> NetworkConfig:
    """Return the configuration of the default preset."""
    return PRESETS[DEFAULT_PRESET].config()  # type: ignore[call-arg]


def _of_its_preset(given: Any) -> Any:
    """Validate a table by the configuration class that its entry `preset` names."""
    if isinstance(given, NetworkConfig):
        return given
    name = given.get("preset", DEFAULT_PRESET) if isinstance(given, dict) else None
    if not isinstance(name, str) or name not in PRESETS:
        raise PydanticCustomError("unknown_preset", f"unknown preset {name!r}: choose one of {', '.join(PRESETS)}")
    return PRESETS[name].config.model_validate(given)


#: A field of this type takes the configuration of any preset.
AnyNetworkConfig = Annotated[SerializeAsAny[NetworkConfig], BeforeValidator(_of_its_preset)]
