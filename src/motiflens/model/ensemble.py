"""A trained model: one or several networks, the strands they read, and the classes they tell apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from motiflens.errors import ModelError
from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.classic.network import ClassicNetwork
from motiflens.model.config import AdditiveConfig, ClassicConfig, DeepConfig, ModelConfig
from motiflens.model.deep.network import DeepNetwork
from motiflens.model.network import Network
from motiflens.shapes import Strands


def build_network(config: ModelConfig, *, length: int, heads: int) -> Network:
    """The network that a configuration describes, untrained. Raises ModelError for a profile that is still "auto"."""
    match config:
        case AdditiveConfig(profile="auto") | DeepConfig(front=AdditiveConfig(profile="auto")):
            raise ModelError("profile auto: training chooses one; build with none, smooth or base")
        case ClassicConfig():
            return ClassicNetwork(config, length=length, heads=heads)
        case AdditiveConfig():
            return AdditiveNetwork(config, length=length, heads=heads)
        case DeepConfig():
            return DeepNetwork(config, length=length, heads=heads)


def _other_strand(x: Tensor) -> Tensor:
    """Reverse complement of one-hot (n, 4, length): with the order A, C, G, T both axes turn round."""
    return x.flip(1, 2)


@dataclass(frozen=True, kw_only=True)
class Model:
    """Networks whose logits are averaged, over members and (strands "both") over the two strands.

    Two classes have one logit, that of `classes[1]`.
    """

    members: Sequence[Network]
    config: ModelConfig
    classes: tuple[str, ...]
    strands: Strands = "forward"

    @property
    def length(self) -> int:
        """Sequence length in bp."""
        return self.members[0].length

    @property
    def heads(self) -> int:
        """Number of logits."""
        return self.members[0].heads

    def to(self, device: torch.device | str) -> "Model":
        """Move every member to `device`; returns self."""
        for member in self.members:
            member.to(device)
        return self

    def logits(self, x: Tensor) -> Tensor:
        """Logits (n, heads) of one-hot (n, 4, length)."""
        views = (x, _other_strand(x)) if self.strands == "both" else (x,)
        by_member = [torch.stack([member(view) for view in views]).mean(0) for member in self.members]
        return torch.stack(by_member).mean(0)

    def contributions(self, x: Tensor) -> Tensor:
        """Contributions in logits (n, heads, length), on the forward strand's coordinates.

        Raises ModelError for a preset whose logit is not a sum over positions.
        """
        return torch.stack([self._both_strands(member, x) for member in self.members]).mean(0)

    def _both_strands(self, member: Network, x: Tensor) -> Tensor:
        if not isinstance(member, AdditiveNetwork | DeepNetwork):
            raise ModelError(f"preset {self.config.preset} has no additive contributions; use in-silico mutagenesis")
        forward = member.contributions(x)
        if self.strands == "forward":
            return forward
        return (forward + member.contributions(_other_strand(x)).flip(2)) / 2

    @property
    def bias(self) -> Tensor:
        """The logit (heads,) of no contribution at all; only for presets that have contributions."""
        additive: list[Tensor] = [m.bias for m in self.members if isinstance(m, AdditiveNetwork | DeepNetwork)]
        return torch.stack(additive).mean(0)

    def attention(self, x: Tensor) -> dict[str, Tensor]:
        """Attention (n, length) of each scale, averaged over members and strands."""
        maps = [member.attention(x) for member in self.members]
        if self.strands == "both":
            turned = [member.attention(_other_strand(x)) for member in self.members]
            maps += [{scale: a.flip(1) for scale, a in m.items()} for m in turned]
        return {scale: torch.stack([m[scale] for m in maps]).mean(0) for scale in maps[0]}


def additive_part(model: Model) -> Model | None:
    """The additive model that a deep one contains and grew from; None for other presets."""
    if not isinstance(model.config, DeepConfig):
        return None
    parts = [member.additive for member in model.members if isinstance(member, DeepNetwork)]
    return Model(members=parts, config=model.config.front, classes=model.classes, strands=model.strands)


def to_probabilities(logits: Tensor) -> Tensor:
    """Probabilities (n, classes) of logits (n, heads)."""
    if logits.shape[1] == 1:
        return torch.sigmoid(torch.cat((-logits, logits), 1))  # 1 - p would lose the small ones
    return torch.softmax(logits, 1)
