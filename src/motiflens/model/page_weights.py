"""What a page needs to compute a network by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class PageWeights:
    """Parameters by name, and the sizes that say how they are used, as the report's scripts know them.

    Attributes:
        widths: of the filters, by scale.
        filters: of each scale.
        gate_units: of each scale's hidden layer.
        exponential: whether filters respond exponentially, and not by a sigmoid.
        kmer: letters of the k-mers that count anywhere.
        positional_kmer: most letters of the k-mers that count by position.
        tensors: the parameters; those of a term that adds nothing are left out.
    """

    widths: tuple[int, ...]
    filters: int
    gate_units: int
    exponential: bool
    kmer: int
    positional_kmer: int
    tensors: Mapping[str, Tensor]
