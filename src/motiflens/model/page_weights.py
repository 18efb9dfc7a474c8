"""What a page needs to compute a network by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

#: How a filter's responses become one number.
Pooling = Literal["sum", "peak"]


@dataclass(frozen=True, kw_only=True)
class PageWeights:
    """Parameters by name, and the facts that say how they are used, as the report's scripts know them.

    Attributes:
        pooling: by which the scripts know the network: "sum" has contributions of its own, "peak" has dense layers.
        widths: of the filters, by scale.
        sizes: what the shapes do not tell. Of "sum": `filters` and `gate_units` of each scale, whether filters respond
            exponentially (`exponential`) and not by a sigmoid, letters of the k-mers that count anywhere (`kmer`), and
            at most of those that count by position (`positional_kmer`).
        tensors: the parameters; those of a term that adds nothing are left out.
    """

    pooling: Pooling
    widths: tuple[int, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    tensors: Mapping[str, Tensor]
