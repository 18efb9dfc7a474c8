"""A trained model: one or several networks, the strands they read, and what they predict."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from motiflens.errors import ModelError
from motiflens.model.codes import reverse_complement
from motiflens.model.config import NetworkConfig
from motiflens.model.module import PlainModule
from motiflens.model.network import Network
from motiflens.model.output import ClassOutput, Output
from motiflens.shapes import Strands


@dataclass(frozen=True, kw_only=True)
class Model:
    """Networks whose logits are averaged, over members and (strands "both") over the two strands.

    `config` describes the networks; that of a wrapped network has no more than a name. `output` says what
    the logits mean.
    """

    members: Sequence[Network]
    config: NetworkConfig
    output: Output
    strands: Strands = "forward"

    @property
    def length(self) -> int:
        """Sequence length in bp."""
        return self.members[0].length

    @property
    def n_outputs(self) -> int:
        """Number of logits."""
        return self.members[0].n_outputs

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes.

        Raises:
            ModelError: the model predicts no classes.
        """
        return self.class_output.classes

    @property
    def class_output(self) -> ClassOutput:
        """`output` of a model of classes.

        Raises:
            ModelError: the model predicts no classes.
        """
        if not isinstance(self.output, ClassOutput):
            raise ModelError(f"this model predicts {', '.join(self.output.names)} ({self.output.task}), and no classes")
        return self.output

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return self.members[0].device

    @property
    def has_contributions(self) -> bool:
        """Whether the logits are a sum of contributions over positions."""
        return all(member.has_contributions for member in self.members)

    def to(self, device: torch.device | str) -> "Model":
        """Move every member to `device`; return self."""
        for member in self.members:
            member.to(device)
        return self

    def logits(self, codes: Tensor) -> Tensor:
        """Return logits (n, n_outputs) of codes (n, length)."""
        views = (codes, reverse_complement(codes)) if self.strands == "both" else (codes,)
        by_member = [torch.stack([member(view) for view in views]).mean(0) for member in self.members]
        return torch.stack(by_member).mean(0)

    def contributions(self, codes: Tensor) -> Tensor:
        """Return contributions in logits (n, n_outputs, length), on the forward strand's coordinates.

        Raises:
            ModelError: the logit of a member is no sum over positions.
        """
        parts = []
        for member in self.members:
            forward = member.contributions(codes)
            if self.strands == "both":
                forward = (forward + member.contributions(reverse_complement(codes)).flip(2)) / 2
            parts.append(forward)
        return torch.stack(parts).mean(0)

    def letter_contributions(self, codes: Tensor) -> Tensor:
        """Return the same, spread over the letters that made each window match.

        Raises:
            ModelError: the logit of a member is no sum over positions.
        """
        parts = [member.letter_contributions(codes) for member in self.members]
        if self.strands == "both":
            turned = reverse_complement(codes)
            parts += [member.letter_contributions(turned).flip(2) for member in self.members]
        return torch.stack(parts).mean(0)

    @property
    def bias(self) -> Tensor:
        """The logit (n_outputs,) of no contribution at all.

        Raises:
            ModelError: the logit of a member is no sum over positions.
        """
        if not self.has_contributions:
            raise ModelError("the logit of this model is no sum over positions")
        biases: list[Tensor] = [member.get_parameter("bias") for member in self.members]
        return torch.stack(biases).mean(0)

    def attention(self, codes: Tensor) -> dict[int, Tensor]:
        """Return the attention (n, length) of each scale, by width: fractions, which sum to one over all scales.

        Members and strands count by how much they attend to; where none attends to anything, it is even.
        """
        maps = [member.attention(codes) for member in self.members]
        if self.strands == "both":
            turned = [member.attention(reverse_complement(codes)) for member in self.members]
            maps += [{width: a.flip(1) for width, a in m.items()} for m in turned]
        if not maps[0]:
            return {}
        mean = torch.stack([torch.stack(list(m.values()), 1) for m in maps]).mean(0)
        total = mean.sum((1, 2), keepdim=True)
        share = torch.where(total > 0, mean / torch.where(total > 0, total, 1), 1 / mean[0].numel())
        return dict(zip(maps[0], share.unbind(1), strict=True))

    def module(self) -> PlainModule:
        """Return the model as a plain `torch.nn.Module` in evaluation mode, which shares the networks' weights.

        It takes one-hot sequences (n, 4, length) in the order A, C, G, T, or codes (n, length), and returns logits
        (n, n_outputs), strands, ensemble and calibration included; they equal `predict_logits` to 1e-5.

        Raises:
            ModelError: a network of the model has no differentiable form.
        """
        module = PlainModule(self.members, strands=self.strands).eval()
        with torch.inference_mode():
            module(torch.zeros(1, 4, self.length, device=self.device, dtype=self.members[0].dtype))
        return module

    def nested(self) -> "Model | None":
        """Return the simpler model that this one contains and is compared with; None where there is none."""
        parts = [part for member in self.members if (part := member.nested_network()) is not None]
        if len(parts) < len(self.members):
            return None
        config: NetworkConfig = parts[0].config  # type: ignore[assignment]
        return Model(members=parts, config=config, output=self.output, strands=self.strands)
