"""What both kinds of interactions share: the additive network inside, and how the two are mixed."""

from abc import abstractmethod

import torch
from torch import Tensor, nn

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.deep.config import DeepConfig
from motiflens.model.network import Network


class MixedNetwork(Network):
    """logit = bias + mix[0] * deep term + mix[1] * terms of the additive network.

    The additive network inside is whole and trained before. `mix` (2, n_outputs) and `bias` are fitted on validation
    data, so that the sum is hardly ever worse than the additive network alone.
    """

    def __init__(self, config: DeepConfig, *, length: int, n_outputs: int) -> None:
        super().__init__(length=length, n_outputs=n_outputs)
        self.config = config
        self.additive = AdditiveNetwork(config.front, length=length, n_outputs=n_outputs).requires_grad_(False)
        self.bias = nn.Parameter(torch.zeros(n_outputs))
        self.mix = nn.Parameter(torch.tensor([1.0, 0.0])[:, None].repeat(1, n_outputs), requires_grad=False)

    @abstractmethod
    def deep_logits(self, codes: Tensor) -> Tensor:
        """Return the logits of the deep term (n, n_outputs)."""

    def terms(self, codes: Tensor) -> Tensor:
        """Return the logits of each term before mixing, (2, n, n_outputs): deep, additive."""
        return torch.stack((self.deep_logits(codes), self.additive(codes) - self.additive.bias))

    def logits_in_training(self, codes: Tensor) -> Tensor:
        return self.deep_logits(codes) + self.bias

    def forward(self, codes: Tensor) -> Tensor:
        return torch.einsum("th,tnh->nh", self.mix, self.terms(codes)) + self.bias

    def nested_network(self) -> AdditiveNetwork:
        return self.additive
