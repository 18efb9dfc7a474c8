"""Architecture of the `additive` network."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from motiflens.errors import InputError
from motiflens.model.config import NetworkConfig, Rate, Widths

_DROPOUT = 0.1


class AdditiveConfig(NetworkConfig):
    """The default network: logit = bias + sum over terms, scales and positions of contributions.

    `position_weights` is the resolution at which the position of a motif counts: not at all, through `position_knots`
    knots of a linear spline, or base by base; "auto" lets the training choose one of the last two, and is smooth where
    nothing has chosen. k-mers of up to `kmer` letters have a weight each, those of up to `positional_kmer` letters one
    at each position. `dropout` "auto" is .1, and none of numbers.
    """

    preset: Literal["additive"] = "additive"
    widths: Widths = (7, 13, 21)
    filters: PositiveInt = 32
    activation: Literal["exponential", "shift_scale"] = "exponential"
    gate_units: PositiveInt = 8
    position_weights: Literal["auto", "none", "smooth", "per_base"] = "auto"
    position_knots: Annotated[int, Field(ge=2)] = 12
    kmer: Annotated[int, Field(ge=1, le=8)] = 6
    positional_kmer: Annotated[int, Field(ge=1, le=6)] = 4
    dropout: Rate | Literal["auto"] = "auto"

    @property
    def dropout_rate(self) -> float:
        """Share of the pooled evidence that a training step leaves out."""
        return _DROPOUT if self.dropout == "auto" else self.dropout

    def for_aligned(self) -> "AdditiveConfig":
        if self.position_weights == "none":
            raise InputError("--aligned contradicts position_weights = none in the settings: drop one of the two")
        return self.model_copy(update={"position_weights": "per_base"})
