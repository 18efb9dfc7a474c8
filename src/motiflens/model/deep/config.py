"""Architecture of the `deep` network."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.config import NetworkConfig, Rate


class DeepConfig(NetworkConfig):
    """An additive front whose activations are modulated by their context, read by residual dilated gated blocks.

    `front` is the additive network that the deep one contains and starts from. Each of `dilations` is a block of
    `channels` channels and kernel width `block_width`; `context` counts the features that only the context has.
    """

    preset: Literal["deep"] = "deep"
    front: AdditiveConfig = Field(default_factory=AdditiveConfig)
    channels: PositiveInt = 32
    context: PositiveInt = 32
    dilations: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (1, 2, 4, 8, 16)
    block_width: Literal[3, 5, 7, 9] = 3
    dropout: Rate = 0.1

    def for_aligned(self) -> "DeepConfig":
        return self.model_copy(update={"front": self.front.for_aligned()})
