"""A preset of one's own, with the one method that a network must have: a bank of motifs that are not trained."""

from typing import Literal

import planted
import torch
from torch import Tensor, nn

from motiflens.model.codes import one_hot
from motiflens.model.config import NetworkConfig
from motiflens.model.network import Network
from motiflens.model.presets import Preset
from motiflens.sequence.alphabet import encode

#: Position weight matrices of known proteins, which are not trained.
KNOWN = (*planted.MOTIFS, "CACGTG")


class ToyConfig(NetworkConfig):
    """Logistic regression on how well a sequence matches each known motif."""

    preset: Literal["toy"] = "toy"
    pooling: Literal["max", "log_sum_exp"] = "max"
    sharpness: float = 2.0


class ToyNetwork(Network):
    """The one method that a network must have."""

    def __init__(self, config: ToyConfig, *, length: int, n_outputs: int) -> None:
        super().__init__(length=length, n_outputs=n_outputs)
        self.config = config
        width = max(map(len, KNOWN))
        padded = torch.tensor(encode([motif.ljust(width, "N") for motif in KNOWN]))
        self.register_buffer("pwms", config.sharpness * one_hot(padded))
        self.readout = nn.Linear(len(KNOWN), n_outputs)
        nn.init.zeros_(self.readout.weight)

    def forward(self, codes: Tensor) -> Tensor:
        match = nn.functional.conv1d(one_hot(codes, self.dtype), self.get_buffer("pwms"))
        pooled = match.amax(2) if self.config.pooling == "max" else match.logsumexp(2)
        return self.readout(pooled)


PRESET = Preset(ToyConfig, f"{__name__}:ToyNetwork")
