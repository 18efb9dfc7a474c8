"""Architecture of the `deep` network."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.config import NetworkConfig, Rate


class DeepConfig(NetworkConfig):
    """The additive network and a term of interactions.

    `front` is the additive network that the deep one contains. `interactions` are "near", between sites within reach of
    residual dilated gated blocks, or "pooled", between the evidence of whole sequences, by a dense head; "auto" lets
    the training choose: pooled ones of numbers, near ones of classes and labels.

    Near: each of `dilations` is a block of `channels` channels and kernel width `block_width`; `context` counts the
    features that only the context has. Pooled: `hidden` units, with `hidden_dropout`.
    """

    preset: Literal["deep"] = "deep"
    front: AdditiveConfig = Field(default_factory=AdditiveConfig)
    interactions: Literal["auto", "near", "pooled"] = "auto"
    hidden: PositiveInt = 64
    hidden_dropout: Rate = 0.3
    channels: PositiveInt = 32
    context: PositiveInt = 32
    dilations: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (1, 2, 4, 8, 16)
    block_width: Literal[3, 5, 7, 9] = 3
    dropout: Rate = 0.1

    def for_aligned(self) -> "DeepConfig":
        return self.model_copy(update={"front": self.front.for_aligned()})
