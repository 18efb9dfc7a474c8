"""Architecture of the `classic` network."""

from typing import Literal

from pydantic import PositiveFloat, PositiveInt

from motiflens.model.config import NetworkConfig, Rate, Widths


class ClassicConfig(NetworkConfig):
    """The tutorial's network: parallel convolutions, softmax attention, global max, dense head."""

    preset: Literal["classic"] = "classic"
    widths: Widths = (3, 7, 15, 25)
    filters: PositiveInt = 64
    dense: tuple[PositiveInt, PositiveInt] = (256, 128)
    conv_dropout: Rate = 0.2
    dense_dropout: tuple[Rate, Rate] = (0.5, 0.3)
    batch_norm_momentum: Rate = 0.99  # as Keras counts it: the share of the old value that is kept
    batch_norm_epsilon: PositiveFloat = 1e-3
