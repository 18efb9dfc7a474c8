"""Any PyTorch module as a model that can be explained and searched for motifs."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from motiflens.errors import ModelError
from motiflens.model.codes import one_hot
from motiflens.model.config import NetworkConfig
from motiflens.model.ensemble import Model
from motiflens.model.network import Network
from motiflens.model.output import Binary, Output, output_for
from motiflens.model.rules import Plain, Rules
from motiflens.model.targets import ManyLabels, Numbers


class WrappedNetwork(Network):
    """Somebody's own module: one-hot (n, 4, length) or codes (n, length) in, logits or numbers out.

    A module with two logits for two classes is read as the difference of the two.

    Attributes:
        difference: Whether two values may stand for one, their difference.
    """

    def __init__(self, module: nn.Module, *, length: int, output: Output, takes: Literal["one-hot", "codes"]) -> None:
        super().__init__(length=length, n_outputs=output.n_outputs)
        self.difference = isinstance(output, Binary)
        self.module = module
        self.takes = takes
        self.register_buffer("_where", torch.zeros(()), persistent=False)  # of modules without parameters

    @property
    def device(self) -> torch.device:
        return next(self.module.parameters(), self.get_buffer("_where")).device

    @property
    def dtype(self) -> torch.dtype:
        return next(self.module.parameters(), self.get_buffer("_where")).dtype

    def forward(self, codes: Tensor) -> Tensor:
        return self._logits(self.module(codes if self.takes == "codes" else one_hot(codes, self.dtype)))

    def soft_logits(self, x: Tensor, rules: Rules) -> Tensor:
        if self.takes == "codes":
            return super().soft_logits(x, rules)
        if not isinstance(rules, Plain):
            raise ModelError("DeepLIFT has no rules for a wrapped module: use mutagenesis or integrated gradients")
        return self._logits(self.module(x))

    def _logits(self, found: Tensor) -> Tensor:
        logits = found.reshape(len(found), -1)
        if self.difference and logits.shape[1] == 2:
            logits = logits[:, 1:] - logits[:, :1]
        if logits.shape[1] != self.n_outputs:
            raise ModelError(
                f"the module returns {tuple(found.shape)}: {self.n_outputs} values a sequence are expected"
            )
        return logits


def wrap(
    module: nn.Module,
    *,
    length: int,
    classes: Sequence[str] = (),
    targets: Sequence[str] = (),
    labels: Sequence[str] = (),
    takes: Literal["one-hot", "codes"] = "one-hot",
) -> Model:
    """Return a module of your own as a `Model`, for `explain` and `find_motifs`.

    Args:
        module: returns logits: (n,), (n, 1) or (n, 2) for two classes, (n, classes) or (n, labels) for more; or numbers
            (n, targets), in their own units. It is put into evaluation mode.
        length: of the sequences, in bp.
        classes: names in the order of the logits; of two, the second is the positive one.
        targets: names of the numbers, in place of classes.
        labels: names of labels of which a sequence may have several, in place of classes.
        takes: "one-hot" for float32 (n, 4, length) in the order A, C, G, T, where N is four zeros; "codes" for uint8
            (n, length), A, C, G, T = 0..3, N = 4.

    Raises:
        ModelError: the module does not take such sequences, or returns another number of logits.
    """
    output = _output(classes=classes, targets=targets, labels=labels)
    network = WrappedNetwork(module, length=length, output=output, takes=takes).eval()
    try:
        with torch.inference_mode():
            network(torch.zeros(2, length, dtype=torch.uint8, device=network.device))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"the module does not take two sequences of {length} bp as {takes}: {error}") from error
    return Model(members=(network,), config=NetworkConfig(preset="wrapped"), output=output)


def _output(*, classes: Sequence[str], targets: Sequence[str], labels: Sequence[str]) -> Output:
    """Return what a module with these names predicts.

    Raises:
        ModelError: none or two kinds of names are given, one class alone, or a name twice.
    """
    given = {"classes": classes, "targets": targets, "labels": labels}
    kinds = [kind for kind, names in given.items() if len(names)]
    if len(kinds) > 1:
        raise ModelError(f"{kinds[0]} and {kinds[1]}: a model predicts one or the other")
    kind = kinds[0] if kinds else "classes"
    names = tuple(map(str, given[kind]))
    fewest, words = (2, "two") if kind == "classes" else (1, "one")
    if len(names) < fewest or len(set(names)) < len(names):
        raise ModelError(f"{kind} {list(names)}: give {words} or more different names")
    return output_for(names) if kind == "classes" else Numbers(names) if kind == "targets" else ManyLabels(names)
