"""Architectures as frozen, validated configurations: every default of a model stands here and nowhere else."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

Rate = Annotated[float, Field(ge=0, lt=1)]
Width = Annotated[int, Field(ge=1, le=101)]


def _distinct(widths: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(widths)) != len(widths):
        raise ValueError(f"widths {widths}: each scale needs a width of its own")
    return widths


Widths = Annotated[tuple[Width, ...], Field(min_length=1), AfterValidator(_distinct)]


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassicConfig(_Config):
    """The tutorial's network: parallel convolutions, softmax attention, global max, dense head."""

    preset: Literal["classic"] = "classic"
    widths: Widths = (3, 7, 15, 25)
    filters: PositiveInt = 64
    dense: tuple[PositiveInt, PositiveInt] = (256, 128)
    conv_dropout: Rate = 0.2
    dense_dropout: tuple[Rate, Rate] = (0.5, 0.3)
    batch_norm_momentum: Rate = 0.99  # as Keras counts it: the share of the old value that is kept
    batch_norm_epsilon: PositiveFloat = 1e-3


class AdditiveConfig(_Config):
    """The default network: logit = bias + sum over terms, scales and positions of contributions.

    `profile` is the resolution at which the position of a motif counts: not at all, through `profile_knots` knots of
    a linear spline, or base by base. `competition` is whether filters share a saturation, so that evidence of one
    weakens that of others. "auto" (before training) lets the validation loss choose. Words of up to `kmer` letters
    weigh by themselves, of up to `placed_kmer` letters at each position.
    """

    preset: Literal["additive"] = "additive"
    widths: Widths = (7, 13, 21)
    filters: PositiveInt = 32
    activation: Literal["exponential", "shift_scale"] = "exponential"
    gate_units: PositiveInt = 8
    profile: Literal["auto", "none", "smooth", "base"] = "auto"
    competition: Literal["auto", "none", "shared"] = "auto"
    profile_knots: Annotated[int, Field(ge=2)] = 12
    kmer: Annotated[int, Field(ge=1, le=8)] = 6
    placed_kmer: Annotated[int, Field(ge=1, le=6)] = 4
    dropout: Rate = 0.1


class DeepConfig(_Config):
    """An additive front whose evidence is weighed by its context, read through residual dilated gated blocks.

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

    @property
    def profile(self) -> str:
        """Resolution at which position counts; one for the whole network."""
        return self.front.profile


ModelConfig = Annotated[ClassicConfig | AdditiveConfig | DeepConfig, Field(discriminator="preset")]
