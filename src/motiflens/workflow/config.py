"""What to explain of new sequences, and how."""

from dataclasses import dataclass
from typing import Literal

from motiflens.data.config import Crop

Method = Literal["mutagenesis", "contributions", "saliency", "integrated-gradients", "deeplift"]


@dataclass(frozen=True, kw_only=True)
class ExplainOptions:
    """Method, target class (None: the positive or the predicted one), alignment, and how many sequences to draw."""

    method: Method = "mutagenesis"
    target: str | None = None
    crop: Crop | None = None
    pictures: int = 20
