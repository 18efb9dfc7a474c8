"""Everything that decides how a model is made from data, as a frozen, validated configuration."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from motiflens.model.config import NetworkConfig
from motiflens.model.presets import DEFAULT_PRESET, AnyNetworkConfig, default_network
from motiflens.training.recipes.settings import training_settings
from motiflens.training.training_config import Loss, TrainingConfig


class FitConfig(BaseModel):
    """Everything that decides how a model is made from data, apart from the seed.

    `training` may be given in part, over the settings of the preset. `strands` "auto" lets the data choose
    whether both strands are read, where the preset can. `aligned` sequences share a reference position (a TSS, a
    junction): position weights are then learned for certain, and the forward strand is read. `loss` is that of
    numbers: "poisson" for counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: AnyNetworkConfig = Field(default_factory=default_network)
    training: TrainingConfig = Field(default_factory=lambda: training_settings(DEFAULT_PRESET))
    strands: Literal["auto", "both", "forward"] = "auto"
    aligned: bool = False
    loss: Loss = "mse"
    ensemble: PositiveInt = 1

    @model_validator(mode="before")
    @classmethod
    def _over_the_settings_of_the_preset(cls, given: dict[str, Any]) -> dict[str, Any]:
        network, training = given.get("network"), given.get("training") or {}
        if isinstance(training, TrainingConfig):
            return given
        preset = network.preset if isinstance(network, NetworkConfig) else (network or {}).get("preset", DEFAULT_PRESET)
        return given | {"training": training_settings(preset).model_dump() | training}
