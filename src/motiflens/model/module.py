"""A trained model as one plain PyTorch module, for tools that know nothing of motiflens."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from motiflens.model.codes import one_hot
from motiflens.model.network import Network
from motiflens.model.rules import PLAIN
from motiflens.shapes import Strands


class PlainModule(nn.Module):
    """Logits (n, n_outputs) of one-hot sequences (n, 4, length), in the order A, C, G, T, or of codes (n, length).

    Members of an ensemble and strands are averaged inside, as `Model.logits` does. It is differentiable with respect to
    one-hot input, and its operations depend on shapes alone, so that it can be traced and exported.
    """

    def __init__(self, members: Sequence[Network], *, strands: Strands) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.both_strands = strands == "both"

    def forward(self, x: Tensor) -> Tensor:
        members = [cast(Network, member) for member in self.members]
        onehot = one_hot(x, members[0].dtype) if x.ndim == 2 else x
        views = [onehot, onehot.flip(1, 2)] if self.both_strands else [onehot]  # order A, C, G, T: both axes reverse
        by_member = [torch.stack([member.soft_logits(view, PLAIN) for view in views]).mean(0) for member in members]
        return torch.stack(by_member).mean(0)
