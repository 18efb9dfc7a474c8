"""Architectures as frozen, validated configurations: every default of a model stands here and nowhere else."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

Rate = Annotated[float, Field(ge=0, lt=1)]
Width = Annotated[int, Field(ge=1, le=101)]


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassicConfig(_Config):
    """The tutorial's network: parallel convolutions, softmax attention, global max, dense head."""

    preset: Literal["classic"] = "classic"
    widths: tuple[Width, ...] = (3, 7, 15, 25)
    filters: PositiveInt = 64
    dense: tuple[PositiveInt, PositiveInt] = (256, 128)
    conv_dropout: Rate = 0.2
    dense_dropout: tuple[Rate, Rate] = (0.5, 0.3)
    batch_norm_momentum: Rate = 0.99  # as Keras counts it: the share of the old value that is kept
    batch_norm_epsilon: float = 1e-3
