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
from motiflens.model.output import output_for
from motiflens.model.rules import Plain, Rules


class WrappedNetwork(Network):
    """Somebody's own module: one-hot (n, 4, length) or codes (n, length) in, logits out.

    A module with two logits for two classes is read as the difference of the two.
    """

    def __init__(self, module: nn.Module, *, length: int, n_outputs: int, takes: Literal["one-hot", "codes"]) -> None:
        super().__init__(length=length, n_outputs=n_outputs)
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
        if self.n_outputs == 1 and logits.shape[1] == 2:
            logits = logits[:, 1:] - logits[:, :1]
        if logits.shape[1] != self.n_outputs:
            raise ModelError(
                f"the module returns {tuple(found.shape)}: {self.n_outputs} logits a sequence are expected"
            )
        return logits


def wrap(
    module: nn.Module,
    *,
    length: int,
    classes: Sequence[str],
    takes: Literal["one-hot", "codes"] = "one-hot",
) -> Model:
    """Return a module of your own as a `Model`, for `explain` and `find_motifs`.

    Args:
        module: returns logits: (n,), (n, 1) or (n, 2) for two classes, (n, classes) for more. It is put into
            evaluation mode.
        length: of the sequences, in bp.
        classes: names in the order of the logits; of two, the second is the positive one.
        takes: "one-hot" for float32 (n, 4, length) in the order A, C, G, T, where N is four zeros; "codes" for uint8
            (n, length), A, C, G, T = 0..3, N = 4.

    Raises:
        ModelError: the module does not take such sequences, or returns another number of logits.
    """
    names = tuple(map(str, classes))
    if len(names) < 2 or len(set(names)) < len(names):
        raise ModelError(f"classes {list(names)}: give two or more different names")
    network = WrappedNetwork(module, length=length, n_outputs=output_for(names).n_outputs, takes=takes).eval()
    try:
        with torch.inference_mode():
            network(torch.zeros(2, length, dtype=torch.uint8, device=network.device))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"the module does not take two sequences of {length} bp as {takes}: {error}") from error
    return Model(members=(network,), config=NetworkConfig(preset="wrapped"), classes=names)
